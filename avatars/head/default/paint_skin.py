"""Skin: tone, flush, pores, lids, lips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from avatars.head.default.build import NeutralHead
from avatars.head.default.detail import NOSTRIL_BACK, NOSTRIL_FRONT
from avatars.head.default.ears import RINGS, SPOKES
from avatars.head.default.noise import mixed, smooth_step, value_noise
from avatars.head.default.regions_default import LIPS, inside_outline, vertex_uvs
from avatars.head.default.texels import Texels
from avatars.head.default.topology import Floats
from avatars.head.default.uv import UvAtlas

SKIN = (0.845, 0.655, 0.550)
FLUSH = (0.815, 0.475, 0.415)
LIP = (0.740, 0.440, 0.415)
LIP_LIGHT = (0.870, 0.600, 0.565)
LIP_DARK = (0.430, 0.170, 0.170)
WATERLINE = (0.800, 0.560, 0.520)
LASH = (0.105, 0.070, 0.055)
FRECKLES = 420
LID_CREASE = (247, 30, 29, 27, 28, 56)
NASOLABIAL = (129, 203, 206)


def paint_skin(neutral: NeutralHead, atlas: UvAtlas, texels: Texels) -> Floats:
    """[K, 3] colour of skin, ears, lips and lid rims; other texels get skin colour too."""
    points = texels.points
    folded = points * [-1.0, 1.0, 1.0]
    folded[:, 0] = -np.abs(points[:, 0])
    marks = neutral.v_template * 1e3
    colour = np.tile(np.array(SKIN), (len(points), 1))
    colour = mixed(
        colour, FLUSH, np.clip(_flush(texels, folded, marks, auricle(neutral, texels)), 0, 0.85)
    )
    colour += _lightness(folded, marks)[:, None] * np.array([0.055, 0.060, 0.055])
    colour = mixed(colour, (0.70, 0.47, 0.44), 0.13 * _under_eye(folded, marks))
    colour = _with_grain(colour, texels)
    colour = _with_folds(colour, texels, marks)
    colour = _with_lips(colour, neutral, atlas, texels)
    return _with_lids(colour, neutral, texels)


def line_through(points: Floats, *, closed: bool = False, count: int = 200) -> Floats:
    """[count, D] a smooth line through points [N, D]."""
    ends = np.concatenate([points, points[:1]]) if closed else points
    curve = CubicSpline(np.arange(len(ends)), ends, bc_type="periodic" if closed else "natural")
    line: Floats = curve(np.linspace(0, len(ends) - 1, count, endpoint=not closed))
    return line


def dense(loop: Floats) -> Floats:
    """[12 L, 3] points along the straight sides of a closed loop [L, 3]."""
    share = np.linspace(0.0, 1.0, 12, endpoint=False)[None, :, None]
    ends = np.roll(loop, -1, axis=0)
    sides: Floats = loop[:, None] + share * (ends - loop)[:, None]
    return sides.reshape(-1, loop.shape[1])


def mirrored_line(marks: Floats, ids: Sequence[int]) -> Floats:
    """[400, 3] a smooth line through landmarks of the right side, and its mirror image."""
    line = line_through(marks[list(ids)])
    return np.concatenate([line, line * [-1.0, 1.0, 1.0]])


def auricle(neutral: NeutralHead, texels: Texels) -> Floats:
    """[K] 1 on the ears, fading to 0 where they grow out of the head."""
    fade = np.zeros(len(neutral.v_template))
    front = np.append(np.ones(1 + SPOKES * (RINGS - 3)), np.repeat([0.9, 0.7, 0.5], SPOKES))
    back = np.repeat([0.5, 0.4, 0.2, 0.0], SPOKES)
    for name in ("right_ear", "left_ear"):
        fade[neutral.parts[name]] = np.concatenate([front, back])
    return texels.on_texels(fade)


def _blob(
    points: Floats, centre: Floats, size: float, shape: Sequence[float] = (1, 1, 1)
) -> Floats:
    away = (points - centre) / np.array(shape) / size
    blob: Floats = np.exp(-(away**2).sum(axis=1))
    return blob


def _flush(texels: Texels, folded: Floats, marks: Floats, ears: Floats) -> Floats:
    """[K] how much blood shines through."""
    flush = 0.31 * _blob(folded, marks[50] + [3, 1, 0], 26, (1.1, 0.85, 1.2))
    flush += 0.27 * _blob(folded, marks[4], 15)
    flush += 0.20 * _blob(folded, marks[129], 9)
    flush += 0.16 * _blob(folded, marks[199], 16)
    flush += 0.20 * _blob(folded, marks[159] + [0, 4, 0], 14, (1.3, 0.7, 1))
    flush += 0.10 * _blob(folded, marks[9], 22)
    flush += 0.30 * ears
    blotches = value_noise(texels.points, 11.0, 3) + 0.6 * value_noise(texels.points, 5.0, 4)
    flush *= 1 + 0.10 * blotches
    return flush + 0.075 + 0.022 * blotches


def _lightness(folded: Floats, marks: Floats) -> Floats:
    """[K] where the skin is lighter: forehead, bridge of the nose, under the eyes, chin."""
    light = 0.50 * _blob(folded, marks[151], 30, (1.5, 0.9, 1))
    light += 0.45 * _blob(folded, marks[6], 22, (0.35, 1.2, 1))
    light += 0.40 * _blob(folded, marks[118], 13, (1.2, 0.8, 1))
    light += 0.25 * _blob(folded, marks[17] - [0, 4, 0], 14)
    light += 0.20 * _blob(folded, marks[164], 9)
    # The neck lies in the shade of the head most of its life.
    return light - 0.5 * smooth_step(-85.0, -120.0, folded[:, 1])


def _under_eye(folded: Floats, marks: Floats) -> Floats:
    shade = _blob(folded, marks[133] + [1.5, -3, 0], 7) + 0.6 * _blob(
        folded, marks[145] - [0, 5, 0], 10, (1.4, 0.55, 1)
    )
    lid = 0.6 * _blob(folded, marks[27], 10, (1.5, 0.6, 1))
    both: Floats = np.minimum(shade + lid, 1.0)
    return both


def _with_grain(colour: Floats, texels: Texels) -> Floats:
    """Pores, fine unevenness and freckles."""
    points = texels.points
    fine = 0.013 * value_noise(points, 0.55, 5) + 0.010 * value_noise(points, 1.6, 6)
    broad = 0.012 * value_noise(points, 7.0, 7) + 0.012 * value_noise(points, 24.0, 8)
    colour = colour * (1 + fine + broad)[:, None]
    warm = value_noise(points, 15.0, 9)
    colour = colour + warm[:, None] * np.array([0.004, 0.0, -0.006])
    rng = np.random.default_rng(20)
    face = texels.islands["skin"] & (points[:, 2] > 55) & (points[:, 1] > -35) & texels.inside
    candidates = np.flatnonzero(face & (points[:, 1] < 15))
    # Chosen by place and not by texel, so that every map size shows about the same ones.
    spots = rng.uniform((-62, -32, 0), (62, 12, 1), size=(FRECKLES, 3))
    weight = np.exp(-(((np.abs(spots[:, 0]) - 30) / 22) ** 2) - ((spots[:, 1] + 8) / 16) ** 2)
    spots = spots[spots[:, 2] < weight]
    shade = np.zeros(len(points))
    size = rng.uniform(0.35, 0.85, len(spots))
    depth = rng.uniform(0.05, 0.20, len(spots))
    xy = points[candidates, :2]
    for spot, radius, strength in zip(spots[:, :2], size, depth, strict=True):
        near = np.abs(xy - spot).max(axis=1) < 3 * radius
        away = ((xy[near] - spot) ** 2).sum(axis=1)
        shade[candidates[near]] += strength * np.exp(-away / radius**2)
    return mixed(colour, (0.56, 0.34, 0.24), np.clip(shade, 0, 0.3))


def _with_folds(colour: Floats, texels: Texels, marks: Floats) -> Floats:
    """Lid crease, the fold beside the nose, nostrils, the wing's groove."""
    crease = texels.near(mirrored_line(marks, LID_CREASE), 4.0)
    colour = mixed(colour, (0.44, 0.27, 0.22), 0.30 * np.exp(-((crease / 0.9) ** 2)))
    colour = mixed(colour, (0.62, 0.40, 0.34), 0.20 * np.exp(-((crease / 2.2) ** 2)))
    fold = texels.near(mirrored_line(marks, NASOLABIAL), 6.0)
    colour = mixed(colour, (0.62, 0.39, 0.33), 0.16 * np.exp(-((fold / 1.8) ** 2)))
    folded = texels.points * [1.0, 1.0, 1.0]
    folded[:, 0] = -np.abs(folded[:, 0])
    along = NOSTRIL_FRONT - NOSTRIL_BACK
    length = float(np.linalg.norm(along))
    away = folded - (NOSTRIL_FRONT + NOSTRIL_BACK) / 2
    u = away @ (along / length) / (length * 0.56)
    across = np.cross(along / length, [0.0, 1.0, 0.0])
    v = away @ (across / np.linalg.norm(across)) / 2.9
    hole = smooth_step(1.05, 0.55, np.hypot(u, v)) * (np.abs(away[:, 1] - 2) < 9)
    return mixed(colour, (0.20, 0.085, 0.07), 0.88 * hole)


