"""The skin island: half of it is flattened, the other half is its mirror image.

The half face keeps to a straight midline, the border slides along a rectangle, so the island
fills its share of the square and the face stands upright in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from avatars.head.default.build import NeutralHead
from avatars.head.default.laplacian import Sparse
from avatars.head.default.topology import Floats, Ints, boundary_loops
from avatars.head.default.uv_dirichlet import Flattening, laid_flat, least_distortion, tutte

FACE_CENTRE: Floats = np.array([0.0, -8.0, 80.0])
FACE_REACH = 66.0
FACE_GAIN = 1.75
EYE_GAIN = 1.3
LIP_GAIN = 0.7
FILL_WEIGHT = 0.02
"""Holes may take any shape, as long as they stay open."""
RIM_WEIGHT = 0.25
CROWN_FORWARD = 0.15
SEAM_TURNS = (0.38, 0.82)
"""Shares of the seam, from crown to nape, at which it turns the outline's corners."""
LIP_OPENING = 2.5
"""Half height (mm) of the gap between the lips in the map."""


@dataclass(frozen=True)
class HalfSkin:
    """The right half of skin and lid rims, holes closed by helper vertices.

    Attributes:
        faces: [F, 3] indices into `vertices`; the last ones close the holes.
        real: number of faces that are not fillings.
        vertices: [V, 3] millimetres; the last ones are helpers.
        ids: [V - helpers] vertex ids in the whole head.
        face_ids: [real] face ids in the whole head.
        weights: [F] how much a face counts.
    """

    faces: Ints
    real: int
    vertices: Floats
    ids: Ints
    face_ids: Ints
    weights: Floats


def half_skin(neutral: NeutralHead) -> HalfSkin:
    """The right half of the skin as a disc."""
    count = len(neutral.faces) // 2
    parts = [neutral.part_faces["skin"], neutral.part_faces["lid_rims"]]
    face_ids = np.sort(np.concatenate([part[part < count] for part in parts]))
    ids, faces = np.unique(neutral.faces[face_ids], return_inverse=True)
    faces = faces.reshape(-1, 3).astype(np.int64)
    vertices = neutral.v_template[ids] * 1e3
    weights = np.where(np.isin(face_ids, parts[1]), RIM_WEIGHT, 1.0)
    local = {int(vertex): i for i, vertex in enumerate(ids)}
    loops = boundary_loops(faces)
    lips = np.array([local[int(v)] for v in neutral.loops["lips"] if int(v) in local])
    vertices = _lips_parted(vertices, neutral.v_template[neutral.loops["lips"]] * 1e3, lips)
    outline = max(loops, key=len)
    fills = [loop for loop in loops if loop is not outline]
    start = int(np.flatnonzero(np.isin(outline, lips) & ~np.isin(np.roll(outline, 1), lips))[0])
    chain = np.roll(outline, -start)[: len(lips)]
    more_faces: list[Ints] = []
    helpers: list[Floats] = []
    for fill, closed in [*((loop, True) for loop in fills), (chain, False)]:
        helper = len(vertices) + len(helpers)
        following = np.roll(fill, -1) if closed else fill[1:]
        before = fill if closed else fill[:-1]
        more_faces.append(np.stack([following, before, np.full(len(before), helper)], axis=1))
        middle = vertices[fill].mean(axis=0)
        helpers.append(middle if closed else middle * [0, 1, 1])
    filling = np.concatenate(more_faces)
    return HalfSkin(
        np.concatenate([faces, filling]),
        len(faces),
        np.concatenate([vertices, np.array(helpers)]),
        ids,
        face_ids,
        np.concatenate([weights, np.full(len(filling), FILL_WEIGHT)]),
    )


def wished_density(neutral: NeutralHead, points: Floats) -> Floats:
    """[N] texels per length wished for points [N, 3] (mm) of the skin, 1 = back of the head."""
    eye = neutral.right_lid.centre * 1e3 + [-0.5, 0.0, 11.0]
    lips = neutral.v_template[neutral.loops["lips"]].mean(axis=0) * 1e3
    folded = points * [-1.0, 1.0, 1.0]
    folded[:, 0] = -np.abs(folded[:, 0])
    face = np.linalg.norm((folded - FACE_CENTRE) / [1.15, 1.25, 1.0], axis=1) / FACE_REACH
    density: Floats = 1 + FACE_GAIN * np.exp(-(face**4))
    density += EYE_GAIN * np.exp(-((np.linalg.norm(folded - eye, axis=1) / 24) ** 4))
    across = (folded - lips) / [30.0, 16.0, 30.0]
    density += LIP_GAIN * np.exp(-(np.linalg.norm(across, axis=1) ** 4))
    return density


