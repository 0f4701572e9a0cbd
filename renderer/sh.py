"""Real spherical harmonics up to degree 3, in the order and signs that 3DGS files use."""

import torch
from torch import Tensor

C0 = 0.28209479177387814  # sqrt(1 / (4 pi))
C1 = 0.4886025119029199  # sqrt(3 / (4 pi))
C2 = (1.0925484305920792, 0.31539156525252005, 0.5462742152960396)
C3 = (
    0.5900435899266435,
    2.890611442640554,
    0.4570457994644658,
    0.3731763325901154,
    1.445305721320277,
)


def basis(directions: Tensor, degree: int) -> Tensor:
    """Values [..., (degree + 1) ** 2] of the basis at unit directions [..., 3].

    Order within a band is m = -l..l with the Condon-Shortley sign, as in Kerbl et al. 2023.
    """
    x, y, z = directions.unbind(-1)
    values = [torch.full_like(x, C0)]
    if degree >= 1:
        values += [-C1 * y, C1 * z, -C1 * x]
    if degree >= 2:
        xx, yy, zz = x * x, y * y, z * z
        values += [
            C2[0] * x * y,
            -C2[0] * y * z,
            C2[1] * (2 * zz - xx - yy),
            -C2[0] * x * z,
            C2[2] * (xx - yy),
        ]
    if degree >= 3:
        values += [
            -C3[0] * y * (3 * xx - yy),
            C3[1] * x * y * z,
            -C3[2] * y * (4 * zz - xx - yy),
            C3[3] * z * (2 * zz - 3 * xx - 3 * yy),
            -C3[2] * x * (4 * zz - xx - yy),
            C3[4] * z * (xx - yy),
            -C3[0] * x * (xx - 3 * yy),
        ]
    return torch.stack(values, dim=-1)


def colors(sh: Tensor, directions: Tensor) -> Tensor:
    """Colours [N, 3], cut at 0, of coefficients [N, K, 3] seen along unit directions [N, 3]."""
    degree = round(sh.shape[-2] ** 0.5) - 1
    values = basis(directions, degree)
    return ((values[..., None] * sh).sum(dim=-2) + 0.5).clamp_min(0.0)


def from_rgb(rgb: Tensor) -> Tensor:
    """Degree-0 coefficients [..., 3] that show colours [..., 3] in 0..1 from every side."""
    return (rgb - 0.5) / C0


def to_rgb(sh: Tensor) -> Tensor:
    """Colours [..., 3] that degree-0 coefficients [..., 3] show, cut at 0."""
    # One pass fewer than multiplying and adding: on the GPU small pictures are bound by launches.
    return torch.add(sh.new_full((), 0.5), sh, alpha=C0).clamp_min(0.0)
