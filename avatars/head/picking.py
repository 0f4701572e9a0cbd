"""Which point of the head a ray meets first."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.model import HeadModel

_EPSILON = 1e-7


@dataclass(frozen=True)
class Hit:
    """A point on the head.

    Attributes:
        face: index of the triangle.
        barycentric: weights of its three corners.
        uv: texture coordinates (u right, v up), None where the head has none.
        distance: from the ray's origin, metres.
        position: the point, world space, metres.
    """

    face: int
    barycentric: tuple[float, float, float]
    uv: tuple[float, float] | None
    distance: float
    position: tuple[float, float, float]


def pick(
    ray: tuple[Tensor, Tensor],
    vertices: Tensor,
    head: HeadModel,
    *,
    faces: NDArray[np.bool_] | None = None,
) -> Hit | None:
    """Nearest point where a ray meets the outside of the posed head, or None.

    Triangles seen from behind do not count, so a ray through the open neck finds nothing inside.
    The test is Moeller and Trumbore's (1997), for all triangles at once; it runs on the CPU
    wherever the vertices live, so that every device gives the same answer.

    Args:
        ray: origin [3] and direction [3] of any length, world space, metres.
        vertices: [V, 3] posed vertices, metres.
        head: the head they belong to.
        faces: [F] only triangles marked here can be hit.
    """
    origin, direction = (part.detach().cpu().numpy().astype(np.float64) for part in ray)
    length = float(np.linalg.norm(direction))
    if length < _EPSILON or vertices.shape[-2] == 0:
        return None
    direction = direction / length
    points = vertices.detach().cpu().numpy().astype(np.float32, copy=False)
    candidates = _near(points, head.faces_numpy, origin, direction)
    if faces is not None:
        candidates = candidates[faces[candidates]]
    corners = head.faces_numpy[candidates]
    a, b, c = (points[corners[:, i]].astype(np.float64) for i in range(3))
    ab, ac, ao = b - a, c - a, origin - a
    across = np.cross(direction, ac)
    facing = (ab * across).sum(axis=1)  # > 0: seen from outside
    scale = np.where(facing > 0, facing, 1.0)
    along = np.cross(ao, ab)
    weight_b = (ao * across).sum(axis=1) / scale
    weight_c = (along @ direction) / scale
    distance = (along * ac).sum(axis=1) / scale
    inside = (facing > 1e-18) & (weight_b >= -_EPSILON) & (weight_c >= -_EPSILON)
    inside &= (weight_b + weight_c <= 1 + _EPSILON) & (distance > 0)
    if not inside.any():
        return None
    best = int(np.where(inside, distance, np.inf).argmin())
    weights = np.clip([1 - weight_b[best] - weight_c[best], weight_b[best], weight_c[best]], 0, 1)
    weights /= weights.sum()
    face = int(candidates[best])
    return Hit(
        face=face,
        barycentric=(float(weights[0]), float(weights[1]), float(weights[2])),
        uv=_uv(head, face, weights),
        distance=float(distance[best]),
        position=_triple(origin + distance[best] * direction),
    )


def _near(
    points: NDArray[np.float32],
    faces: NDArray[np.int64],
    origin: NDArray[np.float64],
    direction: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Triangles [M] whose shadow on the plane across the ray has the ray in its bounding box."""
    # Two numbers per vertex sort out all but a few triangles before any of them is intersected.
    least = np.zeros(3)
    least[np.abs(direction).argmin()] = 1.0
    right = np.cross(direction, least)
    right /= np.linalg.norm(right)
    plane = np.stack([right, np.cross(direction, right)]).astype(np.float32)
    flat = plane @ (points - origin.astype(np.float32)).T  # [2, V]
    slack = np.float32(1e-6)
    # Bits: left of, right of, below, above the ray; a triangle all on one side misses it.
    sides = (
        (flat[0] < -slack).astype(np.uint8)
        | ((flat[0] > slack).astype(np.uint8) << 1)
        | ((flat[1] < -slack).astype(np.uint8) << 2)
        | ((flat[1] > slack).astype(np.uint8) << 3)
    )
    corner = sides[faces]
    return np.flatnonzero((corner[:, 0] & corner[:, 1] & corner[:, 2]) == 0)


def _uv(head: HeadModel, face: int, weights: NDArray[np.float64]) -> tuple[float, float] | None:
    if not head.has_uv:
        return None
    corners = head.uvs[head.uv_faces[face]].detach().cpu().double()
    uv = torch.from_numpy(weights) @ corners
    return float(uv[0]), float(uv[1])


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
