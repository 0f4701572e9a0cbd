"""Backward pass of the projection: slopes of splat records to slopes of the splats themselves."""

from typing import Any

import numba
import numpy as np

from renderer.cpu_projection import (
    CHUNKS,
    HALF,
    ONE,
    TWO,
    ZERO,
    F,
    footprint,
    limits,
    seen_direction,
)
from renderer.cpu_sh import fill_basis, fill_basis_slopes
from renderer.kernels import kernel


@kernel()
def quaternion_backward(q: Any, v_turn: Any, out: Any) -> None:
    """Slope [4] of an unnormalised quaternion from the slope [9] of its rotation matrix."""
    squared = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]
    if not squared > ZERO:
        return
    inverse = ONE / np.sqrt(squared)
    w, x, y, z = q[0] * inverse, q[1] * inverse, q[2] * inverse, q[3] * inverse
    m = v_turn
    v_w = TWO * (x * (m[7] - m[5]) + y * (m[2] - m[6]) + z * (m[3] - m[1]))
    v_x = TWO * (
        w * (m[7] - m[5]) + y * (m[1] + m[3]) + z * (m[2] + m[6]) - TWO * x * (m[4] + m[8])
    )
    v_y = TWO * (
        w * (m[2] - m[6]) + x * (m[1] + m[3]) + z * (m[5] + m[7]) - TWO * y * (m[0] + m[8])
    )
    v_z = TWO * (
        w * (m[3] - m[1]) + x * (m[2] + m[6]) + y * (m[5] + m[7]) - TWO * z * (m[0] + m[4])
    )
    along = v_w * w + v_x * x + v_y * y + v_z * z
    out[0] = (v_w - along * w) * inverse
    out[1] = (v_x - along * x) * inverse
    out[2] = (v_y - along * y) * inverse
    out[3] = (v_z - along * z) * inverse


@kernel()
def covariance_backward(record: Any, slope: Any) -> Any:
    """Slopes (xx, xy, yy) of the picture covariance from those of its inverse: V = -C G C."""
    a, b, c = record[2], record[3], record[4]
    ga, gb, gc = slope[2], HALF * slope[3], slope[4]
    p, q, r, s = a * ga + b * gb, a * gb + b * gc, b * ga + c * gb, b * gb + c * gc
    return -(p * a + q * b), -(p * b + q * c), -(r * b + s * c)


@kernel()
def centre_backward(view: Any, place: Any, work: Any, record: Any, slope: Any, out: Any) -> Any:
    """Slope (x, y, z) of the camera-space centre; ``out`` [9] gets that of the scaled axes.

    The centre acts through the pixel position, the depth, and the linearisation of the perspective
    map (held fixed where ``limits`` caps it).
    """
    v_xx, v_xy, v_yy = covariance_backward(record, slope)
    left, right, top, bottom = limits(view)
    inverse = ONE / place[2]
    ratio_x, ratio_y = place[0] * inverse, place[1] * inverse
    slope_x = min(right, max(left, ratio_x))
    slope_y = min(bottom, max(top, ratio_y))
    scale_x, scale_y = view[12] * inverse, view[13] * inverse
    v_scale_x, v_scale_y, v_slope_x, v_slope_y = ZERO, ZERO, ZERO, ZERO
    for j in range(3):  # covariance = T T^t with T the picture of the scaled axes
        v_tx = TWO * (v_xx * work[18 + j] + v_xy * work[21 + j])
        v_ty = TWO * (v_xy * work[18 + j] + v_yy * work[21 + j])
        out[j] = scale_x * v_tx
        out[3 + j] = scale_y * v_ty
        out[6 + j] = -scale_x * slope_x * v_tx - scale_y * slope_y * v_ty
        v_scale_x += v_tx * (work[9 + j] - slope_x * work[15 + j])
        v_scale_y += v_ty * (work[12 + j] - slope_y * work[15 + j])
        v_slope_x -= v_tx * scale_x * work[15 + j]
        v_slope_y -= v_ty * scale_y * work[15 + j]
    v_x = scale_x * slope[0]
    v_y = scale_y * slope[1]
    v_z = slope[9] - (v_x * ratio_x + v_y * ratio_y)
    v_z -= (v_scale_x * scale_x + v_scale_y * scale_y) * inverse
    if ratio_x >= left and ratio_x <= right:
        v_x += v_slope_x * inverse
        v_z -= v_slope_x * ratio_x * inverse
    if ratio_y >= top and ratio_y <= bottom:
        v_y += v_slope_y * inverse
        v_z -= v_slope_y * ratio_y * inverse
    return v_x, v_y, v_z


