"""What every rasteriser can do, and which one runs here."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from renderer.camera import Camera
from renderer.errors import NoGpu
from renderer.gaussians import Gaussians

log = logging.getLogger(__name__)

Color = tuple[float, float, float]
Choice = Literal["auto", "cuda", "cpu"]


@dataclass(frozen=True, eq=False)
class Rendering:
    """A picture that gradients flow through.

    Attributes:
        rgb: [H, W, 3] colour over the background that was given (over black: premultiplied).
        alpha: [H, W] in 0..1.
        depth: [H, W] expected viewing depth in metres, 0 where nothing is; None if not asked for.
    """

    rgb: Tensor
    alpha: Tensor
    depth: Tensor | None


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished picture.

    Attributes:
        rgba: [H, W, 4] uint8; alpha is straight, and 255 everywhere over a background.
        depth: [H, W] expected viewing depth in metres, or None if not asked for.
        seconds: how long drawing it took.
        request_id: the request it answers.
    """

    rgba: Tensor
    depth: Tensor | None
    seconds: float
    request_id: int = 0


class Rasterizer(Protocol):
    """Turns splats and a camera into pixels. All implementations agree within 1/255 in the mean."""

    @property
    def name(self) -> str:
        """Short name for logs and overlays: ``cpu`` or ``gsplat``."""

    @property
    def device(self) -> torch.device:
        """Where splats are wanted; others are moved there on every call."""

    @property
    def note(self) -> str:
        """One sentence the user should see about this choice, or nothing."""

    def rasterize(
        self,
        gaussians: Gaussians,
        camera: Camera,
        background: Tensor | None = None,
        *,
        with_depth: bool = False,
    ) -> Rendering:
        """Draw with gradients for means, quats, scales, opacities and SH.

        Args:
            gaussians: what to draw.
            camera: from where.
            background: [3] colour behind the splats; None is black.
            with_depth: also compute the expected depth.

        Raises:
            OutOfGpuMemory: the GPU has no room for this picture.
        """

    def draw(
        self,
        gaussians: Gaussians,
        camera: Camera,
        background: Color | None = None,
        *,
        with_depth: bool = False,
        request_id: int = 0,
    ) -> Frame:
        """Draw for the screen; a background of None gives a transparent picture."""


def choose_rasterizer(
    choice: Choice = "auto", *, announce: Callable[[str], None] | None = None
) -> Rasterizer:
    """The rasteriser to use: gsplat on a usable GPU, our own on the CPU otherwise.

    Args:
        choice: ``auto`` falls back to the CPU and says why in one sentence (``note``).
        announce: called with a sentence before something slow happens (compiling kernels).

    Raises:
        NoGpu: ``cuda`` was asked for and cannot be used.
        ValueError: another choice than the three.
    """
    if choice not in ("auto", "cuda", "cpu"):
        raise ValueError(f"the device must be auto, cuda or cpu, not '{choice}'")
    note = ""
    if choice != "cpu":
        from renderer.gsplat_rasterizer import GsplatRasterizer

        try:
            return GsplatRasterizer(announce=announce)
        except NoGpu as problem:
            if choice == "cuda":
                raise
            if torch.cuda.is_available():  # an idle GPU deserves a sentence; no GPU does not
                note = f"Drawing on the CPU: {problem.message} {problem.remedy}"
                log.warning("%s", note)
    from renderer.cpu_rasterizer import CpuRasterizer

    return CpuRasterizer(note=note, announce=announce)
