"""The hull of hanging hair: how far it reaches to the sides, forward and behind, by height."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatars.tracking.hanging import AXIS, EARS, LOWEST, Hanging, Rays
from avatars.tracking.spread import smoothstep

Doubles = NDArray[np.float64]

FRONT_DEPTH = 0.042  # metres the front sheet comes forward of the plane of the silhouette
ROUND = 1.1  # of the reach: at its very edge the front sheet would lie along the view
SHOULDER = (-0.078, 0.010, 0.014)
"""Height of the shoulders; metres by which hair may reach further to the side below than above
them, and over which it fades."""
TOP = 0.055  # metres on the mean head where the back sheet begins, inside the scalp
HANG = 0.006  # metres the back sheet stands off the back of the skull
TAPER = 0.12  # of its depth that it loses down to the bust line
ROW = 0.004  # metres between rows of the silhouette
RAGGED = 0.010  # metres by which strands end at different heights


@dataclass(frozen=True, eq=False)
class Widths:
    """How far hair reaches to each side and back by height, metres.

    Attributes:
        rows: [R] heights, growing.
        sides: [R, 2] reach to the left and to the right.
        there: [R, 2] 0..1 whether hair hangs there on the left, on the right.
        back: [R] reach behind the plane in which hair is widest.
    """

    rows: Doubles
    sides: Doubles
    there: Doubles
    back: Doubles

    def within(self, points: Doubles) -> Doubles:
        """1 for points [M, 3] that are hair, fading to 0 where shoulders begin beside it."""
        above = (self.rows > SHOULDER[0] + 0.01) & (self.rows < EARS)
        left, right = self.sides[above].max(axis=0)
        most = np.where(points[:, 0] > 0, left, right) + SHOULDER[1]
        beside = smoothstep(np.abs(points[:, 0]) - most, 0, SHOULDER[2])
        return np.asarray(np.where(points[:, 1] < SHOULDER[0], 1 - beside, 1.0))

    def at(self, height: Doubles, side: Doubles) -> Doubles:
        """Reach [M] at heights [M] on the side (> 0: left) [M]."""
        left, right = (np.interp(height, self.rows, self.sides[:, k]) for k in (0, 1))
        return np.asarray(np.where(side > 0, left, right))


def widths_of(rest: torch.Tensor, hanging: Hanging) -> Widths:
    """The silhouette of hanging hair, smooth, joined to that of the head above the ears."""
    rows = np.arange(LOWEST, TOP + ROW, ROW)
    low = hanging.hair & (hanging.places[..., 1] > LOWEST) & (hanging.places[..., 1] < TOP)
    places = hanging.places[low]
    row = np.clip(np.round((places[:, 1] - rows[0]) / ROW).astype(int), 0, len(rows) - 1)
    mesh = rest.numpy()
    own = [mesh[np.abs(mesh[:, 1] - height) < 2 * ROW] for height in rows]
    reach, there = np.zeros((len(rows), 2)), np.zeros((len(rows), 2))
    for column, side in enumerate((1, -1)):
        for index, height in enumerate(rows):
            x = side * places[(row == index) & (side * places[:, 0] > 0), 0]
            above = height > EARS - ROW
            if len(x) > 2:
                reach[index, column] = np.quantile(x, 0.98)
            if above:
                skull = float((side * own[index][:, 0]).max(initial=0.05))
                reach[index, column] = max(reach[index, column], skull)
            there[index, column] = float(len(x) > 2 or above)
        known = np.flatnonzero(reach[:, column] > 0)
        filled = np.interp(np.arange(len(rows)), known, reach[known, column])
        reach[:, column] = gaussian_filter1d(filled, 2.0, mode="nearest")
        # Hair that ends does not begin again further down.
        there[:, column] = np.minimum.accumulate(there[::-1, column])[::-1]
        there[:, column] = gaussian_filter1d(there[:, column], 1.5, mode="nearest")
    beside = (rows > SHOULDER[0] + 0.01) & (rows < EARS)
    most = reach[beside].max(axis=0) + SHOULDER[1] + SHOULDER[2] / 2
    below = rows < SHOULDER[0]
    reach[below] = np.minimum(reach[below], most)
    skin = np.array([AXIS - level[:, 2].min(initial=0.0) for level in own])
    at_ears = float(np.interp(EARS, rows, skin))
    fall = np.clip((EARS - rows) / (EARS - LOWEST), 0, 1)
    back = np.maximum(skin, np.where(rows < EARS, at_ears * (1 - TAPER * fall), 0)) + HANG
    return Widths(rows, reach, there, gaussian_filter1d(back, 2.0, mode="nearest"))


def back_area(wide: Widths) -> float:
    """Square metres of the back sheet, about."""
    around = np.pi / 2 * np.maximum(wide.sides.mean(axis=1), wide.back) * wide.there.sum(axis=1)
    return float(around.sum() * ROW)


def forward(rays: Rays, wide: Widths) -> Doubles:
    """Where lines of sight meet the front sheet [M, 3], at rest."""
    points = rays.at_plane(AXIS)
    for _ in range(3):
        reach = wide.at(points[:, 1], np.sign(points[:, 0]))
        round_ = np.sqrt(np.clip(1 - (points[:, 0] / (ROUND * reach)) ** 2, 0, 1))
        ahead = FRONT_DEPTH * np.minimum(1, reach / 0.09)
        points = rays.at_plane(AXIS + ahead * round_)
    return np.asarray(points)


def ragged(x: Doubles) -> Doubles:
    """How much later [M] the strands at these places across end, metres."""
    return np.asarray(RAGGED * (np.sin(700 * x) + np.sin(1700 * x + 1) + np.sin(4100 * x + 2)) / 3)


def on_hull(
    wide: Widths, height: Doubles, turn: Doubles, size: float
) -> tuple[Doubles, Doubles, Doubles]:
    """Points, normals [M, 3] and cover [M] of the back sheet at heights and turns from behind."""
    reach = wide.at(height, turn)
    depth = np.interp(height, wide.rows, wide.back)
    # It comes out of the scalp above the ears.
    grown = size * (0.88 + 0.12 * smoothstep(TOP - height, 0.0, TOP - EARS))
    x = grown * reach * np.sin(turn)
    z = AXIS - grown * depth * np.cos(turn)
    points = np.column_stack([x, height, z])
    normals = unit(np.column_stack([np.sin(turn) / reach, 0 * turn, -np.cos(turn) / depth]))
    there = [np.interp(height, wide.rows, wide.there[:, side]) for side in (0, 1)]
    left = smoothstep(turn, -0.6, 0.6)
    return points, normals, left * there[0] + (1 - left) * there[1]


def outward(points: Doubles) -> Doubles:
    """Unit directions [M, 3] away from the head's axis, level."""
    away = points - np.column_stack([0 * points[:, 0], points[:, 1], np.full(len(points), AXIS)])
    return unit(away)


def unit(vectors: NDArray[Any]) -> Doubles:
    """Vectors [M, 3] of length 1."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Doubles = vectors / np.maximum(length, 1e-9)
    return unit
