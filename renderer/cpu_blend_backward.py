"""Backward pass of the blending kernels: slopes of a picture to slopes of the splat records.

Runs each tile back to front and recovers the transmittance before a splat by dividing by
(1 - alpha), as 3DGS does. Every (tile, splat) entry gets its own sums, which a second kernel adds
up per splat in a fixed order: no atomics, the same bits every time.
"""

from typing import Any

import numba
import numpy as np

from renderer.cpu_kernels import (
    CHUNKS,
    FARTHEST,
    HALF,
    LEAST_ALPHA,
    MOST_ALPHA,
    ONE,
    PIXELS,
    ZERO,
    falloff,
    row_range,
)
from renderer.cpu_tiles import TILE
from renderer.kernels import kernel

F = np.float32
SLOPES = (
    10  # per entry, in the order of a record: centre 2, inverse covariance 3, opacity, rgb, depth
)
# Planes of a tile's state: light after the current splat, what lies behind it (already multiplied
# by the picture's slopes), and the picture's slopes themselves.
LIGHT, BEHIND, V_RED, V_GREEN, V_BLUE, V_DEPTH, LAST = (
    np.uintp(plane * PIXELS) for plane in range(7)
)
PLANES = 7


@kernel()
def gather_row(
    state: Any, base: int, order: Any, dx: Any, row: Any, record: Any, sums: Any
) -> None:
    """Add one row's share of one entry's slopes to ``sums`` [SLOPES * TILE], and step back.

    Args:
        state: [PLANES * PIXELS] of the tile.
        base: where the row begins in a plane.
        order: this entry's position in the tile's list, as a float.
        dx: [TILE] splat centre minus pixel centre, px.
        row: (dy, b * dy, c * dy * dy / 2).
        record: [RECORD] of the splat.
        sums: lane-wise sums; the caller adds the lanes up once per entry.
    """
    dy, across, along = row
    a, b, c, opacity = record[2], record[3], record[4], record[5]
    red, green, blue, depth = record[6], record[7], record[8], record[9]
    half_a = HALF * a
    start = np.uintp(base)
    for i in range(TILE):
        lane = np.uintp(i)
        at = start + lane
        x = dx[i]
        sigma = (half_a * x + across) * x + along
        fall = falloff(sigma)
        full = opacity * fall
        alpha = min(MOST_ALPHA, full)
        hit = (
            (sigma >= ZERO)
            and (sigma <= FARTHEST)
            and (alpha >= LEAST_ALPHA)
            and (order <= state[LAST + at])
        )
        inverse = ONE / (ONE - alpha)
        after = state[LIGHT + at]
        light = after * inverse
        weight = alpha * light
        v_red, v_green, v_blue = state[V_RED + at], state[V_GREEN + at], state[V_BLUE + at]
        v_depth = state[V_DEPTH + at]
        colored = red * v_red + green * v_green + blue * v_blue + depth * v_depth
        behind = state[BEHIND + at]
        v_alpha = light * colored - behind * inverse
        v_full = v_alpha if full <= MOST_ALPHA else ZERO
        v_sigma = -full * v_full
        state[LIGHT + at] = light if hit else after
        state[BEHIND + at] = behind + weight * colored if hit else behind
        keep = ONE if hit else ZERO
        v_sigma = v_sigma * keep
        weight = weight * keep
        sums[lane] += v_sigma * (a * x + b * dy)
        sums[np.uintp(TILE) + lane] += v_sigma * (b * x + c * dy)
        sums[np.uintp(2 * TILE) + lane] += HALF * v_sigma * x * x
        sums[np.uintp(3 * TILE) + lane] += v_sigma * x * dy
        sums[np.uintp(4 * TILE) + lane] += HALF * v_sigma * dy * dy
        sums[np.uintp(5 * TILE) + lane] += fall * v_full * keep
        sums[np.uintp(6 * TILE) + lane] += weight * v_red
        sums[np.uintp(7 * TILE) + lane] += weight * v_green
        sums[np.uintp(8 * TILE) + lane] += weight * v_blue
        sums[np.uintp(9 * TILE) + lane] += weight * v_depth


