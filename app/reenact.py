"""`avatar-gui reenact`: a video or a motion drives an avatar."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from app.avatar_io import head_named, load_shown
from app.clips import write_clip
from app.heads import library
from app.motion_flags import GROUPS
from app.notices import say
from app.paths import paths
from app.picture_sequence import is_sequence, write_sequence
from app.pictures import Pixels
from app.render import DISTANCE, LARGEST, Orbit, orbit_camera, parse_color
from app.shots import head_centre, source_shot
from app.track import check_face, say_tenths, tracked
from avatars.files.any_motion import is_motion, read_any_motion
from avatars.files.avatar_file import StoredAvatar
from avatars.head.arkit import arkit_from_state
from avatars.head.state import HeadState
from avatars.motion import Motion
from avatars.progress import Progress
from avatars.reenact import (
    Retargeting,
    Strengths,
    is_flame,
    neutral_of,
    retargeted,
    spared,
    takes_directly,
    translated,
)
from avatars.tracking.video import Video, has_sound
from renderer.camera import Camera
from renderer.errors import UserError
from renderer.rasterizer import Color, Rasterizer, choose_rasterizer

MOST_STRENGTH = 3.0
LONGEST_SMOOTH = 5.0  # seconds


@dataclass(frozen=True, eq=False)
class Driver:
    """What drives an avatar.

    Attributes:
        motion: its states.
        video: the file whose pictures and sound go with them, or None.
    """

    motion: Motion
    video: Path | None


def run(options: argparse.Namespace) -> int:
    """Drive, draw and write; exit code 0.

    Raises:
        UserError: a flag, the avatar, the driver or the output cannot be used.
    """
    background = _checked(options)
    stored = load_shown(options.avatar)
    rasterizer = choose_rasterizer(options.device, announce=say)
    if rasterizer.note:
        say(rasterizer.note)
    progress = Progress(say_tenths())
    driver = opened_driver(options.driver, options.face, progress.part(0.0, 0.4))
    states = driven(stored, driver.motion, options)
    camera = _camera(stored, options)
    frames = drawn(stored, states, camera, rasterizer, background, progress.part(0.4, 1.0))
    if options.side_by_side:
        if driver.video is None:
            raise UserError(
                "--side-by-side shows the driver, and a motion file has no pictures.",
                "Name the video itself as --driver.",
            )
        frames = beside(frames, driver.video)
    if is_sequence(options.output):
        count = write_sequence(options.output, frames)
    else:
        sound = driver.video if driver.video is not None and has_sound(driver.video) else None
        count = write_clip(options.output, opaque(frames), driver.motion.fps, sound=sound)
    say(f"Wrote {options.output} ({count} frames at {driver.motion.fps:g} per second)")
    return 0


def opened_driver(path: Path, face: int | None, progress: Progress) -> Driver:
    """The motion of a driver; videos and photos are tracked, their warnings said.

    Raises:
        UserError: it cannot be read, or shows nobody.
        Cancelled: the user asked to stop.
    """
    if is_motion(path):
        return Driver(read_any_motion(path), None)
    clip = tracked(path, head_named("default"), face, progress)
    for warning in clip.warnings:
        say(f"Warning: {warning}")
    return Driver(clip.motion, path if len(clip.motion) > 1 else None)


def driven(stored: StoredAvatar, motion: Motion, options: argparse.Namespace) -> list[HeadState]:
    """The avatar's states for every frame of a motion, as the flags say.

    Raises:
        UserError: no such neutral frame, or the motion's head is not on this machine.
    """
    head = stored.avatar.head
    if not motion.has_arkit and not takes_directly(motion, head):
        motion = translated_here(motion)
    if options.neutral_frame is not None and not 0 <= options.neutral_frame < len(motion):
        raise UserError(
            f"There is no frame {options.neutral_frame}: the driver has {len(motion)}.",
            f"Use 0 to {len(motion) - 1}.",
        )
    how = Retargeting(
        relative=not options.absolute,
        strengths=Strengths(**{group: getattr(options, f"{group}_strength") for group in GROUPS}),
        dead_zone=options.dead_zone,
        only=options.only,
    )
    seat = stored.state if options.camera == "source" else None
    neutral = neutral_of(motion, options.neutral_frame)
    if options.neutral_frame is None:
        neutral = spared(neutral, arkit_from_state(head, stored.state))
    return retargeted(motion.smoothed(options.smooth), head, how, neutral=neutral, seat=seat)


def translated_here(motion: Motion) -> Motion:
    """A FLAME motion with its ARKit weights, by an imported head; others as they are."""
    if not is_flame(motion.head):
        return motion
    heads = library(paths().heads)
    for found in heads.heads():
        if is_flame(found.version):
            return translated(motion, heads.load(found.name))
    return motion


def drawn(
    stored: StoredAvatar,
    states: Iterable[HeadState],
    camera: Camera,
    rasterizer: Rasterizer,
    background: Color | None,
    progress: Progress,
) -> Iterator[Pixels]:
    """A picture [H, W, 4] per state."""
    avatar = stored.avatar.to(rasterizer.device)
    wanted = list(states)
    for number, state in enumerate(wanted):
        splats = avatar.pose(state.to(rasterizer.device))
        pixels: Pixels = rasterizer.draw(splats, camera, background).rgba.cpu().numpy()
        progress.report((number + 1) / len(wanted), f"Drawing, frame {number + 1}")
        yield pixels


def _camera(stored: StoredAvatar, options: argparse.Namespace) -> Camera:
    if options.camera == "source":
        return source_shot(stored, stored.state, Orbit(), options.size).camera
    return orbit_camera(Orbit(distance=DISTANCE), head_centre(stored.avatar), options.size)


def beside(frames: Iterator[Pixels], video: Path, first: int = 0) -> Iterator[Pixels]:
    """The driver's pictures left of the avatar's, as high as those.

    Args:
        frames: the avatar's.
        video: the driver.
        first: its frame that goes with the first of the avatar's.
    """
    import cv2

    with Video(video) as opened:
        shown = islice(opened.frames(), first, None)
        for picture in frames:
            frame = next(shown, None)
            height = picture.shape[0]
            if frame is not None:
                width = max(2, 2 * round(frame.rgb.shape[1] * height / frame.rgb.shape[0] / 2))
                small = cv2.resize(frame.rgb, (width, height), interpolation=cv2.INTER_AREA)
                left = np.dstack([np.asarray(small, np.uint8), np.full((height, width), 255)])
            yield np.ascontiguousarray(np.hstack([left.astype(np.uint8), picture]))


def opaque(frames: Iterator[Pixels]) -> Iterator[Pixels]:
    """The pictures [H, W, 3] without their alpha."""
    for picture in frames:
        yield np.ascontiguousarray(picture[..., :3])


def _checked(options: argparse.Namespace) -> Color | None:
    """The background, once all flags are in order."""
    check_face(options.face)
    if not 16 <= options.size <= LARGEST or options.size % 2:
        raise UserError(
            f"--size {options.size} makes no clip.", f"Use an even number from 16 to {LARGEST}."
        )
    for group in GROUPS:
        if not 0 <= getattr(options, f"{group}_strength") <= MOST_STRENGTH:
            raise UserError(f"--{group}-strength is out of range.", f"Use 0 to {MOST_STRENGTH:g}.")
    if not 0 <= options.dead_zone <= 0.5:
        raise UserError("--dead-zone is out of range.", "Use 0 to 0.5.")
    if not 0 <= options.smooth <= LONGEST_SMOOTH:
        raise UserError("--smooth is out of range.", f"Use 0 to {LONGEST_SMOOTH:g} seconds.")
    sequence = is_sequence(options.output)
    if not sequence and options.output.suffix.lower() != ".mp4":
        raise UserError(
            f"{options.output.name} is no clip that we write.",
            "End the name in .mp4, or name a folder for single pictures.",
        )
    background = parse_color(options.background)
    if background is None and not sequence:
        raise UserError(
            "An .mp4 has no transparency.", "Name a folder, which is filled with PNG pictures."
        )
    return background
