"""Blend modes on display colours: the formulas of W3C Compositing and Blending, level 1.

All take the backdrop and the source, [..., 3] float32 in 0..1, and return the same shape.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_LUMINANCE = np.array([0.3, 0.59, 0.11], np.float32)


def normal(backdrop: Array, source: Array) -> Array:
    """The source."""
    return np.broadcast_to(source, np.broadcast_shapes(backdrop.shape, source.shape))


def multiply(backdrop: Array, source: Array) -> Array:
    """Both multiplied: never lighter than either."""
    return backdrop * source


def screen(backdrop: Array, source: Array) -> Array:
    """The multiplied darknesses: never darker than either."""
    return backdrop + source - backdrop * source


def overlay(backdrop: Array, source: Array) -> Array:
    """Multiply where the backdrop is dark, screen where it is light."""
    twice = 2 * backdrop
    return np.where(backdrop <= 0.5, source * twice, screen(twice - 1, source))


def soft_light(backdrop: Array, source: Array) -> Array:
    """Darkened or lightened as if by a diffuse light of the source's colour."""
    safe = np.maximum(backdrop, 0)
    curve = np.where(safe <= 0.25, ((16 * safe - 12) * safe + 4) * safe, np.sqrt(safe))
    dark = backdrop - (1 - 2 * source) * backdrop * (1 - backdrop)
    light = backdrop + (2 * source - 1) * (curve - backdrop)
    return np.where(source <= 0.5, dark, light)


def color(backdrop: Array, source: Array) -> Array:
    """Hue and saturation of the source with the luminosity of the backdrop."""
    return _with_luminosity(source, _luminosity(backdrop))


def luminosity(backdrop: Array, source: Array) -> Array:
    """Luminosity of the source with hue and saturation of the backdrop."""
    return _with_luminosity(backdrop, _luminosity(source))


MODES: dict[str, Callable[[Array, Array], Array]] = {
    "normal": normal,
    "multiply": multiply,
    "screen": screen,
    "overlay": overlay,
    "soft-light": soft_light,
    "color": color,
    "luminosity": luminosity,
}
"""The modes by name."""


def over(backdrop: Array, source: Array, alpha: Array, mode: str) -> Array:
    """The backdrop with a source blended onto it.

    Exactly the backdrop where ``alpha`` is 0 and exactly the blended colour where it is 1.

    Args:
        backdrop: [..., 3] 0..1, opaque.
        source: [..., 3] 0..1.
        alpha: [...] coverage of the source, 0..1.
        mode: one of ``MODES``.
    """
    share = alpha[..., None]
    mixed: Array = backdrop * (1 - share) + share * MODES[mode](backdrop, source)
    return mixed


def _luminosity(rgb: Array) -> Array:
    found: Array = (rgb @ _LUMINANCE)[..., None]
    return found


def _with_luminosity(rgb: Array, wanted: Array) -> Array:
    """The colour moved to another luminosity and brought back into 0..1 without changing it."""
    moved = rgb + (wanted - _luminosity(rgb))
    mean = _luminosity(moved)
    low, high = moved.min(axis=-1, keepdims=True), moved.max(axis=-1, keepdims=True)
    below = mean + (moved - mean) * mean / np.maximum(mean - low, 1e-9)
    moved = np.where(low < 0, below, moved)
    above = mean + (moved - mean) * (1 - mean) / np.maximum(high - mean, 1e-9)
    result: Array = np.where(high > 1, above, moved).astype(np.float32)
    return result
