"""A finished picture of the render worker: in memory, or still on the GPU."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.frame_request import RenderRequest


class Pixels(Protocol):
    """RGBA bytes that are finished or being finished on a GPU."""

    @property
    def pointer(self) -> int:
        """Address in the GPU's memory of rows without gaps."""

    @property
    def device(self) -> int:
        """Number of the GPU."""

    @property
    def event(self) -> int:
        """CUDA's event that is over when they are finished."""

    @property
    def milliseconds(self) -> tuple[float, float]:
        """How long posing and rasterising took; waits for them."""

    def wait(self) -> None:
        """Return when they are finished."""

    def fetch(self) -> "NDArray[np.uint8]":
        """[H, W, 4] in memory; waits for them."""


class Sharing:
    """Whether pictures may stay on the GPU; the window says no where OpenGL cannot take them.

    Attributes:
        refused: set once by whoever shows pictures; then they come in memory.
    """

    def __init__(self) -> None:
        self.refused = False


@dataclass(eq=False)
class Picture:
    """What the window shows.

    Attributes:
        request: what it answers.
        width: pixels drawn, fewer than the request's where ``scale`` is below 1.
        height: pixels drawn.
        scale: pixels drawn per pixel of the view, per side.
        splats: how many were drawn.
        device: ``cpu`` or ``cuda``.
        copy_ms: from the GPU into memory, milliseconds.
        gpu_mb: GPU memory that the program holds, MB; 0 on the CPU.
        gpu: the pixels on the GPU, or None.
        sharing: where to say that such pixels cannot be shown.
    """

    request: "RenderRequest"
    width: int
    height: int
    scale: float = 1.0
    splats: int = 0
    device: str = "cpu"
    copy_ms: float = 0.0
    gpu_mb: float = 0.0
    gpu: Pixels | None = None
    sharing: Sharing = field(default_factory=Sharing)
    _rgba: Any = None
    _milliseconds: tuple[float, float] | None = None

    @property
    def pose_ms(self) -> float:
        """From head state to splats, milliseconds; near 0 where nothing had to be posed."""
        return self._times()[0]

    @property
    def raster_ms(self) -> float:
        """From splats to pixels, milliseconds."""
        return self._times()[1]

    @property
    def rgba(self) -> "NDArray[np.uint8]":
        """[height, width, 4] uint8, alpha straight; fetched from the GPU when first asked for."""
        if self._rgba is None:
            assert self.gpu is not None
            self._rgba = self.gpu.fetch()
        pixels: NDArray[np.uint8] = self._rgba
        return pixels

    @property
    def is_reduced(self) -> bool:
        """Whether it has fewer pixels than the view."""
        return self.scale < 1.0

    def _times(self) -> tuple[float, float]:
        # Asking the GPU for its clock takes time too, and most pictures are never asked.
        if self._milliseconds is None:
            self._milliseconds = (0.0, 0.0) if self.gpu is None else self.gpu.milliseconds
        return self._milliseconds
