"""Mouth shapes, measured and hand-made; without side they are both sides together."""

from __future__ import annotations

import numpy as np

from avatars.head.default import shapes_handles as handles
from avatars.head.default.measurements import Measurements
from avatars.head.default.shaping import Shaper
from avatars.head.default.topology import FLIP_X, Floats

MOUTH_CENTRE = (0.0, -50.0, 88.0)
_FULL, _NONE = 46.0, 74.0
"""A measured shape counts fully within the first distance (mm) from the mouth, not beyond."""
_PUCKER_FORWARD = 3.2


def measured(shaper: Shaper, measurements: Measurements, name: str) -> Floats:
    """[V, 3] mm, a measured field smoothed and faded out away from the mouth and at the lids."""
    field = measurements.expressions[measurements.expression_names.index(name)].copy()
    if name == "mouthUpperUp":
        field *= _lip_factor(shaper, lower=0.25, upper=1.0)[:, None]
    elif name == "mouthLowerDown":
        field *= _lip_factor(shaper, lower=0.85, upper=0.3)[:, None]
    result = shaper.fitted(field)
    y = shaper.vertices[:, 1]
    below_lids = np.clip((4.0 - y) / 16.0, 0, 1)
    fade = shaper.near(MOUTH_CENTRE, _FULL, _NONE) * below_lids**2 * (3 - 2 * below_lids)
    return shaper.window(result, fade)


def _lip_factor(shaper: Shaper, *, lower: float, upper: float) -> Floats:
    """[468] one factor for the lower lip and chin, another for the rest, by the jaw's share."""
    share = shaper.head.jaw_share[:468]
    return upper + (lower - upper) * share


def mouth_shapes(shaper: Shaper, measurements: Measurements) -> dict[str, Floats]:
    """[V, 3] mm by name: symmetrical shapes, and mouthRight."""
    shapes = {name: made(shaper, shape) for name, shape in handles.MOUTH.items()}

    def take(name: str) -> Floats:
        return measured(shaper, measurements, name)

    shapes["mouthSmile"] = shaper.sealed(shaper.symmetric(take("mouthSmile")))
    shapes["mouthUpperUp"] = 1.4 * shaper.stopped(shaper.symmetric(take("mouthUpperUp")))
    shapes["mouthLowerDown"] = 1.2 * shaper.stopped(shaper.symmetric(take("mouthLowerDown")))
    shapes["mouthPucker"] = shaper.sealed(_pucker(shaper, take("mouthPucker")))
    shapes["mouthShrugLower"] = _shrug_lower(shaper, take("mouthShrugLower"))
    shapes["mouthRight"] = shaper.sealed(_sideways(shaper, take("mouthRight-Left")))
    return shapes


def made(shaper: Shaper, shape: handles.HandShape) -> Floats:
    """[V, 3] mm, a hand-made shape with its gain."""
    fixed = np.array(shape.fixed, dtype=np.int64)
    fixed = np.union1d(fixed, shaper.head.mirror[fixed])
    field = shaper.from_handles(shape.handles, shape.radius, fixed=fixed)
    if shape.lips == "closed":
        field = shaper.sealed(field)
    elif shape.lips == "contact":
        field = shaper.stopped(field)
    field = shape.gain * field
    return shaper.slid_on_surface(field, shape.slide) if shape.slide else field


def _pucker(shaper: Shaper, field: Floats) -> Floats:
    """The measured pucker, which a frontal camera sees flat, pushed forwards by hand."""
    lips = (*handles.UPPER_INNER, *handles.LOWER_INNER, *handles.UPPER_OUTER, *handles.LOWER_OUTER)
    forward = shaper.from_handles({lips: (0.0, 0.0, _PUCKER_FORWARD)}, 22)
    return 1.6 * shaper.symmetric((field + forward) * np.array([1.0, 0.6, 0.9]))


def _shrug_lower(shaper: Shaper, field: Floats) -> Floats:
    """The chin pushes the lower lip up, and that one the upper lip before it."""
    return 1.3 * shaper.sealed(shaper.symmetric(field))


def _sideways(shaper: Shaper, field: Floats) -> Floats:
    """The odd field of mouthRight minus mouthLeft, made exactly odd, towards the right."""
    odd = (field - field[shaper.head.mirror] * FLIP_X) / 2
    sign = -1.0 if odd[13, 0] > 0 else 1.0
    return 1.15 * sign * odd
