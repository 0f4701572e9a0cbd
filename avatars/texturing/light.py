"""The light on a face, so that what the photo does not show is lit plausibly.

Brightness of skin is fitted as a smooth function of the normal towards the camera. Fills are made
on colours with that light divided out, and what departs from it at the edge of the face (rim light,
collars, background) is not believed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.texturing.texels import Array, Mask

RIDGE = 30.0  # texels' worth of belief in even light
ROUNDS = 4
LEAST_FACING = 0.45  # cosine to the view: normals turned further away are lit as the last ones seen
BACK = -0.6  # cosine to the view from which on left and right are the same
USUAL = (0.05, 0.95)  # quantiles of the light on seen skin between which unseen skin is lit
DARKEST = 1e-3


@dataclass(frozen=True, eq=False)
class Light:
    """Brightness of skin by normal.

    Attributes:
        weights: [6] of the basis, for the natural logarithm of brightness.
        bounds: least and greatest relative brightness that was usual on seen skin.
        spread: robust deviation of that logarithm on squarely seen skin.
        view: [3, 3] rotation from world axes to x right, y up, z towards the camera.
    """

    weights: NDArray[np.float64]
    bounds: tuple[float, float]
    spread: float
    view: NDArray[np.float64]

    def on(self, normals: Array) -> Array:
        """Relative brightness [M] of skin with normals [M, 3] in world axes; 1 straight ahead."""
        basis = _basis(self._limited(normals))
        ahead = _basis(np.array([[0.0, 0.0, 1.0]]))
        lit = np.exp((basis - ahead) @ self.weights)
        bounded: Array = np.clip(lit, *self.bounds).astype(np.float32)
        return bounded

    def departure(self, rgb: Array, normals: Array) -> Array:
        """How many spreads [M] colours are brighter (> 0) or darker than this light makes skin."""
        expected = _basis(self._limited(normals)) @ self.weights
        off: Array = ((_brightness(rgb) - expected) / self.spread).astype(np.float32)
        return off

    def _limited(self, normals: Array) -> NDArray[np.float64]:
        turned = normals @ self.view.T
        flat = turned[:, :2]
        length = np.linalg.norm(flat, axis=1, keepdims=True)
        # Beyond the cone of what is seen the basis would run away.
        reach = np.sqrt(1 - LEAST_FACING**2)
        flat = flat * np.minimum(1.0, reach / np.maximum(length, 1e-9))
        # Nothing is known of the light behind: there both sides are lit alike.
        known = np.clip((turned[:, 2:] - BACK) / (LEAST_FACING - BACK), 0, 1)
        flat = flat * np.column_stack([known * known * (3 - 2 * known), np.ones(len(flat))])
        return np.column_stack([flat, np.maximum(turned[:, 2], LEAST_FACING)])


def measure_light(rgb: Array, normals: Array, chosen: Mask, view: NDArray[np.float64]) -> Light:
    """The light on the chosen texels.

    Args:
        rgb: [M, 3] colours.
        normals: [M, 3] unit, world axes.
        chosen: [M] well-seen bare skin.
        view: [3, 3] rotation from world to x right, y up, z towards the camera.
    """
    bright = _brightness(rgb[chosen])
    if len(bright) < 200:
        mean = float(bright.mean()) if len(bright) else np.log(0.5)
        return Light(np.array([mean, 0, 0, 0, 0, 0]), (1.0, 1.0), 0.15, view)
    basis = _basis(normals[chosen] @ view.T)
    ridge = np.diag([0.0, 1, 1, 1, 3, 3]) * RIDGE
    weights = np.ones(len(bright))
    found = np.zeros(6)
    spread = 0.1
    for _ in range(ROUNDS):
        weighted = basis * weights[:, None]
        found = np.linalg.solve(basis.T @ weighted + ridge, weighted.T @ bright)
        error = np.abs(bright - basis @ found)
        spread = float(np.clip(1.48 * np.median(error), 0.04, 0.4))
        weights = 1 / (1 + (error / (2 * spread)) ** 2) ** 2
    ahead = _basis(np.array([[0.0, 0.0, 1.0]]))
    low, high = np.exp(np.quantile((basis - ahead) @ found, USUAL))
    return Light(found, (float(low), float(high)), spread, view)


def _basis(n: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, z = n.T
    return np.column_stack([np.ones_like(x), x, y, z - 1, x * y, x * x - y * y])


def _brightness(rgb: Array) -> NDArray[np.float64]:
    gray = np.maximum(rgb.astype(np.float64) @ [0.3, 0.6, 0.1], DARKEST)
    bright: NDArray[np.float64] = np.log(gray + 0.02)
    return bright
