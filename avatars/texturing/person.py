"""The colours of one person: skin and hair, and how far each of them spreads."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.texturing.seen import Seen, View, at_pixels
from avatars.texturing.texels import SKIN, Array, Mask, Texels

CHEEKS_NOSE_FOREHEAD = (50, 101, 205, 118, 280, 330, 425, 347, 4, 195, 151, 9, 107, 336)
LAB_WEIGHTS = np.array([0.6, 1.3, 1.3], np.float32)
"""Lightness changes with light, hue with what one looks at."""
USUAL_SPREAD = 9.0  # Lab units between a median skin sample and the rest of that skin


@dataclass(frozen=True, eq=False)
class Person:
    """What thresholds are measured against.

    Attributes:
        skin: [3] Lab of the skin.
        hair: [3] Lab of what is seen on the scalp, or None where none of it is seen.
        spread: how much wider (> 1) or narrower than usual this person's skin colours spread.
    """

    skin: Array
    hair: Array | None
    spread: float


def lab(rgb: NDArray[Any]) -> Array:
    """CIE Lab [M, 3] of sRGB-encoded colours [M, 3] in 0..1."""
    row = np.ascontiguousarray(np.clip(rgb, 0, 1), np.float32)[None]
    converted: Array = cv2.cvtColor(row, cv2.COLOR_RGB2Lab)[0]
    return converted


def distance(colors: Array, center: Array) -> Array:
    """Weighted distance [M] of Lab colours [M, 3] from one."""
    length: Array = np.linalg.norm((colors - center) * LAB_WEIGHTS, axis=1)
    return length


def measure_person(texels: Texels, seen: Seen, view: View, scalp: Array) -> Person:
    """Skin from landmarks of cheek, nose and forehead, hair from well-seen scalp.

    Args:
        texels: of the head.
        seen: what the photo says of them.
        view: the photo.
        scalp: [M] 0..1, where hair grows.
    """
    spots = view.landmarks[list(CHEEKS_NOSE_FOREHEAD)].astype(np.float32)
    blurred = cv2.GaussianBlur(view.image, (0, 0), 2.0)
    skin = np.median(lab(at_pixels(blurred, spots)), axis=0).astype(np.float32)
    face = (texels.kind == SKIN) & (scalp < 0.02) & (seen.trust > 0.8)
    spread = 1.0
    if face.sum() > 200:
        typical = float(np.median(distance(lab(seen.rgb[face]), skin)))
        spread = float(np.clip(typical / USUAL_SPREAD, 0.75, 1.8))
    hairy = (texels.kind == SKIN) & (scalp > 0.8) & (seen.trust > 0.3)
    hair = None
    if hairy.sum() > 200:
        hair = np.median(lab(seen.rgb[hairy]), axis=0).astype(np.float32)
    return Person(skin, hair, spread)


def without_strangers(
    person: Person, texels: Texels, seen: Seen, scalp: Array, ears: Mask, above_canal: Mask
) -> Array:
    """Trust [M] with grazing samples dropped that are neither this skin nor this hair.

    Collars, background and rim light reach the edge of the face; what is far from the skin's colour
    is believed only where it is seen squarely. Hair-coloured samples above the ear canal stay:
    they are the fringe.
    """
    colors = lab(seen.rgb)
    away = distance(colors, person.skin) / person.spread
    lighter = colors[:, 0] > person.skin[0]
    bare = (texels.kind == SKIN) & (scalp < 0.5)
    keep = np.ones(len(away), np.float32)
    odd = _ramp(away, 18, 32) * _ramp(-seen.facing, -0.5, -0.25)
    bright = _ramp(away, 28, 42) * _ramp(-seen.facing, -0.75, -0.45) * lighter
    keep -= np.maximum(odd, bright) * bare
    keep[ears & bare] *= 1 - _ramp(away, 16, 26)[ears & bare]
    if person.hair is not None:
        fringe = above_canal & (distance(colors, person.hair) < away * person.spread)
        keep[fringe] = 1.0
    trust: Array = seen.trust * np.clip(keep, 0, 1)
    return trust


def _ramp(x: NDArray[Any], low: float, high: float) -> Array:
    ramp: Array = np.clip((x - low) / (high - low), 0, 1).astype(np.float32)
    return ramp
