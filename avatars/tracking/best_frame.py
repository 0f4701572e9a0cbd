"""The frame of a video that makes the best photo: sharp, looking ahead, eyes open, calm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.errors import NoFaceFound
from avatars.progress import Progress
from avatars.tracking.faces import FoundFace, choose_face, find_faces
from avatars.tracking.graphs import Floats, Pixels
from avatars.tracking.likeness import FACE_POINTS, likeness
from avatars.tracking.seer import Seer
from avatars.tracking.video import Video, VideoFrame
from renderer.disk import shown

LOOKS = 40
"""Frames that are looked at, evenly spread over the film."""
TRIED = 6
"""Of the best ones, how many are looked at closely before the film is given up."""

_FRONT = np.radians(10.0)  # a face turned by this much counts 0.6 of one that looks ahead
_FACE = 256  # pixels across the face at which sharpness is judged
_READ_THROUGH = 1500  # frames up to which a film is read from end to end
_STRANGE = 0.15  # how much it counts that a face is not as it usually is in the film
# Upper and lower lid in the middle of each eye, and its corners.
_LIDS = ((159, 145), (386, 374))
_CORNERS = ((33, 133), (362, 263))
_IRISES = (468, 473)
_LIPS = (13, 14)  # their inner edges in the middle
_ASIDE = 0.07  # of an eye's width: an iris so far off its middle counts 0.6
_AGAPE = 0.3  # of an eye's width: lips so far apart count 0.6


@dataclass(frozen=True, eq=False)
class BestFrame:
    """A frame that makes a good photo.

    Attributes:
        rgb: [H, W, 3], upright.
        seconds: when it is shown.
        face: number of the face in it, from 1, left to right.
    """

    rgb: Pixels
    seconds: float
    face: int


@dataclass(frozen=True, eq=False)
class _Seen:
    frame: VideoFrame
    points: Floats
    turn: float  # radians off the straight look
    sharpness: float
    openness: float
    calm: float  # 0..1: eyes that look ahead, a mouth that is closed


def best_frame(path: Path, progress: Progress, *, face: int | None = None) -> BestFrame:
    """The frame of a video that makes the best photo of a person.

    Args:
        path: the video.
        progress: told how far it is.
        face: whom, from 1, left to right at the start; None is the largest.

    Raises:
        UnreadableFile: no video, or one that cannot be decoded.
        NoFaceFound: nobody is seen, or there is no face of that number.
        Cancelled: the user asked to stop.
    """
    seen: list[_Seen] = []
    followed: FoundFace | None = None
    with Video(path) as video, Seer() as seer:
        for number, frame in enumerate(_spread(video)):
            progress.report(min(number / LOOKS, 1.0) * 0.8, "Looking for the best frame")
            if followed is None:
                faces = find_faces(frame.rgb)
                if not faces:
                    continue
                followed, _ = choose_face(faces, face)
                seer.watch(followed, len(faces) - 1, (frame.rgb.shape[1], frame.rgb.shape[0]))
            found = seer.seen(frame.rgb)
            if found is not None:
                seen.append(_judged(frame, found[0]))
    for number, each in enumerate(sorted(seen, key=_scores(seen), reverse=True)[:TRIED]):
        progress.report(0.8 + 0.2 * number / TRIED, "Checking the best frame")
        chosen = _number_of(each.points, find_faces(each.frame.rgb))
        if chosen is not None:
            return BestFrame(each.frame.rgb, each.frame.seconds, chosen)
    raise NoFaceFound(
        f"No human face was found in {shown(path)}.",
        "Use a video of one person who looks towards the camera.",
    )


def _spread(video: Video) -> Iterator[VideoFrame]:
    """About ``LOOKS`` frames, evenly spread."""
    count = video.announced
    if count > _READ_THROUGH:
        for number in range(LOOKS):
            frame = video.frame_near((number + 0.5) / LOOKS * count / video.fps)
            if frame is not None:
                yield frame
        return
    step = max(1, count // LOOKS)
    for number, frame in enumerate(video.frames()):
        if number % step == 0:
            yield frame


def _judged(frame: VideoFrame, points: Floats) -> _Seen:
    alike = likeness(points)
    turn = float(np.hypot(alike.yaw, alike.pitch))
    sharp = _sharpness(frame.rgb, points)
    return _Seen(frame, points, turn, sharp, _openness(points), _calm(points))


def _scores(seen: list[_Seen]) -> _Score:
    if not seen:
        return _Score(1.0, 1.0, np.zeros((FACE_POINTS, 2)), 1.0)
    # Those that look about ahead: a turned face has another shape.
    limit = float(np.median([each.turn for each in seen]))
    shapes = [_shape(each.points) for each in seen if each.turn <= limit]
    usual = np.median(shapes, axis=0)
    return _Score(
        float(np.percentile([each.sharpness for each in seen], 90)),
        float(np.median([each.openness for each in seen])),
        usual,
        float(np.median([_apart(shape, usual) for shape in shapes])),
    )


class _Score:
    """How good a frame is among those of its film, which are the measure of sharpness and face.

    Args:
        sharp: sharpness of its sharp frames.
        is_open: how open the eyes are when they are open.
        usual: [468, 2] the face as it usually is, see ``_shape``.
        away: how far from that it usually is.
    """

    def __init__(self, sharp: float, is_open: float, usual: Floats, away: float) -> None:
        self._sharp, self._open = max(sharp, 1e-9), max(is_open, 1e-9)
        self._usual, self._away = usual, max(away, 1e-9)

    def __call__(self, each: _Seen) -> float:
        front = float(np.exp(-0.5 * (each.turn / _FRONT) ** 2))
        sharp = min(each.sharpness / self._sharp, 1.0) ** 0.5
        awake = min(each.openness / self._open, 1.0) ** 2
        away = _apart(_shape(each.points), self._usual) / self._away
        return float(front * sharp * awake * each.calm * np.exp(-_STRANGE * away**2))


def _sharpness(rgb: Pixels, points: Floats) -> float:
    """Variance of the Laplacian of the face, at one size whatever that in the film is."""
    import cv2

    low, high = _box(points)
    height, width = rgb.shape[:2]
    x0, y0 = (max(0, int(value)) for value in low)
    x1, y1 = min(width, int(high[0]) + 1), min(height, int(high[1]) + 1)
    face = rgb[y0:y1, x0:x1]
    if min(face.shape[:2]) < 8:
        return 0.0
    scale = _FACE / max(face.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = (max(8, round(face.shape[1] * scale)), max(8, round(face.shape[0] * scale)))
    grey = cv2.cvtColor(cv2.resize(face, size, interpolation=how), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _openness(points: Floats) -> float:
    """Height over width of the eye that is less open."""
    flat = points[:, :2]
    ratios = [
        float(np.linalg.norm(flat[up] - flat[down]))
        / max(float(np.linalg.norm(flat[inner] - flat[outer])), 1e-6)
        for (up, down), (inner, outer) in zip(_LIDS, _CORNERS, strict=True)
    ]
    return min(ratios)


def _calm(points: Floats) -> float:
    """How little the eyes look aside and the lips are apart, 0..1."""
    flat = points[:, :2]
    aside, width = 0.0, 0.0
    for iris, (one, other) in zip(_IRISES, _CORNERS, strict=True):
        across = flat[other] - flat[one]
        length = max(float(np.linalg.norm(across)), 1e-6)
        middle = (flat[one] + flat[other]) / 2
        aside += abs(float((flat[iris] - middle) @ across)) / length**2 / 2
        width += length / 2
    apart = float(np.linalg.norm(flat[_LIPS[0]] - flat[_LIPS[1]])) / width
    return float(np.exp(-0.5 * ((aside / _ASIDE) ** 2 + (apart / _AGAPE) ** 2)))


def _shape(points: Floats) -> Floats:
    """The face's points [468, 2] upright and at one size, the eyes being 1 apart."""
    flat = points[:FACE_POINTS, :2]
    one, other = flat[_CORNERS[0][0]], flat[_CORNERS[1][1]]
    across = other - one
    length = max(float(np.linalg.norm(across)), 1e-6)
    right = across / length
    axes = np.stack([right, [-right[1], right[0]]])
    shape: Floats = (flat - (one + other) / 2) @ axes.T / length
    return shape


def _apart(shape: Floats, other: Floats) -> float:
    """Root mean square distance of two shapes."""
    return float(np.sqrt(np.square(shape - other).sum(axis=1).mean()))


def _number_of(points: Floats, faces: tuple[FoundFace, ...]) -> int | None:
    """Number of the face that the points belong to; None if it is none of them."""
    low, high = _box(points)
    middle, reach = (low + high) / 2, float((high - low).max()) / 2
    for number, each in enumerate(faces, 1):
        x, y, width, height = each.box
        if np.hypot(x + width / 2 - middle[0], y + height / 2 - middle[1]) < reach:
            return number
    return None


def _box(points: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    face = points[:FACE_POINTS, :2]
    return face.min(axis=0), face.max(axis=0)