@kernel()
def axes_backward(view: Any, work: Any, s: Any, v_axes: Any, v_turn: Any, v_s: Any) -> None:
    """From the scaled axes [9] in camera space to the rotation matrix [9] and the scales [3]."""
    for j in range(3):
        v_scale = ZERO
        for k in range(3):
            turned = view[k] * v_axes[j] + view[4 + k] * v_axes[3 + j] + view[8 + k] * v_axes[6 + j]
            v_scale += turned * work[3 * k + j]
            v_turn[3 * k + j] = turned * s[j]
        v_s[j] = v_scale


@kernel()
def color_backward(view: Any, mean: Any, sh: Any, record: Any, slope: Any, v: Any) -> None:
    """Slopes of one splat's coefficients [K, 3] and, through the direction, of its centre.

    Args:
        view: [20] camera.
        mean: [3] centre.
        sh: [K, 3] coefficients.
        record: [RECORD]; a colour cut at 0 passes nothing on.
        slope: [SLOPES]; 6-8 are the colour's.
        v: (centre [3], coefficients [K, 3]); the first is added to, the second written.
    """
    v_mean, v_sh = v
    bases = sh.shape[0]
    values = np.empty(16, np.float32)
    value_slopes = np.empty((16, 3), np.float32)
    direction = np.zeros(3, np.float32)
    v_direction = np.zeros(3, np.float32)
    distance = ONE
    if bases > 1:
        distance = seen_direction(view, mean, direction)
        fill_basis_slopes(direction[0], direction[1], direction[2], bases, value_slopes)
    fill_basis(direction[0], direction[1], direction[2], bases, values)
    for c in range(3):
        if record[6 + c] <= ZERO:
            continue
        for k in range(bases):
            v_sh[k, c] = values[k] * slope[6 + c]
        for k in range(1, bases):
            weight = slope[6 + c] * sh[k, c]
            for j in range(3):
                v_direction[j] += weight * value_slopes[k, j]
    along = ZERO
    for j in range(3):
        along += v_direction[j] * direction[j]
    for j in range(3):
        v_mean[j] += (v_direction[j] - along * direction[j]) / max(distance, F(1e-12))


@kernel(parallel=True)
def project_backward(view: Any, splats: Any, records: Any, slopes: Any, out: Any) -> None:
    """From slopes [N, SLOPES] in record order to slopes of the splats' own values.

    Args:
        view: [20] camera.
        splats: (means, quats, scales, sh) as they went into ``project``.
        records: [N, RECORD] it left.
        slopes: [N, SLOPES]; column 5 already is the opacity's slope.
        out: (means, quats, scales, sh) slopes, zeroed before.
    """
    means, quats, scales, sh = splats
    v_means, v_quats, v_scales, v_sh = out
    count = means.shape[0]
    for chunk in numba.prange(CHUNKS):
        place = np.empty(6, np.float32)
        work = np.empty(24, np.float32)
        v_axes = np.empty(9, np.float32)
        v_turn = np.empty(9, np.float32)
        for i in range(chunk * count // CHUNKS, (chunk + 1) * count // CHUNKS):
            record, slope = records[i], slopes[i]
            if record[10] == ZERO:
                continue
            footprint(view, means[i], quats[i], scales[i], place, work)
            v_x, v_y, v_z = centre_backward(view, place, work, record, slope, v_axes)
            for j in range(3):
                v_means[i, j] = view[j] * v_x + view[4 + j] * v_y + view[8 + j] * v_z
            axes_backward(view, work, scales[i], v_axes, v_turn, v_scales[i])
            quaternion_backward(quats[i], v_turn, v_quats[i])
            color_backward(view, means[i], sh[i], record, slope, (v_means[i], v_sh[i]))
