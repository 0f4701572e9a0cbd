"""What blur, smudge and clone brushes paint: colours taken from the skin around, over seams."""

import numpy as np
from scipy.ndimage import gaussian_filter

from avatars.edits.canvas import Canvas
from avatars.edits.points import Array, Floats, Indices, Points

_CELLS = 0.3  # of the radius: cells that blurring averages in
_BLUR = 0.75  # cells
_CARRIED = 0.85  # share of the colour that a smudging finger keeps


class Spread:
    """Colours of the skin [M, 3] and what tools make of them.

    Args:
        canvas: the head.
        colors: [M, 3] 0..1 what shows.
        radius: of the brush, metres.
    """

    def __init__(self, canvas: Canvas, colors: Floats, radius: float) -> None:
        self._canvas, self._radius = canvas, radius
        self._before = np.asarray(colors, np.float32)
        self._after = self._before.copy()
        self._done = np.zeros(len(canvas), bool)
        self._anchors: dict[bool, tuple[Array, Array, Array, int]] = {}

    def colors(self, rows: Indices) -> Floats:
        """Colours [K, 3] that the tool paints at rows of the canvas."""
        return self._after[rows]

    def anchor(self, source: Points, place: Points, mirrored: bool) -> None:
        """From now on what is at ``place`` is copied from ``source``, and so on beside it."""
        canvas = self._canvas
        start, end = canvas.positions_at(source)[0], canvas.positions_at(place)[0]
        turn = canvas.frame_at(source) @ canvas.frame_at(place).T
        part = int(canvas.part_of_face[source.face[0]])
        self._anchors[mirrored] = start, end, turn, part

    def want(self, rows: Indices, mirrored: bool) -> None:
        """Work out the colours at rows that have none yet."""
        rows = rows[~self._done[rows]]
        if not len(rows):
            return
        self._done[rows] = True
        if self._anchors:
            self._clone(rows, mirrored)
        else:
            self._blur(rows)

    def drag(self, rows: Indices, cover: Floats, shift: Array) -> None:
        """Pull the colours at rows along by ``shift`` [3], metres, as far as they are covered."""
        canvas = self._canvas
        away, near = canvas.tree.query(canvas.positions[rows] - shift, k=3)
        weight = 1 / np.maximum(np.asarray(away), 0.1 * canvas.texel_length)
        weight /= weight.sum(axis=1, keepdims=True)
        found = (self._after[np.asarray(near)] * weight[..., None]).sum(axis=1)
        share = (cover * np.float32(_CARRIED))[:, None]
        self._after[rows] += share * (found.astype(np.float32) - self._after[rows])

    def _clone(self, rows: Indices, mirrored: bool) -> None:
        start, end, turn, part = self._anchors[mirrored]
        canvas = self._canvas
        places = start + (canvas.positions[rows] - end) @ turn.T
        self._after[rows] = self._before[canvas.nearest_rows(places, part)]

    def _blur(self, rows: Indices) -> None:
        """Averages over a grid of cells in space, read back smoothly.

        Splat, blur, slice, as bilateral grids are used: it knows no layout, so no seam either.
        """
        canvas, cell = self._canvas, max(_CELLS * self._radius, canvas_step(self._canvas))
        low = canvas.positions[rows].min(axis=0) - 3 * cell
        high = canvas.positions[rows].max(axis=0) + 3 * cell
        near = ((canvas.positions > low) & (canvas.positions < high)).all(axis=1)
        near &= np.isin(canvas.part, canvas.part[rows])
        around = np.flatnonzero(near)
        shape = tuple(int(n) for n in np.ceil((high - low) / cell).astype(int) + 2)
        texel, weight = _corners((canvas.positions[around] - low) / cell, shape)
        sums = [
            gaussian_filter(
                np.bincount(
                    texel.reshape(-1),
                    (weight * values[:, None]).reshape(-1),
                    minlength=int(np.prod(shape)),
                ).reshape(shape),
                _BLUR,
                truncate=3,
            ).reshape(-1)
            for values in (np.ones(len(around)), *self._before[around].astype(np.float64).T)
        ]
        texel, weight = _corners((canvas.positions[rows] - low) / cell, shape)
        read = [(one[texel] * weight).sum(axis=1) for one in sums]
        total = np.maximum(read[0], 1e-9)[:, None]
        self._after[rows] = (np.stack(read[1:], axis=1) / total).astype(np.float32)


def canvas_step(canvas: Canvas) -> float:
    """The smallest sensible cell, metres."""
    return 1.5 * canvas.texel_length


def _corners(places: Array, shape: tuple[int, ...]) -> tuple[Indices, Array]:
    """Flat cells [K, 8] round each place and their trilinear weights."""
    base = np.floor(places).astype(np.int64)
    share = places - base
    cells, weights = [], []
    for corner in range(8):
        step = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        x, y, z = (base + step).T
        cells.append((x * shape[1] + y) * shape[2] + z)
        weights.append(np.where(step == 1, share, 1 - share).prod(axis=1))
    return np.stack(cells, axis=1), np.stack(weights, axis=1)
