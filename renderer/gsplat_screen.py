"""Splats to bytes for a screen on CUDA, leaving them there and waiting for nothing.

Splats of one colour each, as avatars have, go through our own kernels (``splat_screen``), all
others through gsplat's; of those the host reads one number back, the count of (tile, splat) pairs.
"""

import logging
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from renderer import screen_kernel, sh
from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.gsplat_passes import Quick
from renderer.gsplat_rasterizer import out_of_memory_explained
from renderer.nvrtc import KernelProblem, Kernels, Launch, blocks_of
from renderer.rasterizer import Color
from renderer.splat_screen import SplatScreen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


class Timing:
    """When parts of a picture were done, on the GPU's clock."""

    def __init__(self) -> None:
        self._events = [torch.cuda.Event(enable_timing=True) for _ in range(3)]
        self._next = 0
        self._milliseconds: tuple[float, float] | None = None

    def mark(self) -> None:
        """The beginning, the splats, the end: in this order, on the current stream."""
        self._events[self._next].record()
        self._next += 1

    @property
    def milliseconds(self) -> tuple[float, float]:
        """From the beginning to the splats and from there to the bytes; waits for them."""
        if self._milliseconds is None:
            begin, posed, done = self._events
            done.synchronize()
            self._milliseconds = begin.elapsed_time(posed), posed.elapsed_time(done)
        return self._milliseconds


class ScreenPixels:
    """Bytes on the GPU that are finished when ``done`` is.

    Attributes:
        rgba: [H, W, 4] uint8, alpha straight, or 255 over a background.
        done: recorded after the last kernel.
        timing: of this picture or of one shortly before.
    """

    def __init__(self, rgba: Tensor, timing: Timing) -> None:
        self.rgba, self.timing = rgba, timing
        self.done = torch.cuda.Event()
        self.done.record()

    @property
    def pointer(self) -> int:
        """Address of the first byte; rows have no gaps."""
        return self.rgba.data_ptr()

    @property
    def device(self) -> int:
        """Number of the GPU."""
        return self.rgba.get_device()

    @property
    def event(self) -> int:
        """The driver's handle of ``done``."""
        return int(self.done.cuda_event)

    @property
    def milliseconds(self) -> tuple[float, float]:
        """How long posing and rasterising take."""
        return self.timing.milliseconds

    def wait(self) -> None:
        """Return when they are finished."""
        self.done.synchronize()

    def fetch(self) -> "NDArray[np.uint8]":
        """[H, W, 4] in pinned memory; waits for them."""
        picture = torch.empty(self.rgba.shape, dtype=torch.uint8, pin_memory=True)
        # Possibly another thread than that which drew, with another stream.
        stream = torch.cuda.current_stream(self.rgba.device)
        stream.wait_event(self.done)
        self.rgba.record_stream(stream)
        picture.copy_(self.rgba, non_blocking=True)
        stream.synchronize()
        pixels: NDArray[np.uint8] = picture.numpy()
        return pixels


