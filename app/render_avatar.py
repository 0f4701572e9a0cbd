"""Pictures and turntables of an avatar file."""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from app.avatar_io import load_shown
from app.clips import write_clip
from app.notices import say
from app.pictures import Pixels, write_picture
from app.play import motion_for, played
from app.posing import parse_setting, posed
from app.render import DISTANCE, Orbit
from app.shots import Shot, front_shot, source_shot
from avatars.files.avatar_file import StoredAvatar
from avatars.kinds.uv_avatar import UvAvatar
from renderer.errors import UserError
from renderer.rasterizer import Color, Rasterizer, choose_rasterizer

MOST_FRAMES = 10_000
DEFAULT_FPS = 30.0


def render_avatar(options: argparse.Namespace, background: Color | None) -> int:
    """Draw the avatar as the flags say and write the file; exit code 0.

    Raises:
        UserError: a flag that does not fit, or a file that cannot be read or written.
    """
    clip = options.output.suffix.lower() == ".mp4"
    if options.turntable and options.motion is not None:
        raise UserError("--turntable and --motion are two clips.", "Give one of them.")
    if clip != (options.turntable or options.motion is not None):
        raise UserError(
            "--turntable or --motion, and a name ending in .mp4, belong together.",
            "Give both for a clip, neither for a picture.",
        )
    fps = DEFAULT_FPS if options.fps is None else options.fps
    if not 1 <= options.frames <= MOST_FRAMES or not 0 < fps <= 240:
        raise UserError("--frames or --fps is out of range.", "Use 1 to 10000 and up to 240.")
    settings = [parse_setting(text) for text in options.settings]
    stored = load_shown(options.file)
    avatar, state = posed(stored.avatar, stored.state, settings, neutral=options.neutral)
    rasterizer = choose_rasterizer(options.device, announce=say)
    if rasterizer.note:
        say(rasterizer.note)
    stored = replace(stored, avatar=avatar, state=state)
    distance = DISTANCE if options.distance is None else options.distance
    orbit = Orbit(options.yaw, options.pitch, options.roll, distance)
    if clip:
        solid = (1.0, 1.0, 1.0) if background is None else background
        if options.motion is not None:
            motion = motion_for(options.motion, stored)
            if options.fps is not None:
                motion = motion.resampled(fps)
            fps = motion.fps
            frames = played(stored, motion, options, rasterizer, solid)
        else:
            frames = _turntable(stored, orbit, options, rasterizer, solid)
        count = write_clip(options.output, frames, fps)
        say(f"Wrote {options.output} ({count} frames)")
        return 0
    shot = _shot(stored, orbit, options)
    write_picture(
        options.output, _drawn(avatar.to(rasterizer.device), shot, rasterizer, background)
    )
    say(f"Wrote {options.output}")
    return 0


def _shot(stored: StoredAvatar, orbit: Orbit, options: argparse.Namespace) -> Shot:
    if options.camera == "source":
        return source_shot(stored, stored.state, orbit, options.size)
    return front_shot(stored.avatar, stored.state, orbit, options.size)


def _turntable(
    stored: StoredAvatar,
    orbit: Orbit,
    options: argparse.Namespace,
    rasterizer: Rasterizer,
    background: Color,
) -> Iterator[Pixels]:
    avatar = stored.avatar.to(rasterizer.device)
    for number in range(options.frames):
        turned = replace(orbit, yaw=orbit.yaw + 360.0 * number / options.frames)
        shot = _shot(stored, turned, options)
        yield np.ascontiguousarray(_drawn(avatar, shot, rasterizer, background)[..., :3])


def _drawn(
    avatar: UvAvatar, shot: Shot, rasterizer: Rasterizer, background: Color | None
) -> Pixels:
    splats = avatar.pose(shot.state.to(rasterizer.device))
    pixels: Pixels = rasterizer.draw(splats, shot.camera, background).rgba.cpu().numpy()
    return pixels
