"""The face itself: 468 measured points, their triangles, lids on the eyeball, lips closed."""

from __future__ import annotations

import numpy as np

from avatars.head.default.laplacian import BiharmonicSpread
from avatars.head.default.measurements import Measurements
from avatars.head.default.topology import FLIP_X, Floats, Ints, MirrorMesh, oriented

RIGHT_LID = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
"""Right lid margin: outer corner, upper lid, inner corner, lower lid."""
MIDDLE_LID = (160, 159, 158, 144, 145, 153)
LIP_PAIRS = (
    (13, 14),
    (82, 87),
    (312, 317),
    (81, 178),
    (311, 402),
    (80, 88),
    (310, 318),
    (191, 95),
    (415, 324),
)
"""Inner lip points (upper, lower) that touch when the mouth is closed."""
LID_RADIUS = 13.0
"""Distance of the lid margin from the eyeball's centre: the ball (12.2) and a film of tears."""
_LIP_HALF_GAP = 0.04
_SPREAD = 13.0
_DEGENERATE = {(49, 64, 129), (279, 294, 358)}


def landmark_triangles(measurements: Measurements) -> Ints:
    """[426, 3] the triangles at x <= 0, counter-clockwise seen from the front.

    The measured edge list is not quite symmetrical (three edges a side), so only its right half
    is used.
    """
    neighbours: list[set[int]] = [set() for _ in range(len(measurements.mirror))]
    for a, b in measurements.edges:
        neighbours[a].add(int(b))
        neighbours[b].add(int(a))
    cliques = {
        tuple(sorted((int(a), int(b), c)))
        for a, b in measurements.edges
        for c in neighbours[a] & neighbours[b]
    }
    x = measurements.landmarks[:, 0]
    right = [face for face in sorted(cliques - _DEGENERATE) if max(x[list(face)]) <= 1e-9]
    faces = oriented(np.array(right, dtype=np.int64))
    # One triangle of the nose decides for all: its normal has to look forward.
    a, b, c = measurements.landmarks[faces[np.flatnonzero((faces == 4).any(axis=1))[0]]]
    return faces if np.cross(b - a, c - a)[2] > 0 else faces[:, ::-1]


def eyeball_centre(measurements: Measurements) -> Floats:
    """[3] centre of the left eyeball, its depth such that the middle lids rest on it."""
    centre = measurements.eyeball_centre_left.copy()
    lids = measurements.landmarks[measurements.mirror[list(MIDDLE_LID)]]
    rho = np.hypot(lids[:, 0] - centre[0], lids[:, 1] - centre[1])
    centre[2] = float(np.mean(lids[:, 2] - np.sqrt(LID_RADIUS**2 - rho**2)))
    return centre


def build_face(measurements: Measurements) -> MirrorMesh:
    """The 468-point mesh with lids resting on the eyeballs and lips that meet."""
    faces = landmark_triangles(measurements)
    mesh = MirrorMesh(measurements.landmarks, faces, measurements.mirror)
    target = _lips_closed(_lids_on_ball(mesh.vertices, measurements), measurements.mirror)
    moved = np.linalg.norm(target - mesh.vertices, axis=1) > 0
    for pair in LIP_PAIRS:
        moved[list(pair)] = True
    lids = np.array(RIGHT_LID)
    moved[lids] = moved[measurements.mirror[lids]] = True
    moved[[78, 308]] = True
    spread = BiharmonicSpread(mesh.vertices, mesh.faces)
    offset = spread(np.flatnonzero(moved), (target - mesh.vertices)[moved], radius=_SPREAD)
    return mesh.moved(mesh.vertices + offset)


def _lids_on_ball(vertices: Floats, measurements: Measurements) -> Floats:
    """[468, 3] lid margins at the depth of the ball, x and y kept.

    The corners lie beyond the ball's silhouette; there the depth falls on linearly, because a
    projection onto the sphere would pull them into the skull.
    """
    result = vertices.copy()
    right = np.array(RIGHT_LID)
    for lids, side in ((measurements.mirror[right], 1.0), (right, -1.0)):
        centre = eyeball_centre(measurements) * np.array([side, 1.0, 1.0])
        rho = np.hypot(*(vertices[lids, :2] - centre[:2]).T)
        dome = np.sqrt(LID_RADIUS**2 - np.minimum(rho, 10.0) ** 2)
        result[lids, 2] = centre[2] + dome - 0.75 * np.maximum(rho - 10.0, 0.0)
    return result


def _lips_closed(vertices: Floats, mirror: Ints) -> Floats:
    """[468, 3] inner lip pairs brought together, a hair apart so that the loop stays open."""
    result = vertices.copy()
    half_gap = np.array([0.0, _LIP_HALF_GAP, 0.0])
    for upper, lower in LIP_PAIRS:
        middle = (vertices[upper] + vertices[lower]) / 2
        result[upper] = middle + half_gap
        result[lower] = middle - half_gap
    mean: Floats = (result + result[mirror] * FLIP_X) / 2
    return mean
