"""What every avatar is: a function from head state to splats."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import is_on
from avatars.maps import AttributeMaps
from renderer.gaussians import Gaussians


@dataclass(frozen=True, eq=False)
class Identity:
    """Whose head it is.

    Attributes:
        betas: [S] identity coefficients of the head model, standard deviations; fewer than it has
            are the first ones.
        offsets: [V, 3] displacement of the neutral vertices, metres, or None.
        name: what the user calls the person.

    Raises:
        ValueError: wrong shapes, or two devices.
    """

    betas: Tensor
    offsets: Tensor | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.betas.ndim != 1:
            raise ValueError(f"betas must be [S], not {list(self.betas.shape)}")
        if self.offsets is None:
            return
        if self.offsets.ndim != 2 or self.offsets.shape[1] != 3:
            raise ValueError(f"offsets must be [V, 3], not {list(self.offsets.shape)}")
        if self.offsets.device != self.betas.device:
            raise ValueError(f"offsets are on {self.offsets.device}, betas on {self.betas.device}")

    def to(self, device: torch.device | str) -> "Identity":
        """The same identity on another device; itself if it is there already."""
        if is_on(self.betas, device):
            return self
        offsets = None if self.offsets is None else self.offsets.to(device)
        return Identity(self.betas.to(device), offsets, self.name)


class Avatar(Protocol):
    """A head that can be shown. All kinds are frozen; an edit makes another one."""

    @property
    def identity(self) -> Identity:
        """Whose head it is."""

    @property
    def head(self) -> HeadModel:
        """The head model its states belong to."""

    @property
    def method_id(self) -> str:
        """The method that made it, such as ``textured-head``."""

    @property
    def maps(self) -> AttributeMaps | None:
        """What can be painted on; None: "Bake for editing" is offered."""

    def pose(self, state: HeadState, maps: AttributeMaps | None = None) -> Gaussians:
        """Splats of the head in this state, world space.

        Args:
            state: one state, on the avatar's device.
            maps: shown in place of the avatar's own; kinds without maps take none.

        Raises:
            ValueError: a batched state, another device, or maps for an avatar without.
        """
