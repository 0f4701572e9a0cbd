"""A request becomes a picture: scene, camera, rasteriser, lines over it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from app.frame_overlay import FINE, with_mesh
from app.frame_picture import Picture, Sharing
from app.frame_scene import Scene
from avatars.kinds.uv_avatar import UvAvatar
from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.rasterizer import Choice, Color, Rasterizer, choose_rasterizer

if TYPE_CHECKING:
    from app.frame_request import RenderRequest
    from renderer.gsplat_screen import GsplatScreen, ScreenPixels, Timing

MEMORY_EVERY = 1.0
"""Seconds between two looks at how much GPU memory is held; each takes a tenth of a frame."""


class Painter:
    """Draws requests, on one thread.

    Args:
        choice: of the rasteriser.
        announce: called with a sentence before something slow.
        sharing: whether pictures may stay on the GPU.

    Attributes:
        timed_every: pictures of which one is timed on the GPU; asking takes longer than posing.

    Raises:
        NoGpu: ``cuda`` was asked for and cannot be used.
    """

    def __init__(self, choice: Choice, announce: Callable[[str], None], sharing: Sharing) -> None:
        self.rasterizer: Rasterizer = choose_rasterizer(choice, announce=announce)
        device = self.rasterizer.device
        self.sharing = sharing
        self._stream: torch.cuda.Stream | None = None
        self._screen: GsplatScreen | None = None
        if device.type == "cuda":
            # A stream of its own, first in line: frames do not wait for what a job computes.
            self._stream = torch.cuda.Stream(device, priority=-1)
            self._screen = _screen(device)
        self.scene = Scene(device)
        self._scaled: tuple[Camera, float, Camera] | None = None
        self._memory = 0.0, float("-inf")
        self.timed_every = 8
        self._pictures = 0
        self._timing: Timing | None = None

    @property
    def stream(self) -> torch.cuda.Stream | None:
        """What it draws on; None on the CPU."""
        return self._stream

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""
        return self.rasterizer.device.type

    def paint(self, request: "RenderRequest", scale: float = 1.0) -> Picture:
        """The request's picture with ``scale`` pixels per pixel of the view, per side.

        Raises:
            OutOfGpuMemory: the GPU has no room for it.
        """
        with torch.no_grad(), self._on_stream():
            camera, background = self.camera(request, scale), _background(request)
            drawn = Picture(request, camera.width, camera.height, scale, device=self.device)
            drawn.sharing = self.sharing
            if self._screen is None:
                self._on_cpu(drawn, camera, background)
            else:
                self._on_gpu(drawn, camera)
            if request.options.mesh_overlay and request.avatar is not None:
                self._lines(drawn, camera)
            return drawn

    def warm_up(self) -> None:
        """Draw something small, which loads or compiles the kernels."""
        from app.frame_request import RenderRequest
        from renderer.bench_scene import shell

        self.paint(RenderRequest(splats=shell(64), width=32, height=32))

    def pixels(self, request: "RenderRequest", camera: Camera) -> "tuple[ScreenPixels, int]":
        """Pixels on the GPU, not waited for, and how many splats they show.

        Call it on ``stream``.
        """
        from renderer.gsplat_screen import ScreenPixels, Timing

        assert self._screen is not None
        is_timed = self._pictures % self.timed_every == 0
        self._pictures += 1
        timing = Timing() if is_timed or self._timing is None else self._timing
        if is_timed:
            timing.mark()
        gaussians = self.scene.splats(request)
        if is_timed:
            timing.mark()
        if gaussians is None:
            gaussians = _nothing(self.rasterizer.device)
        rgba = self._screen.paint(gaussians, camera, _background(request))
        if is_timed:
            timing.mark()
        self._timing = timing
        return ScreenPixels(rgba, timing), len(gaussians)

    def _on_cpu(self, drawn: Picture, camera: Camera, background: Color | None) -> None:
        begin = time.perf_counter()
        gaussians = self.scene.splats(drawn.request)
        posed = time.perf_counter()
        if gaussians is None:
            drawn._rgba = _filled(camera, background)
            return
        drawn.splats = len(gaussians)
        drawn._rgba = self.rasterizer.draw(gaussians, camera, background).rgba.numpy()
        drawn._milliseconds = (posed - begin) * 1000, (time.perf_counter() - posed) * 1000

    def _on_gpu(self, drawn: Picture, camera: Camera) -> None:
        assert self._screen is not None
        pixels, drawn.splats = self.pixels(drawn.request, camera)
        pixels.wait()
        while not self._screen.settled():
            pixels, _ = self.pixels(drawn.request, camera)
            pixels.wait()
        drawn.gpu = pixels
        if self.sharing.refused:
            begin = time.perf_counter()
            drawn._rgba, drawn._milliseconds = pixels.fetch(), pixels.milliseconds
            drawn.gpu = None
            drawn.copy_ms = (time.perf_counter() - begin) * 1000
        drawn.gpu_mb = self._gpu_mb()

    def _lines(self, drawn: Picture, camera: Camera) -> None:
        avatar = drawn.request.avatar
        assert avatar is not None
        head, state = avatar.head.to("cpu"), self.scene.state(drawn.request).to("cpu")
        if head is avatar.head and isinstance(avatar, UvAvatar):
            vertices = avatar.skin(state)  # posed already for the splats
        else:
            identity = avatar.identity.to("cpu")
            vertices = head.pose(state, identity.betas, identity.offsets)
        fine = FINE if drawn.scale >= 1.0 else 1
        drawn._times()  # while the pixels that know them are there
        drawn._rgba = with_mesh(drawn.rgba, camera, vertices, head.faces, fine=fine)
        drawn.gpu = None

    def camera(self, request: "RenderRequest", scale: float = 1.0) -> Camera:
        """The request's camera, the same object for the same view."""
        whole = request.camera
        if whole is None:
            whole = request.orbit.camera(request.width, request.height)
        elif (whole.width, whole.height) != (request.width, request.height):
            from app.view import fitted_camera

            whole = fitted_camera(whole, request.width, request.height)
        if scale == 1.0:
            return whole
        kept = self._scaled
        if kept is None or kept[0] is not whole or kept[1] != scale:
            kept = self._scaled = whole, scale, whole.scaled(scale)
        return kept[2]

    def _gpu_mb(self) -> float:
        now = time.monotonic()
        if now - self._memory[1] >= MEMORY_EVERY:
            self._memory = torch.cuda.memory_reserved(self.rasterizer.device) / 1e6, now
        return self._memory[0]

    @contextmanager
    def _on_stream(self) -> Iterator[None]:
        if self._stream is None:
            yield
            return
        with torch.cuda.stream(self._stream):
            yield


def _background(request: "RenderRequest") -> Color | None:
    if request.options.background_picture is not None:
        return None  # the window shows it behind the picture
    return request.options.background


def _screen(device: torch.device) -> "GsplatScreen":
    from renderer.gsplat_screen import GsplatScreen

    return GsplatScreen(device)


def _nothing(device: torch.device) -> Gaussians:
    def none(*shape: int) -> torch.Tensor:
        return torch.zeros(0, *shape, device=device)

    return Gaussians(none(3), none(4), none(3), none(), none(1, 3))


def _filled(camera: Camera, background: Color | None) -> NDArray[np.uint8]:
    color = (*(background or (0.0, 0.0, 0.0)), 0.0 if background is None else 1.0)
    row = (np.array(color, np.float32) * 255 + 0.5).astype(np.uint8)
    return np.broadcast_to(row, (camera.height, camera.width, 4)).copy()
