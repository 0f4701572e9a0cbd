"""What splats look like, as pictures over the texture layout: the part of an avatar to paint on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from avatars.head.tables import is_on
from avatars.remembered import Remembered

CHANNELS = {"rgb": 3, "opacity": 0, "scales": 3, "quats": 4, "offset": 3}
"""Channels of each map by field name; 0 where a map is [R, R]."""

_nearest: Remembered[Tensor] = Remembered(4)


@dataclass(frozen=True, eq=False)
class AttributeMaps:
    """Attributes of splats over the UV square, row 0 at the top (v = 1).

    The number of splats does not depend on R: a fixed table of places on the surface
    (``avatars.sampling``) reads the maps bilinearly. Along the borders of islands that reading
    takes in texels beyond the border, so those repeat the nearest valid one (``padded``).

    Attributes:
        rgb: [R, R, 3] colour, 0..1.
        opacity: [R, R] 0..1.
        scales: [R, R, 3] standard deviations along tangent u, tangent v and the normal, metres
            on the head's mean template; posing multiplies the first two by the local stretch
            from there to the posed surface, so identity, expression and pose leave no holes.
        quats: [R, R, 4] wxyz rotation of the splat in its tangent frame, neighbours in the same
            hemisphere (q and -q are not mixed).
        offset: [R, R, 3] displacement from the surface in the tangent frame, metres.
        valid: [R, R] bool, the texel's centre lies on the surface.

    Raises:
        ValueError: a map has another shape, device or kind of numbers than the rest.
    """

    rgb: Tensor
    opacity: Tensor
    scales: Tensor
    quats: Tensor
    offset: Tensor
    valid: Tensor

    def __post_init__(self) -> None:
        size = self.size
        if size < 1:
            raise ValueError("maps without texels")
        for name, channels in CHANNELS.items():
            field: Tensor = getattr(self, name)
            shape = (size, size, channels) if channels else (size, size)
            if field.shape != shape:
                raise ValueError(f"{name} must be {list(shape)}, not {list(field.shape)}")
            if not field.is_floating_point():
                raise ValueError(f"{name} must hold floats, not {field.dtype}")
        if self.valid.shape != (size, size) or self.valid.dtype != torch.bool:
            raise ValueError(f"valid must be bool {[size, size]}, not {list(self.valid.shape)}")
        for item in fields(self):
            if getattr(self, item.name).device != self.device:
                raise ValueError(f"{item.name} is on another device than rgb ({self.device})")

    @property
    def size(self) -> int:
        """R."""
        return self.rgb.shape[0]

    @property
    def device(self) -> torch.device:
        """Where all maps live."""
        return self.rgb.device

    @classmethod
    def from_numpy(cls, arrays: Mapping[str, NDArray[Any]]) -> "AttributeMaps":
        """Maps of arrays by field name, on the CPU; numbers become float32, a picture is copied.

        A colour map of bytes (or 16-bit integers) is taken as 0..255 (0..65535).

        Raises:
            ValueError: shapes disagree.
            KeyError: a map is missing.
        """
        maps = {name: _floats(arrays[name]) for name in CHANNELS}
        valid = torch.from_numpy(np.array(arrays["valid"], np.bool_))
        return cls(**maps, valid=valid)

    def to(self, device: torch.device | str) -> "AttributeMaps":
        """The same maps on another device; itself if they are there already."""
        if is_on(self.rgb, device):
            return self
        return replace(self, **{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def detach(self) -> "AttributeMaps":
        """The same values, cut from the autograd graph."""
        return replace(self, **{name: getattr(self, name).detach() for name in CHANNELS})

    def numpy(self) -> dict[str, NDArray[Any]]:
        """All maps as numpy arrays by field name; they may share memory with the maps."""
        return {f.name: getattr(self, f.name).detach().cpu().numpy() for f in fields(self)}

    def padded(self) -> "AttributeMaps":
        """The same maps, every texel that is not valid repeating the nearest valid one.

        So that nothing from outside an island bleeds into its border. Maps without any valid
        texel stay as they are.
        """
        nearest = nearest_valid(self.valid)
        return replace(self, **{name: filled(getattr(self, name), nearest) for name in CHANNELS})

    def resized(self, size: int) -> "AttributeMaps":
        """The same maps with ``size`` texels a side, padded; itself if that is the size already.

        Only valid texels count: borders keep the colour of their island, whatever lay outside.

        Raises:
            ValueError: ``size`` is not positive.
        """
        if size < 1:
            raise ValueError(f"a map of {size} texels is empty")
        if size == self.size:
            return self
        shape = (size, size)
        weight = self.valid.to(self.rgb.dtype)
        total = _resampled(weight[..., None], shape)  # [S, S, 1]
        valid = total[..., 0] >= 0.5
        if not bool(valid.any()):
            valid = total[..., 0] > 0
        # q and -q turn alike; with one sign their mean is a rotation between them.
        quats = torch.where(self.quats[..., :1] < 0, -self.quats, self.quats)
        changed = {}
        for name, channels in CHANNELS.items():
            values = quats if name == "quats" else getattr(self, name)
            values = values if channels else values[..., None]
            mean = _resampled(values * weight[..., None], shape) / total.clamp_min(1e-6)
            mean = torch.where(total > 1e-6, mean, _resampled(values, shape))
            changed[name] = mean if channels else mean[..., 0]
        changed["quats"] = normalize(changed["quats"], dim=-1)
        return AttributeMaps(**changed, valid=valid).padded()


def nearest_valid(valid: Tensor) -> Tensor:
    """Index [R * R] of the valid texel nearest to each texel; kept for the last few masks.

    Args:
        valid: [R, R] bool; without any valid texel every texel is its own nearest.
    """
    return _nearest.get((valid,), lambda: _found_nearest(valid))


def filled(values: Tensor, nearest: Tensor) -> Tensor:
    """A map [R, R] or [R, R, C] whose texels are read at the indices [R * R] of ``nearest``."""
    return values.flatten(0, 1).index_select(0, nearest).reshape(values.shape)


def _found_nearest(valid: Tensor) -> Tensor:
    mask = valid.detach().cpu().numpy()
    texels = np.arange(mask.size, dtype=np.int64)
    if mask.any():
        from scipy import ndimage  # slow to import, and not needed to show what is there

        row, column = ndimage.distance_transform_edt(
            ~mask, return_distances=False, return_indices=True
        )
        texels = (row.astype(np.int64) * mask.shape[1] + column).reshape(-1)
    return torch.from_numpy(texels).to(valid.device)


def _resampled(values: Tensor, shape: tuple[int, int]) -> Tensor:
    """Values [R, R, C] as [S, S, C]: bilinear, with a wide enough filter where S < R."""
    planes = values.permute(2, 0, 1)[None]
    found = interpolate(planes, shape, mode="bilinear", align_corners=False, antialias=True)
    return found[0].permute(1, 2, 0).contiguous()


def _floats(array: NDArray[Any]) -> Tensor:
    whole = {"uint8": 255, "uint16": 65535}.get(array.dtype.name, 1)
    return torch.from_numpy(np.ascontiguousarray(array, np.float32) / np.float32(whole))
