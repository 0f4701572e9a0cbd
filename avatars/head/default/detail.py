"""Finer triangles where the face needs them, and the relief that 468 points cannot hold."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from avatars.head.default.laplacian import bilaplacian, cotangent_laplacian
from avatars.head.default.subdivide import split_edges
from avatars.head.default.topology import Floats, Ints, MirrorMesh, symmetrised, unique_edges

LONGEST_FACE_EDGE = 17.0
NOSTRIL: Floats = np.array([-9.6, -23.6, 99.0])
"""Middle of the right nostril."""
NOSTRIL_FRONT: Floats = np.array([-7.2, -23.5, 103.0])
NOSTRIL_BACK: Floats = np.array([-12.0, -23.5, 94.8])
NOSTRIL_HALF_WIDTH = 3.4
NOSTRIL_PUSH: Floats = np.array([0.6, 6.5, -1.5])
_FINE_AROUND_NOSTRIL = 12.0
OVAL_REACH = 16.0
"""How far (mm) from the face oval the surface may give way."""
OVAL_HOLD = 0.004
OVAL_LOWEST = -88.0
"""The chin's lower edge (mm) is a real edge and stays."""


def refined(mesh: MirrorMesh, landmark_count: int) -> MirrorMesh:
    """The mesh with long cheek and forehead edges and all edges round the nostrils halved.

    New points are placed as a thin plate through the old ones, not on the chords.
    """
    edges = unique_edges(mesh.faces)
    ends = mesh.vertices[edges]
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    middle = ends.mean(axis=1) * [-1, 1, 1]
    middle[:, 0] = -np.abs(middle[:, 0])
    in_face = (edges < landmark_count).all(axis=1)
    at_nostril = np.linalg.norm(middle - NOSTRIL, axis=1) < _FINE_AROUND_NOSTRIL
    marked = in_face & ((length > LONGEST_FACE_EDGE) | (at_nostril & (length > 3.5)))
    finer = split_edges(mesh, edges[marked])
    free = np.arange(len(finer.vertices)) >= len(mesh.vertices)
    energy = bilaplacian(finer.vertices, finer.faces)
    vertices = finer.vertices.copy()
    right = -(energy[free][:, ~free] @ vertices[~free])
    vertices[free] = splu(energy[free][:, free].tocsc()).solve(right)
    return finer.moved(symmetrised(vertices, finer.mirror))


def with_nostrils(mesh: MirrorMesh, landmark_count: int) -> MirrorMesh:
    """The fine mesh with a nostril pushed up on either side; landmarks stay where they are."""
    along = NOSTRIL_FRONT - NOSTRIL_BACK
    length = np.linalg.norm(along)
    along = along / length
    across = np.cross(along, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    away = mesh.vertices - (NOSTRIL_FRONT + NOSTRIL_BACK) / 2
    u, v = away @ along / (length / 2), away @ across / NOSTRIL_HALF_WIDTH
    reach = np.hypot(u, v)
    share = np.clip((1.15 - reach) / 0.65, 0, 1)
    share = share**2 * (3 - 2 * share) * (np.abs(away[:, 1]) < 6)
    share[:landmark_count] = 0.0
    vertices = mesh.vertices + share[:, None] * NOSTRIL_PUSH
    # The formula is for the right side; the left is its mirror image.
    left = mesh.vertices[:, 0] > 0
    vertices[left] = vertices[mesh.mirror[left]] * [-1, 1, 1]
    return mesh.moved(vertices)


def with_soft_oval(mesh: MirrorMesh, oval: Ints, landmark_count: int) -> MirrorMesh:
    """The fine mesh without the faint crease where the measured face ends.

    The oval is the least certain part of the measurement (it slides along the skin from person
    to person), so its points give way, by less than two millimetres; all other landmarks stay.
    """
    gap = np.linalg.norm(mesh.vertices[:, None] - mesh.vertices[oval][None], axis=2).min(axis=1)
    free = gap < OVAL_REACH
    free[:landmark_count] = False
    free[oval] = True
    free &= mesh.vertices[:, 1] > OVAL_LOWEST
    stiffness, _area = cotangent_laplacian(mesh.vertices, mesh.faces)
    bend = sparse.diags_array(1 / stiffness.diagonal()) @ stiffness
    energy = (bend.T @ bend).tocsr()
    hold = OVAL_HOLD + np.clip(gap / OVAL_REACH, 0, 1) ** 2
    left = energy[free][:, free] + sparse.diags_array(hold[free])
    right = hold[free, None] * mesh.vertices[free] - energy[free][:, ~free] @ mesh.vertices[~free]
    vertices = mesh.vertices.copy()
    vertices[free] = splu(left.tocsc()).solve(right)
    return mesh.moved(vertices)
