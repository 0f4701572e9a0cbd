"""Colours of a region changed while its texture, the play of light and dark, stays."""

import math

import numpy as np
from numpy.typing import NDArray

from avatars.edits.lab import from_lab, to_lab
from avatars.edits.layer import Adjustment

Floats = NDArray[np.float32]

_DETAIL = 0.85  # how much of the relative contrast a new colour keeps
_TINTS = 0.5  # how much of the differences in hue within the region it keeps
_SHINE = 0.7  # of the way to white that the brightest goes at most, and of where it went before
_LIGHTEST, _DARKEST = 97.0, 3.0


def adjusted(rgb: Floats, adjustment: Adjustment, middle: Floats) -> Floats:
    """The colours after an adjustment: [H, W, 3] of [H, W, 3], 0..1.

    Args:
        rgb: what is there.
        adjustment: what to do.
        middle: [3] Lab colour of the region as the avatar came, around which contrast turns and
            which a colour replaces.
    """
    lab = to_lab(rgb)
    if adjustment.color is not None:
        lab = _replaced(lab, middle, lab_of(adjustment.color))
        middle = lab_of(adjustment.color)
    if adjustment.hue or adjustment.saturation:
        turn = np.radians(adjustment.hue)
        scale = np.float32(max(0.0, 1 + adjustment.saturation))
        c, s = np.float32(np.cos(turn)) * scale, np.float32(np.sin(turn)) * scale
        a, b = lab[..., 1].copy(), lab[..., 2].copy()
        lab[..., 1], lab[..., 2] = c * a - s * b, s * a + c * b
    if adjustment.contrast:
        factor = np.float32(max(0.0, 1 + adjustment.contrast))
        lab[..., 0] = middle[0] + (lab[..., 0] - middle[0]) * factor
    if adjustment.brightness:
        lab[..., 0] += np.float32(100 * adjustment.brightness)
    lab[..., 0] = np.clip(lab[..., 0], 0, 100)
    return from_lab(lab)


def lab_of(rgb: tuple[float, float, float]) -> Floats:
    """Lab colour [3] of a display colour."""
    found: Floats = to_lab(np.array([rgb], np.float32))[0]
    return found


def middle_of(rgb: Floats, weights: Floats) -> Floats:
    """Median Lab colour [3] of the texels [M, 3] that belong to a region, by weights [M]."""
    chosen = weights > 0.5
    if not chosen.any():
        chosen = weights > 0
    if not chosen.any():
        chosen = np.ones_like(chosen)
    return np.asarray(np.median(to_lab(rgb[chosen]), axis=0), np.float32)


def _replaced(lab: Floats, middle: Floats, target: Floats) -> Floats:
    """The colours with the region's middle at the target; shades stay shades of it."""
    base = float(np.clip(middle[0], _DARKEST, _LIGHTEST))
    goal = float(np.clip(target[0], _DARKEST, _LIGHTEST))
    share = np.maximum(lab[..., 0], 0) / base
    # Relative to black below the middle, relative to white above it: shadows of fair hair stay
    # above black and highlights below white, whichever way the colour goes.
    dark = goal * share ** np.float32(_DETAIL)
    rise = np.clip((lab[..., 0] - base) / (100 - base), 0, 1)
    slope = min(1.2, max(0.8, math.sqrt(goal / base)))
    bend = max(1.0, slope * (100 - base) / (100 - goal))
    top = goal + _SHINE * min(100 - goal, slope * (100 - base))
    bright = goal + (top - goal) * (1 - (1 - rise) ** np.float32(bend))
    light = np.where(lab[..., 0] < base, dark, bright)
    # Chroma fades towards black and white as paint's does.
    fade = np.clip(light / goal, 0, 1) ** np.float32(0.7)
    fade = fade * np.clip((100 - light) / max(100 - goal, 1e-3), 0, 1) ** np.float32(0.35)
    out = np.empty_like(lab)
    out[..., 0] = light
    vivid = max(math.hypot(middle[1], middle[2]), 1e-3)
    strength = np.float32(min(1.0, math.hypot(target[1], target[2]) / vivid))
    tints = (lab[..., 1:] - middle[1:] * np.clip(share, 0, 2)[..., None]) * _TINTS * strength
    out[..., 1:] = target[1:] * fade[..., None] + tints
    return out
