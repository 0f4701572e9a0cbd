"""The tongue that comes out between the lips."""

from __future__ import annotations

import numpy as np

from avatars.head.default.mouth import LIP_LINE, TONGUE_COLUMNS, TONGUE_RINGS
from avatars.head.default.shaping import Shaper
from avatars.head.default.topology import Floats

TONGUE_JAW_ANGLE = 0.13
"""Radians by which the jaw opens for the tongue."""
_OUT: Floats = np.array(
    [
        (112.0, 6.0, -2.4, -6.4),
        (109.5, 9.6, 0.2, -6.4),
        (105.0, 12.0, 3.0, -4.6),
        (99.0, 13.4, 5.4, -1.6),
        (92.0, 14.0, 6.4, 0.7),
        (84.0, 14.4, 5.8, 0.4),
        (74.0, 14.8, 3.8, -1.6),
        (60.0, 14.0, 0.6, -6.0),
        (44.0, 11.0, -6.4, -11.8),
    ]
)
"""Depth, half width, top and bottom above the lip line (mm) from tip to root, jaw at rest; the jaw
carries it down between the rows of teeth."""
_TIP_OUT = (113.4, -4.6)


def tongue_out(shaper: Shaper) -> Floats:
    """[V, 3] mm, the tongue stretched out; for a jaw opened by ``TONGUE_JAW_ANGLE``."""
    ids = shaper.head.parts["tongue"]
    points = shaper.vertices[ids]
    rings = points[1:-1].reshape(TONGUE_RINGS, TONGUE_COLUMNS, 3)
    target = points.copy()
    target[0] = [0.0, LIP_LINE + _TIP_OUT[1], _TIP_OUT[0]]
    moved = rings.copy()
    for ring, (z, half, top, bottom) in zip(moved, _OUT, strict=True):
        height = ring[:, 1] - (ring[:, 1].max() + ring[:, 1].min()) / 2
        ring[:, 0] *= half / np.abs(ring[:, 0]).max()
        ring[:, 1] = LIP_LINE + (top + bottom) / 2 + height * (top - bottom) / np.ptp(ring[:, 1])
        ring[:, 2] = z
    target[1:-1] = moved.reshape(-1, 3)
    field = np.zeros_like(shaper.vertices)
    field[ids] = target - points
    return shaper.symmetric(field)
