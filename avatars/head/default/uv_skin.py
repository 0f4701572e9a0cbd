"""The skin island: half of it is flattened, the other half is its mirror image.

The half face keeps to a straight midline, the border slides along a rectangle, so the island
fills its share of the square and the face stands upright in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import Bools, Floats, Ints, boundary_loops
from avatars.head.default.uv_dirichlet import Flattening, laid_flat, least_distortion, tutte

FACE_CENTRE: Floats = np.array([0.0, -8.0, 80.0])
FACE_REACH = 66.0
FACE_GAIN = 0.95
EYE_GAIN = 0.75
LIP_GAIN = 0.45
NECK_LOSS = 0.2
FILL_WEIGHT = 0.02
"""Holes may take any shape, as long as they stay open."""
RIM_WEIGHT = 0.25
SEAM_TURNS = (0.4, 1.0)
"""Shares of the seam (crown to nape) at which it turns the square's upper and lower corner."""
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
    more_faces, helpers = [], []
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
    """[N] texels per length that points [N, 3] (mm) on the skin should get, 1 = back of the head."""
    eye = neutral.right_lid.centre * 1e3 + [-0.5, 0.0, 11.0]
    lips = neutral.v_template[neutral.loops["lips"]].mean(axis=0) * 1e3
    folded = points * [-1.0, 1.0, 1.0]
    folded[:, 0] = -np.abs(folded[:, 0])
    face = np.linalg.norm((folded - FACE_CENTRE) / [1.15, 1.25, 1.0], axis=1) / FACE_REACH
    density = 1 - NECK_LOSS * np.clip((-60 - points[:, 1]) / 40, 0, 1)
    density += FACE_GAIN * np.exp(-(face**4))
    density += EYE_GAIN * np.exp(-((np.linalg.norm(folded - eye, axis=1) / 24) ** 4))
    across = (folded - lips) / [30.0, 16.0, 30.0]
    density += LIP_GAIN * np.exp(-(np.linalg.norm(across, axis=1) ** 4))
    return density


def flat_skin(neutral: NeutralHead, half: HalfSkin, width: float, height: float) -> Floats:
    """[V, 2] the right half in the rectangle [0, width] x [0, height], midline at u = width."""
    border = max(boundary_loops(half.faces), key=len)
    border, corners = _corners(half, neutral, border, width, height)
    places = _along_rectangle(half.vertices[border], corners, width, height)
    start = tutte(half.faces, half.vertices, border, places)
    middles = half.vertices[half.faces].mean(axis=1)
    density = wished_density(neutral, middles)
    rest = laid_flat(half.vertices[half.faces]) * density[:, None, None]
    wished = (np.linalg.det(rest)[: half.real]).sum() / 2
    rest = rest * np.sqrt(0.97 * width * height / wished)
    fixed = _sliding(border, corners, len(half.vertices))
    problem = Flattening(half.faces, rest, half.weights, fixed)
    return least_distortion(problem, start, steps=60)


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


def _corners(
    half: HalfSkin, neutral: NeutralHead, border: Ints, width: float, height: float
) -> tuple[Ints, Ints]:
    """The border from the crown on, counter-clockwise, and positions of its four corners in it.

    Corners: crown (top of the midline), a point of the seam, nape, front of the neck.
    """
    points = half.vertices
    neck = np.flatnonzero(np.isin(half.ids, neutral.loops["neck"]))
    neck = neck[np.abs(points[neck, 0]) < 1e-6]
    nape, front = neck[np.argsort(points[neck, 2])]
    middle = border[np.abs(points[border, 0]) < 1e-6]
    crown = middle[np.argmax(points[middle, 1] - 0.15 * points[middle, 2])]
    border = np.roll(border, -int(np.flatnonzero(border == crown)[0]))
    place = {int(vertex): i for i, vertex in enumerate(border)}
    to_nape = place[int(nape)]
    seam = np.linalg.norm(np.diff(points[border[: to_nape + 1]], axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(seam)])
    turn, foot = (int(np.argmin(np.abs(length / length[-1] - share))) for share in SEAM_TURNS)
    return border, np.array([0, turn, foot, place[int(front)]])


def _along_rectangle(points: Floats, corners: Ints, width: float, height: float) -> Floats:
    """[B, 2] border points spread along the rectangle by their distances."""
    ends = np.array([[width, height], [0, height], [0, 0], [width, 0], [width, height]])
    closed = np.concatenate([points, points[:1]])
    stops = np.append(corners, len(points))
    places = np.zeros((len(points), 2))
    for side in range(4):
        first, last = stops[side], stops[side + 1]
        step = np.linalg.norm(np.diff(closed[first : last + 1], axis=0), axis=1)
        share = np.concatenate([[0], np.cumsum(step)])[:-1] / step.sum()
        places[first:last] = ends[side] + share[:, None] * (ends[side + 1] - ends[side])
    return places


def _sliding(border: Ints, corners: Ints, count: int) -> Bools:
    """[V, 2] coordinates that stay: v on the top and bottom, u on the seam and the midline."""
    fixed = np.zeros((count, 2), bool)
    stops = np.append(corners, len(border))
    for side, axis in enumerate((1, 0, 1, 0)):
        ids = border[stops[side] : stops[side + 1] + 1]
        fixed[ids, axis] = True
    fixed[border[0]] = True
    return fixed
