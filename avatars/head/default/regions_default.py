"""The named regions of the built-in head, outlined by landmarks in the texture layout.

The layout is flat, upright and symmetrical, so an outline there is what a person would draw, and
nothing hides anything else, as the nose does in a front view.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.eyes import LATITUDES_DEGREES, MERIDIANS
from avatars.head.default.hairline import inside_hairline
from avatars.head.default.topology import Bools, Floats, Ints
from avatars.head.default.uv import UvAtlas

IRIS_DEGREES = 29.0

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375,
    291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
EYE = (46, 53, 52, 65, 55, 193, 245, 128, 121, 120, 119, 118, 117, 111, 35, 124)
CHEEK = (
    116, 111, 117, 118, 119, 120, 121, 128, 217, 126, 209, 129, 203, 206, 216, 214, 192, 213,
    147, 123,
)  # fmt: skip
NOSE_SIDE = (168, 122, 188, 114, 217, 126, 209, 129, 98, 97, 2)
CHIN_SIDE = (18, 83, 182, 106, 204, 211, 170, 140, 176, 148, 152)
JAW_LINE = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
BROW_TOP = (127, 162, 156, 70, 63, 105, 66, 107, 9)
JAW_REACH = 15.0
"""Skin within this distance (mm) of the jaw line is jaw."""


def build_regions(neutral: NeutralHead, atlas: UvAtlas) -> dict[str, Bools]:
    """Masks [V] over the vertices by the region names of `avatars.head.regions`."""
    count = len(neutral.v_template)
    points = neutral.v_template * 1e3
    parts = {name: _mask(ids, count) for name, ids in neutral.parts.items()}
    flat, places = vertex_uvs(neutral, atlas)
    bare = parts["skin"] & flat
    rims = parts["lid_rims"]

    def drawn(landmarks: tuple[int, ...]) -> Bools:
        return bare & inside_outline(places[list(landmarks)], places)

    def both(half: tuple[int, ...]) -> Bools:
        other = tuple(int(v) for v in neutral.mirror[list(half)][::-1])
        area = drawn(half + tuple(v for v in other if v not in half))
        return area | area[neutral.mirror]

    scalp = bare & (inside_hairline(neutral, points) > 0)
    lips = both(LIPS)
    right_brow, right_eye = drawn(BROW), drawn(EYE) & ~drawn(BROW)
    right_eye |= rims & (points[:, 0] < 0)
    nose = both(NOSE_SIDE)
    right_cheek = drawn(CHEEK) & ~right_eye & ~nose
    chin = both(CHIN_SIDE) & ~lips
    side = bare & ~scalp & (points[:, 1] > -30) & (points[:, 2] > 0)
    face = (both(OVAL) | side | rims) & ~scalp
    brow_height = np.interp(
        -np.abs(places[:, 0] - 0.5) + 0.5,
        places[list(BROW_TOP), 0],
        places[list(BROW_TOP), 1],
    )
    forehead = face & ~rims & (places[:, 1] > brow_height) & ~_pair(right_brow, neutral)
    near_jaw = _distance(points, points[list(JAW_LINE)]) < JAW_REACH
    jaw = bare & near_jaw & ~chin & ~lips & ~scalp & ~_pair(right_cheek, neutral)
    neck = bare & ~face & ~jaw & ~chin & ~scalp & (points[:, 1] < -20)
    iris = neutral.parts["right_eyeball"][: 1 + MERIDIANS * _iris_rings()]
    mouth = parts["mouth_bag"]
    inside = mouth | parts["teeth_upper"] | parts["teeth_lower"] | parts["tongue"]
    regions = {
        "hair": scalp,
        "face": face,
        "forehead": forehead,
        **_sides("brow", right_brow, neutral),
        **_sides("eye", right_eye, neutral),
        **_sides("eyeball", parts["right_eyeball"], neutral),
        **_sides("iris", _mask(iris, count), neutral),
        "nose": nose,
        **_sides("cheek", right_cheek, neutral),
        "lips": lips,
        "chin": chin,
        "jaw": jaw,
        **_sides("ear", parts["right_ear"], neutral),
        "scalp": scalp,
        "neck": neck,
        "mouth_inner": mouth,
        "teeth_upper": parts["teeth_upper"],
        "teeth_lower": parts["teeth_lower"],
        "tongue": parts["tongue"],
        "skin": ~(inside | parts["left_eyeball"] | parts["right_eyeball"]),
    }
    # The face's triangles are not quite their own mirror images; the masks are.
    alone = ("face", "forehead", "nose", "lips", "chin", "jaw", "scalp", "neck", "hair")
    return {
        name: mask | mask[neutral.mirror] if name in alone else mask
        for name, mask in regions.items()
    }


def build_parts(neutral: NeutralHead) -> dict[str, Bools]:
    """Masks [F] over the faces: skin, ears, eyeballs, mouth, teeth_upper, teeth_lower, tongue."""
    sources = {
        "skin": ("skin", "lid_rims"),
        "ears": ("left_ear", "right_ear"),
        "eyeballs": ("left_eyeball", "right_eyeball"),
        "mouth": ("mouth_bag",),
        "teeth_upper": ("teeth_upper",),
        "teeth_lower": ("teeth_lower",),
        "tongue": ("tongue",),
    }
    count = len(neutral.faces)
    return {
        name: _mask(np.concatenate([neutral.part_faces[part] for part in names]), count)
        for name, names in sources.items()
    }


def vertex_uvs(neutral: NeutralHead, atlas: UvAtlas) -> tuple[Bools, Floats]:
    """Which vertices lie in the skin island [V], and one of their places there [V, 2]."""
    faces = atlas.islands["skin"]
    places = np.zeros((len(neutral.v_template), 2))
    flat = np.zeros(len(places), bool)
    places[neutral.faces[faces].ravel()] = atlas.uvs[atlas.uv_faces[faces].ravel()]
    flat[neutral.faces[faces].ravel()] = True
    return flat, places


def inside_outline(outline: Floats, points: Floats) -> Bools:
    """[N] whether points [N, 2] lie in a closed outline [L, 2]; its own corners do."""
    inside = np.zeros(len(points), bool)
    x, y = points.T
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crossing = (ay > y) != (by > y)
        slope = (bx - ax) / (by - ay) if by != ay else 0.0
        inside ^= crossing & (x < ax + (y - ay) * slope)
    on_border = np.zeros(len(points), bool)
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        edge = b - a
        share = np.clip((points - a) @ edge / max(float(edge @ edge), 1e-18), 0, 1)
        gap = np.linalg.norm(points - a - share[:, None] * edge, axis=1)
        on_border |= gap < 5e-4
    result: Bools = inside | on_border
    return result


def _sides(name: str, right: Bools, neutral: NeutralHead) -> dict[str, Bools]:
    return {f"{name}_left": right[neutral.mirror], f"{name}_right": right}


def _pair(right: Bools, neutral: NeutralHead) -> Bools:
    pair: Bools = right | right[neutral.mirror]
    return pair


def _mask(ids: Ints, count: int) -> Bools:
    mask = np.zeros(count, bool)
    mask[ids] = True
    return mask


def _iris_rings() -> int:
    return sum(degrees <= IRIS_DEGREES for degrees in LATITUDES_DEGREES)


def _distance(points: Floats, line: Floats) -> Floats:
    """[N] distance of points [N, 3] from a polyline [L, 3]."""
    nearest = np.full(len(points), np.inf)
    for a, b in pairwise(line):
        edge = b - a
        share = np.clip((points - a) @ edge / (edge @ edge), 0, 1)
        gap = np.linalg.norm(points - a - share[:, None] * edge, axis=1)
        nearest = np.minimum(nearest, gap)
    return nearest
