"""A square cut out of a picture, possibly turned, resampled without aliasing."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, floor, sin

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

_BLUR = 0.45
"""Sigma of the blur before sampling, in pixels of the result."""

_BOX_SIGMA = 0.29
"""Sigma that averaging over one pixel's area already is: 1 / sqrt(12)."""


@dataclass(frozen=True)
class View:
    """A square in a picture.

    Attributes:
        x, y: its centre, pixels of the picture.
        side: length of its sides, pixels of the picture.
        roll: by how much it is turned clockwise, radians.
        size: pixels per side after resampling.
    """

    x: float
    y: float
    side: float
    size: int
    roll: float = 0.0

    @property
    def scale(self) -> float:
        """Pixels of the view per pixel of the picture."""
        return self.size / self.side

    def matrix(self) -> Floats:
        """[2, 3] from a place in the picture to the place in the view."""
        c, s = cos(self.roll) * self.scale, sin(self.roll) * self.scale
        half = self.size / 2
        return np.array(
            [
                [c, s, half - c * self.x - s * self.y],
                [-s, c, half + s * self.x - c * self.y],
            ]
        )

    def into(self, points: Floats) -> Floats:
        """Points [N, 2 or 3] of the picture in the view's pixels."""
        turned = points[:, :2] @ self.matrix()[:, :2].T + self.matrix()[:, 2]
        return np.concatenate([turned, points[:, 2:] * self.scale], axis=1)

    def out_of(self, points: Floats) -> Floats:
        """Points [N, 2 or 3] of the view in the picture's pixels."""
        matrix = self.matrix()
        back = (points[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return np.concatenate([back, points[:, 2:] / self.scale], axis=1)


def look(picture: Pixels, view: View) -> Pixels:
    """[size, size] or [size, size, C] pixels of a view; outside the picture its border is repeated.

    Args:
        picture: [H, W] or [H, W, C].
        view: where to look.
    """
    import cv2

    region, left, top = _region(picture, view)
    factor = max(1, floor(1 / view.scale + 1e-9))
    have = 0.0
    if factor > 1:
        # Averaging whole pixels first keeps large pictures fast; its own blur is taken off below.
        region = _whole_blocks(region, factor)
        height, width = region.shape[0] // factor, region.shape[1] // factor
        region = _bytes(cv2.resize(region, (width, height), interpolation=cv2.INTER_AREA))
        have = _BOX_SIGMA
    rest = view.scale * factor  # pixels of the view per pixel of the reduced region
    sigma = (max(0.0, (_BLUR / rest) ** 2 - have**2)) ** 0.5
    if rest < 1 and sigma > 0.1:
        region = _bytes(cv2.GaussianBlur(region, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
    matrix = view.matrix()
    # From index space (pixel centres at whole numbers) to places, through the region and back.
    shift = matrix[:, :2] @ np.array([left + 0.5 * factor, top + 0.5 * factor])
    matrix = np.column_stack([matrix[:, :2] * factor, matrix[:, 2] + shift - 0.5])
    return _bytes(
        cv2.warpAffine(
            region,
            matrix,
            (view.size, view.size),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def filled(outline: Floats, height: int, width: int) -> NDArray[np.bool_]:
    """[height, width] which pixels lie within an outline [N, 2]."""
    import cv2

    mask = np.zeros((height, width), np.uint8)
    # Pixel indices are places less half a pixel, which flooring takes off.
    cv2.fillPoly(mask, [np.floor(outline).astype(np.int32)], (1,))
    return mask > 0


def is_inside(view: View, width: int, height: int) -> NDArray[np.bool_]:
    """[size, size] which of the view's pixels have their centre in a picture of this size."""
    centres = np.arange(view.size) + 0.5
    grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
    places = view.out_of(grid).reshape(view.size, view.size, 2)
    x, y = places[..., 0], places[..., 1]
    inside: NDArray[np.bool_] = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return inside


def _region(picture: Pixels, view: View) -> tuple[Pixels, int, int]:
    """The part of the picture that a view needs, and its upper left corner."""
    height, width = picture.shape[:2]
    margin = 4 * max(1.0, 1 / view.scale)
    reach = view.side / 2 * (abs(cos(view.roll)) + abs(sin(view.roll))) + margin
    # At least one pixel is kept, so that a view beside the picture still repeats its border.
    left = min(max(0, floor(view.x - reach)), width - 1)
    top = min(max(0, floor(view.y - reach)), height - 1)
    right = max(left + 1, min(width, floor(view.x + reach) + 1))
    bottom = max(top + 1, min(height, floor(view.y + reach) + 1))
    return picture[top:bottom, left:right], left, top


def _whole_blocks(region: Pixels, factor: int) -> Pixels:
    """The region lengthened by its last row and column to a multiple of the factor."""
    import cv2

    down, right = -region.shape[0] % factor, -region.shape[1] % factor
    if not down and not right:
        return region
    return _bytes(cv2.copyMakeBorder(region, 0, down, 0, right, cv2.BORDER_REPLICATE))


def _bytes(result: object) -> Pixels:
    """What OpenCV made of bytes, which are bytes again; its stubs only promise numbers."""
    return np.asarray(result, np.uint8)
