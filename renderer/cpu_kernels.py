"""Front-to-back blending of tiles on the CPU.

Per pixel this is 3DGS's loop: alpha = min(0.999, opacity * exp(-sigma)), splats under 1/255 are
skipped, and the splat that would push the transmittance to 1e-4 or below ends the pixel without
being drawn. Per tile, one splat at a time is blended into rows of ``TILE`` pixels; the inner loops
have no branches and all state sits in one small array, so the compiler turns them into SIMD code.
"""

from typing import Any

import numba
import numpy as np

from renderer.cpu_tiles import TILE
from renderer.kernels import kernel

F = np.float32
PIXELS = TILE * TILE
CHUNKS = 64
LEAST_ALPHA = F(1.0 / 255.0)
MOST_ALPHA = F(0.999)
LEAST_LIGHT = F(1e-4)
ZERO, HALF, ONE = F(0), F(0.5), F(1)
# Planes of a tile's state.
LIGHT, LIVE, RED, GREEN, BLUE, DEPTH, LAST = (np.uintp(plane * PIXELS) for plane in range(7))
PLANES = 7
CHECK_EVERY = 8  # splats between two looks at whether the tile's rows are finished
# Taylor coefficients of exp, used on -sigma / 8 with |sigma| / 8 < 0.75 and squared three times.
E2, E3, E4, E5, E6, E7 = F(1 / 2), F(1 / 6), F(1 / 24), F(1 / 120), F(1 / 720), F(1 / 5040)
EIGHTH = F(-0.125)
FARTHEST = F(6.0)  # sigma beyond which alpha is under 1/255 whatever the opacity


@kernel()
def falloff(sigma: Any) -> Any:
    """exp(-sigma) for 0 <= sigma <= 6, to about 1e-6, in plain arithmetic that vectorises."""
    t = EIGHTH * min(sigma, FARTHEST)
    e = ONE + t * (ONE + t * (E2 + t * (E3 + t * (E4 + t * (E5 + t * (E6 + t * E7))))))
    e = e * e
    e = e * e
    return e * e


@kernel()
def blend_row(state: Any, base: int, order: Any, dx: Any, slope: Any, record: Any) -> None:
    """Blend one splat into the ``TILE`` pixels of one row.

    Args:
        state: [PLANES * PIXELS] of the tile.
        base: where the row begins in a plane.
        order: the splat's position in the tile's list, as a float.
        dx: [TILE] splat centre minus pixel centre, px.
        slope: (b * dy, c * dy * dy / 2) of this row.
        record: [RECORD] of the splat.
    """
    across, along = slope
    half_a, opacity = HALF * record[2], record[5]
    red, green, blue, depth = record[6], record[7], record[8], record[9]
    start = np.uintp(base)  # unsigned: a signed index is tested for being negative, pixel by pixel
    for i in range(TILE):
        at = start + np.uintp(i)
        sigma = (half_a * dx[i] + across) * dx[i] + along
        alpha = min(MOST_ALPHA, opacity * falloff(sigma))
        light = state[LIGHT + at]
        live = state[LIVE + at]
        last = state[LAST + at]
        left = light * (ONE - alpha)
        hit = (sigma >= ZERO) and (sigma <= FARTHEST) and (alpha >= LEAST_ALPHA) and (live > ZERO)
        ended = hit and (left <= LEAST_LIGHT)
        weight = alpha * light if hit and not ended else ZERO
        state[LIGHT + at] = left if hit and not ended else light
        state[LAST + at] = order if hit and not ended else last
        state[LIVE + at] = ZERO if ended else live
        state[RED + at] += weight * red
        state[GREEN + at] += weight * green
        state[BLUE + at] += weight * blue
        state[DEPTH + at] += weight * depth


@kernel()
def row_range(record: Any, top: int) -> Any:
    """First and one past last row (0..TILE) of the tile at ``top`` px whose centres are reached."""
    first = np.ceil(record[1] - record[11] - HALF) - F(top)
    last = np.floor(record[1] + record[11] - HALF) + ONE - F(top)
    return int(min(max(first, ZERO), F(TILE))), int(min(max(last, ZERO), F(TILE)))


