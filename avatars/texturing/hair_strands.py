"""Hair that was seen, cut into patches and laid along strands where none was seen.

Patches of the photo's hair, each turned so that its strands follow the flow at its new place, are
blended with sharp feathered borders (texture synthesis by tiling and blending). Only what stands
out of the local mean is laid, relative to it, so that colour stays a matter of smooth layers and
no border shows.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatars.texturing.seen import at_pixels
from avatars.texturing.texels import Array, Mask

LOCAL = 0.009  # metres: deviation of the blur that makes the local mean
REACH = (0.014, 0.009)  # metres of a patch along and across its strands
SPACING = 0.010  # metres between the centres of patches
OVERLAP = 3  # patches that share a point
SHARP = 4.0  # how quickly one patch gives way to the next
GRAIN = 0.004  # metres over which the direction of strands is measured
FULL = 0.85  # of a patch that must be seen hair
MOST = (-0.75, 1.4)  # of the detail, relative to the local mean
TINT = 0.4  # of the detail's colour that is kept: skin shining through is no strand
LIFT = 0.04  # added to colours before they are divided: black hair has no relative detail
LEAST = 12  # patches to choose from


@dataclass(frozen=True, eq=False)
class Exemplar:
    """Patches of seen hair.

    Attributes:
        detail: [H, W, 3] relative to the local mean, about 0; 0 where no hair is seen.
        centres: [K, 2] pixels of patches.
        along: [K, 2] unit directions of their strands, away from the root where it can be told.
        pixels_per_metre: scale of the picture.
    """

    detail: Array
    centres: Array
    along: Array
    pixels_per_metre: float


def exemplar_of(image: Array, seen: Mask, down: Array, pixels_per_metre: float) -> Exemplar | None:
    """What hair looks like in a picture; None where too little of it is seen.

    Args:
        image: [H, W, 3] 0..1.
        seen: [H, W] hair, seen squarely and surely.
        down: [2] direction from crown to chin in the picture.
        pixels_per_metre: scale of the picture.
    """
    sigma = LOCAL * pixels_per_metre
    cover = seen.astype(np.float32)
    amount = cv2.GaussianBlur(cover, (0, 0), sigma)[..., None]
    local = cv2.GaussianBlur(image * cover[..., None], (0, 0), sigma) / np.maximum(amount, 1e-3)
    detail = np.clip((image + LIFT) / (local + LIFT) - 1, *MOST) * cover[..., None]
    grey = detail.mean(axis=2, keepdims=True)
    detail = grey + TINT * (detail - grey)
    side = max(3, round(2 * REACH[1] * pixels_per_metre))
    full = cv2.blur(cover, (side, side))
    step = max(2, round(SPACING * pixels_per_metre / 3))
    rows, columns = np.mgrid[step // 2 : image.shape[0] : step, step // 2 : image.shape[1] : step]
    chosen = full[rows, columns] > FULL
    if chosen.sum() < LEAST:
        return None
    rows, columns = rows[chosen], columns[chosen]
    along = strand_directions(image, GRAIN * pixels_per_metre)[rows, columns]
    along = np.where((along @ down)[:, None] < 0, -along, along)
    centres = np.column_stack([columns + 0.5, rows + 0.5])
    return Exemplar(
        detail.astype(np.float32),
        centres.astype(np.float32),
        along.astype(np.float32),
        pixels_per_metre,
    )


def strand_directions(image: Array, sigma: float) -> Array:
    """[H, W, 2] unit directions along which the picture changes least around each pixel."""
    grey = np.log(image @ np.array([0.3, 0.6, 0.1], np.float32) + LIFT).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.0)
    x, y = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(part, (0, 0), sigma) for part in (x * x, y * y, x * y))
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    directions: Array = np.stack([-np.sin(across), np.cos(across)], axis=-1).astype(np.float32)
    return directions


def laid(exemplar: Exemplar, points: Array, flow: Array, across: Array, seed: int) -> Array:
    """Relative detail [M, 3] at points of a surface.

    Args:
        exemplar: patches to lay.
        points: [M, 3] metres.
        flow: [M, 3] unit directions of strands along the surface.
        across: [M, 3] unit directions along the surface at right angles to them.
        seed: of which patch lies where.
    """
    rng = np.random.default_rng(seed)
    chosen = _scattered(points, SPACING, rng)
    middles = points[chosen]
    patch = rng.integers(len(exemplar.centres), size=len(chosen))
    count = min(OVERLAP, len(chosen))
    found = cKDTree(middles).query(points, k=count, eps=0.1)[1]
    nearest = np.asarray(found, np.int64).reshape(len(points), count)
    total = np.zeros((len(points), 3), np.float32)
    squares = np.full((len(points), 1), 1e-12, np.float32)
    scale = exemplar.pixels_per_metre
    for turn in range(count):
        place = nearest[:, turn]
        off = points - middles[place]
        # The frame of each point and not of its patch: strands bend with the flow.
        frame = chosen[place]
        u = (off * (flow + flow[frame])).sum(axis=1) / 2
        v = (off * (across + across[frame])).sum(axis=1) / 2
        source = patch[place]
        along = exemplar.along[source]
        side = np.column_stack([-along[:, 1], along[:, 0]])
        pixels = exemplar.centres[source] + scale * (u[:, None] * along + v[:, None] * side)
        near = np.exp(-SHARP * ((u / REACH[0]) ** 2 + (v / REACH[1]) ** 2))
        weight = near[:, None].astype(np.float32) + 1e-6
        total += weight * at_pixels(exemplar.detail, pixels.astype(np.float32))
        squares += weight * weight
    detail: Array = total / np.sqrt(squares)
    return detail


def _scattered(points: Array, spacing: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of points about ``spacing`` apart: one by chance from each cell of a grid."""
    cells = np.floor(points / spacing + rng.random(3)).astype(np.int64)
    order = rng.permutation(len(points))
    _, first = np.unique(cells[order], axis=0, return_index=True)
    return np.asarray(order[first], np.int64)
