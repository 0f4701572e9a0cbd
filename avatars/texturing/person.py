"""The colours of one person: skin and hair, and how far each of them spreads."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.texturing.light import Light
from avatars.texturing.regions import Places
from avatars.texturing.seen import Seen, View, at_pixels
from avatars.texturing.texels import SKIN, Array, Mask, Texels

CHEEKS_NOSE_FOREHEAD = (50, 101, 205, 118, 280, 330, 425, 347, 4, 195, 151, 9, 107, 336)
LAB_WEIGHTS = np.array([0.6, 1.3, 1.3], np.float32)
"""Lightness changes with light, hue with what one looks at."""
BRIGHTER, DARKER = (3.0, 6.0), (4.0, 8.0)  # spreads of skin brightness that are odd
ENOUGH = 200  # texels to measure a colour from
CANAL = 0.005  # metres: the height of the ear canals on the mean head
LOCK = 2.5  # spreads of the hair's colour within which a sample is a lock over the cheek
HAIR_GRAZING = (0.05, 0.25)
LEAST_SPREAD = 5.0  # Lab units
USUAL_SPREAD = 9.0  # Lab units between a median skin sample and the rest of that skin


@dataclass(frozen=True, eq=False)
class Person:
    """What thresholds are measured against.

    Attributes:
        skin: [3] Lab of the skin.
        hair: [3] Lab of what is seen on the scalp, or None where none of it is seen.
        lips: [3] Lab of the lips, or None.
        spread: how much wider (> 1) or narrower than usual this person's skin colours spread.
        hair_spread: median distance of hair samples from ``hair``.
    """

    skin: Array
    hair: Array | None
    lips: Array | None
    spread: float
    hair_spread: float


def lab(rgb: NDArray[Any]) -> Array:
    """CIE Lab [M, 3] of sRGB-encoded colours [M, 3] in 0..1."""
    row = np.ascontiguousarray(np.clip(rgb, 0, 1), np.float32)[None]
    converted: Array = cv2.cvtColor(row, cv2.COLOR_RGB2Lab)[0]
    return converted


def rgb_of(center: Array) -> NDArray[np.float64]:
    """sRGB-encoded colour [3] in 0..1 of one in Lab."""
    color = cv2.cvtColor(np.asarray(center, np.float32)[None, None], cv2.COLOR_Lab2RGB)[0, 0]
    return np.asarray(color, np.float64)


def distance(colors: Array, center: Array) -> Array:
    """Weighted distance [M] of Lab colours [M, 3] from one."""
    length: Array = np.linalg.norm((colors - center) * LAB_WEIGHTS, axis=1)
    return length


def measure_person(texels: Texels, seen: Seen, view: View, where: Places) -> Person:
    """Skin from landmarks of cheek, nose and forehead; hair and lips from where they are seen."""
    spots = view.landmarks[list(CHEEKS_NOSE_FOREHEAD)].astype(np.float32)
    blurred = cv2.GaussianBlur(view.image, (0, 0), 2.0)
    skin = np.median(lab(at_pixels(blurred, spots)), axis=0).astype(np.float32)
    face = bare_skin(texels, where) & (seen.trust > 0.8)
    spread = 1.0
    if face.sum() > ENOUGH:
        typical = float(np.median(distance(lab(seen.rgb[face]), skin)))
        spread = float(np.clip(typical / USUAL_SPREAD, 0.75, 1.8))
    hair, hair_spread = _center(seen, (where.scalp > 0.8) & (seen.trust > 0.3))
    lips, _ = _center(seen, (where.lips > 0.9) & (seen.trust > 0.6))
    return Person(skin, hair, lips, spread, hair_spread)


def bare_skin(texels: Texels, where: Places) -> Mask:
    """[M] plain skin of the face: no hair, ears, neck, lips, lids or brows."""
    others = np.maximum.reduce([where.scalp, where.ears, where.neck, where.features])
    bare: Mask = (texels.kind == SKIN) & (others < 0.02)
    return bare


def _center(seen: Seen, chosen: Mask) -> tuple[Array | None, float]:
    """Median Lab of the chosen texels and the median distance from it."""
    if chosen.sum() <= ENOUGH:
        return None, USUAL_SPREAD
    colors = lab(seen.rgb[chosen])
    middle = np.median(colors, axis=0).astype(np.float32)
    return middle, max(float(np.median(distance(colors, middle))), LEAST_SPREAD)


def without_strangers(
    person: Person, texels: Texels, seen: Seen, where: Places, light: Light, base: Array
) -> Array:
    """Trust [M] without samples that are neither this person's skin nor hair.

    Collars, background and rim light reach the edge of the face; what is far from the skin's
    colour, or lit as the rest of the face is not, is believed only where it is seen squarely.
    Below the jaw everything that is not skin is clothes. Hair-coloured samples above the ear canal
    stay: they are the fringe.

    Args:
        person: what the person looks like.
        texels: of the head.
        seen: what the photo says of them.
        where: regions.
        light: on the skin.
        base: [M, 3] texels of the mean head, metres.
    """
    colors = lab(seen.rgb)
    away = distance(colors, person.skin) / person.spread
    lighter = colors[:, 0] > person.skin[0]
    departs = light.departure(seen.rgb, seen.normals)
    skin, trusted = texels.kind == SKIN, seen.trust
    bare = skin & (where.scalp < 0.5)
    steep = ramp(-seen.facing, -0.5, -0.25)
    drop = ramp(away, 18, 32) * steep
    aside = ramp(-seen.facing, -0.8, -0.5)
    drop = np.maximum(drop, ramp(away, 28, 42) * aside * lighter)
    plain = bare & (where.features < 0.5)
    drop = np.maximum(drop, ramp(departs, *BRIGHTER) * steep * plain)
    drop = np.maximum(drop, ramp(-departs, *DARKER) * steep * plain)
    drop = np.maximum(drop, ramp(away, 16, 26) * (where.ears > 0.5))
    # A shadow under the chin is still skin; other hues are collars, scarves, hair.
    hue = 1.3 * np.linalg.norm(colors[:, 1:] - person.skin[1:], axis=1)
    dark = np.where(lighter, 0.6, 0.35) * np.abs(colors[:, 0] - person.skin[0])
    drop = np.maximum(drop, ramp(np.hypot(hue, dark) / person.spread, 8, 14) * where.neck)
    drop *= bare
    if person.hair is not None:
        from_hair = distance(colors, person.hair)
        nearer = (from_hair < away * person.spread) & (where.neck < 0.5) & (where.ears < 0.5)
        lock = (from_hair < LOCK * person.hair_spread) & (seen.facing > 0.25)
        drop[nearer & ((base[:, 1] > CANAL) | lock)] = 0.0
        # Hair shows no streaks where it is seen along the surface; skin would fill in for it.
        edge = seen.sure * ramp(seen.facing, *HAIR_GRAZING) * nearer * skin
        trusted = np.maximum(trusted, edge * (from_hair < LOCK * person.hair_spread))
        brighter = colors[:, 0] > person.hair[0]
        odd = ramp(from_hair / person.hair_spread, 2.5, 4.0) * aside * brighter
        drop = np.maximum(drop, odd * (skin & (where.scalp >= 0.5)))
    if person.lips is not None:
        # Teeth and the dark between them, on lips, would be carried along when the mouth closes.
        tooth = ramp(colors[:, 0] - person.lips[0], 12, 24) * ramp(
            person.lips[1] - colors[:, 1], 4, 10
        )
        drop = np.maximum(drop, tooth * where.lips)
        darkest = min(float(person.lips[0]), float(person.skin[0]))
        gap = ramp((darkest - colors[:, 0]) / person.spread, 8, 18) * seen.beside_gap * skin
        # Lips land beside the model's where a mouth is open wider than it opens.
        redder = distance(colors, person.lips) < distance(colors, person.skin)
        drop = np.maximum(drop, redder * seen.beside_gap * plain * (1 - where.lips))
        drop = np.maximum(drop, gap)
    # A soft end on the neck, wherever the collar is.
    trusted = trusted * (1 - where.throat)
    trust: Array = trusted * np.clip(1 - drop, 0, 1).astype(np.float32)
    return trust


def ramp(x: NDArray[Any], low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, straight between."""
    straight: Array = np.clip((x - low) / (high - low), 0, 1).astype(np.float32)
    return straight
