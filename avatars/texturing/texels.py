"""Texels of a map as points of a posed head."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.uv_layout import texel_table
from renderer.mesh import vertex_normals

Array = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SKIN, EYE, MOUTH = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Texels:
    """The M used texels of an R x R map.

    Attributes:
        size: R.
        index: [M] flat position in the map, row-major, row 0 at the top.
        face: [M] triangle.
        corners: [M, 3] vertex indices.
        barycentrics: [M, 3].
        kind: [M] ``SKIN`` (with ears), ``EYE`` or ``MOUTH`` (bag, teeth, tongue).
    """

    size: int
    index: Ints
    face: Ints
    corners: Ints
    barycentrics: Array
    kind: Ints

    def gather(self, values: NDArray[Any]) -> Array:
        """Per-vertex values [V, ...] at the texels, [M, ...]."""
        weights = self.barycentrics.reshape(*self.barycentrics.shape, *([1] * (values.ndim - 1)))
        mixed: Array = (values[self.corners] * weights).sum(axis=1, dtype=np.float32)
        return mixed

    def scatter(self, values: NDArray[Any], count: int) -> NDArray[np.float64]:
        """Sums [V, C] over vertices of texel values [M, C], by barycentric weight."""
        out = np.zeros((count, values.shape[1]))
        for corner in range(3):
            share = self.barycentrics[:, corner, None] * values
            for channel in range(values.shape[1]):
                out[:, channel] += np.bincount(
                    self.corners[:, corner], weights=share[:, channel], minlength=count
                )
        return out

    def as_map(self, values: NDArray[Any], *, empty: float = 0.0) -> Array:
        """A map [R, R, ...] with the texels' values [M, ...] and ``empty`` elsewhere."""
        flat = np.full((self.size * self.size, *values.shape[1:]), empty, np.float32)
        flat[self.index] = values
        return flat.reshape(self.size, self.size, *values.shape[1:])


def texels_of(head: HeadModel, size: int) -> Texels:
    """The used texels of a head's layout at resolution ``size``.

    Raises:
        HeadMismatch: the head has no texture coordinates.
    """
    table = texel_table(head, size)
    face_map = table.face.cpu().numpy()
    index = np.flatnonzero(face_map >= 0)
    face = face_map.reshape(-1)[index]
    kinds = np.full(head.face_count, SKIN, np.int64)
    for name, mask in head.parts.items():
        if name == "eyeballs":
            kinds[mask.cpu().numpy()] = EYE
        elif name in ("mouth", "teeth_upper", "teeth_lower", "tongue"):
            kinds[mask.cpu().numpy()] = MOUTH
    return Texels(
        size,
        index,
        face,
        head.faces_numpy[face],
        table.barycentrics.cpu().numpy().reshape(-1, 3)[index].astype(np.float32),
        kinds[face],
    )


def placed(texels: Texels, head: HeadModel, vertices: Tensor) -> tuple[Array, Array]:
    """Positions and unit normals [M, 3] of the texels on posed vertices [V, 3]."""
    points = vertices.detach().cpu().numpy()
    normals = vertex_normals(points, head.faces_numpy)
    n = texels.gather(np.asarray(normals))
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    return texels.gather(points), n