@kernel()
def blend_tile(records: Any, entries: Any, corner: Any, state: Any, ends: Any) -> None:
    """Blend a tile's splats into its state.

    Args:
        records: [N, RECORD].
        entries: [E] ids of this tile's splats, nearest first.
        corner: (left, top) of the tile, px.
        state: [PLANES * PIXELS], written.
        ends: [TILE] written: one past the last entry that was looked at in each row.
    """
    left, top = corner
    state[LIGHT:RED] = ONE
    state[RED:LAST] = ZERO
    state[LAST:] = -ONE
    dx = np.empty(TILE, np.float32)
    unfinished = np.ones(TILE, np.bool_)
    ends[:] = entries.shape[0]
    for e in range(entries.shape[0]):
        if e % CHECK_EVERY == 0 and e > 0:
            any_left = False
            for row in range(TILE):
                if unfinished[row]:
                    live = ZERO
                    for i in range(TILE):
                        live = max(live, state[LIVE + row * TILE + i])
                    if live == ZERO:
                        unfinished[row] = False
                        ends[row] = e
                    else:
                        any_left = True
            if not any_left:
                break
        record = records[entries[e]]
        first, last = row_range(record, top)
        for i in range(TILE):
            dx[i] = record[0] - (F(left + i) + HALF)
        for row in range(first, last):
            if unfinished[row]:
                dy = record[1] - (F(top + row) + HALF)
                slope = (record[3] * dy, HALF * record[4] * dy * dy)
                blend_row(state, row * TILE, F(e), dx, slope, record)


@kernel(parallel=True)
def blend(
    records: Any, starts: Any, entries: Any, columns: int, out: Any, last: Any, ends: Any
) -> None:
    """Draw all tiles.

    Args:
        records: [N, RECORD] from ``project``.
        starts: [tiles + 1] from ``bin_tiles``.
        entries: [E] from ``bin_tiles``.
        columns: tiles per row.
        out: [H, W, 5] written: premultiplied colour, transmittance left, depth sum.
        last: [H, W] written: position in the tile's list of the last splat drawn, or -1.
        ends: [tiles, TILE] written: how far each row of each tile looked into its list.
    """
    height, width = out.shape[0], out.shape[1]
    tiles = starts.shape[0] - 1
    for chunk in numba.prange(CHUNKS):
        state = np.empty(PLANES * PIXELS, np.float32)
        for tile in range(chunk, tiles, CHUNKS):
            left, top = (tile % columns) * TILE, (tile // columns) * TILE
            blend_tile(
                records, entries[starts[tile] : starts[tile + 1]], (left, top), state, ends[tile]
            )
            for row in range(min(TILE, height - top)):
                for i in range(min(TILE, width - left)):
                    pixel = row * TILE + i
                    target = out[top + row, left + i]
                    target[0] = state[RED + pixel]
                    target[1] = state[GREEN + pixel]
                    target[2] = state[BLUE + pixel]
                    target[3] = state[LIGHT + pixel]
                    target[4] = state[DEPTH + pixel]
                    last[top + row, left + i] = int(state[LAST + pixel])


@kernel(parallel=True)
def to_bytes(picture: Any, background: Any, opaque: bool, out: Any) -> None:
    """Fill ``out`` [H, W, 4] uint8 from a drawn picture [H, W, 5].

    Over ``background`` [3] where ``opaque``, else with straight (not premultiplied) alpha.
    """
    height, width = picture.shape[0], picture.shape[1]
    for y in numba.prange(height):
        for x in range(width):
            source = picture[y, x]
            light = source[3]
            alpha = ONE - light
            scale = ONE if opaque else (ONE / alpha if alpha > ZERO else ZERO)
            for c in range(3):
                value = source[c] * scale + (light * background[c] if opaque else ZERO)
                out[y, x, c] = np.uint8(min(max(value, ZERO), ONE) * F(255) + HALF)
            out[y, x, 3] = np.uint8(255) if opaque else np.uint8(alpha * F(255) + HALF)