def _with_lips(colour: Floats, neutral: NeutralHead, atlas: UvAtlas, texels: Texels) -> Floats:
    marks = neutral.v_template * 1e3
    _, places = vertex_uvs(neutral, atlas)
    outline = line_through(marks[list(LIPS)], closed=True, count=600)
    flat = line_through(places[list(LIPS)], closed=True, count=600)
    uv = np.stack([(texels.columns + 0.5), texels.size - (texels.rows + 0.5)], 1) / texels.size
    edge = texels.near(outline, 12.0)
    close = texels.islands["skin"] & (edge < 12.0)
    inside = np.zeros(len(uv), bool)
    inside[close] = inside_outline(flat, uv[close])
    signed = np.where(inside, edge, -edge)
    points = texels.points
    signed = signed + 0.12 * value_noise(points, 2.0, 31)
    on_lips = smooth_step(-0.9, 0.9, signed) * close
    line = texels.near(dense(neutral.v_template[neutral.loops["lips"]] * 1e3), 14.0)
    lower = smooth_step(-48.6, -50.2, points[:, 1])
    tone = np.tile(np.array(LIP), (len(points), 1))
    # Fullest and lightest in the middle of the lower lip; the upper lip lies in its own shade.
    full = lower * np.exp(-((points[:, 0] / 17) ** 2)) * np.exp(-(((line - 5.0) / 3.0) ** 2))
    tone = mixed(tone, LIP_LIGHT, 0.75 * full)
    bow = (1 - lower) * np.exp(-((line - 5.5) ** 2) / 4) * np.exp(-((points[:, 0] / 14) ** 2))
    tone = mixed(tone, LIP_LIGHT, 0.30 * bow)
    tone = tone * (1 - 0.07 * (1 - lower))[:, None]
    wrinkles = value_noise(points * [1.0, 0.35, 0.35], 0.65, 32)
    wrinkles += 0.5 * value_noise(points * [1.0, 0.4, 0.4], 1.5, 33)
    tone = tone * (1 + 0.030 * wrinkles)[:, None]
    corner = np.exp(-(((np.abs(points[:, 0]) - 25.5) / 3.5) ** 2))
    dark = np.exp(-((line / 0.9) ** 2)) * 0.92 + 0.40 * np.exp(-((line / 2.4) ** 2))
    tone = mixed(tone, LIP_DARK, np.clip(dark * (1 - 0.25 * corner), 0, 1))
    colour = mixed(colour, tone, on_lips)
    # A lighter rim round the lips, and shade under the lower one.
    rim = np.exp(-(((signed + 1.5) / 1.0) ** 2)) * close
    colour = colour + (rim * (1 - 0.6 * lower))[:, None] * np.array([0.030, 0.026, 0.024])
    pit = np.array([0.0, -67.5, 88.0])
    shade = _blob(points, pit, 9, (1.7, 0.6, 1.5)) * (1 - on_lips)
    return mixed(colour, (0.60, 0.38, 0.32), 0.30 * shade)


