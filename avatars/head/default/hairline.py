"""Where hair begins: a line round the head, given by height over the direction seen from above."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.spatial import cKDTree

from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import Floats

AXIS_DEPTH = -12.0
"""Depth (mm) of the upright axis about which directions are counted."""

LINE: Floats = np.array(
    [
        (0.0, 81.0), (12.0, 82.5), (25.0, 83.0), (35.0, 78.5), (43.0, 67.0), (50.0, 53.0),
        (57.0, 39.0), (62.0, 30.0), (67.0, 18.0), (71.5, 4.0), (75.0, -5.0), (82.0, -7.0),
        (88.0, -2.0), (95.0, 10.0), (104.0, 14.0), (112.0, -2.0), (119.0, -26.0),
        (128.0, -48.0), (145.0, -62.0), (165.0, -67.0), (180.0, -68.0),
    ]
)  # fmt: skip
"""Degrees from the front to the side, and height (mm): forehead, temple, whiskers, ear, nape."""


def inside_hairline(neutral: NeutralHead, points: Floats) -> Floats:
    """[N] distance (mm) of points [N, 3] (mm) on the skin from the hairline, positive in the hair.

    The ears are not considered: whoever asks leaves them out.
    """
    height = PchipInterpolator(LINE[:, 0], LINE[:, 1])
    skin = neutral.v_template[neutral.parts["skin"]] * 1e3
    middles = neutral.v_template[neutral.faces[neutral.part_faces["skin"]]].mean(axis=1) * 1e3
    surface = np.concatenate([skin, middles])
    turn = _degrees(surface)
    # The line drawn on the surface: what lies close to it, moved to its height.
    near = np.abs(surface[:, 1] - height(turn)) < 8.0
    line = surface[near].copy()
    line[:, 1] = height(turn[near])
    distance, _ = cKDTree(line).query(points)
    above = points[:, 1] > height(_degrees(points))
    signed: Floats = np.where(above, distance, -distance)
    return signed


def _degrees(points: Floats) -> Floats:
    degrees: Floats = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2] - AXIS_DEPTH))
    return degrees
