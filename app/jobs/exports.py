"""Documents to files for other programs: splats, maps, pictures, clips."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.document import Document, looks_of
from app.jobs.cores import leave_one_core
from avatars.progress import Progress
from renderer.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.settings import Device
    from app.view import ViewOrbit
    from avatars.head.state import HeadState
    from renderer.camera import Camera
    from renderer.gaussians import Gaussians
    from renderer.rasterizer import Color

MOST_FRAMES = 10_000


def export_ply(
    document: Document, state: "HeadState | None", path: Path, progress: Progress
) -> Path:
    """Write the splats of a face as it stands, upright; returns the path.

    Args:
        document: what to export.
        state: the face; None is the document's own. A document of plain splats has none.
        path: where to.
        progress: told how far it is.

    Raises:
        UserError: there is nothing to export, or it cannot be written.
        Cancelled: the user asked to stop before anything was written.
    """
    leave_one_core()
    from app.face_edits import upright
    from renderer.ply import write_ply

    _check_ending(path, (".ply",), "Splats are exported as .ply.")
    progress.report(0.0, "Posing")
    splats = document.splats
    face = state or document.head_state
    if document.avatar is not None and face is not None:
        splats = looks_of(document).pose(upright(face))
    if splats is None:
        raise UserError("There is nothing to export.", "Open an avatar first.")
    progress.report(0.4, f"Writing {path.name}")
    write_ply(path, splats)
    return path


def export_uv(document: Document, path: Path, progress: Progress) -> Path:
    """Write the UV colour map of an avatar, transparent where there is no skin; returns the path.

    Raises:
        UserError: there is no avatar, or it cannot be written.
        Cancelled: the user asked to stop before anything was written.
    """
    import numpy as np

    from app.pictures import write_picture

    if document.avatar is None:
        raise UserError("There is no avatar to export.", "Open an avatar first.")
    progress.report(0.0, f"Writing {path.name}")
    maps = looks_of(document).maps
    rgb = maps.rgb.clamp(0, 1).numpy()
    alpha = maps.valid.numpy()[..., None].astype(np.float32)
    write_picture(path, np.round(np.concatenate([rgb, alpha], 2) * 255).astype(np.uint8))
    return path


@dataclass(frozen=True, eq=False)
class Pose:
    """What to draw: a document, a face and where from.

    Attributes:
        document: what is drawn.
        state: the face; None for plain splats.
        camera: from where.
        background: behind it; None is transparent.
        device: where to draw.
    """

    document: Document
    state: "HeadState | None"
    camera: "Camera"
    background: "Color | None"
    device: "Device" = "auto"


def export_png(pose: Pose, path: Path, progress: Progress) -> Path:
    """Write a picture; returns the path.

    Raises:
        UserError: there is nothing to draw, or it cannot be written.
        Cancelled: the user asked to stop before anything was written.
    """
    leave_one_core()
    from app.pictures import write_picture
    from renderer.rasterizer import choose_rasterizer

    progress.report(0.0, "Drawing")
    rasterizer = choose_rasterizer(pose.device)
    splats = _splats(pose.document, pose.state, rasterizer.device)
    pixels = rasterizer.draw(splats, pose.camera, pose.background).rgba.cpu().numpy()
    progress.report(0.8, f"Writing {path.name}")
    write_picture(path, pixels)
    return path


def _check_ending(path: Path, endings: tuple[str, ...], remedy: str) -> None:
    if path.suffix.lower() not in endings:
        raise UserError(f"{path.name} has no usable ending.", remedy)


@dataclass(frozen=True, eq=False)
class Turn:
    """A clip that goes once round the head.

    Attributes:
        document: what is drawn.
        state: the face; None for plain splats.
        orbit: where the camera begins.
        size: pixels a side, even.
        frames: how many.
        fps: per second.
        background: behind the head; clips have no transparency.
        device: where to draw.
    """

    document: Document
    state: "HeadState | None"
    orbit: "ViewOrbit"
    size: int = 512
    frames: int = 120
    fps: float = 30.0
    background: "Color" = (1.0, 1.0, 1.0)
    device: "Device" = "auto"


def turntable(turn: Turn, path: Path, progress: Progress) -> Path:
    """Write the clip as .mp4; returns the path.

    Raises:
        UserError: there is nothing to draw, or it cannot be written.
        Cancelled: the user asked to stop; nothing is left of it.
    """
    leave_one_core()
    from app.clips import write_clip
    from renderer.rasterizer import choose_rasterizer

    _check_ending(path, (".mp4",), "Clips are written as .mp4.")
    if not 1 <= turn.frames <= MOST_FRAMES:
        raise UserError(f"A clip of {turn.frames} frames is not made.", "Use 1 to 10000 frames.")
    rasterizer = choose_rasterizer(turn.device)
    splats = _splats(turn.document, turn.state, rasterizer.device)

    def frames() -> "Iterator[NDArray[np.uint8]]":
        import numpy as np

        for number in range(turn.frames):
            progress.report(number / turn.frames, f"Drawing {turn.frames} frames")
            orbit = turn.orbit.orbited(2 * math.pi * number / turn.frames, 0.0)
            camera = orbit.camera(turn.size, turn.size)
            drawn = rasterizer.draw(splats, camera, turn.background).rgba.cpu().numpy()
            yield np.ascontiguousarray(drawn[..., :3])

    write_clip(path, frames(), turn.fps)
    return path


def _splats(document: Document, state: "HeadState | None", device: Any) -> "Gaussians":
    """The splats of a document on a device.

    Raises:
        UserError: there are none.
    """
    splats = document.splats
    if document.avatar is not None and state is not None:
        splats = looks_of(document).to(device).pose(state.to(device))
    if splats is None:
        raise UserError("There is nothing to draw.", "Open an avatar first.")
    return splats
