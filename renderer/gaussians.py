"""The one description of a set of splats that every floor shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from renderer.unusable import unusable_rows

SH_BASES = (1, 4, 9, 16)  # number of spherical-harmonic bases at degree 0..3


@dataclass(frozen=True, eq=False)
class Gaussians:
    """N anisotropic Gaussians, stored after activation.

    Attributes:
        means: [N, 3] centres, world space, metres.
        quats: [N, 4] rotations, wxyz; used normalised, so any non-zero length is accepted.
        scales: [N, 3] standard deviations along the rotated axes, metres, >= 0.
        opacities: [N] in 0..1.
        sh: [N, K, 3] spherical-harmonic colour, K = (sh_degree + 1) ** 2; the colour seen is
            0.5 + sum of basis times coefficient, cut at 0 (Kerbl et al. 2023).
        sh_degree: 0..3.

    Raises:
        ValueError: a field's shape disagrees with the others, or devices are mixed.
    """

    means: Tensor
    quats: Tensor
    scales: Tensor
    opacities: Tensor
    sh: Tensor
    sh_degree: int = 0

    def __post_init__(self) -> None:
        if self.sh_degree not in range(len(SH_BASES)):
            raise ValueError(f"sh_degree must be 0..3, not {self.sh_degree}")
        count = self.means.shape[0]
        expected = {
            "means": (count, 3),
            "quats": (count, 4),
            "scales": (count, 3),
            "opacities": (count,),
            "sh": (count, SH_BASES[self.sh_degree], 3),
        }
        for name, shape in expected.items():
            field: Tensor = getattr(self, name)
            if field.shape != shape:
                raise ValueError(f"{name} must be {list(shape)}, not {list(field.shape)}")
            if field.device != self.means.device:
                raise ValueError(f"{name} is on {field.device}, means on {self.means.device}")

    def __len__(self) -> int:
        return self.means.shape[0]

    @property
    def device(self) -> torch.device:
        """Where all fields live."""
        return self.means.device

    def to(self, device: torch.device | str) -> "Gaussians":
        """The same splats on another device; itself if they are there already."""
        if self.device == torch.device(device):
            return self
        return self._mapped(lambda field: field.to(device))

    def detach(self) -> "Gaussians":
        """The same values, cut from the autograd graph."""
        return self._mapped(Tensor.detach)

    def select(self, index: Tensor) -> "Gaussians":
        """The splats of an index or mask [M] or [N], in that order."""
        return self._mapped(lambda field: field[index])

    def unusable(self) -> Tensor:
        """Mask [N] of splats nothing can draw: not finite, no rotation, absurd scale or opacity.

        `renderer.unusable` says what absurd means; it also judges files before they become tensors.
        """
        fields = (self.means, self.quats, self.scales, self.opacities, self.sh)
        mask = unusable_rows(*(field.detach().cpu().numpy() for field in fields))
        return torch.from_numpy(mask).to(self.device)

    def _mapped(self, function: Callable[[Tensor], Tensor]) -> "Gaussians":
        return replace(
            self,
            means=function(self.means),
            quats=function(self.quats),
            scales=function(self.scales),
            opacities=function(self.opacities),
            sh=function(self.sh),
        )


def concat(parts: Sequence[Gaussians]) -> Gaussians:
    """All splats of the parts in order; lower degrees are padded with zeros to the highest.

    Raises:
        ValueError: no parts, or parts on different devices.
    """
    if not parts:
        raise ValueError("concat needs at least one part")
    degree = max(part.sh_degree for part in parts)
    return Gaussians(
        means=torch.cat([part.means for part in parts]),
        quats=torch.cat([part.quats for part in parts]),
        scales=torch.cat([part.scales for part in parts]),
        opacities=torch.cat([part.opacities for part in parts]),
        sh=torch.cat([padded_sh(part.sh, degree) for part in parts]),
        sh_degree=degree,
    )


def padded_sh(sh: Tensor, degree: int) -> Tensor:
    """Coefficients [N, K, 3] cut or zero-padded to (degree + 1) ** 2 bases."""
    bases = SH_BASES[degree]
    if sh.shape[1] >= bases:
        return sh[:, :bases]
    missing = sh.new_zeros(sh.shape[0], bases - sh.shape[1], 3)
    return torch.cat([sh, missing], dim=1)
