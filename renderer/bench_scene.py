"""The fixed scene that speed figures refer to: a shell of splats about the size of a head."""

import math

import torch

from renderer.camera import Camera, look_at
from renderer.gaussians import Gaussians
from renderer.sh import from_rgb

HALF_AXES = (0.09, 0.13, 0.11)  # metres
DISTANCE = 0.75  # metres
FOCAL = 1200.0  # pixels at 512


def shell(count: int, *, seed: int = 0) -> Gaussians:
    """``count`` splats on an ellipsoid: random directions, quaternions, sizes and colours.

    Sizes are s * exp(0.3 normal) with s = 2.2, 1.3, 1.0 mm at 14k, 50k, 100k splats; between and
    beyond, s follows the power law through the outer two, so that coverage stays about the same.
    """
    random = torch.Generator().manual_seed(seed)
    direction = torch.nn.functional.normalize(torch.randn(count, 3, generator=random), dim=-1)
    quats = torch.randn(count, 4, generator=random)
    known = {14000: 2.2, 50000: 1.3, 100000: 1.0}
    exponent = math.log(2.2) / math.log(100000 / 14000)
    size = known.get(count, (100000 / count) ** exponent) * 1e-3
    return Gaussians(
        means=direction * torch.tensor(HALF_AXES),
        quats=quats,
        scales=size * torch.exp(0.3 * torch.randn(count, 3, generator=random)),
        opacities=torch.sigmoid(torch.randn(count, generator=random) + 1.5),
        sh=from_rgb(torch.rand(count, 3, generator=random))[:, None],
    )


def shell_camera(size: int = 512, *, azimuth: float = 0.0) -> Camera:
    """The camera of the figures; ``azimuth`` (radians) orbits it."""
    eye = (DISTANCE * math.sin(azimuth), 0.0, DISTANCE * math.cos(azimuth))
    return look_at(eye, (0.0, 0.0, 0.0), focal=FOCAL * size / 512, width=size, height=size)
