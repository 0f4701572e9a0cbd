"""The z-buffer's first kernels: project, set triangles up, cut those that leave the view.

Coverage is decided in integers: corners are rounded to 1/4096 pixel, so two triangles that share an
edge see exactly the same line and the top-left rule gives each pixel on it to one of them. What is
interpolated (depth, barycentrics) comes from the unrounded triangle in homogeneous coordinates
(Olano and Greer 1997), which stays right for triangles that were cut at the near plane.

``spans`` [T, 4] holds a triangle's box: first row, end row, first column, end column.
``planes`` [F, 9] holds three linear functions of the pixel position per face: barycentric / depth.
"""

from typing import Any

import numba
import numpy as np

from renderer.kernels import kernel

BITS = 12
PIXEL = 1 << BITS  # steps per pixel
HALF = PIXEL // 2
GUARD = 65536.0  # pixels; corners farther out are cut off, so that edge functions fit 64 bits
ABSURD = 1e30  # anything larger (or not a number) is not drawn
CUT = -1  # first row of a face that clip() still has to cut
PIECES = 7  # a triangle cut by six planes has at most nine corners


@kernel()
def _before(points: Any, i: int, j: int) -> bool:
    if points[i, 2] != points[j, 2]:
        return bool(points[i, 2] < points[j, 2])
    if points[i, 0] != points[j, 0]:
        return bool(points[i, 0] < points[j, 0])
    return bool(points[i, 1] < points[j, 1])


@kernel()
def _cross(points: Any, i: int, j: int, out: Any) -> None:
    ax, ay, az = points[i, 0], points[i, 1], points[i, 2]
    bx, by, bz = points[j, 0], points[j, 1], points[j, 2]
    out[0] = ay * bz - az * by
    out[1] = az * bx - ax * bz
    out[2] = ax * by - ay * bx


@kernel()
def _fill_planes(points: Any, a: int, b: int, c: int, planes: Any) -> float:
    """Write the planes [9] of one face; returns its determinant, 0 if there is nothing to see.

    The corners are taken in an order of their own, whatever order the face names them in: the same
    triangle stored twice then has the same bits, and a tie in depth is a tie.
    """
    i, j, k, at_i, at_j, at_k, sign = a, b, c, 0, 3, 6, 1.0
    if _before(points, j, i):
        i, j, at_i, at_j, sign = j, i, at_j, at_i, -sign
    if _before(points, k, j):
        j, k, at_j, at_k, sign = k, j, at_k, at_j, -sign
    if _before(points, j, i):
        i, j, at_i, at_j, sign = j, i, at_j, at_i, -sign
    _cross(points, j, k, planes[at_i:])
    _cross(points, k, i, planes[at_j:])
    _cross(points, i, j, planes[at_k:])
    determinant = 0.0
    for axis in range(3):
        determinant += points[i, axis] * planes[at_i + axis]
    inverse = 1.0 / determinant  # infinite for a degenerate face
    if not abs(inverse) < ABSURD:
        return 0.0
    for index in range(9):
        planes[index] *= inverse
    return determinant * sign


@kernel()
def _fill_corners(x: Any, y: Any, height: int, width: int, corners: Any, span: Any) -> None:
    """Round three pixel positions, turn them the positive way round, write corners and span."""
    span[:] = 0
    for i in range(3):
        corners[2 * i] = np.int32(np.floor(x[i] * PIXEL + 0.5))
        corners[2 * i + 1] = np.int32(np.floor(y[i] * PIXEL + 0.5))
    x0, x1, x2 = np.int64(corners[0]), np.int64(corners[2]), np.int64(corners[4])
    y0, y1, y2 = np.int64(corners[1]), np.int64(corners[3]), np.int64(corners[5])
    area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    if area == 0:
        return
    if area < 0:
        corners[2], corners[3], corners[4], corners[5] = x2, y2, x1, y1
    row: Any = max((min(y0, y1, y2) + HALF - 1) >> BITS, 0)
    row_end = min(((max(y0, y1, y2) - HALF) >> BITS) + 1, height)
    column: Any = max((min(x0, x1, x2) + HALF - 1) >> BITS, 0)
    column_end = min(((max(x0, x1, x2) - HALF) >> BITS) + 1, width)
    if row < row_end and column < column_end:
        span[0], span[1], span[2], span[3] = row, row_end, column, column_end


