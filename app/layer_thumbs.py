"""Small pictures of layers for lists, made beside the window."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer
    from avatars.edits.tiles import TiledImage

Pixels = NDArray[np.uint8]

SIDE = 72
"""Pixels a side."""
_FAINT = 0.22  # of alpha on the average


def thumb_of(editor: "Editor", layer: "Layer") -> Pixels | None:
    """The picture [SIDE, SIDE, 4] of a layer, or an older one; None for layers without."""
    picture, image = layer.picture, layer.image
    if picture is not None:
        mirrored = layer.placement is not None and layer.placement.mirror
        pixels = picture.pixels
        return editor.easel.made(
            f"thumb {layer.id}",
            (picture, int(mirrored)),
            lambda: fitted(telling(pixels), mirrored=mirrored),
        )
    if image is None or layer.kind == "geometry":
        return None
    return editor.easel.made(f"thumb {layer.id}", (image,), lambda: cropped(image))


def mask_of(editor: "Editor", layer: "Layer") -> Pixels | None:
    """The picture of a layer's mask, white where the layer shows; None without one."""
    mask = layer.mask
    if mask is None:
        return None

    def draw() -> Pixels:
        grey = fitted(mask.pixels())[..., 3:]
        opaque = np.full_like(grey, 255)
        return np.concatenate([grey, grey, grey, opaque], axis=2)

    return editor.easel.made(f"mask {layer.id}", (mask,), draw)


def cropped(image: "TiledImage") -> Pixels:
    """A layer's picture cut to what is on it, with some room around."""
    pixels = image.pixels()
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((SIDE, SIDE, 4), np.uint8)
    side = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side = min(image.size, int(side * 1.15) + 8)
    middle = (rows[0] + rows[-1] + 1) // 2, (columns[0] + columns[-1] + 1) // 2
    top, left = (min(max(m - side // 2, 0), image.size - side) for m in middle)
    return fitted(np.ascontiguousarray(pixels[top : top + side, left : left + side]))


def fitted(pixels: Pixels, *, mirrored: bool = False) -> Pixels:
    """A picture of any shape in the middle of a transparent square."""
    import cv2

    height, width = pixels.shape[:2]
    factor = SIDE / max(height, width)
    shape = max(1, round(width * factor)), max(1, round(height * factor))
    soft = pixels.astype(np.float32)
    soft[..., :3] *= soft[..., 3:] / 255
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small = cv2.resize(soft, shape, interpolation=how)
    alpha = np.maximum(small[..., 3:], 1e-3)
    small[..., :3] = np.where(small[..., 3:] > 0, small[..., :3] * 255 / alpha, 0)
    out = np.zeros((SIDE, SIDE, 4), np.uint8)
    top, left = (SIDE - shape[1]) // 2, (SIDE - shape[0]) // 2
    part = np.clip(np.round(small), 0, 255).astype(np.uint8)
    out[top : top + shape[1], left : left + shape[0]] = part[:, ::-1] if mirrored else part
    return out


def telling(pixels: Pixels) -> Pixels:
    """The part of a faint wide picture that has most on it, stronger than it is."""
    height, width = pixels.shape[:2]
    alpha = pixels[..., 3].astype(np.float32) / 255
    if float(alpha.mean()) > _FAINT:
        return pixels
    wide = min(width, int(1.3 * height))
    sums = np.concatenate([[0.0], np.cumsum(alpha.sum(axis=0))])
    left = int((sums[wide:] - sums[:-wide]).argmax())
    part = np.array(pixels[:, left : left + wide])
    part[..., 3] = np.clip(255 * alpha[:, left : left + wide] ** 0.6, 0, 255).astype(np.uint8)
    return part
