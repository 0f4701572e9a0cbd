"""Finer triangles where the face needs them, and the relief that 468 points cannot hold."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import splu

from avatars.head.default.laplacian import bilaplacian
from avatars.head.default.subdivide import split_edges
from avatars.head.default.topology import Floats, MirrorMesh, symmetrised, unique_edges

LONGEST_FACE_EDGE = 17.0
NOSTRIL: Floats = np.array([-9.6, -23.6, 99.0])
"""Middle of the right nostril."""
_FINE_AROUND_NOSTRIL = 12.0


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
