"""Rotations as quaternions (wxyz), matrices and axis-angle vectors. All functions broadcast."""

import torch
from torch import Tensor


def normalized(quats: Tensor) -> Tensor:
    """Unit quaternions [..., 4] of the same direction; a zero quaternion stays zero."""
    return torch.nn.functional.normalize(quats, dim=-1)


def multiply(first: Tensor, second: Tensor) -> Tensor:
    """Quaternion product [..., 4]: the rotation that applies ``second`` and then ``first``."""
    w1, x1, y1, z1 = first.unbind(-1)
    w2, x2, y2, z2 = second.unbind(-1)
    return torch.stack(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ],
        dim=-1,
    )


def inverse(quats: Tensor) -> Tensor:
    """The opposite rotation [..., 4] of unit quaternions [..., 4]."""
    return quats * quats.new_tensor([1.0, -1.0, -1.0, -1.0])


def rotate(quats: Tensor, vectors: Tensor) -> Tensor:
    """Vectors [..., 3] turned by unit quaternions [..., 4]."""
    # Not broadcast_shapes: its first call imports half a second of symbolic mathematics.
    axis, spread = torch.broadcast_tensors(quats[..., 1:], vectors)
    twice = 2.0 * torch.linalg.cross(axis, spread)
    turned: Tensor = vectors + quats[..., :1] * twice + torch.linalg.cross(axis, twice)
    return turned


def quats_to_matrices(quats: Tensor) -> Tensor:
    """Rotation matrices [..., 3, 3] of quaternions [..., 4] of any non-zero length."""
    w, x, y, z = normalized(quats).unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    ]
    flat = torch.stack(rows, dim=-1)
    return flat.reshape(*flat.shape[:-1], 3, 3)


def matrices_to_quats(matrices: Tensor) -> Tensor:
    """Unit quaternions [..., 4], w >= 0, of rotation matrices [..., 3, 3].

    Of the four ways to read a quaternion off a matrix the one with the largest pivot is taken per
    matrix, which stays accurate for every rotation (Shepperd 1978).
    """
    m = matrices
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    x, y, z = m[..., 2, 1], m[..., 0, 2], m[..., 1, 0]
    u, v, w = m[..., 1, 2], m[..., 2, 0], m[..., 0, 1]
    candidates = torch.stack(
        [
            torch.stack([1 + trace, x - u, y - v, z - w], dim=-1),
            torch.stack([x - u, 1 + 2 * m[..., 0, 0] - trace, w + z, v + y], dim=-1),
            torch.stack([y - v, w + z, 1 + 2 * m[..., 1, 1] - trace, x + u], dim=-1),
            torch.stack([z - w, v + y, x + u, 1 + 2 * m[..., 2, 2] - trace], dim=-1),
        ],
        dim=-2,
    )  # [..., 4, 4]; row i is 4 q_i q
    best = candidates.diagonal(dim1=-2, dim2=-1).argmax(dim=-1)
    picked = candidates.gather(-2, best[..., None, None].expand(*best.shape, 1, 4)).squeeze(-2)
    unit = normalized(picked)
    return torch.where(unit[..., :1] < 0, -unit, unit)


def axis_angles_to_quats(vectors: Tensor) -> Tensor:
    """Unit quaternions [..., 4] of axis-angle vectors [..., 3], radians; smooth at zero."""
    # sinc takes care of the zero angle and keeps the gradient finite there.
    squared = (vectors * vectors).sum(dim=-1, keepdim=True)
    safe = torch.where(squared < 1e-12, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    small = 0.5 - squared / 48.0
    factor = torch.where(squared < 1e-12, small, torch.sin(0.5 * angle) / angle)
    w = torch.where(squared < 1e-12, 1.0 - squared / 8.0, torch.cos(0.5 * angle))
    return torch.cat([w, vectors * factor], dim=-1)


def quats_to_axis_angles(quats: Tensor) -> Tensor:
    """Axis-angle vectors [..., 3], radians, length at most pi, of unit quaternions [..., 4]."""
    quats = torch.where(quats[..., :1] < 0, -quats, quats)
    sine = quats[..., 1:].norm(dim=-1, keepdim=True)
    angle = 2.0 * torch.atan2(sine, quats[..., :1])
    factor = torch.where(sine < 1e-7, torch.full_like(sine, 2.0), angle / sine.clamp_min(1e-12))
    return quats[..., 1:] * factor


def axis_angles_to_matrices(vectors: Tensor) -> Tensor:
    """Rotation matrices [..., 3, 3] of axis-angle vectors [..., 3], radians."""
    return quats_to_matrices(axis_angles_to_quats(vectors))


def matrices_to_axis_angles(matrices: Tensor) -> Tensor:
    """Axis-angle vectors [..., 3], radians, of rotation matrices [..., 3, 3]."""
    return quats_to_axis_angles(matrices_to_quats(matrices))
