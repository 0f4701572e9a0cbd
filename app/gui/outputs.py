"""Asks where exports go, then has the editor write them."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.files import FileDialogs

CLIP_SIZE = 720
"""Pixels a side of a turntable clip."""


def screenshot(editor: "Editor", width: int, height: int) -> None:
    """Start saving what the viewport shows, without the controls, to the folder of pictures."""
    folder = pictures_folder(editor)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{plain_name(editor.shown.name)}-{time.strftime('%Y%m%d-%H%M%S')}.png"
    transparent = editor.view.options.background is None
    editor.export_png(folder / name, width, height, transparent=transparent)


def pictures_folder(editor: "Editor") -> Path:
    """Where screenshots go."""
    if os.environ.get("AVATAR_GUI_HOME"):
        return editor.places.data / "pictures"
    import platformdirs

    return Path(platformdirs.user_pictures_dir()) / "avatar-gui"


def clip(editor: "Editor", files: "FileDialogs") -> None:
    """Ask where to, then start writing a clip that goes once round the head."""
    files.save_file(
        f"{plain_name(editor.shown.name)}.mp4",
        ".mp4",
        lambda chosen: editor.turntable(chosen[0], size=CLIP_SIZE),
        title="Turntable clip",
    )


def splats(editor: "Editor", files: "FileDialogs") -> None:
    """Ask where to, then start writing the posed splats."""
    files.save_file(
        f"{plain_name(editor.shown.name)}.ply",
        ".ply",
        lambda chosen: editor.export_ply(chosen[0]),
        title="Export posed splats",
    )


def colours(editor: "Editor", files: "FileDialogs") -> None:
    """Ask where to, then start writing the UV colour map."""
    files.save_file(
        f"{plain_name(editor.shown.name)}-uv.png",
        ".png",
        lambda chosen: editor.export_uv(chosen[0]),
        title="Export UV colours",
    )


def plain_name(name: str) -> str:
    """A name that every file system takes."""
    kept = "".join(each if each.isalnum() or each in " -_." else "_" for each in name).strip(" .")
    return kept or "avatar"
