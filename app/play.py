"""A motion file played on an avatar: `render --motion`."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.pictures import Pixels
from app.reenact import translated_here
from app.render import DISTANCE, Orbit
from app.shots import Shot, front_shot, source_shot
from avatars.files.any_motion import read_any_motion
from avatars.files.avatar_file import StoredAvatar
from avatars.motion import Motion
from avatars.reenact import Retargeting, retargeted, takes_directly
from renderer.rasterizer import Color, Rasterizer


def motion_for(path: Path, stored: StoredAvatar) -> Motion:
    """The motion of a file or folder, so that the avatar's head can show it.

    Raises:
        UnreadableFile: it holds none.
        HeadMismatch: it needs a head that this machine lacks.
    """
    motion = read_any_motion(path)
    if motion.has_arkit or takes_directly(motion, stored.avatar.head):
        return motion
    return translated_here(motion)


def played(
    stored: StoredAvatar,
    motion: Motion,
    options: argparse.Namespace,
    rasterizer: Rasterizer,
    background: Color,
) -> Iterator[Pixels]:
    """A picture [H, W, 3] per frame: face and pose as the motion has them, camera as the flags say.

    Raises:
        HeadMismatch: the motion belongs to another kind of head.
    """
    avatar = stored.avatar.to(rasterizer.device)
    shot = _shot(stored, options)
    seat = stored.state if options.camera == "source" else None
    # Faces count as they are; the pose is about the motion's own rest, so that the head is in the
    # picture wherever it was filmed.
    faces = retargeted(motion, stored.avatar.head, Retargeting(relative=False, only="expression"))
    poses = retargeted(motion, stored.avatar.head, Retargeting(only="pose"), seat=seat)
    for face, pose in zip(faces, poses, strict=True):
        state = replace(
            face,
            global_orient=pose.global_orient,
            transl=pose.transl,
            neck_pose=pose.neck_pose,
        )
        splats = avatar.pose(state.to(rasterizer.device))
        pixels: Pixels = rasterizer.draw(splats, shot.camera, background).rgba.cpu().numpy()
        yield np.ascontiguousarray(pixels[..., :3])


def _shot(stored: StoredAvatar, options: argparse.Namespace) -> Shot:
    distance = DISTANCE if options.distance is None else options.distance
    orbit = Orbit(options.yaw, options.pitch, options.roll, distance)
    if options.camera == "source":
        return source_shot(stored, stored.state, orbit, options.size)
    return front_shot(stored.avatar, stored.state, orbit, options.size)
