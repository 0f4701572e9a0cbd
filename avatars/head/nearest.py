"""Nearest points on a triangle mesh, in numpy: for derivations that run once per head."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each query the nearest point of a surface.

    Attributes:
        face: [N] triangle.
        barycentrics: [N, 3] weights of its corners.
        points: [N, 3] the points, metres.
        distance: [N] metres; infinite where nothing qualified.
    """

    face: Indices
    barycentrics: Array
    points: Array
    distance: Array


class Surface:
    """A triangle mesh prepared for nearest-point queries.

    Args:
        vertices: [V, 3] metres.
        faces: [F, 3].
        allowed: [F] only these faces are found; all by default.
    """

    def __init__(
        self, vertices: Array, faces: Indices, allowed: NDArray[np.bool_] | None = None
    ) -> None:
        self.ids = np.flatnonzero(allowed) if allowed is not None else np.arange(len(faces))
        self.corners: Array = vertices[faces[self.ids]]  # [F, 3, 3]
        normals = np.cross(
            self.corners[:, 1] - self.corners[:, 0], self.corners[:, 2] - self.corners[:, 0]
        )
        self.normals = unit(normals)
        self._tree = KDTree(self.corners.mean(axis=1)) if len(self.ids) else None

    def nearest(
        self, points: Array, normals: Array | None = None, *, candidates: int = 16
    ) -> Nearest:
        """The nearest point of the surface for each of ``points`` [N, 3].

        Exact among the triangles with the nearest centres, which on an evenly meshed head is the
        nearest of all.

        Args:
            points: [N, 3] metres.
            normals: [N, 3] unit; surface that faces away from them (beyond about 75 degrees) is
                passed over, so that the front of a thin part never matches its back.
            candidates: how many triangles are looked at per point.
        """
        count = len(points)
        if self._tree is None or not count:
            empty = np.zeros((count, 3))
            return Nearest(np.zeros(count, np.int64), empty, empty, np.full(count, np.inf))
        found = self._tree.query(points, k=min(candidates, len(self.ids)))[1]
        near = np.asarray(found, np.int64).reshape(count, -1)  # [N, k]
        weights = closest_weights(self.corners[near], points[:, None])  # [N, k, 3]
        spots = (self.corners[near] * weights[..., None]).sum(axis=2)
        distance = np.linalg.norm(spots - points[:, None], axis=-1)
        if normals is not None:
            away = (self.normals[near] * normals[:, None]).sum(axis=-1) < 0.25
            distance[away] = np.inf
        best = distance.argmin(axis=1)
        rows = np.arange(count)
        return Nearest(
            self.ids[near[rows, best]],
            weights[rows, best],
            spots[rows, best],
            distance[rows, best],
        )


def closest_weights(corners: Array, points: Array) -> Array:
    """Barycentric weights [..., 3] of the point of each triangle that is nearest to a point.

    Args:
        corners: [..., 3, 3] triangle corners.
        points: [..., 3], broadcast against them.
    """
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    d20, d21 = _dot(ap, ab), _dot(ap, ac)
    area = d00 * d11 - d01 * d01
    area = np.where(np.abs(area) < 1e-30, 1.0, area)
    v = (d11 * d20 - d01 * d21) / area
    w = (d00 * d21 - d01 * d20) / area
    weights: Array = np.stack([1 - v - w, v, w], axis=-1)
    outside = weights.min(axis=-1) < 0
    if outside.any():
        triangles = np.broadcast_to(corners, (*outside.shape, 3, 3))[outside]
        weights[outside] = _edge_weights(triangles, np.broadcast_to(points, a.shape)[outside])
    return weights


def vertex_normals(vertices: Array, faces: Indices) -> Array:
    """Unit normals [V, 3], weighted by area."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    area = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(total, faces[:, i], area)
    return unit(total)


def vertex_areas(vertices: Array, faces: Indices) -> Array:
    """A third of the area of the faces around each vertex [V], square metres."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(
        faces.reshape(-1), weights=np.repeat(area, 3), minlength=len(vertices)
    ).astype(np.float64)


def unit(vectors: Array) -> Array:
    """Vectors [..., 3] of length 1; zero ones stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Array = vectors / np.where(length > 0, length, 1.0)
    return result


def _edge_weights(corners: Array, points: Array) -> Array:
    best = np.zeros((len(points), 3))
    shortest = np.full(len(points), np.inf)
    for i in range(3):
        j = (i + 1) % 3
        edge = corners[:, j] - corners[:, i]
        length = np.maximum(_dot(edge, edge), 1e-30)
        share = np.clip(_dot(points - corners[:, i], edge) / length, 0, 1)
        spot = corners[:, i] + share[:, None] * edge
        distance = _dot(spot - points, spot - points)
        nearer = distance < shortest
        shortest[nearer] = distance[nearer]
        best[nearer] = 0.0
        best[nearer, i] = 1 - share[nearer]
        best[nearer, j] = share[nearer]
    return best


def _dot(first: Array, second: Array) -> Any:
    return np.einsum("...i,...i->...", first, second)
