"""Pictures that come from outside: stickers, pairs of picture and mask, maps painted elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.edits.layer import Picture
from avatars.edits.tiles import TiledImage
from avatars.errors import UnreadableFile, UserError
from avatars.maps import nearest_valid
from avatars.tracking.decoding import decode
from renderer.disk import open_input, shown

Pixels = NDArray[np.uint8]

MOST_PIXELS = 100_000_000
LARGEST = 2048
"""Pictures are scaled down to this many pixels while they are read, before they meet a map."""

CONTENT, MASK = "_content.png", "_mask.png"
"""How the two files of a pair end."""

_THIN = 0.02  # of alpha that counts as nothing


@dataclass(frozen=True, eq=False)
class Sticker:
    """A sticker's picture.

    Attributes:
        picture: its pixels.
        notices: sentences the user should see.
        uv: [2] where its middle lies in FLAME's texture layout, for pairs made for that; or None.
        size: its width there, in units of u.
    """

    picture: Picture
    notices: tuple[str, ...] = ()
    uv: tuple[float, float] | None = None
    size: float = 0.0


def read_sticker(path: Path, map_size: int) -> Sticker:
    """The sticker in a picture file, no larger than the map; a pair if the file is one's half.

    Args:
        path: a picture, or ``NAME_content.png`` with ``NAME_mask.png`` beside it.
        map_size: R.

    Raises:
        UnreadableFile: missing, damaged, no picture, or above 100 megapixels.
    """
    for ending in (CONTENT, MASK):
        if path.name.endswith(ending):
            stem = path.name.removesuffix(ending)
            content, mask = (path.with_name(stem + end) for end in (CONTENT, MASK))
            if content.exists() and mask.exists():
                return read_pair(content, mask)
    pixels, width, height = read_rgba(path)
    notices = []
    if pixels[..., 3].min() == 255:
        notices.append(f"{path.name} has no transparency, so it is an opaque rectangle.")
    if max(width, height) > map_size:
        notices.append(
            f"{path.name} ({width} x {height}) is larger than the map and was scaled down."
        )
    if not (pixels[..., 3] > 0).any():
        raise UnreadableFile(
            f"{shown(path)} is fully transparent.", "Choose a picture with something on it."
        )
    return Sticker(Picture(within(pixels, map_size)), tuple(notices))


def read_pair(content: Path, mask: Path) -> Sticker:
    """A sticker from a picture and a mask in the orientation of maps whose first row is v = 0.

    Cut to what the mask shows; where that lies in the layout they were made for is kept.

    Raises:
        UnreadableFile: as ``read_sticker``; the two are not square or not of one size, or the
            mask is empty.
    """
    pixels, width, height = read_rgba(content)
    cover, mask_width, mask_height = read_rgba(mask)
    if width != height or (width, height) != (mask_width, mask_height):
        raise UnreadableFile(
            f"{shown(content)} ({width} x {height}) and its mask ({mask_width} x {mask_height}) "
            "are not square and equally large.",
            "Both cover the whole map: usually 512 x 512.",
        )
    grey = cover[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    rgba = np.dstack([pixels[..., :3], np.round(grey).astype(np.uint8)])[::-1]
    rows, columns = np.nonzero(rgba[..., 3] > 255 * _THIN)
    if not len(rows):
        raise UnreadableFile(f"{shown(mask)} shows nothing.", "White is where the picture counts.")
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    side = rgba.shape[0]
    middle = ((left + right) / 2 / side, 1 - (top + bottom) / 2 / side)
    cut = np.ascontiguousarray(rgba[top:bottom, left:right])
    return Sticker(Picture(cut), (), middle, (right - left) / side)


def read_map(path: Path, valid: NDArray[np.bool_]) -> tuple[TiledImage, tuple[str, ...]]:
    """A colour map painted elsewhere, at this map's size, and sentences the user should see.

    Beyond the islands it repeats what they end with, so that borders show no other colour.

    Args:
        path: a square picture.
        valid: [R, R] the texels on islands.

    Raises:
        UnreadableFile: as ``read_sticker``; or it is not square.
    """
    pixels, width, height = read_rgba(path)
    if width != height:
        raise UnreadableFile(
            f"{shown(path)} is {width} x {height}; a UV map is square.",
            "Export the map with `avatar-gui export AVATAR -o uv.png` and paint on that.",
        )
    size = valid.shape[0]
    notices = []
    if width != size:
        notices.append(f"{path.name} ({width} x {width}) was resampled to the map's {size}.")
        pixels = resampled(pixels, size)
    pixels = bordered(pixels, valid)
    if not pixels[..., 3].any():
        raise UnreadableFile(
            f"{shown(path)} is transparent wherever the head is.",
            "Paint on the islands that the exported map shows.",
        )
    return TiledImage.from_pixels(pixels), tuple(notices)


def read_rgba(path: Path) -> tuple[Pixels, int, int]:
    """The pixels [H, W, 4] of a picture file, and the width and height it has in the file.

    Raises:
        UnreadableFile: missing, damaged, no picture, or above 100 megapixels.
    """
    with open_input(path) as handle:
        decoded = decode(handle, path, most_pixels=MOST_PIXELS, longest_side=LARGEST)
    pixels = decoded.pixels
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return np.ascontiguousarray(pixels), decoded.width, decoded.height


def encode_png(pixels: Pixels) -> bytes:
    """The PNG of RGBA8 pixels [H, W, 4], colours under zero alpha included.

    Raises:
        UserError: the encoder refuses the size.
    """
    flags = [cv2.IMWRITE_PNG_COMPRESSION, 4]
    done, content = cv2.imencode(".png", pixels[..., [2, 1, 0, 3]], flags)
    if not done:
        raise UserError("The picture could not be encoded.", "Try a smaller one.")
    return content.tobytes()


def within(pixels: Pixels, side: int) -> Pixels:
    """The picture scaled down, if need be, to at most ``side`` pixels along both sides."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    return _scaled(pixels, (max(1, round(width * factor)), max(1, round(height * factor))))


def resampled(pixels: Pixels, size: int) -> Pixels:
    """A square picture with ``size`` pixels a side."""
    return pixels if pixels.shape[0] == size else _scaled(pixels, (size, size))


def bordered(pixels: Pixels, valid: NDArray[np.bool_]) -> Pixels:
    """The picture [R, R, 4] whose texels off the islands repeat the nearest one on them."""
    import torch

    nearest = nearest_valid(torch.from_numpy(valid)).numpy()
    return np.ascontiguousarray(pixels.reshape(-1, 4)[nearest].reshape(pixels.shape))


def _scaled(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    """Pixels at another size (width, height); transparent ones lend no colour."""
    premultiplied = pixels.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    smaller = shape[0] < pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    out = cv2.resize(premultiplied, shape, interpolation=how)
    alpha = out[..., 3:]
    out[..., :3] = np.where(alpha > 0, out[..., :3] * 255 / np.maximum(alpha, 1e-3), 0)
    scaled: Pixels = np.clip(np.round(out), 0, 255).astype(np.uint8)
    return scaled
