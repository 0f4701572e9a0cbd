"""Painting on the skin: dabs are balls in space, so size and strength are the same everywhere.

A texel is covered by how far it is from the nearest dab on the skin it is part of; the layout of
the map plays no role, so strokes are even over seams. What lies near in space but is another part
of the head, turned away, or only reached by a long way round (the skull behind an ear) stays clean.
"""

import numpy as np
from scipy.sparse.csgraph import dijkstra

from avatars.edits import spreading
from avatars.edits.canvas import Canvas
from avatars.edits.points import Array, Floats, Indices, Points
from avatars.edits.strokes import Brush, Dabs, Stroke, dabs_at, dabs_between, points_of
from avatars.edits.tiles import Pixels, TiledImage

_FACING = (-0.05, 0.3)
"""Cosines between a texel's and a dab's normal over which paint begins to take."""

_WAY_ROUND = 1.5
"""How much longer than the radius the way over the skin may be."""

_TOGETHER = 24
"""Dabs worked out at once, to bound memory."""


class Painting:
    """A stroke in progress; the only thing here that changes, held by whoever moves the brush.

    Args:
        image: the layer's picture before the stroke.
        brush: what paints.
        canvas: the head.
        beneath: [R, R, 3] 0..1 what shows before the stroke, for blur, smudge and clone.
        lock: [R, R] 0..1 where paint takes, or None for everywhere.
        source: the point that a clone brush starts to copy from.

    Attributes:
        image: the picture so far; a new object where something changed.
        rows: rows of the canvas that the last extension changed.

    Raises:
        ValueError: the tool needs what is beneath, or a source, and has none.
    """

    def __init__(
        self,
        image: TiledImage,
        brush: Brush,
        canvas: Canvas,
        *,
        beneath: Floats | None = None,
        lock: Floats | None = None,
        source: Points | None = None,
    ) -> None:
        if brush.tool in ("blur", "smudge", "clone") and beneath is None:
            raise ValueError(f"{brush.tool} needs to know what is beneath")
        if brush.tool == "clone" and source is None:
            raise ValueError("clone needs a source")
        self.image = image
        self.rows: Indices = np.zeros(0, np.int64)
        self._start, self._brush, self._canvas = image, brush, canvas
        self._radius = brush.radius(canvas)
        self._lock = None if lock is None else lock.reshape(-1)[canvas.index]
        self._coverage: Floats = np.zeros(len(canvas), np.float32)
        self._last: Points | None = None
        self._twin: Points | None = None
        self._source = source
        self._spread: spreading.Spread | None = None
        if beneath is not None:
            colors = beneath.reshape(-1, 3)[canvas.index]
            self._spread = spreading.Spread(canvas, colors, self._radius)

    def extend(self, points: Points) -> TiledImage:
        """The picture after the brush has gone on through points of the surface."""
        touched = []
        for number in range(len(points)):
            place = points[number : number + 1]
            touched.append(self._go(self._last, place, mirrored=False))
            if self._brush.symmetry:
                twin = self._canvas.mirrored(place)
                touched.append(self._go(self._twin, twin, mirrored=True))
                self._twin = twin
            self._last = place
        self.rows = np.unique(np.concatenate(touched)) if touched else np.zeros(0, np.int64)
        self._write()
        return self.image

    def lift(self) -> None:
        """The brush leaves the skin: what follows is not joined to what was."""
        self._last = self._twin = None

    def _go(self, before: Points | None, place: Points, *, mirrored: bool) -> Indices:
        """Dabs from where the brush was to ``place``; the rows that are covered."""
        canvas, radius = self._canvas, self._radius
        if before is None:
            way = place
            if self._spread is not None and self._source is not None:
                source = canvas.mirrored(self._source) if mirrored else self._source
                self._spread.anchor(source, place, mirrored)
        else:
            way = dabs_between(canvas, before, place, radius)
        found = []
        for first in range(0, len(way), _TOGETHER):
            part = way[first : first + _TOGETHER]
            if self._brush.tool == "smudge" and before is not None and self._spread is not None:
                found += self._smudge(before, part)
                before = part[-1:]
                continue
            rows, cover = covered(canvas, dabs_at(canvas, part), radius, self._brush)
            if self._spread is not None and self._brush.tool != "smudge":
                self._spread.want(rows, mirrored)
            self._cover(rows, cover)
            found.append(rows)
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _smudge(self, before: Points, way: Points) -> list[Indices]:
        """Colour dragged along, dab by dab."""
        canvas, found = self._canvas, []
        assert self._spread is not None
        for number in range(0, len(way), 2):
            place = way[number : number + 1]
            shift = canvas.positions_at(place)[0] - canvas.positions_at(before)[0]
            rows, cover = covered(canvas, dabs_at(canvas, place), self._radius, self._brush)
            self._spread.drag(rows, cover, shift)
            self._cover(rows, cover)
            found.append(rows)
            before = place
        return found

    def _cover(self, rows: Indices, cover: Floats) -> None:
        """Coverage never falls, and never goes beyond what a dab itself covers."""
        old = self._coverage[rows]
        missing = np.maximum(cover - old, 0)
        self._coverage[rows] = old + np.float32(self._brush.flow) * missing

    def _write(self) -> None:
        rows = self.rows
        if not len(rows):
            return
        alpha = self._coverage[rows] * np.float32(self._brush.opacity)
        if self._lock is not None:
            alpha = alpha * self._lock[rows]
        texels = self._canvas.index[rows]
        old = self._start.read(texels)
        if self._brush.tool == "erase":
            new = old.copy()
            new[:, 3] = np.round(old[:, 3] * (1 - alpha)).astype(np.uint8)
            new[new[:, 3] == 0] = 0
        else:
            colors = np.asarray(self._brush.color, np.float32)[None]
            if self._spread is not None and self._brush.tool != "brush":
                colors = self._spread.colors(rows)
            new = _over(old, colors, alpha)
        self.image = self.image.written(texels, new)


