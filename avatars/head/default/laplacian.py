"""Cotangent Laplacians, and smooth spreading of values given at a few vertices."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import splu

from avatars.head.default.topology import Floats, Ints, unique_edges

Sparse = Any
"""A scipy sparse array; scipy's stubs do not survive arithmetic."""


def cotangent_laplacian(vertices: Floats, faces: Ints) -> tuple[Sparse, Floats]:
    """Positive semi-definite stiffness matrix [V, V] and barycentric vertex areas [V].

    Cotangents are cut at 0.02 from below: needles would otherwise make weights negative and a
    spread value overshoot.
    """
    count = len(vertices)
    rows, columns, weights = [], [], []
    area = np.zeros(count)
    for k in range(3):
        i, j, opposite = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, v = vertices[i] - vertices[opposite], vertices[j] - vertices[opposite]
        twice_area = np.maximum(np.linalg.norm(np.cross(u, v), axis=1), 1e-9)
        cotangent = np.clip((u * v).sum(axis=1) / twice_area, 0.02, 20.0)
        rows += [i, j]
        columns += [j, i]
        weights += [cotangent / 2, cotangent / 2]
        np.add.at(area, i, twice_area / 6)
    row, column = np.concatenate(rows), np.concatenate(columns)
    off = sparse.csr_array((np.concatenate(weights), (row, column)), shape=(count, count))
    stiffness = sparse.diags_array(np.asarray(off.sum(axis=1)).ravel()) - off
    return stiffness.tocsr(), np.maximum(area, 1e-9)


def bilaplacian(vertices: Floats, faces: Ints) -> Sparse:
    """[V, V] the thin-plate energy L M^-1 L."""
    stiffness, area = cotangent_laplacian(vertices, faces)
    return (stiffness @ sparse.diags_array(1 / area) @ stiffness).tocsr()


class BiharmonicSpread:
    """Spreads values from some vertices to all, as a thin plate would bend.

    Factorisations are kept per set of given vertices, since an expression basis asks the same
    question many times.
    """

    def __init__(self, vertices: Floats, faces: Ints) -> None:
        """Prepare a mesh: vertices [V, 3] in millimetres, faces [F, 3]."""
        self._energy = bilaplacian(vertices, faces)
        self._graph = edge_graph(vertices, faces)
        self._kept: dict[bytes, Any] = {}

    def __call__(
        self,
        given: Ints,
        values: Floats,
        *,
        radius: float | None = None,
        fixed: Ints | None = None,
    ) -> Floats:
        """[V, D] the values at every vertex.

        Args:
            given: [G] vertices with known values.
            values: [G, D] those values.
            radius: vertices farther than this along the edges (mm) stay at zero.
            fixed: [N] further vertices that stay at zero.
        """
        count = self._energy.shape[0]
        known = np.zeros(count, bool)
        if radius is not None:
            known |= self.distance(given) > radius
        if fixed is not None:
            known[fixed] = True
        known[given] = True
        result = np.zeros((count, values.shape[1]))
        result[given] = values
        if known.all():
            return result
        key = np.packbits(known).tobytes()
        if key not in self._kept:
            self._kept[key] = splu(self._energy[~known][:, ~known].tocsc())
        right = -(self._energy[~known][:, known] @ result[known])
        result[~known] = self._kept[key].solve(right)
        return result

    def distance(self, sources: Ints) -> Floats:
        """[V] length (mm) of the shortest way along edges to the nearest source."""
        nearest: Floats = dijkstra(self._graph, indices=sources, min_only=True)
        return nearest


def edge_graph(vertices: Floats, faces: Ints) -> Sparse:
    """[V, V] symmetric matrix of edge lengths in millimetres."""
    a, b = unique_edges(faces).T
    length = np.linalg.norm(vertices[a] - vertices[b], axis=1)
    count = len(vertices)
    half = sparse.csr_array((length, (a, b)), shape=(count, count))
    return (half + half.T).tocsr()


def smoothed(values: Floats, faces: Ints, *, steps: int, rate: float = 0.5) -> Floats:
    """[V, D] values after a few steps towards the mean of the neighbours."""
    a, b = unique_edges(faces).T
    count = len(values)
    half = sparse.csr_array((np.ones(len(a)), (a, b)), shape=(count, count))
    link = (half + half.T).tocsr()
    degree = np.maximum(np.asarray(link.sum(axis=1)).ravel(), 1)[:, None]
    for _ in range(steps):
        values = values + rate * (link @ values / degree - values)
    return values
