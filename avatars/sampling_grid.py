"""Grids over triangles of a texture layout, and rows of points along the borders of its islands."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[Any]
Places = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Triangle [N] and weights [N, 3] of points."""

_NO_AREA = 1e-12


@dataclass(frozen=True, eq=False)
class Layout:
    """A texture layout: places [U, 2] and triangles [F, 3] of them."""

    uvs: NDArray[np.float64]
    uv_faces: NDArray[np.int64]

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """[F, 3, 2]."""
        return self.uvs[self.uv_faces]

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """[F] area of each triangle; 0 for needles."""
        a, b, c = (self.corners[:, i] for i in range(3))
        area = 0.5 * np.abs(_cross(b - a, c - a))
        return np.where(area < _NO_AREA, 0.0, area)

    @cached_property
    def islands(self) -> NDArray[np.int64]:
        """[F] number of the island; triangles that share a place of the layout share one."""
        a, b, c = self.uv_faces.T
        pairs = np.concatenate([a, b]), np.concatenate([b, c])
        graph = coo_array((np.ones(len(pairs[0])), pairs), shape=(len(self.uvs),) * 2)
        _, label = connected_components(graph, directed=False)
        islands: NDArray[np.int64] = label[a].astype(np.int64)
        return islands


@dataclass(frozen=True, eq=False)
class Borders:
    """Edges where the samples of an island or a group end, in the order of walking round it.

    Attributes:
        faces: [B] triangle of each edge.
        corners: [B] its corner at which the edge starts; the edge ends at the next one.
        lengths: [B] in the layout.
        chains: [B] number of the walk that the edge belongs to, rising.
    """

    faces: NDArray[np.int64]
    corners: NDArray[np.int64]
    lengths: NDArray[np.float64]
    chains: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> "Borders":
        """The edges of a mask [B]."""
        return Borders(self.faces[mask], self.corners[mask], self.lengths[mask], self.chains[mask])


def on_grid(layout: Layout, steps: Floats) -> Places:
    """Points of a grid of squares of ``steps`` [F] by triangle (0: none), at their middles.

    An edge that two triangles of an island share gives its points to one of them.
    """
    used = np.flatnonzero((steps > 0) & (layout.areas > 0))
    corners = layout.corners[used] / steps[used, None, None]  # [M, 3, 2] in squares
    low = np.ceil(corners.min(axis=1) - 0.5 - 1e-9).astype(np.int64)
    high = np.floor(corners.max(axis=1) - 0.5 + 1e-9).astype(np.int64)
    spans = np.maximum(high - low + 1, 0)
    counts = spans[:, 0] * spans[:, 1]
    owner = np.repeat(np.arange(len(used)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    square = low[owner] + np.stack(
        [within % np.maximum(spans[owner, 0], 1), within // np.maximum(spans[owner, 0], 1)], axis=1
    )
    weights = _weights(corners[owner], square + 0.5)
    hit = weights.min(axis=1) >= -1e-9
    owner, square, weights = owner[hit], square[hit], weights[hit]
    face = used[owner]
    # Grids of different steps are different grids; so are those of islands that overlap.
    _, grid = np.unique(
        np.stack([layout.islands[face], np.unique(steps[face], return_inverse=True)[1]]),
        axis=1,
        return_inverse=True,
    )
    key = np.stack([grid.reshape(-1), square[:, 0], square[:, 1]])
    _, first = np.unique(key, axis=1, return_index=True)
    first = np.sort(first)
    return face[first], _normalized(weights[first])


def borders(layout: Layout, groups: Floats, sampled: Floats) -> Borders:
    """The borders of the sampled triangles: edges of an island, and between groups."""
    faces = np.flatnonzero(sampled)
    count, kinds = len(layout.uvs), int(groups.max(initial=0)) + 1
    start = layout.uv_faces[faces]  # [M, 3]
    end = np.roll(start, -1, axis=1)
    group = np.repeat(groups[faces][:, None], 3, axis=1)
    forth = (start * count + end) * kinds + group
    back = (end * count + start) * kinds + group
    row, corner = np.nonzero(~np.isin(forth, back))
    order, chains = _walked(start[row, corner], end[row, corner], group[row, corner])
    face, corner = faces[row[order]], corner[order]
    along = layout.corners[face, (corner + 1) % 3] - layout.corners[face, corner]
    return Borders(face, corner, np.linalg.norm(along, axis=1), chains)


def along_borders(layout: Layout, ends: Borders, steps: Floats) -> Places:
    """Points about one of ``steps`` [F] apart along the borders."""
    faces, shares, corners = [], [], []
    for chain in np.unique(ends.chains):
        mine = np.flatnonzero(ends.chains == chain)
        length = ends.lengths[mine] / steps[ends.faces[mine]]
        stop = np.cumsum(length)
        number = max(1, round(float(stop[-1])))
        place = (np.arange(number) + 0.5) * stop[-1] / number
        edge = np.minimum(np.searchsorted(stop, place), len(mine) - 1)
        share = 1 - (stop[edge] - place) / np.maximum(length[edge], 1e-12)
        faces.append(ends.faces[mine[edge]])
        corners.append(ends.corners[mine[edge]])
        shares.append(np.clip(share, 0, 1))
    if not faces:
        return np.zeros(0, np.int64), np.zeros((0, 3))
    face, corner, share = (np.concatenate(part) for part in (faces, corners, shares))
    weights = np.zeros((len(face), 3))
    rows = np.arange(len(face))
    weights[rows, corner] = 1 - share
    weights[rows, (corner + 1) % 3] = share
    return face, weights


def _walked(start: Floats, end: Floats, group: Floats) -> tuple[Floats, Floats]:
    """Order [B] in which edges follow each other, and the walk [B] each belongs to."""
    leaving = defaultdict(list)
    for edge in range(len(start) - 1, -1, -1):
        leaving[start[edge], group[edge]].append(edge)
    done = np.zeros(len(start), bool)
    order, chains, walk = [], [], -1
    for first in range(len(start)):
        edge = first
        walk += not done[first]
        while not done[edge]:
            done[edge] = True
            order.append(edge)
            chains.append(walk)
            waiting = leaving[end[edge], group[edge]]
            while waiting and done[waiting[-1]]:
                waiting.pop()
            if not waiting:
                break
            edge = waiting[-1]
    return np.array(order, np.int64), np.array(chains, np.int64)


def _weights(corners: Floats, points: Floats) -> Floats:
    """Barycentric weights [M, 3] of points [M, 2] in triangles with area."""
    a = corners[:, 0]
    ab, ac, ap = corners[:, 1] - a, corners[:, 2] - a, points - a
    area = _cross(ab, ac)
    b, c = _cross(ap, ac) / area, _cross(ab, ap) / area
    return np.stack([1 - b - c, b, c], axis=-1)


def _normalized(weights: Floats) -> Floats:
    weights = np.clip(weights, 0, 1)
    normalized: Floats = weights / weights.sum(axis=1, keepdims=True)
    return normalized


def _cross(first: Floats, second: Floats) -> Floats:
    crossed: Floats = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return crossed
