"""Smooth random values in space, the same on every run, and two blends used all over."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from avatars.head.default.topology import Floats

_LATTICE = 48


def value_noise(points: Floats, length: float, seed: int) -> Floats:
    """[N] smooth noise, mean 0, mostly within -1..1.

    Args:
        points: [N, D] positions, D = 2 or 3.
        length: distance over which the value changes, in the unit of the points.
        seed: which noise.
    """
    dimensions = points.shape[1]
    lattice = np.random.default_rng(seed).standard_normal((_LATTICE,) * dimensions)
    at = points / length + 17.3 * np.arange(1, dimensions + 1)
    cell = np.floor(at)
    within = at - cell
    # Eased coordinates hide the lattice that straight interpolation would show.
    eased = cell + within * within * (3 - 2 * within)
    values: Floats = map_coordinates(lattice, eased.T, order=1, mode="grid-wrap")
    return 0.8 * values


def smooth_step(low: float | Floats, high: float | Floats, values: Floats) -> Floats:
    """[N] 0 below `low`, 1 above `high` (or the reverse), smooth between; bounds may be [N]."""
    share = np.clip((values - low) / (high - low), 0, 1)
    eased: Floats = share * share * (3 - 2 * share)
    return eased


def mixed(under: Floats, over: Floats | tuple[float, float, float], share: Floats) -> Floats:
    """[N, 3] colours `under` with a share [N] of `over`."""
    result: Floats = under + share[:, None] * (np.asarray(over) - under)
    return result
