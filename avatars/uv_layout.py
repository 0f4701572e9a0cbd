"""Which point of the head each texel of a map stands for.

The layout is drawn once per head and resolution: every texel whose centre lies in a triangle of the
layout belongs to that triangle. Around each island a border of texels repeats the nearest point of
*that* island, so that bilinear reading at a seam never mixes in what lies beyond it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from avatars.errors import HeadMismatch
from avatars.head.model import HeadModel
from avatars.head.tables import is_on

PADDING = 4
"""Width of the border around each island, texels."""

_BATCH = 4_000_000  # texel candidates tested at once, to bound memory at high resolutions


@dataclass(frozen=True, eq=False)
class TexelTable:
    """Texel -> point of the surface, row 0 at the top (v = 1).

    Attributes:
        size: R.
        face: [R, R] int64 triangle, -1 where a texel stands for nothing.
        barycentrics: [R, R, 3] weights of its corners, each 0..1; zero where ``face`` is -1.
        inside: [R, R] bool, the centre lies in the triangle; false on the border around islands.
    """

    size: int
    face: Tensor
    barycentrics: Tensor
    inside: Tensor

    @property
    def used(self) -> Tensor:
        """[R, R] bool, texels that stand for some point: islands and their borders."""
        return self.face >= 0

    def to(self, device: torch.device | str) -> "TexelTable":
        """The same table on another device; itself if it is there already."""
        if is_on(self.face, device):
            return self
        return TexelTable(
            self.size, self.face.to(device), self.barycentrics.to(device), self.inside.to(device)
        )


@lru_cache(maxsize=8)
def texel_table(head: HeadModel, size: int) -> TexelTable:
    """The table of a head at resolution ``size``, on the head's device; kept after the first call.

    Raises:
        HeadMismatch: the head has no texture coordinates.
        ValueError: ``size`` is not positive.
    """
    if size < 1:
        raise ValueError(f"a map of {size} texels is empty")
    if not head.has_uv:
        raise HeadMismatch(
            f"The head '{head.name}' has no texture coordinates, so it cannot carry maps.",
            "Put head_template_mesh.obj beside its file and import it again.",
        )
    uvs = head.uvs.detach().cpu().numpy().astype(np.float64)
    corners = uvs[head.uv_faces.detach().cpu().numpy()]  # [F, 3, 2]
    corners = np.stack([corners[..., 0] * size, (1 - corners[..., 1]) * size], axis=-1)  # texels
    face, weights = _drawn(corners, size)
    inside = face >= 0
    face, weights = _bordered(corners, face, weights)
    table = TexelTable(
        size,
        torch.from_numpy(face),
        torch.from_numpy(weights.astype(np.float32)),
        torch.from_numpy(inside),
    )
    return table.to(head.device)


def _drawn(
    corners: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Face [R, R] and weights [R, R, 3] of the texels whose centre lies in a triangle."""
    face = np.full(size * size, -1, np.int64)
    weights = np.zeros((size * size, 3))
    low = np.ceil(np.clip(corners.min(axis=1), 0, size) - 0.5).astype(np.int64)
    high = np.floor(np.clip(corners.max(axis=1), 0, size) - 0.5).astype(np.int64)
    low, high = np.clip(low, 0, size - 1), np.clip(high, -1, size - 1)
    spans = np.maximum(high - low + 1, 0)  # [F, 2] columns and rows of the bounding box
    counts = spans[:, 0] * spans[:, 1]
    for part in _batches(counts):
        owner = np.repeat(part, counts[part])
        within = np.arange(len(owner)) - np.repeat(np.cumsum(counts[part]), counts[part])
        within += np.repeat(counts[part], counts[part])
        column = low[owner, 0] + within % spans[owner, 0]
        row = low[owner, 1] + within // spans[owner, 0]
        centre = np.stack([column, row], axis=-1) + 0.5
        found = _weights(corners[owner], centre)
        hit = found.min(axis=-1) >= -1e-9
        texel = (row * size + column)[hit]
        # Of two triangles that share an edge, or overlap, the one with the smaller number wins:
        # later writes win in numpy, so they are made in falling order.
        order = np.arange(len(texel))[::-1]
        texel, owner, found = texel[order], owner[hit][order], found[hit][order]
        free = face[texel] < 0
        face[texel[free]] = owner[free]
        weights[texel[free]] = found[free]
    weights = np.clip(weights, 0, 1)
    return face.reshape(size, size), weights.reshape(size, size, 3)


def _bordered(
    corners: NDArray[np.float64], face: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same with a border that repeats each island's nearest point."""
    if not (face >= 0).any():
        return face, weights
    away, nearest = ndimage.distance_transform_edt(face < 0, return_indices=True)
    row, column = np.nonzero((away > 0) & (away <= PADDING))
    home = face[nearest[0][row, column], nearest[1][row, column]]
    centre = np.stack([column, row], axis=-1) + 0.5
    face, weights = face.copy(), weights.copy()
    face[row, column] = home
    weights[row, column] = _clamped(corners[home], centre)
    return face, weights


def _weights(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Barycentric weights [M, 3] of points [M, 2]; -1 for triangles without area."""
    a = corners[:, 0]
    ab, ac, ap = corners[:, 1] - a, corners[:, 2] - a, points - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    flat = np.abs(area) < 1e-12
    area = np.where(flat, 1.0, area)
    b = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    c = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    found: NDArray[np.float64] = np.stack([1 - b - c, b, c], axis=-1)
    found[flat] = -1.0
    return found


def _clamped(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights [M, 3] of the point of each triangle that is nearest to a point outside it."""
    best = np.zeros((len(points), 3))
    shortest = np.full(len(points), np.inf)
    for i in range(3):
        j = (i + 1) % 3
        start, edge = corners[:, i], corners[:, j] - corners[:, i]
        length = np.maximum((edge * edge).sum(axis=1), 1e-18)
        share = np.clip(((points - start) * edge).sum(axis=1) / length, 0, 1)
        distance = ((start + share[:, None] * edge - points) ** 2).sum(axis=1)
        nearer = distance < shortest
        shortest[nearer] = distance[nearer]
        best[nearer] = 0.0
        best[nearer, i] = 1 - share[nearer]
        best[nearer, j] = share[nearer]
    return best


def _batches(counts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Runs of faces, in order, each with at most about ``_BATCH`` candidates."""
    used = np.flatnonzero(counts > 0)
    pieces = np.cumsum(counts[used]) // _BATCH
    return [used[pieces == piece] for piece in np.unique(pieces)]
