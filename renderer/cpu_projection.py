"""Splats to ellipses on the picture, on the CPU.

EWA splatting (Zwicker et al. 2001) as 3DGS and gsplat do it: the perspective map is linearised at
the splat's centre, 0.3 px^2 is added to both variances, and a splat reaches as far as its opacity
stays above 1/255. Each splat becomes one record of ``RECORD`` floats:

0-1 centre (px) | 2-4 inverse covariance a, b, c (1/px^2) | 5 opacity | 6-8 colour | 9 depth (m) |
10-11 half width and height of the box it touches (px; 0 where it is not drawn)
"""

from typing import Any

import numba
import numpy as np

from renderer.cpu_sh import fill_basis
from renderer.kernels import kernel

F = np.float32
RECORD = 12
CHUNKS = 64  # more pieces than threads, so that a thread that finishes early takes the next one
BLUR = F(0.3)  # px^2, keeps every splat at least about one pixel wide
LEAST_ALPHA = F(1.0 / 255.0)
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)


@kernel()
def rotation(q: Any, out: Any) -> Any:
    """Write the rotation matrix of quaternion ``q`` [4] into ``out`` [9]; returns 1 / length."""
    squared = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]
    inverse = ONE / np.sqrt(squared) if squared > ZERO else ZERO
    w, x, y, z = q[0] * inverse, q[1] * inverse, q[2] * inverse, q[3] * inverse
    out[0] = ONE - TWO * (y * y + z * z)
    out[1] = TWO * (x * y - w * z)
    out[2] = TWO * (x * z + w * y)
    out[3] = TWO * (x * y + w * z)
    out[4] = ONE - TWO * (x * x + z * z)
    out[5] = TWO * (y * z - w * x)
    out[6] = TWO * (x * z - w * y)
    out[7] = TWO * (y * z + w * x)
    out[8] = ONE - TWO * (x * x + y * y)
    return inverse


@kernel()
def limits(view: Any) -> Any:
    """How far off the axis (x and y over z) the linearisation is taken, as gsplat limits it."""
    fx, fy, cx, cy, width, height = view[12], view[13], view[14], view[15], view[16], view[17]
    margin_x, margin_y = F(0.15) * width / fx, F(0.15) * height / fy
    return (
        -(cx / fx + margin_x),
        (width - cx) / fx + margin_x,
        -(cy / fy + margin_y),
        (height - cy) / fy + margin_y,
    )


@kernel()
def footprint(view: Any, mean: Any, q: Any, s: Any, out: Any, work: Any) -> Any:
    """Centre, covariance and depth of one splat on the picture.

    Args:
        view: [20] rotation rows and translation (12), fx fy cx cy, width height, near far.
        mean: [3] centre, world.
        q: [4] quaternion.
        s: [3] scales.
        out: [6] gets x y z in camera space, then the covariance xx, xy, yy in px^2 (with blur).
        work: [24] gets the rotation (9), camera-turned axes times scales (9), and their image (6).

    Returns:
        Whether the centre lies between near and far.
    """
    x = view[0] * mean[0] + view[1] * mean[1] + view[2] * mean[2] + view[3]
    y = view[4] * mean[0] + view[5] * mean[1] + view[6] * mean[2] + view[7]
    z = view[8] * mean[0] + view[9] * mean[1] + view[10] * mean[2] + view[11]
    out[0], out[1], out[2] = x, y, z
    if not (z >= view[18] and z <= view[19]):
        return False
    rotation(q, work)
    for i in range(3):
        for j in range(3):
            turned = (
                view[4 * i] * work[j]
                + view[4 * i + 1] * work[3 + j]
                + view[4 * i + 2] * work[6 + j]
            )
            work[9 + 3 * i + j] = turned * s[j]
    left, right, top, bottom = limits(view)
    inverse = ONE / z
    slope_x = min(right, max(left, x * inverse))
    slope_y = min(bottom, max(top, y * inverse))
    scale_x, scale_y = view[12] * inverse, view[13] * inverse
    for j in range(3):
        work[18 + j] = scale_x * (work[9 + j] - slope_x * work[15 + j])
        work[21 + j] = scale_y * (work[12 + j] - slope_y * work[15 + j])
    out[3] = work[18] * work[18] + work[19] * work[19] + work[20] * work[20] + BLUR
    out[4] = work[18] * work[21] + work[19] * work[22] + work[20] * work[23]
    out[5] = work[21] * work[21] + work[22] * work[22] + work[23] * work[23] + BLUR
    return True


@kernel()
def seen_direction(view: Any, mean: Any, out: Any) -> Any:
    """Write the unit direction camera -> centre into ``out`` [3]; returns the distance."""
    for j in range(3):
        centre = -(view[j] * view[3] + view[4 + j] * view[7] + view[8 + j] * view[11])
        offset = mean[j] - centre
        out[j] = offset
    x, y, z = out[0], out[1], out[2]
    length = np.sqrt(x * x + y * y + z * z)
    inverse = ONE / max(length, F(1e-12))
    for j in range(3):
        out[j] *= inverse
    return length


@kernel(parallel=True)
def project(
    view: Any, means: Any, quats: Any, scales: Any, opacities: Any, sh: Any, records: Any
) -> None:
    """Fill ``records`` [N, RECORD] (half sizes 0 where nothing is to be drawn)."""
    count, bases = sh.shape[0], sh.shape[1]
    for chunk in numba.prange(CHUNKS):
        place = np.empty(6, np.float32)
        work = np.empty(24, np.float32)
        values = np.empty(16, np.float32)
        direction = np.empty(3, np.float32)
        for i in range(chunk * count // CHUNKS, (chunk + 1) * count // CHUNKS):
            record = records[i]
            record[10] = ZERO
            record[11] = ZERO
            opacity = opacities[i]
            if not opacity >= LEAST_ALPHA:
                continue
            if not footprint(view, means[i], quats[i], scales[i], place, work):
                continue
            determinant = place[3] * place[5] - place[4] * place[4]
            if not determinant > ZERO:
                continue
            inverse = ONE / place[2]
            x = view[12] * place[0] * inverse + view[14]
            y = view[13] * place[1] * inverse + view[15]
            reach = TWO * np.log(opacity / LEAST_ALPHA)
            half_x = np.sqrt(reach * place[3])
            half_y = np.sqrt(reach * place[5])
            if not (
                x + half_x > ZERO
                and x - half_x < view[16]
                and y + half_y > ZERO
                and y - half_y < view[17]
            ):
                continue
            record[0], record[1] = x, y
            record[2] = place[5] / determinant
            record[3] = -place[4] / determinant
            record[4] = place[3] / determinant
            record[5] = opacity
            record[9] = place[2]
            record[10], record[11] = half_x, half_y
            if bases > 1:
                seen_direction(view, means[i], direction)
                fill_basis(direction[0], direction[1], direction[2], bases, values)
            else:
                fill_basis(ZERO, ZERO, ONE, 1, values)
            for c in range(3):
                color = HALF
                for k in range(bases):
                    color += values[k] * sh[i, k, c]
                if not np.isfinite(color):  # one such splat would spread over its whole tile
                    record[10], record[11] = ZERO, ZERO
                record[6 + c] = max(color, ZERO)
