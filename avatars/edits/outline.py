"""The border of a sticker as points of the skin, so that it can be drawn on a moving head."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatars.edits.canvas import Canvas
from avatars.edits.layer import Picture, Placement
from avatars.edits.placement import Chart
from avatars.edits.points import Array, Floats, Mask, OffTheHead, Points
from avatars.edits.sticker import chart_at

SIDE = 10
"""Points along each side; the first of each is a corner."""

_NEAR = 3


@dataclass(frozen=True, eq=False)
class Outline:
    """K = 4 * SIDE places clockwise from the picture's upper left corner, and its middle.

    Each place is a mean of a few points of the skin, so that it does not jump from texel to texel.

    Attributes:
        points: [K * 3] points of the skin.
        weights: [K, 3] their shares.
        valid: [K] whether the place is on the skin at all.
        middle: one point.
    """

    points: Points
    weights: Floats
    valid: Mask
    middle: Points

    def mixed(self, values: Array) -> Array:
        """Values [K, D] at the places, of those [K * 3, D] at the points."""
        shares = self.weights[..., None]
        found: Array = (values.reshape(*self.weights.shape, -1) * shares).sum(axis=1)
        return found


def outline(picture: Picture, placement: Placement, canvas: Canvas) -> Outline | None:
    """The border of a sticker as it lies; None where its middle is off the head."""
    try:
        middle = canvas.point_at_uv(placement.uv)
    except OffTheHead:
        return None
    flat = _border(picture, placement)
    if placement.space == "uv":
        return _on_map(flat, placement, canvas, middle)
    width = placement.size * canvas.unit_length
    reach = float(np.hypot(1, picture.aspect)) * width / 2
    return _on_skin(flat * width, chart_at(canvas, middle, reach), canvas, middle)


def _border(picture: Picture, placement: Placement) -> Array:
    """Places [K, 2] in units of the width, right and up from the middle, turned as it lies."""
    half = picture.aspect / 2
    corners = np.array([[-0.5, half], [0.5, half], [0.5, -half], [-0.5, -half]])
    if placement.mirror:
        corners[:, 0] *= -1
    share = np.arange(SIDE)[:, None] / SIDE
    sides = [corners[n] + (corners[(n + 1) % 4] - corners[n]) * share for n in range(4)]
    places = np.concatenate(sides)
    c, s = np.cos(placement.angle), np.sin(placement.angle)
    return np.stack([places[:, 0] * c - places[:, 1] * s, places[:, 0] * s + places[:, 1] * c], 1)


def _on_map(flat: Array, placement: Placement, canvas: Canvas, middle: Points) -> Outline:
    points, on = canvas.points_at_uv(np.array(placement.uv) + flat * placement.size)
    weights = np.zeros((len(flat), _NEAR), np.float32)
    weights[:, 0] = 1
    return Outline(points[np.repeat(np.arange(len(flat)), _NEAR)], weights, on, middle)


def _on_skin(places: Array, chart: Chart, canvas: Canvas, middle: Points) -> Outline | None:
    if len(chart.rows) < _NEAR:
        return None
    away, near = cKDTree(chart.xy).query(places, k=_NEAR)
    weights = 1 / np.maximum(np.asarray(away), 1e-9)
    weights /= weights.sum(axis=1, keepdims=True)
    valid = np.asarray(away)[:, 0] < 2.5 * canvas.texel_length
    rows = chart.rows[np.asarray(near, np.int64).reshape(-1)]
    return Outline(canvas.points[rows], weights.astype(np.float32), valid, middle)
