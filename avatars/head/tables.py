"""Small tables that a head may carry beside its geometry: points on its surface, ARKit names."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from avatars.head.arkit_names import ARKIT_NAMES as ARKIT_NAMES

MEDIAPIPE = "mediapipe"
"""Key of the 478 points of MediaPipe's refined face mesh in ``HeadModel.landmarks``."""


def is_on(values: Tensor, device: torch.device | str) -> bool:
    """Whether a tensor lives on a device; "cuda" without a number means any of them."""
    wanted = torch.device(device)
    return values.device.type == wanted.type and wanted.index in (None, values.device.index)


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Points that ride on a head's surface.

    Attributes:
        faces: [..., L] the triangle each point lies on.
        barycentrics: [..., L, 3] its weights on that triangle's corners; they sum to 1.
        ids: the points' numbers in their own numbering where that is not 0..L-1 (MediaPipe's 105
            points of FLAME); empty where it is. Leading dimensions are alternatives (a contour
            that depends on the head's turn has one row per degree).

    Raises:
        ValueError: the shapes disagree.
    """

    faces: Tensor
    barycentrics: Tensor
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.barycentrics.shape != (*self.faces.shape, 3):
            raise ValueError(
                f"barycentrics must be {[*self.faces.shape, 3]}, "
                f"not {list(self.barycentrics.shape)}"
            )
        if self.ids and len(self.ids) != self.faces.shape[-1]:
            raise ValueError(f"{len(self.ids)} ids do not name {self.faces.shape[-1]} points")

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> "Landmarks":
        """The same table on another device, its weights in another precision if one is given."""
        return Landmarks(
            self.faces.to(device),
            self.barycentrics.to(device=device, dtype=dtype or self.barycentrics.dtype),
            self.ids,
        )


@dataclass(frozen=True, eq=False)
class ArkitTable:
    """What each ARKit name does to a head at weight 1; rows follow ``ARKIT_NAMES``.

    Attributes:
        expression: [52, E] coefficients of the head's own expression directions.
        jaw_pose: [52, 3] axis-angle, radians; the names' angles add up.
        leye_pose: [52, 3] the same for the left eye.
        reye_pose: [52, 3] the same for the right eye.
        eyelids: [52, 2] left and right eyelid shape, 0..1, for heads that have them.

    Raises:
        ValueError: a field has other than 52 rows or a wrong width.
    """

    expression: Tensor
    jaw_pose: Tensor
    leye_pose: Tensor
    reye_pose: Tensor
    eyelids: Tensor

    def __post_init__(self) -> None:
        widths = {"jaw_pose": 3, "leye_pose": 3, "reye_pose": 3, "eyelids": 2}
        widths["expression"] = self.expression.shape[-1]
        for name, width in widths.items():
            shape = getattr(self, name).shape
            if shape != (len(ARKIT_NAMES), width):
                raise ValueError(f"{name} must be {[len(ARKIT_NAMES), width]}, not {list(shape)}")

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> "ArkitTable":
        """The same table on another device, in another precision if one is given."""
        return ArkitTable(
            *(getattr(self, f.name).to(device=device, dtype=dtype) for f in fields(self))
        )
