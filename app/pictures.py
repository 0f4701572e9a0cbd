"""Pictures in and out of files, 8 bits per channel."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderer.disk import replacing
from renderer.errors import UserError

Pixels = NDArray[np.uint8]


def write_picture(path: Path, rgba: Pixels) -> None:
    """Write [H, W, 3 or 4] uint8 RGB(A) as PNG or JPEG by the file's ending, atomically.

    Fully opaque pictures are written without alpha.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UserError(f"{path.name} is not a picture we write.", "End the name in .png or .jpg.")
    content = encoded(rgba, path.suffix)
    with replacing(path) as handle:
        handle.write(content)


def encoded(rgba: Pixels, suffix: str = ".png") -> bytes:
    """The bytes of a picture file; alpha is left away where everything is opaque.

    Raises:
        UserError: the encoder refuses the size.
    """
    import cv2

    clear = rgba.shape[-1] == 4 and bool((rgba[..., 3] < 255).any())
    channels = [2, 1, 0, 3] if clear else [2, 1, 0]
    done, content = cv2.imencode(suffix, np.ascontiguousarray(rgba[..., channels]))
    if not done:
        raise UserError("The picture could not be encoded.", "Try another size or .png.")
    return content.tobytes()


def side_by_side(pictures: list[Pixels], columns: int) -> Pixels:
    """One picture from equally sized ones, filled row by row; missing ones stay white."""
    height, width, channels = pictures[0].shape
    rows = -(-len(pictures) // columns)
    sheet: Pixels = np.full((rows * height, columns * width, channels), 255, np.uint8)
    for number, picture in enumerate(pictures):
        y, x = divmod(number, columns)
        sheet[y * height : (y + 1) * height, x * width : (x + 1) * width] = picture
    return sheet
