"""The small islands: ears, eyes, mouth bag, teeth, tongue, each in millimetres about its middle.

An island names its corners by (vertex, copy): a vertex on a seam has several copies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from avatars.head.default.build import NeutralHead
from avatars.head.default.eyes import LATITUDES_DEGREES, MERIDIANS
from avatars.head.default.mouth import BAG_RINGS, TONGUE_COLUMNS, TONGUE_RINGS
from avatars.head.default.topology import Bools, Floats, Ints, boundary_loops
from avatars.head.default.uv_dirichlet import Flattening, laid_flat, least_distortion, tutte

EYE_EDGE_DEGREES = 72.0
"""The eyeball's visible front keeps its scale up to here; behind it the map is compressed."""
EYE_BACK_WIDTH = 3.6
"""Width (mm) of the ring that holds everything behind."""
EAR_BACK_DENSITY = 0.55
TOOTH_ROWS = 8


@dataclass(frozen=True)
class Island:
    """A flat piece.

    Attributes:
        face_ids: [F] faces of the head.
        corners: [F, 3] indices into `places`.
        places: [N, 2] u right, v up, millimetres.
    """

    face_ids: Ints
    corners: Ints
    places: Floats

    def mirrored(self, neutral: NeutralHead) -> Island:
        """The island of the other side of the head, its mirror image."""
        count = len(neutral.faces) // 2
        face_ids = np.where(self.face_ids < count, self.face_ids + count, self.face_ids - count)
        return Island(face_ids, self.corners[:, ::-1], self.places * [-1.0, 1.0])


def right_ear(neutral: NeutralHead) -> Island:
    """The right ear with the strip that leads to the head: a disc, the auricle's front largest."""
    face_ids = np.sort(neutral.part_faces["right_ear"])
    ids, faces = np.unique(neutral.faces[face_ids], return_inverse=True)
    faces = faces.reshape(-1, 3).astype(np.int64)
    vertices = neutral.v_template[ids] * 1e3
    border = boundary_loops(faces)[0]
    side = vertices[border][:, [2, 1]] - vertices[border][:, [2, 1]].mean(axis=0)
    angle = np.arctan2(side[:, 1], side[:, 0])
    ellipse = np.stack([34 * np.cos(angle), 45 * np.sin(angle)], axis=1)
    start = tutte(faces, vertices, border, ellipse)
    front = neutral.loops["right_ear"]
    depth = _behind_rim(faces, np.isin(ids, front))
    density = 1 - (1 - EAR_BACK_DENSITY) * depth[faces].mean(axis=1)
    rest = laid_flat(vertices[faces]) * density[:, None, None]
    problem = Flattening(faces, rest, np.ones(len(faces)), sparse.eye_array(2 * len(ids)))
    flat = least_distortion(problem, start, steps=60)
    return Island(face_ids, faces, _turned_upright(flat, vertices[:, [2, 1]]))


def right_eye(neutral: NeutralHead) -> Island:
    """The right eyeball about its front pole, upright; the pole behind is spread over the edge."""
    face_ids = np.sort(neutral.part_faces["right_eyeball"])
    ids = neutral.parts["right_eyeball"]
    radius = neutral.right_lid.radius * 1e3
    polar = np.append(np.array(LATITUDES_DEGREES), 180.0)
    over = np.maximum(polar - EYE_EDGE_DEGREES, 0) / (180 - EYE_EDGE_DEGREES)
    reach = radius * np.radians(np.minimum(polar, EYE_EDGE_DEGREES)) + EYE_BACK_WIDTH * over
    turn = 2 * np.pi * np.arange(MERIDIANS) / MERIDIANS
    spokes = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    rings = reach[:-1, None, None] * spokes
    between = 2 * np.pi * (np.arange(MERIDIANS) + 0.5) / MERIDIANS
    poles = reach[-1] * np.stack([np.cos(between), np.sin(between)], axis=1)
    places = np.concatenate([[[0.0, 0.0]], rings.reshape(-1, 2), poles])
    local = {int(vertex): i for i, vertex in enumerate(ids)}
    corners = np.array([[local[int(v)] for v in face] for face in neutral.faces[face_ids]])
    last = len(ids) - 1
    first_of_ring = last - MERIDIANS
    for face in corners:
        if last in face:
            columns = sorted(int(v) - first_of_ring for v in face if v != last)
            wraps = columns == [0, MERIDIANS - 1]
            face[face == last] = last + (MERIDIANS - 1 if wraps else columns[0])
    return Island(face_ids, corners, places)


