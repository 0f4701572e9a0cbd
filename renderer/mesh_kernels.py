"""The z-buffer's second kernels: sort triangles into bands of rows, fill the bands.

Coverage, corners, spans and planes are explained in ``mesh_setup_kernels``.
"""

from typing import Any

import numba
import numpy as np

from renderer.kernels import kernel
from renderer.mesh_setup_kernels import HALF, PIXEL


@kernel()
def bin_rows(spans: Any, band_rows: int, starts: Any) -> Any:
    """Which triangles touch each band of rows.

    Args:
        spans: [T, 4] from set_up and clip.
        band_rows: rows per band.
        starts: [bands + 1] zeros; gets where each band's triangles begin in the result.

    Returns:
        [entries] triangle indices, band by band, ascending within a band.
    """
    count, bands = spans.shape[0], starts.shape[0] - 1
    for t in range(count):
        if spans[t, 1] > 0:
            for band in range(spans[t, 0] // band_rows, (spans[t, 1] - 1) // band_rows + 1):
                starts[band + 1] += 1
    for band in range(bands):
        starts[band + 1] += starts[band]
    free = starts[:-1].copy()
    members = np.empty(starts[bands], np.int32)
    for t in range(count):
        if spans[t, 1] > 0:
            for band in range(spans[t, 0] // band_rows, (spans[t, 1] - 1) // band_rows + 1):
                members[free[band]] = t
                free[band] += 1
    return members


@kernel()
def _draw_triangle(
    corner: Any, box: Any, f: int, plane: Any, limit: Any, nearest: Any, face: Any
) -> None:
    """Enter one triangle into the rows box[0]:box[1] of ``nearest`` (1 / depth) and ``face``."""
    x0, x1, x2 = np.int64(corner[0]), np.int64(corner[2]), np.int64(corner[4])
    y0, y1, y2 = np.int64(corner[1]), np.int64(corner[3]), np.int64(corner[5])
    dx0, dx1, dx2 = x1 - x0, x2 - x1, x0 - x2
    dy0, dy1, dy2 = y1 - y0, y2 - y1, y0 - y2
    # A pixel on an edge belongs to the triangle only if the edge is a top or a left one.
    bias0 = 0 if dy0 < 0 or (dy0 == 0 and dx0 > 0) else 1
    bias1 = 0 if dy1 < 0 or (dy1 == 0 and dx1 > 0) else 1
    bias2 = 0 if dy2 < 0 or (dy2 == 0 and dx2 > 0) else 1
    px = np.int64(box[2]) * PIXEL + HALF
    slope_x = plane[0] + plane[3] + plane[6]
    slope_y = plane[1] + plane[4] + plane[7]
    offset = plane[2] + plane[5] + plane[8]
    for row in range(box[0], box[1]):
        py = np.int64(row) * PIXEL + HALF
        e0 = dx0 * (py - y0) - dy0 * (px - x0) - bias0
        e1 = dx1 * (py - y1) - dy1 * (px - x1) - bias1
        e2 = dx2 * (py - y2) - dy2 * (px - x2) - bias2
        at_row = slope_y * (row + 0.5) + offset
        for column in range(box[2], box[3]):
            if (e0 | e1 | e2) >= 0:
                # Limits: a pixel's centre can lie a hair outside a triangle seen edge on.
                value = min(max(slope_x * (column + 0.5) + at_row, limit[0]), limit[1])
                closeness = np.float32(value)
                known = nearest[row, column]
                if closeness > known or (closeness == known and f < face[row, column]):
                    nearest[row, column] = closeness
                    face[row, column] = f
            e0 -= dy0 * PIXEL
            e1 -= dy1 * PIXEL
            e2 -= dy2 * PIXEL


@kernel()
def _finish_row(row: int, scene: Any, depth: Any, face: Any, barycentric: Any) -> None:
    """Turn a row of 1 / depth into depth and barycentrics."""
    points, faces, planes, near, far = scene
    for column in range(depth.shape[1]):
        f = face[row, column]
        if f < 0:
            depth[row, column] = np.inf
            barycentric[row, column, :] = 0.0
            continue
        x, y, plane = column + 0.5, row + 0.5, planes[f]
        # Cut at 0 for the same hair's breadth; the largest of the three is never cut.
        a = max(plane[0] * x + plane[1] * y + plane[2], 0.0)
        b = max(plane[3] * x + plane[4] * y + plane[5], 0.0)
        c = max(plane[6] * x + plane[7] * y + plane[8], 0.0)
        total = a + b + c
        if total > 0.0:
            a, b, c = a / total, b / total, c / total
        else:
            a = b = c = 1.0 / 3.0
        z = a * points[faces[f, 0], 2] + b * points[faces[f, 1], 2] + c * points[faces[f, 2], 2]
        depth[row, column] = min(max(z, near), far)
        barycentric[row, column, 0] = a
        barycentric[row, column, 1] = b
        barycentric[row, column, 2] = c


@kernel(parallel=True)
def draw_bands(
    bands: Any, triangles: Any, limits: Any, scene: Any, depth: Any, face: Any, barycentric: Any
) -> None:
    """Draw every band of rows; a band is one thread's alone, so nothing races.

    Args:
        bands: order [B] in which to take them, band_rows, starts [B + 1] and members from bin_rows.
        triangles: corners [T, 6], spans [T, 4], owner [T].
        limits: [F, 2] from set_up.
        scene: points [V, 3], faces [F, 3], planes [F, 9], near, far.
        depth: [H, W] gets metres, infinite where nothing is.
        face: [H, W] gets the face, -1 where nothing is.
        barycentric: [H, W, 3] gets the weights of the face's corners.
    """
    order, band_rows, starts, members = bands
    corners, spans, owner = triangles
    planes = scene[2]
    height = depth.shape[0]
    for i in numba.prange(order.shape[0]):
        band = order[i]
        top, end = band * band_rows, min(height, (band + 1) * band_rows)
        depth[top:end] = 0.0  # 1 / depth until the band is finished
        face[top:end] = -1
        for member in range(starts[band], starts[band + 1]):
            t = members[member]
            f = owner[t]
            box = (max(spans[t, 0], top), min(spans[t, 1], end), spans[t, 2], spans[t, 3])
            _draw_triangle(corners[t], box, f, planes[f], limits[f], depth, face)
        for row in range(top, end):
            _finish_row(row, scene, depth, face, barycentric)
