"""Eyeballs: sclera, iris, pupil."""

from __future__ import annotations

import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.noise import mixed, smooth_step, value_noise
from avatars.head.default.regions_default import IRIS_DEGREES
from avatars.head.default.texels import Texels
from avatars.head.default.topology import Floats

SCLERA = (0.880, 0.858, 0.842)
IRIS_OUTER = (0.270, 0.370, 0.385)
IRIS_INNER = (0.520, 0.520, 0.400)
IRIS_RING = (0.560, 0.400, 0.215)
LIMBUS = (0.085, 0.120, 0.140)
PUPIL = (0.020, 0.018, 0.020)
PUPIL_DEGREES = 10.5
CATCHLIGHT: Floats = np.array([-0.20, 0.235, 0.951])
"""Direction of the lamp's reflection; the same on both eyes."""


def paint_eyes(neutral: NeutralHead, texels: Texels, colour: Floats) -> Floats:
    """[K, 3] the colours with both eyeballs painted."""
    result = colour.copy()
    for name, lid in (("eye_right", neutral.right_lid), ("eye_left", neutral.left_lid)):
        at = texels.islands[name]
        away = texels.points[at] - lid.centre * 1e3
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        result[at] = _eye(away, nasal=1.0 if name == "eye_right" else -1.0)
    return result


def _eye(away: Floats, nasal: float) -> Floats:
    """[N, 3] colours in directions [N, 3] from the centre of the ball.

    Args:
        away: unit vectors, z to the front.
        nasal: sign of x towards the nose.
    """
    # Both eyes read the same noise in their own mirrored frame, as siblings, not as copies.
    own = away * [nasal, 1.0, 1.0]
    polar = np.degrees(np.arccos(np.clip(away[:, 2], -1, 1)))
    spoke = away[:, :2] / np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-6)[:, None]
    colour = _sclera(own, polar)
    iris = _iris(spoke * [nasal, 1.0], polar)
    colour = mixed(colour, iris, smooth_step(IRIS_DEGREES + 1.2, IRIS_DEGREES - 1.6, polar))
    # Lids keep light off the corners; the upper one and its lashes throw a shade.
    corner = 1 - 0.30 * smooth_step(30.0, 56.0, polar)
    colour = colour * corner[:, None] ** [0.75, 1.05, 1.15]
    colour = colour * (1 - 0.14 * smooth_step(-0.16, -0.42, away[:, 1]))[:, None]
    colour = colour * (1 - 0.46 * smooth_step(0.06, 0.44, away[:, 1]))[:, None]
    light = np.degrees(np.arccos(np.clip(away @ (CATCHLIGHT / np.linalg.norm(CATCHLIGHT)), -1, 1)))
    colour = mixed(colour, (1.0, 1.0, 0.99), 0.92 * smooth_step(4.9, 3.2, light))
    low = np.array([0.22, -0.28, 0.93])
    second = np.degrees(np.arccos(np.clip(away @ (low / np.linalg.norm(low)), -1, 1)))
    return mixed(colour, (0.85, 0.90, 0.92), 0.20 * smooth_step(6.0, 1.0, second))


def _sclera(own: Floats, polar: Floats) -> Floats:
    colour = np.tile(np.array(SCLERA), (len(own), 1))
    colour = mixed(colour, (0.80, 0.66, 0.62), 0.75 * smooth_step(36.0, 68.0, polar))
    colour = mixed(colour, (0.84, 0.55, 0.52), 0.5 * smooth_step(0.55, 0.95, own[:, 0]))
    bent = own + 0.05 * np.stack([value_noise(own, 0.25, seed) for seed in (41, 42, 43)], axis=1)
    # Veins run towards the iris: noise that is narrow round the ball and long towards the pole.
    turn = np.arctan2(bent[:, 1], bent[:, 0])
    ring = np.stack([np.cos(turn) * 2.2, np.sin(turn) * 2.2, 0.55 * np.radians(polar)], axis=1)
    thin = 1 - np.abs(value_noise(ring, 0.22, 44)) * 9
    vein = np.clip(thin, 0, 1) * smooth_step(32.0, 58.0, polar)
    colour = mixed(colour, (0.76, 0.36, 0.33), 0.30 * vein)
    return colour * (1 + 0.012 * value_noise(own, 0.12, 45))[:, None]


def _iris(spoke: Floats, polar: Floats) -> Floats:
    share = np.clip(polar / IRIS_DEGREES, 0, 1.2)
    fibre = np.concatenate([spoke * 5.5, 1.1 * share[:, None]], axis=1)
    fibres = value_noise(fibre, 0.34, 51) + 0.7 * value_noise(fibre * [2.1, 2.1, 0.8], 0.34, 52)
    clouds = value_noise(np.concatenate([spoke * 1.6, share[:, None] * 2], axis=1), 0.9, 53)
    colour = mixed(
        np.tile(np.array(IRIS_OUTER), (len(spoke), 1)),
        IRIS_INNER,
        smooth_step(0.95, 0.45, share + 0.05 * fibres + 0.04 * clouds),
    )
    ring = smooth_step(0.66, 0.44, share + 0.07 * fibres)
    colour = mixed(colour, IRIS_RING, 0.72 * ring)
    colour = colour * (1 + 0.20 * fibres * smooth_step(0.36, 0.5, share))[:, None]
    # The lower half glows: light enters above and leaves below.
    limbal = smooth_step(0.80, 1.0, share + 0.015 * fibres)
    colour = mixed(colour, LIMBUS, 0.86 * limbal)
    edge = PUPIL_DEGREES / IRIS_DEGREES
    return mixed(np.clip(colour, 0, 1), PUPIL, smooth_step(edge + 0.05, edge - 0.02, share))
