"""How the editor exports what is shown; functions that its methods call."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.face_edits import upright
from app.jobs import tasks
from app.jobs.exports import Pose, Turn
from app.jobs.job import Job
from app.notices import Notice

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.head.state import HeadState

WHITE = (1.0, 1.0, 1.0)


def export_ply(editor: "Editor", path: Path) -> Job:
    """Start writing the splats of the face that is shown."""
    task = partial(tasks.export_ply, editor.shown, editor.view.live_state, _ending(path, ".ply"))
    return _start(editor, task, path)


def export_uv(editor: "Editor", path: Path) -> Job:
    """Start writing the UV colour map."""
    return _start(editor, partial(tasks.export_uv, editor.shown, _ending(path, ".png")), path)


def export_png(
    editor: "Editor",
    path: Path,
    width: int,
    height: int,
    *,
    scale: int = 1,
    transparent: bool = False,
) -> Job:
    """Start drawing a picture of what is shown.

    Args:
        editor: what is shown.
        path: the file.
        width: of the viewport, pixels.
        height: of the viewport, pixels.
        scale: pixels drawn per pixel of the viewport, 1 to 4.
        transparent: leave the background out.
    """
    request = editor.request(width, height, moving=False)
    camera = request.camera or request.orbit.camera(width, height)
    pose = Pose(
        document=editor.shown,
        state=request.state,
        camera=camera.scaled(min(max(scale, 1), 4)),
        background=None if transparent else editor.view.options.background,
        device=editor.settings.device,
    )
    return _start(editor, partial(tasks.export_png, pose, _ending(path, ".png", ".jpg")), path)


def turntable(
    editor: "Editor", path: Path, *, size: int = 512, frames: int = 120, fps: float = 30.0
) -> Job:
    """Start drawing a clip that goes once round the head.

    Args:
        editor: what is shown.
        path: the file.
        size: pixels a side; made even.
        frames: how many.
        fps: per second.
    """
    turn = Turn(
        document=editor.shown,
        state=_face(editor),
        orbit=editor.view.orbit,
        size=max(2, size // 2 * 2),
        frames=frames,
        fps=fps,
        background=editor.view.options.background or WHITE,
        device=editor.settings.device,
    )
    return _start(editor, partial(tasks.turntable, turn, _ending(path, ".mp4")), path, "heavy")


def _face(editor: "Editor") -> "HeadState | None":
    if editor.view.live_state is not None:
        return editor.view.live_state
    state = editor.shown.head_state
    return None if state is None else upright(state)


def _start(editor: "Editor", task: Callable[[Any], Path], path: Path, lane: Any = "light") -> Job:
    def apply(written: Path) -> None:
        editor.notify(Notice(f"Wrote {written}."))

    title = f"Export {path.name}"
    return editor.start(task, title, apply, lane, False, keeps_document=True)


def _ending(path: Path, *endings: str) -> Path:
    """The path with the first of the endings, unless it has one of them."""
    return path if path.suffix.lower() in endings else path.with_name(path.name + endings[0])
