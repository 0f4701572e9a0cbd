"""The texture of one picture laid over the drawing of another, patch by patch.

Image quilting for texture transfer (Efros and Freeman: Image quilting for texture synthesis and
transfer, 2001): overlapping patches of the style are chosen so that they resemble the map's own
light and dark and agree with what is already laid, and are cut along the line where they agree
best.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.edits.lab import to_lab
from avatars.edits.palette import with_palette
from avatars.progress import Progress

Floats = NDArray[np.float32]

_PATCH, _OVERLAP = 24, 8  # texels of a 512 map
_CHOICES = 6000
_BEST = 24
_LIKENESS = 1.2  # weight of resembling the drawing against agreeing with neighbours
_STYLE_SIDE = 320


def quilted(
    rgb: Floats, style: Floats, valid: NDArray[np.bool_], *, seed: int, progress: Progress
) -> Floats:
    """A map [R, R, 3], 0..1, redrawn in the texture of a picture.

    Args:
        rgb: [R, R, 3] the map.
        style: [H, W, 3] the picture, 0..1.
        valid: [R, R] the texels that count.
        seed: of the choice of patches.
        progress: told after each row.

    Raises:
        Cancelled: the user asked to stop.
    """
    size = rgb.shape[0]
    patch = max(8, round(_PATCH * size / 512))
    overlap = max(2, round(_OVERLAP * size / 512))
    source = _fitting(style, patch)
    # Compared in the style's own range of light and dark.
    drawing = _grey(with_palette(rgb, style, valid))
    patches, features = _patches(source, patch, np.random.default_rng(seed))
    step = patch - overlap
    count = -(-max(size - overlap, 1) // step)
    whole = count * step + overlap
    pad = whole - size
    drawing = np.pad(drawing, ((0, pad), (0, pad)), mode="reflect")
    used = np.pad(valid, ((0, pad), (0, pad)))
    out = np.zeros((whole, whole, 3), np.float32)
    for row in range(count):
        progress.report(row / count, "Laying texture")
        for column in range(count):
            y, x = row * step, column * step
            if not used[y : y + patch, x : x + patch].any():
                continue
            wanted = _small(drawing[y : y + patch, x : x + patch])
            gap = ((features - wanted) ** 2).mean(axis=1)
            near = np.argpartition(gap, _BEST)[:_BEST]
            laid = out[y : y + patch, x : x + patch]
            chosen = _agreeing(patches, near, gap, laid, overlap, (row > 0, column > 0))
            mask = _cut(patches[chosen], laid, overlap, (row > 0, column > 0))[..., None]
            out[y : y + patch, x : x + patch] = laid * (1 - mask) + patches[chosen] * mask
    result: Floats = np.clip(out[:size, :size], 0, 1)
    return result


def _fitting(style: Floats, patch: int) -> Floats:
    """The style with a size at which its texture shows in a patch."""
    factor = max(_STYLE_SIDE / max(style.shape[:2]), 2 * patch / min(style.shape[:2]))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    width, height = (max(2 * patch, round(side * factor)) for side in style.shape[1::-1])
    resized = cv2.resize(np.ascontiguousarray(style), (width, height), interpolation=how)
    return np.asarray(resized, np.float32)


def _grey(rgb: Floats) -> Floats:
    return to_lab(rgb)[..., 0] / np.float32(100)


def _small(grey: Floats) -> Floats:
    return np.asarray(cv2.resize(grey, (6, 6), interpolation=cv2.INTER_AREA), np.float32).reshape(
        -1
    )


def _patches(source: Floats, patch: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Patches [K, P, P, 3] and their light and dark [K, 36]."""
    rows, columns = source.shape[0] - patch + 1, source.shape[1] - patch + 1
    count = min(_CHOICES, rows * columns)
    places = random.choice(rows * columns, count, replace=False)
    tops, lefts = np.divmod(places, columns)
    patches = np.stack(
        [source[y : y + patch, x : x + patch] for y, x in zip(tops, lefts, strict=True)]
    )
    grey = _grey(source)
    features = np.stack(
        [_small(grey[y : y + patch, x : x + patch]) for y, x in zip(tops, lefts, strict=True)]
    )
    return patches, features


def _agreeing(
    patches: Floats,
    near: NDArray[np.int64],
    gap: Floats,
    laid: Floats,
    overlap: int,
    before: tuple[bool, bool],
) -> int:
    """Of the patches ``near`` the one that fits drawing and neighbours best."""
    cost = _LIKENESS * gap[near]
    if before[0]:
        cost = cost + ((patches[near][:, :overlap] - laid[:overlap]) ** 2).mean(axis=(1, 2, 3))
    if before[1]:
        part = (patches[near][:, :, :overlap] - laid[:, :overlap]) ** 2
        cost = cost + part.mean(axis=(1, 2, 3))
    return int(near[cost.argmin()])


def _cut(fresh: Floats, laid: Floats, overlap: int, before: tuple[bool, bool]) -> Floats:
    """[P, P] 1 where the fresh patch shows, cut where it differs least from what is laid."""
    mask = np.ones(fresh.shape[:2], np.float32)
    error = ((fresh - laid) ** 2).sum(axis=-1)
    steps = np.arange(overlap)
    if before[1]:
        path = _path(error[:, :overlap])
        mask[:, :overlap] *= (steps[None] >= path[:, None]).astype(np.float32)
    if before[0]:
        path = _path(error[:overlap].T)
        mask[:overlap] *= (steps[:, None] >= path[None]).astype(np.float32)
    return np.asarray(cv2.blur(mask, (3, 3)), np.float32) if any(before) else mask


def _path(error: Floats) -> NDArray[np.int64]:
    """Column per row [P] of the cheapest way down an error [P, W]."""
    total = error.copy()
    for row in range(1, len(total)):
        above = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(above[:-2], above[1:-1]), above[2:])
    path = np.zeros(len(total), np.int64)
    path[-1] = int(total[-1].argmin())
    for row in range(len(total) - 2, -1, -1):
        low = max(0, path[row + 1] - 1)
        path[row] = low + int(total[row, low : path[row + 1] + 2].argmin())
    return path
