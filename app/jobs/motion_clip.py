"""The avatar driven by a motion, as a clip or as pictures."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.document import Document, looks_of, stored_of
from app.driving.options import DriveOptions
from app.jobs.cores import leave_one_core
from avatars.progress import Progress
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.settings import Device
    from app.view import ViewOrbit
    from avatars.head.state import HeadState
    from avatars.motion import Motion
    from renderer.rasterizer import Color

WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class MotionClip:
    """What to draw.

    Attributes:
        document: whose avatar.
        motion: drives it.
        frames: first and last frame of the motion.
        options: how it is taken over.
        orbit: where the camera stands.
        background: behind the head; None is transparent, in a clip white.
        size: pixels a side of the avatar's picture, even.
        video: the film the motion was tracked from, or None.
        since: frame of that film that the motion begins with.
        beside: whether the film is shown beside it.
        device: where to draw.
    """

    document: Document
    motion: "Motion"
    frames: tuple[int, int]
    options: DriveOptions
    orbit: "ViewOrbit"
    background: "Color | None"
    size: int = 720
    video: Path | None = None
    since: int = 0
    beside: bool = False
    device: "Device" = "auto"


def motion_clip(clip: MotionClip, path: Path, progress: Progress) -> Path:
    """Write the clip as .mp4 with the driver's sound, or as numbered PNG pictures with alpha.

    Args:
        clip: what to draw.
        path: an .mp4, or a name such as ``name_%04d.png``.
        progress: told how far it is.

    Raises:
        UserError: there is no avatar, the motion does not fit it, or it cannot be written.
        Cancelled: the user asked to stop; nothing is left of it.
    """
    leave_one_core()
    from app.clips import write_clip
    from app.picture_sequence import is_sequence, write_sequence
    from app.reenact import beside, drawn, opaque
    from avatars.tracking.video import has_sound
    from renderer.rasterizer import choose_rasterizer

    if clip.document.avatar is None:
        raise UserError("There is no avatar to draw.", "Open an avatar first.")
    looks = replace(clip.document, avatar=looks_of(clip.document), layers=())
    rasterizer = choose_rasterizer(clip.device)
    sequence = is_sequence(path)
    background = clip.background if sequence else clip.background or WHITE
    camera = clip.orbit.camera(clip.size, clip.size)
    progress.report(0.0, "Preparing")
    pictures = drawn(stored_of(looks), _states(clip), camera, rasterizer, background, progress)
    since = clip.since + clip.frames[0]
    if clip.beside and clip.video is not None:
        pictures = beside(pictures, clip.video, since)
    if sequence:
        write_sequence(path, pictures)
        return path
    sound = clip.video if clip.video is not None and has_sound(clip.video) else None
    fps = clip.motion.fps
    write_clip(path, opaque(pictures), fps, sound=sound, since=since / fps)
    return path


def _states(clip: MotionClip) -> "list[HeadState]":
    """The avatar's states, just as the window plays them."""
    from app.driving.player import Player

    assert clip.document.avatar is not None
    head = clip.document.avatar.head
    first, last = clip.frames
    player = Player(clip.motion)
    states = []
    for frame in range(first, last + 1):
        player.seek(frame)
        player.forget()
        state = player.next(head, clip.options)
        assert state is not None
        states.append(state)
    return states
