"""A tiny picture through the CPU path: proof that its kernels compile, load and run."""

import torch

from renderer.camera import look_at
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.gaussians import Gaussians
from renderer.kernels import thread_count, threading_layer


def draw_one_splat() -> tuple[str, int, float]:
    """Threading layer, number of threads, and milliseconds for a 64 x 64 picture of one splat.

    Raises:
        RuntimeError: the picture is not what it must be.
    """
    splat = Gaussians(
        means=torch.zeros(1, 3),
        quats=torch.tensor([[1.0, 0.0, 0.0, 0.0]]),
        scales=torch.full((1, 3), 0.05),
        opacities=torch.ones(1),
        sh=torch.zeros(1, 1, 3),
    )
    camera = look_at((0, 0, 1), (0, 0, 0), focal=64, width=64, height=64)
    rasterizer = CpuRasterizer()
    rasterizer.draw(splat, camera)  # loads or compiles the kernels
    frame = rasterizer.draw(splat, camera)
    red, _, _, alpha = (int(value) for value in frame.rgba[32, 32])
    if not (alpha > 240 and 120 < red < 136):
        raise RuntimeError(f"one grey splat was drawn as {frame.rgba[32, 32].tolist()}")
    return threading_layer(), thread_count(), frame.seconds * 1000
