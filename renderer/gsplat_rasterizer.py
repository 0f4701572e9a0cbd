"""Splats to pixels on CUDA, through gsplat's kernels (Ye et al. 2025, gsplat 1.5)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from renderer import gsplat_passes
from renderer.camera import Camera
from renderer.errors import OutOfGpuMemory
from renderer.gaussians import Gaussians
from renderer.gsplat_kernels import load_kernels
from renderer.rasterizer import Color, Frame, Rendering


class GsplatRasterizer:
    """The fast path. Building one loads gsplat's kernels.

    Raises:
        NoGpu: there is no CUDA device, or no kernels for it and no way to compile them.
    """

    name = "gsplat"
    note = ""

    def __init__(self, *, announce: Callable[[str], None] | None = None) -> None:
        load_kernels(announce)
        self.device = torch.device("cuda", torch.cuda.current_device())
        self._quick = gsplat_passes.Quick()
        self._backgrounds: dict[Color, Tensor] = {}

    def rasterize(
        self,
        gaussians: Gaussians,
        camera: Camera,
        background: Tensor | None = None,
        *,
        with_depth: bool = False,
    ) -> Rendering:
        """Draw with gradients; see ``Rasterizer.rasterize``."""
        with out_of_memory_explained(camera):
            g, camera = gaussians.to(self.device), camera.to(self.device)
            behind = None if background is None else background.to(self.device)[None]
            if len(g) == 0:  # gsplat divides by the number of splats
                return _nothing(camera, self.device, behind, with_depth)
            wants_gradient = torch.is_grad_enabled() and any(
                field.requires_grad for field in (g.means, g.quats, g.scales, g.opacities, g.sh)
            )
            passes: gsplat_passes.Passes = (
                gsplat_passes.Training() if wants_gradient else self._quick
            )
            radii, means2d, depths, conics = passes.project(g, camera)
            colors = passes.colors(g, camera, radii)[None]  # [1, N, 3]
            if with_depth:
                colors = torch.cat([colors, depths[..., None]], dim=-1)
                if behind is not None:
                    behind = torch.cat([behind, behind.new_zeros(1, 1)], dim=-1)
            drawn, alpha = passes.blend(
                camera, (radii, means2d, depths, conics), colors, g.opacities[None], behind
            )
        drawn, alpha = drawn[0], alpha[0, ..., 0]
        depth = drawn[..., 3] / alpha.clamp_min(1e-10) if with_depth else None
        return Rendering(drawn[..., :3] if with_depth else drawn, alpha, depth)

    def draw(
        self,
        gaussians: Gaussians,
        camera: Camera,
        background: Color | None = None,
        *,
        with_depth: bool = False,
        request_id: int = 0,
    ) -> Frame:
        """Draw for the screen; see ``Rasterizer.draw``. The picture comes back in pinned memory."""
        begin = time.perf_counter()
        with torch.no_grad(), out_of_memory_explained(camera):
            behind = None if background is None else self._background(background)
            drawn = self.rasterize(gaussians, camera, behind, with_depth=with_depth)
            rgba = torch.empty(*drawn.alpha.shape, 4, dtype=torch.uint8, device=self.device)
            if background is None:
                alpha = drawn.alpha[..., None]
                rgba[..., :3] = _to_bytes(drawn.rgb / alpha.clamp_min(1e-10))
                rgba[..., 3:] = _to_bytes(alpha)
            else:
                rgba[..., :3] = _to_bytes(drawn.rgb)
                rgba[..., 3] = 255
            picture = torch.empty(rgba.shape, dtype=torch.uint8, pin_memory=True)
            picture.copy_(rgba, non_blocking=True)
            depth = None if drawn.depth is None else drawn.depth.cpu()
            torch.cuda.current_stream().synchronize()
        return Frame(picture, depth, time.perf_counter() - begin, request_id)

    def _background(self, color: Color) -> Tensor:
        if color not in self._backgrounds:  # kept, so that a frame uploads nothing for it
            self._backgrounds = {
                color: torch.tensor(color, dtype=torch.float32, device=self.device)
            }
        return self._backgrounds[color]


def _to_bytes(values: Tensor) -> Tensor:
    return (values * 255).add_(0.5).clamp_(0, 255)


def _nothing(
    camera: Camera, device: torch.device, behind: Tensor | None, with_depth: bool
) -> Rendering:
    empty = torch.zeros(camera.height, camera.width, device=device)
    rgb = empty[..., None].expand(-1, -1, 3) if behind is None else behind.expand(*empty.shape, 3)
    return Rendering(rgb, empty, empty if with_depth else None)


@contextmanager
def out_of_memory_explained(camera: Camera) -> Iterator[None]:
    """A block in which CUDA's error for a full GPU becomes ``OutOfGpuMemory``."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise OutOfGpuMemory(
            f"The GPU has no memory left for a picture of {camera.width} x {camera.height} pixels.",
            "Close other programs that use the GPU, choose a smaller size, or add --device cpu.",
        ) from error