def mouth_bag(neutral: NeutralHead) -> Island:
    """The bag as a disc: the throat in the middle, the lips outside, the upper lip on top."""
    face_ids = np.sort(neutral.part_faces["mouth_bag"])
    lips, bag = neutral.loops["lips"], neutral.parts["mouth_bag"]
    size = len(lips)
    grid = np.concatenate([lips[None], bag[:-1].reshape(len(BAG_RINGS), size)])
    points = neutral.v_template[grid] * 1e3
    step = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1)
    reach = 5.0 + np.concatenate([np.cumsum(step[::-1])[::-1], [0.0]])
    upper_first = points[2, 1 : size // 2, 1].mean() > points[2, size // 2 + 1 :, 1].mean()
    right_first = points[0, 0, 0] < 0
    turn = np.pi + (-1 if upper_first else 1) * 2 * np.pi * np.arange(size) / size
    direction = np.stack([np.cos(turn) * (1 if right_first else -1), np.sin(turn)], axis=1)
    places = (reach[:, None, None] * direction * [1.0, 0.8]).reshape(-1, 2)
    order = np.append(grid.ravel(), bag[-1])
    places = np.concatenate([places, [[0.0, 0.0]]])
    return Island(face_ids, _looked_up(neutral.faces[face_ids], order), places)


def teeth(neutral: NeutralHead, name: str) -> Island:
    """One row of teeth unrolled: along the arch in u, round the section in v, biting edge inside.

    The fans that close the ends get a copy of the section's first point beside the strip.
    """
    face_ids, ids = np.sort(neutral.part_faces[name]), neutral.parts[name]
    grid = ids.reshape(-1, TOOTH_ROWS)
    points = neutral.v_template[grid] * 1e3
    along = np.linalg.norm(np.diff(points[:, 2], axis=0), axis=1)
    u = np.concatenate([[0], np.cumsum(along)])
    u -= u[-1] / 2
    closed = np.concatenate([points, points[:, :1]], axis=1)
    round_section = np.linalg.norm(np.diff(closed, axis=1), axis=2).mean(axis=0)
    v = np.concatenate([[0], np.cumsum(round_section)])
    v = (v - v[-1] / 2) * (-1 if name == "teeth_upper" else 1)
    places = np.stack(np.broadcast_arrays(u[:, None], v[None]), axis=2).reshape(-1, 2)
    ends = np.array([[u[0] - 5, v[4]], [u[-1] + 5, v[4]]])
    columns = len(grid)
    copies = TOOTH_ROWS + 1
    corners = []
    position = {int(vertex): i for i, vertex in enumerate(ids)}
    for face in neutral.faces[face_ids]:
        at = [divmod(position[int(vertex)], TOOTH_ROWS) for vertex in face]
        rows = [row for _, row in at]
        if len({column for column, _ in at}) == 1:
            end = columns * copies + (0 if at[0][0] == 0 else 1)
            corners.append([end if row == 0 else column * copies + row for column, row in at])
            continue
        wraps = 0 in rows and TOOTH_ROWS - 1 in rows
        last = TOOTH_ROWS if wraps else 0
        corners.append([column * copies + (row if row else last) for column, row in at])
    return _facing(Island(face_ids, np.array(corners), np.concatenate([places, ends])))


def tongue(neutral: NeutralHead) -> Island:
    """The tongue cut open along its underside, tip up; a roof at either end for tip and root."""
    face_ids, ids = np.sort(neutral.part_faces["tongue"]), neutral.parts["tongue"]
    half = TONGUE_COLUMNS // 2
    grid = ids[1:-1].reshape(TONGUE_RINGS, TONGUE_COLUMNS)
    turned = np.concatenate([grid[:, half:], grid[:, : half + 1]], axis=1)
    points = neutral.v_template[turned] * 1e3
    round_ring = np.linalg.norm(np.diff(points, axis=1), axis=2)
    u = np.concatenate([np.zeros((len(grid), 1)), np.cumsum(round_ring, axis=1)], axis=1)
    u -= u[:, -1:] / 2
    along = np.linalg.norm(np.diff(points[:, half], axis=0), axis=1)
    v = -np.concatenate([[0], np.cumsum(along)])
    v = np.broadcast_to(v[:, None], u.shape)
    places = np.stack([u, v], axis=2).reshape(-1, 2)
    ends = np.array([[0.0, v[0, 0] + 4], [0.0, v[-1, 0] - 4]])
    width = TONGUE_COLUMNS + 1
    position = {int(vertex): i - 1 for i, vertex in enumerate(ids)}
    tip, root, count = -1, len(ids) - 2, TONGUE_RINGS * width
    corners = []
    for face in neutral.faces[face_ids]:
        at = [position[int(vertex)] for vertex in face]
        columns = [(p % TONGUE_COLUMNS - half) % TONGUE_COLUMNS for p in at if p not in (tip, root)]
        wraps = 0 in columns and TONGUE_COLUMNS - 1 in columns
        row = []
        for p in at:
            ring, column = divmod(p, TONGUE_COLUMNS)
            column = (column - half) % TONGUE_COLUMNS
            column = TONGUE_COLUMNS if wraps and column == 0 else column
            row.append({tip: count, root: count + 1}.get(p, ring * width + column))
        corners.append(row)
    return _facing(Island(face_ids, np.array(corners), np.concatenate([places, ends])))


def _facing(island: Island) -> Island:
    """The island, turned over if its triangles run clockwise."""
    a, b, c = (island.places[island.corners[:, k]] for k in range(3))
    first, second = b - a, c - a
    if (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() > 0:
        return island
    return Island(island.face_ids, island.corners, island.places * [-1.0, 1.0])


def _looked_up(faces: Ints, order: Ints) -> Ints:
    place = {int(vertex): i for i, vertex in enumerate(order)}
    return np.array([[place[int(vertex)] for vertex in face] for face in faces])


def _behind_rim(faces: Ints, rim: Bools) -> Floats:
    """[V] 0 on the auricle's front, 1 on what lies behind its rim."""
    # What can be reached from the border without crossing the rim lies behind.
    border = boundary_loops(faces)[0]
    behind = np.zeros(len(rim), bool)
    behind[border] = True
    while True:
        touched = behind[faces].any(axis=1)
        grown = behind.copy()
        grown[faces[touched]] = True
        grown &= ~rim
        if (grown == behind).all():
            break
        behind = grown
    return behind.astype(float)


def _turned_upright(flat: Floats, side: Floats) -> Floats:
    """The map [V, 2] turned so that it lies as nearly as possible as the head seen from the side.

    Args:
        flat: [V, 2] without inverted triangles.
        side: [V, 2] z and y: seen from the right the face looks to the right.
    """
    flat, side = flat - flat.mean(axis=0), side - side.mean(axis=0)
    turn = np.arctan2(
        (flat[:, 0] * side[:, 1] - flat[:, 1] * side[:, 0]).sum(), (flat * side).sum()
    )
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    turned: Floats = flat @ rotation.T
    return turned
