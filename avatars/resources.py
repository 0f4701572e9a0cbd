"""What a method needs from the outside, handed in and never looked up."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from avatars.head.model import HeadModel
    from renderer.rasterizer import Rasterizer


@dataclass(frozen=True, eq=False)
class Resources:
    """The machine and the folders that work may use.

    Attributes:
        rasterizer: draws, with gradients; its device is where to compute.
        head: the head that new avatars are made on, on any device.
        weights: folder of downloaded weights; it may not exist yet.
        cache: folder for what can be made again; it may not exist yet.
        seed: of every random choice.
    """

    rasterizer: "Rasterizer"
    head: "HeadModel"
    weights: Path
    cache: Path
    seed: int = 0

    @property
    def device(self) -> "torch.device":
        """Where to compute."""
        return self.rasterizer.device
