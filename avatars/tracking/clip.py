"""A whole video, or a photo, to a motion: shot by shot, with nothing lagging behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.errors import NoFaceFound
from avatars.head.model import HeadModel
from avatars.motion import Motion
from avatars.progress import Progress
from avatars.tracking.faces import FoundFace, choose_face, find_faces
from avatars.tracking.frame_fit import FrameFit
from avatars.tracking.graphs import Floats, Pixels
from avatars.tracking.landmark_rig import LandmarkRig
from avatars.tracking.photo import open_photo
from avatars.tracking.seer import Seer
from avatars.tracking.shot import FRAMES, ShotFitter, is_sound, quality_of
from avatars.tracking.smoothing import calmed
from avatars.tracking.tracker import CHANNELS, channels_of, speeds, state_of
from avatars.tracking.video import CutFinder, Video, mean_rate
from renderer.disk import shown

Array = NDArray[np.float64]

MOST_FRAMES = 200_000
_LEAST_SEEN = 0.5
_SEARCH_EVERY = 10  # frames between searches for a face while none is known
_EASY_TURN = np.radians(30.0)  # up to which a frame may begin a shot
_LEAST_QUALITY = 0.6


@dataclass(frozen=True, eq=False)
class TrackedClip:
    """A tracked video.

    Attributes:
        motion: one row per frame.
        quality: [T] 0..1.
        landmarks: [T, 478, 3] pixels, NaN where nobody is seen.
        cuts: first frames of the second and later shots.
        betas: [S] identity in the first shot, standard deviations.
        warnings: sentences for the user.
    """

    motion: Motion
    quality: Array
    landmarks: Floats
    cuts: tuple[int, ...]
    betas: torch.Tensor
    warnings: tuple[str, ...]


@dataclass
class _Look:
    """What the first pass over a video collects."""

    points: list[Floats | None] = field(default_factory=list)
    scores: list[dict[str, float]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def track_video(
    path: Path,
    head: HeadModel,
    progress: Progress,
    *,
    face: int | None = None,
    task: Path | None = None,
) -> TrackedClip:
    """The motion of one person in a video, one row per frame.

    Args:
        path: the video.
        head: whose states come out; with an ARKit table and landmarks.
        progress: told how far it is.
        face: whom to follow, from 1, left to right at the start; None is the largest.
        task: MediaPipe's ``face_landmarker.task`` where there is one.

    Raises:
        UnreadableFile: no video, or one that cannot be decoded.
        NoFaceFound: fewer than half of the frames show a face, or there is no face of that number.
        Cancelled: the user asked to stop.
    """
    head = head.to("cpu")
    with Video(path) as video, Seer(task) as seer:
        seen = _looked(video, seer, face, progress.part(0.0, 0.5))
        announced, rate = video.announced, video.fps
    times = np.array(seen.times)
    fps, varies = mean_rate(times, rate)
    count = len(times)
    warnings = list(seen.notices)
    if announced > count * 1.05 + 2:
        warnings.append(f"The video ends after {count} of {announced} frames; the rest is missing.")
    if varies:
        warnings.append(f"The video's frame rate varies; {fps:.4g} per second, its mean, is used.")
    if len(seen.starts) > 1:
        warnings.append(
            f"The video has {len(seen.starts)} shots; each is tracked by itself, "
            "and the face jumps where they meet."
        )
    _refuse_if_unseen(path, seen)
    channels, quality, betas = _fitted(head, seen, times, progress.part(0.5, 1.0))
    valid = np.array([points is not None for points in seen.points]) & (quality > 0)
    channels = _smooth(channels, fps, valid, [*seen.starts, count])
    motion = _motion(head, channels, valid, fps)
    lost = int((~valid).sum())
    if lost:
        warnings.append(f"In {lost} of {count} frames no face is seen; the last one is held there.")
    landmarks = np.stack(
        [np.full((478, 3), np.nan) if points is None else points for points in seen.points]
    )
    cuts = tuple(seen.starts[1:])
    return TrackedClip(motion, quality, landmarks, cuts, betas, tuple(warnings))


def track_photo(
    path: Path, head: HeadModel, *, face: int | None = None, task: Path | None = None
) -> TrackedClip:
    """The face in a photo as a motion of one frame.

    Raises:
        UnreadableFile: no picture, or a broken one.
        NoFaceFound: nobody is there, or no face of that number.
    """
    from avatars.tracking.landmarks import scores_from_task
    from avatars.tracking.view import look

    head = head.to("cpu")
    photo = open_photo(path)
    chosen, notices = choose_face(find_faces(photo.rgb), face)
    fitter = ShotFitter(head)
    scores: dict[str, float] = {}
    if task is not None:
        from avatars.tracking.landmarks import upright_view

        scores = scores_from_task(look(photo.rgb, upright_view(chosen.landmarks)), task) or {}
    fitter.begin(chosen.landmarks, scores or None)
    fit = fitter.fit(chosen.landmarks, scores)
    motion = _motion(head, channels_of(fit)[None], np.array([True]), 30.0)
    quality = np.array([quality_of(fit, chosen.landmarks)])
    return TrackedClip(
        motion,
        quality,
        chosen.landmarks[None],
        (),
        torch.from_numpy(fitter.person.betas).float(),
        (*photo.warnings, *notices),
    )


def _looked(video: Video, seer: Seer, face: int | None, progress: Progress) -> _Look:
    """Landmarks of every frame, and where the shots begin."""
    seen, cuts = _Look(), CutFinder()
    following, next_search = False, 0
    for number, frame in enumerate(video.frames()):
        if number >= MOST_FRAMES:
            seen.notices.append(f"Only the first {MOST_FRAMES} frames are used.")
            break
        if cuts.is_cut(frame.rgb) or number == 0:
            seen.starts.append(number)
            seer.restart()
            following, next_search = False, number
        if not following and number >= next_search:
            following = _searched(frame.rgb, seer, face, seen)
            next_search = number + _SEARCH_EVERY
        found = seer.seen(frame.rgb) if following else None
        seen.points.append(None if found is None else found[0])
        seen.scores.append({} if found is None else found[1])
        seen.times.append(frame.seconds)
        progress.report(
            number / max(video.announced, number + 1), f"Looking for the face, frame {number + 1}"
        )
    return seen


def _searched(rgb: Pixels, seer: Seer, number: int | None, seen: _Look) -> bool:
    """Whether somebody to follow was found; the seer then watches them."""
    faces = find_faces(rgb)
    if not faces:
        return False
    first = not any(points is not None for points in seen.points)
    chosen, notices = _chosen(faces, number if first or number is None else min(number, len(faces)))
    if first:
        seen.notices.extend(notices)
    seer.watch(chosen, len(faces) - 1, (rgb.shape[1], rgb.shape[0]))
    return True


def _chosen(faces: tuple[FoundFace, ...], number: int | None) -> tuple[FoundFace, tuple[str, ...]]:
    chosen, notices = choose_face(faces, number)
    told = tuple(
        notice.replace("The picture shows", "The video shows").replace("is used", "is followed")
        for notice in notices
    )
    return chosen, told


def _refuse_if_unseen(path: Path, seen: _Look) -> None:
    count = len(seen.points)
    found = sum(points is not None for points in seen.points)
    if not found:
        raise NoFaceFound(
            f"No human face was found in {shown(path)}.",
            "Use a video of one person who looks towards the camera.",
        )
    if found < _LEAST_SEEN * count:
        raise NoFaceFound(
            f"Only {found} of the {count} frames of {shown(path)} show a face; half are needed.",
            "Cut the video to the part that shows the face.",
        )


def _fitted(
    head: HeadModel, seen: _Look, times: Array, progress: Progress
) -> tuple[Array, Array, torch.Tensor]:
    """Numbers [T, 58] and quality [T] of every frame, and who is in the first shot [S]."""
    count = len(times)
    channels, quality = np.zeros((count, CHANNELS)), np.zeros(count)
    rig = LandmarkRig(head)
    betas: torch.Tensor | None = None
    for start, end in zip(seen.starts, [*seen.starts[1:], count], strict=True):
        frames = [index for index in range(start, end) if seen.points[index] is not None]
        if not frames:
            continue
        fitter = ShotFitter(head, rig)
        _begin(fitter, seen, frames)
        _identify(fitter, seen, frames)
        if betas is None:
            betas = torch.from_numpy(fitter.person.betas).float()
        for index in frames:
            points = seen.points[index]
            assert points is not None
            fit = fitter.fit(points, seen.scores[index])
            if is_sound(fit):
                channels[index] = channels_of(fit)
                quality[index] = max(quality_of(fit, points), 1e-3)
            else:
                fitter.lose()
            progress.report(index / count, f"Fitting the head, frame {index + 1}")
    assert betas is not None
    return _held(channels, quality > 0), quality, betas


def _begin(fitter: ShotFitter, seen: _Look, frames: list[int]) -> None:
    """Begin with the first frame that looks about ahead, else with the one that does most."""
    from avatars.tracking.likeness import likeness

    best, least = frames[0], np.inf
    for index in frames[:: max(1, len(frames) // 60)]:
        points = seen.points[index]
        assert points is not None
        alike = likeness(points)
        turn = float(np.hypot(alike.yaw, alike.pitch))
        if turn < least:
            best, least = index, turn
        if turn < _EASY_TURN:
            break
    points = seen.points[best]
    assert points is not None
    fitter.begin(points, seen.scores[best] or None)


def _identify(fitter: ShotFitter, seen: _Look, frames: list[int]) -> None:
    """Tell who it is from a dozen frames spread over the shot."""
    calibration = fitter.calibration()
    chosen = np.unique(np.linspace(0, len(frames) - 1, FRAMES).round().astype(int))
    fits: list[tuple[Floats, FrameFit]] = []
    for place in chosen:
        points = seen.points[frames[place]]
        assert points is not None
        fitter.lose()
        fit = fitter.fit(points, seen.scores[frames[place]])
        if is_sound(fit) and quality_of(fit, points) > _LEAST_QUALITY:
            fits.append((points, fit))
    for points, fit in fits:
        calibration.add(points, fit)
    if fits:
        calibration.start()
        fitter.identify(calibration.result())
    fitter.lose()


def _held(channels: Array, valid: NDArray[np.bool_]) -> Array:
    """Every frame that is not valid as the last valid one before it, or the first after."""
    known = np.flatnonzero(valid)
    if not len(known):
        return channels
    before = np.maximum.accumulate(np.where(valid, np.arange(len(valid)), -1))
    held: Array = channels[np.where(before < 0, known[0], before)]
    return held


def _smooth(channels: Array, fps: float, valid: NDArray[np.bool_], bounds: list[int]) -> Array:
    """Noise taken out within each shot; the held frames stay as they are."""
    still, moving = speeds()
    out = channels.copy()
    for start, end in pairwise(bounds):
        rows = start + np.flatnonzero(valid[start:end])
        if len(rows) > 2:
            out[rows] = calmed(channels[rows], fps, still, moving)
    return _held(out, valid)


def _motion(head: HeadModel, channels: Array, valid: NDArray[np.bool_], fps: float) -> Motion:
    states, arkit = state_of(head, channels)
    return Motion(
        states=states,
        arkit=arkit,
        fps=fps,
        valid=torch.from_numpy(valid.copy()),
        head=head.version or head.name,
        names=head.expression_names,
        fingerprint=head.fingerprint,
    )