@kernel()
def gather_tile(
    records: Any, entries: Any, corner: Any, ends: Any, state: Any, slopes: Any
) -> None:
    """Fill ``slopes`` [E, SLOPES] of one tile's entries from its prepared ``state``."""
    left, top = corner
    dx = np.empty(TILE, np.float32)
    sums = np.empty(SLOPES * TILE, np.float32)
    most = 0
    for row in range(TILE):
        most = max(most, ends[row])
    slopes[most:] = ZERO
    for e in range(most - 1, -1, -1):
        record = records[entries[e]]
        first, last = row_range(record, top)
        sums[:] = ZERO
        for i in range(TILE):
            dx[i] = record[0] - (F(left + i) + HALF)
        for row in range(first, last):
            if e < ends[row]:
                dy = record[1] - (F(top + row) + HALF)
                terms = (dy, record[3] * dy, HALF * record[4] * dy * dy)
                gather_row(state, row * TILE, F(e), dx, terms, record, sums)
        for k in range(SLOPES):
            total = ZERO
            for i in range(TILE):
                total += sums[k * TILE + i]
            slopes[e, k] = total


@kernel(parallel=True)
def blend_backward(
    records: Any,
    tiles: Any,
    columns: int,
    picture: Any,
    last: Any,
    v_picture: Any,
    slopes: Any,
) -> None:
    """Slopes [E, SLOPES] of every (tile, splat) entry.

    Args:
        records: [N, RECORD].
        tiles: (starts, entries, ends) as the forward pass left them.
        columns: tiles per row.
        picture: [H, W, 5] what the forward pass drew.
        last: [H, W] position in the tile's list of the last splat blended into each pixel, or -1.
        v_picture: [H, W, 5] slope of the loss for each value of ``picture``.
        slopes: written.
    """
    starts, entries, ends = tiles
    height, width = picture.shape[0], picture.shape[1]
    for chunk in numba.prange(CHUNKS):
        state = np.empty(PLANES * PIXELS, np.float32)
        for tile in range(chunk, starts.shape[0] - 1, CHUNKS):
            left, top = (tile % columns) * TILE, (tile // columns) * TILE
            state[:] = ZERO
            state[LAST:] = -ONE
            for row in range(min(TILE, height - top)):
                for i in range(min(TILE, width - left)):
                    at = row * TILE + i
                    slope = v_picture[top + row, left + i]
                    light = picture[top + row, left + i, 3]
                    state[LIGHT + at] = light
                    # The light left at the end is the last thing behind every splat.
                    state[BEHIND + at] = light * slope[3]
                    state[V_RED + at] = slope[0]
                    state[V_GREEN + at] = slope[1]
                    state[V_BLUE + at] = slope[2]
                    state[V_DEPTH + at] = slope[4]
                    state[LAST + at] = F(last[top + row, left + i])
            gather_tile(
                records,
                entries[starts[tile] : starts[tile + 1]],
                (left, top),
                ends[tile],
                state,
                slopes[starts[tile] : starts[tile + 1]],
            )


@kernel(parallel=True)
def sum_entries(order: Any, splat_starts: Any, slots: Any, slopes: Any, out: Any) -> None:
    """Add the entries [E, SLOPES] of each splat up into ``out`` [N, SLOPES] (zeroed before)."""
    drawn = order.shape[0]
    for chunk in numba.prange(CHUNKS):
        for m in range(chunk * drawn // CHUNKS, (chunk + 1) * drawn // CHUNKS):
            target = out[order[m]]
            for slot in range(splat_starts[m], splat_starts[m + 1]):
                source = slopes[slots[slot]]
                for k in range(SLOPES):
                    target[k] += source[k]