def flat_skin(neutral: NeutralHead, half: HalfSkin, outline: Floats) -> Floats:
    """[V, 2] the right half in a convex outline.

    Args:
        neutral: the head.
        half: its right half.
        outline: [5, 2] corners: crown and upper corner, outer end of the neck's slope, nape, front
            of the neck; the last and the first span the midline.
    """
    border, corners = _corners(half, neutral)
    places, along = _on_outline(half.vertices[border], corners, outline)
    start = tutte(half.faces, half.vertices, border, places)
    middles = half.vertices[half.faces].mean(axis=1)
    density = wished_density(neutral, middles)
    rest = laid_flat(half.vertices[half.faces]) * density[:, None, None]
    wished = (np.linalg.det(rest)[: half.real]).sum() / 2
    following = np.roll(outline, -1, axis=0)
    area = np.sum(outline[:, 0] * following[:, 1] - outline[:, 1] * following[:, 0]) / 2
    rest = rest * np.sqrt(0.97 * area / wished)
    moves = _moves(border, along, len(half.vertices))
    return least_distortion(Flattening(half.faces, rest, half.weights, moves), start, steps=60)


def _lips_parted(vertices: Floats, loop: Floats, lips: Ints) -> Floats:
    """The vertices with the inner lips a little apart, so that the slit is a hole in the map."""
    result = vertices.copy()
    away = vertices[lips] - loop.mean(axis=0)
    reach = np.abs(loop[:, 0]).max()
    gap = LIP_OPENING * np.sqrt(np.maximum(1 - (away[:, 0] / reach) ** 2, 0))
    size = len(loop)
    half = np.arange(size)
    upper = half < size // 2
    if loop[1 : size // 2, 1].mean() < loop[size // 2 + 1 :, 1].mean():
        upper = ~upper
    keys = {tuple(np.round(p, 6)): bool(u) for p, u in zip(loop, upper, strict=True)}
    side = np.array([1.0 if keys[tuple(np.round(p, 6))] else -1.0 for p in vertices[lips]])
    result[lips, 1] += side * gap
    return result


def _corners(half: HalfSkin, neutral: NeutralHead) -> tuple[Ints, Ints]:
    """The border from the crown on, counter-clockwise, and positions of its five corners in it."""
    points = half.vertices
    border = max(boundary_loops(half.faces), key=len)
    neck = np.flatnonzero(np.isin(half.ids, neutral.loops["neck"]))
    neck = neck[np.abs(points[neck, 0]) < 1e-6]
    nape, front = neck[np.argsort(points[neck, 2])]
    middle = border[np.abs(points[border, 0]) < 1e-6]
    crown = middle[np.argmax(points[middle, 1] + CROWN_FORWARD * points[middle, 2])]
    border = np.roll(border, -int(np.flatnonzero(border == crown)[0]))
    place = {int(vertex): i for i, vertex in enumerate(border)}
    to_nape = place[int(nape)]
    seam = np.linalg.norm(np.diff(points[border[: to_nape + 1]], axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(seam)]) / seam.sum()
    turns = [int(np.argmin(np.abs(length - share))) for share in SEAM_TURNS]
    return border, np.array([0, *turns, to_nape, place[int(front)]])


def _on_outline(points: Floats, corners: Ints, outline: Floats) -> tuple[Floats, Floats]:
    """[B, 2] border points spread along the outline by their distances, and the sides' directions.

    The directions [B, 2] are zero at corners.
    """
    closed = np.concatenate([points, points[:1]])
    ends = np.concatenate([outline, outline[:1]])
    stops = np.append(corners, len(points))
    places, along = np.zeros((len(points), 2)), np.zeros((len(points), 2))
    for side in range(len(outline)):
        first, last = stops[side], stops[side + 1]
        step = np.linalg.norm(np.diff(closed[first : last + 1], axis=0), axis=1)
        share = np.concatenate([[0], np.cumsum(step)])[:-1] / step.sum()
        direction = ends[side + 1] - ends[side]
        places[first:last] = ends[side] + share[:, None] * direction
        along[first + 1 : last] = direction / np.abs(direction).max()
    return places, along


def _moves(border: Ints, along: Floats, count: int) -> Sparse:
    """[2 V, D] inner points move freely, border points along their side, corners stay."""
    inner = np.setdiff1d(np.arange(count), border)
    sliding = along.any(axis=1)
    rows = [2 * inner, 2 * inner + 1, 2 * border[sliding], 2 * border[sliding] + 1]
    first = 2 * len(inner)
    slide = first + np.arange(sliding.sum())
    columns = [np.arange(len(inner)), len(inner) + np.arange(len(inner)), slide, slide]
    values = [np.ones(first), along[sliding, 0], along[sliding, 1]]
    moves = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(2 * count, first + len(slide)),
    )
    moves.eliminate_zeros()
    return moves
