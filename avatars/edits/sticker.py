"""A picture laid onto the map: flat, or along the skin."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.edits.canvas import Canvas
from avatars.edits.layer import Picture, Placement
from avatars.edits.placement import Chart, chart
from avatars.edits.points import Points
from avatars.edits.tiles import TiledImage
from avatars.remembered import Remembered

_ROW = 512  # pixels are looked up in rows of this many: OpenCV's maps may not be longer than 32767

_charts: Remembered[dict[tuple[object, ...], Chart]] = Remembered(4)
_MOST_CHARTS = 8


def warped(picture: Picture, placement: Placement, canvas: Canvas) -> TiledImage:
    """The sticker as it lies on the map.

    Raises:
        OffTheHead: its centre is not on the head.
    """
    width = placement.size
    if placement.space == "uv":
        texels = width * canvas.size
        xy = canvas.uv - np.array(placement.uv)
        reach = np.hypot(1, picture.aspect) * width / 2
        rows = np.flatnonzero((np.abs(xy) <= reach).all(axis=1))
        xy = xy[rows]
    else:
        middle = canvas.point_at_uv(placement.uv)
        width *= canvas.unit_length
        texels = width / canvas.texel_length
        reach = float(np.hypot(1, picture.aspect)) * width / 2
        found = chart_at(canvas, middle, reach)
        rows, xy = found.rows, found.xy
    across = _turned(xy, placement) / width  # in units of the width, up and right
    half = picture.aspect / 2
    hit = (np.abs(across[:, 0]) <= 0.5 + 1 / max(texels, 1)) & (
        np.abs(across[:, 1]) <= half + 1 / max(texels, 1)
    )
    rows, across = rows[hit], across[hit]
    small = _reduced(picture, texels)
    pixels = _looked_up(small, (across[:, 0] + 0.5), (half - across[:, 1]) / picture.aspect)
    return TiledImage.empty(canvas.size).written(canvas.index[rows], pixels)


def _turned(xy: NDArray[np.float64], placement: Placement) -> NDArray[np.float64]:
    """Places as the upright sticker sees them."""
    c, s = np.cos(placement.angle), np.sin(placement.angle)
    x, y = xy[:, 0] * c + xy[:, 1] * s, xy[:, 1] * c - xy[:, 0] * s
    return np.stack([-x if placement.mirror else x, y], axis=1)


def chart_at(canvas: Canvas, middle: Points, radius: float) -> Chart:
    """The chart of a point, kept for the last few places: turning needs no new one."""
    kept = _charts.get((canvas,), dict)
    # Rounded up, so that scaling a little needs no new one either.
    radius = 1.25 ** np.ceil(np.log(max(radius, 1e-6)) / np.log(1.25))
    key = (int(middle.face[0]), middle.barycentrics.tobytes(), float(radius))
    found = kept.get(key)
    if found is None:
        found = chart(canvas, middle, float(radius))
        while len(kept) >= _MOST_CHARTS:
            kept.pop(next(iter(kept)), None)
        kept[key] = found
    return found


@lru_cache(maxsize=16)
def _shrunk(picture: Picture, width: int, height: int) -> NDArray[np.float32]:
    """The picture with alpha multiplied in, averaged down, a transparent pixel round it."""
    pixels = picture.pixels.astype(np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    if (height, width) != pixels.shape[:2]:
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(small, np.float32)
    padded: NDArray[np.float32] = np.pad(pixels, ((1, 1), (1, 1), (0, 0)))
    return padded


def _reduced(picture: Picture, texels: float) -> NDArray[np.float32]:
    """The picture with about one pixel per texel, or its own if those are fewer.

    Args:
        picture: the source.
        texels: how wide the sticker is on the map.
    """
    height, width = picture.pixels.shape[:2]
    factor = min(1.0, max(texels, 1.0) / width)
    # In steps, so that scaling a sticker by hand does not average its source anew each time.
    factor = min(1.0, 2 ** (np.ceil(np.log2(factor) * 4) / 4))
    return _shrunk(picture, max(1, round(width * factor)), max(1, round(height * factor)))


def _looked_up(
    source: NDArray[np.float32], right: NDArray[np.float64], down: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """RGBA8 [K, 4], alpha straight, at places 0..1 of a padded premultiplied picture."""
    count = len(right)
    if not count:
        return np.zeros((0, 4), np.uint8)
    height, width = source.shape[0] - 2, source.shape[1] - 2
    x, y = right * width + 0.5, down * height + 0.5
    length = -(-count // _ROW) * _ROW
    maps = [np.resize(axis.astype(np.float32), length).reshape(-1, _ROW) for axis in (x, y)]
    found = cv2.remap(
        source,
        maps[0],
        maps[1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0, 0),
    ).reshape(-1, 4)[:count]
    alpha = found[:, 3:]
    straight = np.where(alpha > 0, found[:, :3] / np.maximum(alpha, 1e-6), 0)
    rgba = np.concatenate([straight, alpha], axis=1)
    rgba[alpha[:, 0] < 0.5 / 255] = 0
    pixels: NDArray[np.uint8] = np.clip(np.round(rgba * 255), 0, 255).astype(np.uint8)
    return pixels
