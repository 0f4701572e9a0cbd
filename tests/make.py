"""Small scenes that the tests share. Nothing here is stored; everything is drawn from a seed."""

import torch
from torch import Tensor

from renderer.camera import Camera, look_at
from renderer.gaussians import SH_BASES, Gaussians


def splats(count: int = 40, *, seed: int = 0, sh_degree: int = 0, size: float = 0.012) -> Gaussians:
    """A loose ball of splats around the origin, radius about 0.12 m."""
    random = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random)

    return Gaussians(
        means=0.06 * normal(count, 3),
        quats=normal(count, 4),
        scales=size * torch.exp(0.4 * normal(count, 3)),
        opacities=torch.sigmoid(normal(count) + 0.5),
        sh=torch.cat(
            [1.2 * normal(count, 1, 3), 0.3 * normal(count, SH_BASES[sh_degree] - 1, 3)], dim=1
        ),
        sh_degree=sh_degree,
    )


def camera(width: int = 48, height: int = 40, *, azimuth: float = 0.3) -> Camera:
    """A camera 0.75 m away, a little above and to the side, so that no axis is special."""
    from math import cos, sin

    eye = (0.75 * sin(azimuth), 0.15, 0.75 * cos(azimuth))
    return look_at(eye, (0.0, 0.0, 0.0), focal=1.9 * width, width=width, height=height)


def leaves(gaussians: Gaussians, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Fresh copies of the splats' tensors that collect gradients."""
    names = ("means", "quats", "scales", "opacities", "sh")
    return {name: getattr(gaussians, name).detach().to(dtype).requires_grad_() for name in names}