def _with_lids(colour: Floats, neutral: NeutralHead, texels: Texels) -> Floats:
    """Lash line, waterline, and the pink of the inner corners."""
    points = texels.points
    folded = points.copy()
    folded[:, 0] = -np.abs(points[:, 0])
    margin = neutral.v_template[neutral.right_lid.margin] * 1e3
    line = line_through(margin, closed=True, count=400)
    both = np.concatenate([line, line * [-1.0, 1.0, 1.0]])
    away = texels.near(both, 6.0)
    outer, inner = margin[margin[:, 0].argmin()], margin[margin[:, 0].argmax()]
    across = (folded[:, 0] - outer[0]) / (inner[0] - outer[0])
    level = outer[1] + across * (inner[1] - outer[1])
    upper = smooth_step(-0.8, 0.8, folded[:, 1] - level)
    to_outer = smooth_step(0.95, 0.15, across)
    rims = np.isin(texels.corners, neutral.parts["lid_rims"]).any(axis=1)
    skin = texels.islands["skin"]
    # Inside the margin: moist and pink below, in the lashes' shade above.
    rim = np.array(WATERLINE) * (1 - 0.55 * upper)[:, None]
    colour = np.where(rims[:, None], rim, colour)
    width = upper * (0.65 + 0.55 * to_outer) + (1 - upper) * 0.5
    strength = upper * (0.72 + 0.2 * to_outer) + (1 - upper) * (0.10 + 0.32 * to_outer)
    lash = strength * np.exp(-((away / width) ** 2)) * skin
    smoke = 0.20 * upper * np.exp(-((away / 2.2) ** 2)) * skin
    colour = mixed(colour, (0.42, 0.26, 0.22), smoke)
    colour = mixed(colour, LASH, np.clip(lash, 0, 0.95))
    corner = np.exp(-((np.linalg.norm(folded - inner, axis=1) / 2.4) ** 2)) * skin
    return mixed(colour, (0.80, 0.47, 0.44), 0.75 * corner)
