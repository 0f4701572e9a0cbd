"""Splats to pixels without a GPU: numba kernels behind a differentiable function."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.rasterizer import Color, Frame, Rendering

Floats = NDArray[np.float32]
CPU = torch.device("cpu")


class CpuRasterizer:
    """Our own rasteriser: deterministic, multi-threaded, lets go of the interpreter.

    The truth that the CUDA path is tested against.
    """

    name = "cpu"
    device = CPU

    def __init__(self, *, note: str = "", announce: Callable[[str], None] | None = None) -> None:
        self.note = note
        if announce is not None:
            _announce_compiling(announce)

    def rasterize(
        self,
        gaussians: Gaussians,
        camera: Camera,
        background: Tensor | None = None,
        *,
        with_depth: bool = False,
    ) -> Rendering:
        """Draw with gradients; see ``Rasterizer.rasterize``."""
        g = gaussians.to(CPU)
        picture: Tensor = _Draw.apply(  # type: ignore[no-untyped-call]
            _view(camera),
            (camera.height, camera.width),
            *(g.means, g.quats, g.scales, g.opacities, g.sh),
        )
        light = picture[..., 3]
        rgb = picture[..., :3]
        if background is not None:
            rgb = rgb + light[..., None] * background.to(CPU)
        alpha = 1.0 - light
        depth = picture[..., 4] / alpha.clamp_min(1e-10) if with_depth else None
        return Rendering(rgb, alpha, depth)

    def draw(
        self,
        gaussians: Gaussians,
        camera: Camera,
        background: Color | None = None,
        *,
        with_depth: bool = False,
        request_id: int = 0,
    ) -> Frame:
        """Draw for the screen; see ``Rasterizer.draw``."""
        from renderer.cpu_kernels import to_bytes
        from renderer.kernels import launch

        begin = time.perf_counter()
        drawn = _forward(
            _view(camera), (camera.height, camera.width), *_arrays(gaussians.detach().to(CPU))
        )
        rgba = np.empty((camera.height, camera.width, 4), np.uint8)
        shade = np.asarray(background if background is not None else (0, 0, 0), np.float32)
        with launch():
            to_bytes(drawn.picture, shade, background is not None, rgba)
        depth = None
        if with_depth:
            alpha = np.maximum(1.0 - drawn.picture[..., 3], 1e-10)
            depth = torch.from_numpy(drawn.picture[..., 4] / alpha)
        return Frame(torch.from_numpy(rgba), depth, time.perf_counter() - begin, request_id)


@cache
def _announce_compiling(announce: Callable[[str], None]) -> None:
    """Say once, when the first kernel has to be compiled, why the first picture takes longer."""
    from renderer.kernels import on_compile

    said: list[str] = []

    def compiling(name: str) -> None:
        if not said:
            announce("Compiling the CPU renderer; this happens once and takes about 30 seconds.")
        said.append(name)

    on_compile(compiling)


class _Drawn:
    """What the forward pass leaves for the backward pass."""

    def __init__(self, shape: tuple[int, int], records: Floats) -> None:
        from renderer.cpu_kernels import blend
        from renderer.cpu_tiles import TILE, bin_tiles, depth_order
        from renderer.kernels import launch

        height, width = shape
        self.records = records
        self.columns = -(-width // TILE)
        rows = -(-height // TILE)
        self.order = depth_order(records)
        self.starts, self.entries, self.splat_starts, self.slots = bin_tiles(
            records, self.order, self.columns, rows
        )
        self.picture: Floats = np.empty((height, width, 5), np.float32)
        self.last = np.empty((height, width), np.int32)
        self.ends = np.empty((self.columns * rows, TILE), np.int32)
        with launch():
            blend(
                records,
                self.starts,
                self.entries,
                self.columns,
                self.picture,
                self.last,
                self.ends,
            )


def _forward(view: Floats, shape: tuple[int, int], *arrays: Floats) -> _Drawn:
    from renderer.cpu_projection import RECORD, project
    from renderer.kernels import launch

    records = np.empty((arrays[0].shape[0], RECORD), np.float32)
    means, quats, scales, opacities, sh = arrays
    with launch():
        project(view, means, quats, scales, opacities, sh, records)
    return _Drawn(shape, records)


class _Draw(torch.autograd.Function):
    """Picture [H, W, 5]: premultiplied colour, light left, sum of depths times weights."""

    @staticmethod
    def forward(ctx: Any, view: Floats, shape: tuple[int, int], *tensors: Tensor) -> Tensor:
        arrays = tuple(_array(tensor) for tensor in tensors)
        ctx.drawn = _forward(view, shape, *arrays)
        ctx.view = view
        ctx.save_for_backward(*tensors)
        return torch.from_numpy(ctx.drawn.picture)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, v_picture: Tensor) -> tuple[Any, ...]:
        from renderer.cpu_blend_backward import SLOPES, blend_backward, sum_entries
        from renderer.cpu_projection_backward import project_backward
        from renderer.kernels import launch

        drawn: _Drawn = ctx.drawn
        means, quats, scales, _opacities, sh = (_array(tensor) for tensor in ctx.saved_tensors)
        entry_slopes = np.empty((len(drawn.entries), SLOPES), np.float32)
        slopes = np.zeros((len(means), SLOPES), np.float32)
        v_means, v_quats, v_scales, v_sh = (
            np.zeros_like(array) for array in (means, quats, scales, sh)
        )
        with launch():
            blend_backward(
                drawn.records,
                (drawn.starts, drawn.entries, drawn.ends),
                drawn.columns,
                drawn.picture,
                drawn.last,
                _array(v_picture),
                entry_slopes,
            )
            sum_entries(drawn.order, drawn.splat_starts, drawn.slots, entry_slopes, slopes)
            splats = (means, quats, scales, sh)
            project_backward(
                ctx.view, splats, drawn.records, slopes, (v_means, v_quats, v_scales, v_sh)
            )
        grads = (v_means, v_quats, v_scales, slopes[:, 5].copy(), v_sh)
        return None, None, *(torch.from_numpy(grad) for grad in grads)


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().contiguous().numpy()
    return array


def _arrays(g: Gaussians) -> tuple[Floats, ...]:
    return tuple(_array(field) for field in (g.means, g.quats, g.scales, g.opacities, g.sh))


def _view(camera: Camera) -> Floats:
    """The camera as the kernels want it: [20], see ``cpu_projection.footprint``."""
    K = camera.K
    intrinsics = torch.stack([K[0, 0], K[1, 1], K[0, 2], K[1, 2]])
    sizes = torch.tensor([camera.width, camera.height, camera.near, camera.far])
    parts = [camera.viewmat[:3].flatten(), intrinsics, sizes]
    return _array(torch.cat([part.to(CPU, torch.float32) for part in parts]))
