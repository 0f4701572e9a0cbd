"""Asks for the files of motions and of films that drive a face."""

from typing import TYPE_CHECKING

from app.gui.outputs import plain_name

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.files import FileDialogs

FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")
MOTIONS = (".npz", ".csv")


def film(editor: "Editor", files: "FileDialogs") -> None:
    """Ask for a video, then follow it in a camera's place."""
    from app.editing_video import drive_with

    files.open_files(FILMS, lambda chosen: drive_with(editor, chosen[0]), title="Choose a video")


def choose(editor: "Editor", files: "FileDialogs") -> None:
    """Ask for a motion, then play it."""
    files.open_files(MOTIONS, editor.drop, title="Open a motion")


def save(editor: "Editor", files: "FileDialogs") -> None:
    """Ask where to, then start writing the motion."""
    files.save_file(
        f"{_name(editor)}.npz",
        ".npz",
        lambda chosen: editor.driving.reel.save(chosen[0]),
        title="Save motion",
    )


def clip(editor: "Editor", files: "FileDialogs", *, beside: bool = False) -> None:
    """Ask where to, then start drawing the driven avatar as a clip."""
    files.save_file(
        f"{plain_name(editor.shown.name)} {_name(editor)}.mp4",
        ".mp4",
        lambda chosen: editor.driving.reel.export(chosen[0], beside=beside),
        title="Video of the driven avatar",
    )


def pictures(editor: "Editor", files: "FileDialogs") -> None:
    """Ask where to, then start drawing the driven avatar as numbered pictures with alpha."""
    files.save_file(
        f"{plain_name(editor.shown.name)}.png",
        ".png",
        lambda chosen: editor.driving.reel.export(
            chosen[0].with_name(f"{chosen[0].stem.replace('%', '_')}_%04d.png")
        ),
        title="Pictures of the driven avatar",
    )


def _name(editor: "Editor") -> str:
    return plain_name(editor.driving.reel.story.name)