class GsplatScreen:
    """Draws for the screen; one thread at a time, on its current stream.

    Args:
        device: of a ``GsplatRasterizer``, which has loaded the kernels.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._passes = Quick()
        self._colors: tuple[Tensor, int, Tensor] | None = None
        self._camera: tuple[Camera, Camera] | None = None
        self._launch: tuple[object, Launch] | None = None
        self._matrices = torch.empty(25, pin_memory=True)
        self._sent = torch.cuda.Event()
        self._kernels: Kernels | None = None
        self._simple: SplatScreen | None = None
        self._drew_simply = False
        try:
            self._kernels = Kernels(screen_kernel.SOURCE, screen_kernel.NAMES)
            self._simple = SplatScreen(device)
        except KernelProblem as problem:
            log.warning("drawing for the screen in small steps: %s", problem)

    def paint(self, gaussians: Gaussians, camera: Camera, background: Color | None) -> Tensor:
        """Bytes [H, W, 4] on the GPU, unfinished when this returns.

        Args:
            gaussians: on the device.
            camera: from where.
            background: colour 0..1; None for straight alpha.

        Raises:
            OutOfGpuMemory: the GPU has no room for this picture.
        """
        with torch.no_grad(), out_of_memory_explained(camera):
            there = self._uploaded(camera)
            simple = self._simple
            self._drew_simply = simple is not None and simple.can_draw(gaussians, there)
            if simple is not None and self._drew_simply:
                return simple.paint(gaussians, there, background)
            if len(gaussians) == 0:  # gsplat divides by the number of splats
                rgb = torch.zeros(camera.height, camera.width, 3, device=self.device)
                return self._bytes(rgb, rgb.new_zeros(rgb.shape[:2]), background)
            projected = self._passes.project(gaussians, there)
            colors = self._shaded(gaussians, there, projected[0])[None]
            rgb, alpha = self._passes.blend(
                there, projected, colors, gaussians.opacities[None], None
            )
            return self._bytes(rgb[0], alpha[0, ..., 0], background)

    def settled(self) -> bool:
        """Whether the last picture, which must be finished, came out; else paint it again."""
        return self._simple is None or not self._drew_simply or self._simple.settled()

    def _uploaded(self, camera: Camera) -> Camera:
        """The camera with its matrices on the device; nothing is sent for the same one."""
        if self._camera is not None and self._camera[0] is camera:
            return self._camera[1]
        if camera.viewmat.is_cuda:
            there = camera
        else:
            self._sent.synchronize()  # the last ones have left the buffer
            torch.cat([camera.viewmat.flatten(), camera.K.flatten()], out=self._matrices)
            both = self._matrices.to(self.device, non_blocking=True)
            self._sent.record()
            there = Camera(
                both[:16].view(4, 4),
                both[16:].view(3, 3),
                *(camera.width, camera.height, camera.near, camera.far),
            )
        self._camera = camera, there
        return there

    def _shaded(self, g: Gaussians, camera: Camera, radii: Tensor) -> Tensor:
        if g.sh_degree > 0:
            return self._passes.colors(g, camera, radii)
        kept = self._colors
        if kept is None or kept[0] is not g.sh or kept[1] != g.sh._version:
            kept = g.sh, g.sh._version, sh.to_rgb(g.sh[:, 0])
            self._colors = kept
        return kept[2]

    def _bytes(self, rgb: Tensor, alpha: Tensor, background: Color | None) -> Tensor:
        height, width = alpha.shape
        rgba = torch.empty(height, width, 4, dtype=torch.uint8, device=self.device)
        if self._kernels is None:
            return _in_small_steps(rgb, alpha, background, rgba)
        key = (height * width, background)
        if self._launch is None or self._launch[0] != key:
            self._launch = key, self._prepared(*key, rgb, alpha, rgba)
        launch = self._launch[1]
        for number, tensor in ((0, rgb), (1, alpha), (7, rgba)):
            launch.point(number, tensor)
        launch()
        return rgba

    def _prepared(self, count: int, background: Color | None, *tensors: Tensor) -> Launch:
        assert self._kernels is not None
        rgb, alpha, rgba = tensors
        over = background or (0.0, 0.0, 0.0)
        threads = screen_kernel.THREADS
        return self._kernels.prepared(
            "to_screen",
            blocks_of(count, threads),
            (threads, 1, 1),
            *(rgb, alpha, count, int(background is not None)),
            *(float(value) for value in over),
            rgba,
        )


def _in_small_steps(rgb: Tensor, alpha: Tensor, background: Color | None, rgba: Tensor) -> Tensor:
    """What the kernel does, by torch."""
    alpha = alpha[..., None]
    if background is None:
        color, solid = rgb / alpha.clamp_min(1e-10), alpha
    else:
        behind = torch.tensor(background, dtype=torch.float32).to(rgb.device, non_blocking=True)
        color, solid = rgb + (1 - alpha) * behind, torch.ones_like(alpha)
    rgba[..., :3] = (color * 255 + 0.5).clamp_(0, 255)
    rgba[..., 3:] = (solid * 255 + 0.5).clamp_(0, 255)
    return rgba
