"""The stickers to choose from: the program's own, and those in the person's folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.layer_thumbs import fitted, telling

if TYPE_CHECKING:
    from app.editor import Editor

MOST = 200
"""Files of a folder that are looked at."""
SUFFIXES = (".png", ".webp", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
AGAIN = "stickers.again"
"""In ``editor.panel``: counts how often the shelf was to be read again."""


@dataclass(frozen=True, eq=False)
class Shelved:
    """A sticker of the shelf.

    Attributes:
        name: for people.
        path: its file, the content of a pair.
        thumb: [72, 72, 4].
        is_own: whether it is the person's.
    """

    name: str
    path: Path
    thumb: NDArray[np.uint8]
    is_own: bool


def shelf(editor: "Editor") -> tuple[Shelved, ...] | None:
    """The stickers there are; None until they have been read."""
    own = own_folder(editor)
    again = int(editor.panel.get(AGAIN, 0))
    return editor.easel.made("shelf", (str(own), again), lambda: read_shelf(library_folder(), own))


def read_again(editor: "Editor") -> None:
    """Look for new files in the person's folder."""
    editor.panel[AGAIN] = int(editor.panel.get(AGAIN, 0)) + 1


def library_folder() -> Path:
    """Where the program's own stickers lie."""
    import edit_assets

    return Path(str(edit_assets.__file__)).parent


def own_folder(editor: "Editor") -> Path:
    """Where the person's own stickers lie; it need not exist."""
    return editor.places.data / "stickers"


def read_shelf(library: Path, own: Path) -> tuple[Shelved, ...]:
    """The stickers of both folders; files that are no stickers are left out."""
    found = []
    for folder in (own, library):
        for path in _files(folder):
            thumb = _thumb(path)
            if thumb is not None:
                name = path.stem.removesuffix("_content").replace("_", " ").capitalize()
                found.append(Shelved(name, path, thumb, folder is own))
    return tuple(found)


def _files(folder: Path) -> list[Path]:
    try:
        names = sorted(folder.iterdir())[:MOST]
    except OSError:
        return []
    return [
        path
        for path in names
        if path.suffix.lower() in SUFFIXES and not path.name.endswith("_mask.png")
    ]


def _thumb(path: Path) -> NDArray[np.uint8] | None:
    from avatars.edits.pictures import read_sticker
    from renderer.errors import UserError

    try:
        pixels = read_sticker(path, 512).picture.pixels
    except UserError:
        return None
    return fitted(telling(pixels))
