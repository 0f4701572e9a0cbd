"""Map values that learn, seen from the splats that read them.

Reading a map at fixed places is a sparse matrix W [N, M] from its M texels that are read at all to
N splats. Learning happens on those M rows alone, and comes back to the map as it is: what a splat
learnt is what the map says, so later readers, other tables included, see the same.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from avatars.kinds.attributes import bilinear
from avatars.kinds.uv_avatar import UvAvatar
from avatars.sampling import SampleTable


@dataclass(frozen=True, eq=False)
class Reading:
    """A fixed bilinear reading of a map of R x R texels by N places.

    Attributes:
        texels: [M] flat positions of the texels that are read.
        taps: [N, 4] rows among those M.
        weights: [N, 4] their shares; rows sum to 1.
        places: [4 N] places, those that read the first texel first.
        place_weights: [4 N] their shares.
        starts: [M] where each texel's run in ``places`` begins.
    """

    texels: Tensor
    taps: Tensor
    weights: Tensor
    places: Tensor
    place_weights: Tensor
    starts: Tensor

    @classmethod
    def at(cls, uv: Tensor, size: int) -> "Reading":
        """The reading at places uv [N, 2] of maps of ``size`` texels a side."""
        taps, weights = bilinear(uv, size)  # [N, 4]
        weights = weights.to(uv.dtype)
        texels, rows = torch.unique(taps, return_inverse=True)
        flat = rows.reshape(-1)
        order = torch.argsort(flat, stable=True)
        lengths = torch.bincount(flat, minlength=len(texels))
        return cls(
            texels,
            rows,
            weights,
            order // taps.shape[1],
            weights.reshape(-1)[order],
            torch.cumsum(lengths, 0) - lengths,
        )

    def read(self, values: Tensor) -> Tensor:
        """[N, C] of values [M, C], differentiable."""
        found: Tensor = _Read.apply(values, self)  # type: ignore[no-untyped-call]
        return found

    def gathered(self, values: Tensor) -> Tensor:
        """[N, C] of values [M, C]: the matrix W times them."""
        found: Tensor = embedding_bag(
            self.taps, values, mode="sum", per_sample_weights=self.weights
        )
        return found

    def returned(self, values: Tensor) -> Tensor:
        """[M, C] of values [N, C]: the transposed matrix times them."""
        found: Tensor = embedding_bag(
            self.places,
            values.contiguous(),
            self.starts,
            mode="sum",
            per_sample_weights=self.place_weights,
        )
        return found

    def picked(self, picture: Tensor) -> Tensor:
        """[M, ...] the read texels of a map [R, R, ...]."""
        return picture.flatten(0, 1).index_select(0, self.texels)

    def spread(self, values: Tensor) -> Tensor:
        """[M] means of values [N] over the places that read each texel."""
        sums = self.returned(torch.stack([values, torch.ones_like(values)], dim=-1))
        return sums[:, 0] / sums[:, 1].clamp_min(1e-9)

    def put(self, picture: Tensor, values: Tensor) -> Tensor:
        """A copy of the map [R, R, C] whose read texels have the values [M, C]."""
        flat = picture.flatten(0, 1).index_copy(0, self.texels, values)
        return flat.reshape(picture.shape)


def part_of(avatar: UvAvatar, chosen: Tensor) -> UvAvatar:
    """The same avatar with the splats [K] (indices into its table) alone."""
    table = avatar.table
    part = SampleTable(
        table.face[chosen],
        table.barycentrics[chosen],
        table.uv[chosen],
        table.spacing[chosen],
        table.steps,
        table.wanted,
    )
    return replace(avatar, table=part)


class _Read(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, reading: Reading) -> Tensor:
        ctx.reading = reading
        return reading.gathered(values)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, None]:
        reading: Reading = ctx.reading
        return reading.returned(slopes), None