@kernel(parallel=True)
def set_up(
    vertices: Any, faces: Any, projection: Any, view: Any, points: Any, planes: Any, drawn: Any
) -> None:
    """Project the vertices and prepare every face.

    Args:
        vertices: [V, 3] float32 world.
        faces: [F, 3] int32.
        projection: [3, 4] float64, K times the upper rows of viewmat.
        view: near, far, height, width, and 1 to leave out faces seen from behind.
        points: [V, 3] gets pixel position times depth, and depth.
        planes: [F, 9] gets the faces' planes.
        drawn: corners [F, 6], spans [F, 4], limits [F, 2] (smallest and largest 1 / depth).
    """
    near, far, height, width, cull = view
    corners, spans, limits = drawn
    for v in numba.prange(vertices.shape[0]):
        for row in range(3):
            total = projection[row, 3]
            for axis in range(3):
                total += projection[row, axis] * np.float64(vertices[v, axis])
            points[v, row] = total
    count = faces.shape[0]
    chunks = (count + 255) // 256
    for chunk in numba.prange(chunks):
        x, y = np.empty(3), np.empty(3)
        for f in range(chunk * 256, min(count, chunk * 256 + 256)):
            spans[f, :] = 0
            lowest, highest, largest = np.inf, -np.inf, 0.0
            for i in range(3):
                point = points[faces[f, i]]
                depth = point[2]
                lowest, highest = min(lowest, depth), max(highest, depth)
                x[i], y[i] = point[0] / depth, point[1] / depth
                # A sum keeps "not a number", which min and max may drop.
                largest += abs(point[0]) + abs(point[1]) + abs(depth)
            if not largest < ABSURD or highest < near or lowest > far:
                continue
            turned = _fill_planes(points, faces[f, 0], faces[f, 1], faces[f, 2], planes[f])
            if turned == 0.0 or (cull and turned > 0.0):
                continue
            limits[f, 0], limits[f, 1] = 1.0 / min(highest, far), 1.0 / max(lowest, near)
            inside = lowest >= near and highest <= far
            for i in range(3):
                inside = inside and abs(x[i]) < GUARD and abs(y[i]) < GUARD
            if inside:
                _fill_corners(x, y, height, width, corners[f], spans[f])
            else:
                spans[f, 0] = CUT


@kernel()
def _margin(plane: int, near: float, far: float, point: Any) -> float:
    """How far inside one of the six planes a homogeneous pixel position lies; negative outside."""
    x, y, z = point[0], point[1], point[2]
    if plane == 0:
        return float(z - near)
    if plane == 1:
        return float(far - z)
    if plane == 2:
        return float(x + GUARD * z)
    if plane == 3:
        return float(GUARD * z - x)
    if plane == 4:
        return float(y + GUARD * z)
    return float(GUARD * z - y)


@kernel()
def _cut_polygon(near: float, far: float, polygon: Any, spare: Any) -> int:
    """Cut a polygon of three corners, in place, at the six planes; returns how many are left."""
    count = 3
    for plane in range(6):
        kept = 0
        for i in range(count):
            here, there = polygon[i], polygon[(i + 1) % count]
            inside, beyond = _margin(plane, near, far, here), _margin(plane, near, far, there)
            if inside >= 0.0:
                spare[kept] = here
                kept += 1
            if (inside >= 0.0) != (beyond >= 0.0):
                # Always from the inner corner outwards: the neighbour across this edge walks it the
                # other way and must find the same point to the last bit.
                if inside < 0.0:
                    here, there, inside, beyond = there, here, beyond, inside
                share = inside / (inside - beyond)
                for axis in range(3):
                    spare[kept, axis] = here[axis] + share * (there[axis] - here[axis])
                kept += 1
        count = kept
        polygon[:count] = spare[:count]
    return count


@kernel()
def clip(points: Any, faces: Any, view: Any, cut: Any, corners: Any, spans: Any, owner: Any) -> int:
    """Cut faces at the near, far and guard planes into triangles that can be drawn.

    Args:
        points: [V, 3] from set_up.
        faces: [F, 3] int32.
        view: as in set_up.
        cut: [M] indices of the faces to cut.
        corners: [PIECES * M, 6] gets the triangles' corners.
        spans: [PIECES * M, 4] gets their boxes.
        owner: [PIECES * M] gets the face each is a piece of.

    Returns:
        How many triangles were written.
    """
    near, far, height, width, _ = view
    # Nine corners at most; rounding could make a few more, never as many as 32.
    polygon, spare = np.empty((32, 3)), np.empty((32, 3))
    x, y = np.empty(3), np.empty(3)
    count = 0
    for m in range(cut.shape[0]):
        f = cut[m]
        for i in range(3):
            polygon[i] = points[faces[f, i]]
        size = min(_cut_polygon(near, far, polygon, spare), PIECES + 2)
        for i in range(1, size - 1):
            for slot in range(3):
                corner = polygon[0 if slot == 0 else i + slot - 1]
                x[slot], y[slot] = corner[0] / corner[2], corner[1] / corner[2]
            _fill_corners(x, y, height, width, corners[count], spans[count])
            if spans[count, 1] > 0:
                owner[count] = f
                count += 1
    return count
