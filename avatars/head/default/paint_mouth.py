"""Teeth with gums, tongue, and the dark of the mouth."""

from __future__ import annotations

import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.mouth import LIP_LINE, LOWER, UPPER, Arch
from avatars.head.default.noise import mixed, smooth_step, value_noise
from avatars.head.default.texels import Texels
from avatars.head.default.topology import Floats
from avatars.head.default.uv_islands import TOOTH_ROWS

IVORY = (0.870, 0.835, 0.765)
GUM = (0.720, 0.370, 0.360)
TONGUE = (0.700, 0.350, 0.345)
BAG_FRONT = (0.460, 0.165, 0.160)
BAG_BACK = (0.090, 0.024, 0.026)


def paint_mouth(neutral: NeutralHead, texels: Texels, colour: Floats) -> Floats:
    """[K, 3] the colours with teeth, tongue and mouth cavity painted."""
    result = colour.copy()
    for name, arch in (("teeth_upper", UPPER), ("teeth_lower", LOWER)):
        at = texels.islands[name]
        result[at] = _teeth(neutral, texels, name, arch)[at]
    at = texels.islands["tongue"]
    result[at] = _tongue(texels.points[at])
    at = texels.islands["mouth"]
    points = texels.points[at]
    deep = smooth_step(87.0, 62.0, points[:, 2])
    cavity = mixed(np.tile(np.array(BAG_FRONT), (len(points), 1)), BAG_BACK, deep)
    result[at] = cavity * (1 + 0.05 * value_noise(points, 4.0, 61))[:, None]
    return result


def _teeth(neutral: NeutralHead, texels: Texels, name: str, arch: Arch) -> Floats:
    points = texels.points
    ids = neutral.parts[name]
    columns = len(ids) // TOOTH_ROWS
    gap = np.zeros(len(neutral.v_template))
    between = (np.arange(columns) - columns // 2) % 3 == 0
    gap[ids] = np.repeat(between.astype(float), TOOTH_ROWS)
    groove = texels.on_texels(gap) ** 5
    height = (points[:, 1] - LIP_LINE - arch.gum_y) / (arch.edge_y - arch.gum_y)
    depth = smooth_step(arch.front_z + 1, arch.front_z - 26, points[:, 2])
    colour = np.tile(np.array(IVORY), (len(points), 1))
    colour = mixed(colour, (0.80, 0.74, 0.63), 0.5 * smooth_step(0.55, 0.1, height))
    colour = mixed(colour, (0.86, 0.84, 0.80), 0.35 * smooth_step(0.8, 1.0, height))
    colour = mixed(colour, (0.42, 0.26, 0.21), 0.62 * groove)
    # The gum dips between the teeth.
    line = 0.20 + 0.10 * texels.on_texels(gap) ** 2 + 0.02 * value_noise(points, 2.5, 62)
    gum = smooth_step(0.03, -0.03, height - line)
    colour = mixed(colour, GUM, gum)
    shade = (1 - 0.55 * depth) * (0.80 if arch is LOWER else 1.0)
    inner = smooth_step(0.2, 0.9, texels.normals[:, 2] * -1.0)
    # Light in the mouth comes back from red walls.
    shade = shade * (1 - 0.40 * inner)
    shaded: Floats = colour * shade[:, None] ** [0.85, 1.05, 1.15]
    return shaded


def _tongue(points: Floats) -> Floats:
    colour = np.tile(np.array(TONGUE), (len(points), 1))
    colour = mixed(colour, (0.80, 0.52, 0.50), 0.35 * smooth_step(-60.0, -52.0, points[:, 1]))
    middle = np.exp(-((points[:, 0] / 1.3) ** 2)) * smooth_step(-58.0, -53.0, points[:, 1])
    colour = mixed(colour, (0.50, 0.20, 0.20), 0.5 * middle)
    buds = 0.05 * value_noise(points, 0.8, 63) + 0.04 * value_noise(points, 3.0, 64)
    shade = 1 - 0.75 * smooth_step(70.0, 44.0, points[:, 2])
    shaded: Floats = colour * (shade * (1 + buds))[:, None]
    return shaded
