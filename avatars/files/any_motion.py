"""A motion from whatever holds one: our file, another program's file or folder, a table."""

from pathlib import Path

from avatars.errors import UnreadableFile
from avatars.files.flame_motion import holds_flame, read_flame_file, read_flame_folder
from avatars.files.live_link_csv import is_live_link, read_live_link
from avatars.files.motion_file import is_motion_file, read_motion
from avatars.files.tracker_motion import is_tracker_folder, read_tracker_folder
from avatars.motion import Motion
from avatars.npz import npz_shapes
from renderer.disk import open_input, shown

_START = 4096


def is_motion(path: Path) -> bool:
    """Whether something holds a motion rather than a video; a folder always does.

    Raises:
        UnreadableFile: missing, or an .npz that is no complete archive.
    """
    if path.is_dir():
        return True
    with open_input(path) as handle:
        start = handle.read(_START)
    if start.startswith(b"PK\x03\x04"):
        return holds_flame(set(npz_shapes(path))) or is_motion_file(path)
    return is_live_link(start)


def read_any_motion(path: Path) -> Motion:
    """The motion in a file or folder.

    Raises:
        UnreadableFile: missing, damaged, or holding no motion.
    """
    if path.is_dir():
        if is_tracker_folder(path):
            return read_tracker_folder(path)
        return read_flame_folder(path)
    with open_input(path) as handle:
        start = handle.read(_START)
    if is_live_link(start):
        return read_live_link(path)
    if start.startswith(b"PK\x03\x04"):
        shapes = npz_shapes(path)
        return read_flame_file(path) if _is_foreign(set(shapes)) else read_motion(path)
    raise UnreadableFile(
        f"{shown(path)} holds no motion.",
        "Use a motion .npz, a Live Link Face .csv, or a folder of FLAME parameters.",
    )


def _is_foreign(names: set[str]) -> bool:
    return holds_flame(names) and not {"arkit", "arkit_names"} <= names
