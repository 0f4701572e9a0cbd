"""Which splats touch which tile, front to back. Serial and stable, so always the same order."""

from typing import Any

import numpy as np

from renderer.kernels import kernel

TILE = 16  # pixels; one row of a tile is one or two SIMD registers
F = np.float32
DIGIT = 11  # bits sorted per pass: 2048 counters stay in the first-level cache
BUCKETS = 1 << DIGIT


@kernel()
def depth_order(records: Any) -> Any:
    """Ids [M] of the drawn splats, nearest first, ties by id (radix sort on the bits of the depth).

    Depths are positive, and positive floats order like their bit patterns.
    """
    count = records.shape[0]
    ids = np.empty(count, np.int32)
    drawn = 0
    for i in range(count):
        if records[i, 10] > F(0):
            ids[drawn] = i
            drawn += 1
    ids = ids[:drawn]
    depths = np.empty(drawn, np.float32)
    for i in range(drawn):
        depths[i] = records[ids[i], 9]
    keys = depths.view(np.uint32)
    other_ids = np.empty(drawn, np.int32)
    other_keys = np.empty(drawn, np.uint32)
    starts = np.empty(BUCKETS, np.int64)
    for step in range(3):
        shift = np.uint32(step * DIGIT)
        starts[:] = 0
        for i in range(drawn):
            starts[(keys[i] >> shift) & np.uint32(BUCKETS - 1)] += 1
        total = 0
        for bucket in range(BUCKETS):
            size = starts[bucket]
            starts[bucket] = total
            total += size
        for i in range(drawn):
            bucket = (keys[i] >> shift) & np.uint32(BUCKETS - 1)
            place = starts[bucket]
            starts[bucket] = place + 1
            other_ids[place] = ids[i]
            other_keys[place] = keys[i]
        ids, other_ids = other_ids, ids
        keys, other_keys = other_keys, keys
    return ids


@kernel()
def tile_range(record: Any, columns: int, rows: int) -> Any:
    """First and one past last tile column and row whose pixel centres a splat can reach."""
    x, y, half_x, half_y = record[0], record[1], record[10], record[11]
    # Pixel centres are at +0.5: the first one inside is ceil(x - half - 0.5). Clamped while still
    # float: a splat far outside would overflow an integer.
    left = min(max(np.ceil(x - half_x - F(0.5)), F(0)), F(columns * TILE))
    right = min(max(np.floor(x + half_x - F(0.5)) + F(1), F(0)), F(columns * TILE))
    top = min(max(np.ceil(y - half_y - F(0.5)), F(0)), F(rows * TILE))
    bottom = min(max(np.floor(y + half_y - F(0.5)) + F(1), F(0)), F(rows * TILE))
    if right <= left or bottom <= top:
        return 0, 0, 0, 0
    last_column = (int(right) - 1) // TILE + 1
    last_row = (int(bottom) - 1) // TILE + 1
    return int(left) // TILE, last_column, int(top) // TILE, last_row


@kernel()
def bin_tiles(records: Any, order: Any, columns: int, rows: int) -> Any:
    """The splats of every tile, nearest first.

    Returns:
        starts [tiles + 1]: where each tile's list begins in ``entries``.
        entries [E]: splat ids.
        splat_starts [M + 1] and slots [E]: for the m-th splat of ``order``, the positions of its
        entries; the backward pass gathers through them, so that it needs no atomics.
    """
    drawn = order.shape[0]
    counts = np.zeros(columns * rows + 1, np.int64)
    splat_starts = np.zeros(drawn + 1, np.int64)
    ranges = np.empty((drawn, 4), np.int32)
    for m in range(drawn):
        x0, x1, y0, y1 = tile_range(records[order[m]], columns, rows)
        ranges[m, 0], ranges[m, 1], ranges[m, 2], ranges[m, 3] = x0, x1, y0, y1
        splat_starts[m + 1] = splat_starts[m] + (x1 - x0) * (y1 - y0)
        for row in range(y0, y1):
            for column in range(x0, x1):
                counts[row * columns + column + 1] += 1
    for tile in range(columns * rows):
        counts[tile + 1] += counts[tile]
    starts = counts.copy()
    entries = np.empty(starts[columns * rows], np.int32)
    slots = np.empty(starts[columns * rows], np.int32)
    for m in range(drawn):
        slot = splat_starts[m]
        for row in range(ranges[m, 2], ranges[m, 3]):
            for column in range(ranges[m, 0], ranges[m, 1]):
                place = counts[row * columns + column]
                counts[row * columns + column] = place + 1
                entries[place] = order[m]
                slots[slot] = place
                slot += 1
    return starts, entries, splat_starts, slots
