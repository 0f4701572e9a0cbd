"""Numbered PNG pictures in a folder."""

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from app.pictures import Pixels, encoded
from renderer.disk import make_folder, shown
from renderer.errors import UserError

_PATTERN = re.compile(r"%0?\d*d")


def is_sequence(output: Path) -> bool:
    """Whether an output names many pictures: a folder, or a name with %d or %05d in it."""
    if output.suffix.lower() == ".png":
        return bool(_PATTERN.search(output.name))
    return output.suffix == "" or output.is_dir()


def write_sequence(output: Path, frames: Iterable[Pixels]) -> int:
    """Write [H, W, 4] uint8 pictures from number 0 on and return how many there were.

    They appear under their names only once the last is drawn.

    Raises:
        UserError: the folder cannot be made or written.
    """
    named = output.suffix.lower() == ".png"
    folder = output.parent if named else output
    pattern = output.name if named else "%05d.png"
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{shown(folder)} is a file, not a folder.", "Choose another name.")
    existed = folder.exists()
    make_folder(folder)
    count = 0
    try:
        with tempfile.TemporaryDirectory(prefix=".frames-", dir=folder) as beside:
            for count, frame in enumerate(frames, start=1):
                (Path(beside) / (pattern % (count - 1))).write_bytes(encoded(frame))
            for path in sorted(Path(beside).iterdir()):
                path.replace(folder / path.name)
    except OSError as error:
        raise UserError(
            f"{shown(folder)} cannot be written ({error.strerror or error}).",
            "Choose another folder or make room on the disk.",
        ) from error
    finally:
        if not existed and not any(folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
    return count