def painted(
    image: TiledImage,
    stroke: Stroke,
    canvas: Canvas,
    *,
    beneath: Floats | None = None,
    lock: Floats | None = None,
) -> TiledImage:
    """A layer's picture with a whole stroke on it.

    Raises:
        OffTheHead: the stroke leaves the head.
        ValueError: as ``Painting``.
    """
    painting = Painting(image, stroke.brush, canvas, beneath=beneath, lock=lock)
    return painting.extend(points_of(canvas, stroke))


def covered(canvas: Canvas, dabs: Dabs, radius: float, brush: Brush) -> tuple[Indices, Floats]:
    """The texels under dabs, as rows [K], and how much they are covered, [K] 0..1.

    A wider soft rim than a texel is kept at any hardness, so that thin lines have no gaps.
    """
    reach = radius + canvas.texel_length
    lists = canvas.tree.query_ball_point(dabs.positions, reach, return_sorted=False)
    rows = np.unique(np.concatenate([np.asarray(each, np.int64) for each in lists]))
    rows = rows[np.isin(canvas.part[rows], dabs.part)]
    rows = rows[_reached(canvas, dabs, radius)[canvas.points.face[rows]]]
    if not len(rows):
        return rows, np.zeros(0, np.float32)
    away = np.full(len(rows), np.inf)
    cover = np.zeros(len(rows), np.float32)
    positions, normals = canvas.positions[rows], canvas.normals[rows]
    soft = max(radius * (1 - brush.hardness), canvas.texel_length)
    for place, normal, part in zip(dabs.positions, dabs.normals, dabs.part, strict=True):
        away = np.linalg.norm(positions - place, axis=1)
        profile = _step(np.clip((radius + 0.5 * canvas.texel_length - away) / soft, 0, 1))
        low, high = _FACING
        facing = _step(np.clip((normals @ normal - low) / (high - low), 0, 1))
        one = (profile * facing).astype(np.float32)
        one[canvas.part[rows] != part] = 0
        np.maximum(cover, one, out=cover)
    hit = cover > 0
    return rows[hit], cover[hit]


def _reached(canvas: Canvas, dabs: Dabs, radius: float) -> Array:
    """[F] which faces have a corner that the skin leads to from the dabs without a detour."""
    seeds = np.unique(canvas.head.faces_numpy[dabs.face])
    corners = canvas.vertices[canvas.head.faces_numpy[dabs.face]]
    longest = float(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max())
    distance = dijkstra(
        canvas.edges, indices=seeds, min_only=True, limit=_WAY_ROUND * radius + longest
    )
    near: Array = np.isfinite(distance)[canvas.head.faces_numpy].any(axis=1)
    return near


def _over(old: Pixels, colors: Floats, alpha: Floats) -> Pixels:
    """Straight RGBA8 [K, 4] with colours [K, 3] laid over by alpha [K]."""
    below = old[:, 3].astype(np.float32) / 255 * (1 - alpha)
    total = alpha + below
    mixed = colors * alpha[:, None] + old[:, :3].astype(np.float32) / 255 * below[:, None]
    mixed = mixed / np.maximum(total, 1e-6)[:, None]
    rgba = np.concatenate([mixed, total[:, None]], axis=1)
    new = np.clip(np.round(rgba * 255), 0, 255).astype(np.uint8)
    new[new[:, 3] == 0] = 0
    # Where nothing was laid over nothing is rounded either.
    return np.where((alpha > 0)[:, None], new, old)


def _step(share: Array) -> Array:
    smooth: Array = share * share * (3 - 2 * share)
    return smooth
