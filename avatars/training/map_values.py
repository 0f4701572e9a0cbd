"""Map values that learn, seen from the splats that read them.

Reading a map at fixed places is a sparse matrix W [N, M] from its M texels that are read at all to
N splats. Learning happens on those M rows alone, and comes back to the map as it is: what a splat
learnt is what the map says, so later readers, other tables included, see the same.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from avatars.kinds.attributes import bilinear
from avatars.kinds.uv_avatar import UvAvatar
from avatars.sampling import SampleTable


@dataclass(frozen=True, eq=False)
class Reading:
    """A fixed bilinear reading of a map of R x R texels.

    Attributes:
        texels: [M] flat positions of the texels that are read.
        matrix: [N, M] sparse weights; rows sum to 1.
        transposed: [M, N] the same.
        size: R.
    """

    texels: Tensor
    matrix: Tensor
    transposed: Tensor
    size: int

    @classmethod
    def at(cls, uv: Tensor, size: int) -> "Reading":
        """The reading at places uv [N, 2]."""
        taps, weights = bilinear(uv, size)  # [N, 4]
        texels, columns = torch.unique(taps, return_inverse=True)
        count, read = len(uv), len(texels)
        rows = torch.arange(count, device=uv.device).repeat_interleave(taps.shape[1])
        values = weights.reshape(-1).to(uv.dtype)
        flat = columns.reshape(-1)
        return cls(
            texels,
            _compressed(rows, flat, values, (count, read)),
            _compressed(flat, rows, values, (read, count)),
            size,
        )

    def read(self, values: Tensor) -> Tensor:
        """[N, C] of values [M, C], differentiable."""
        found: Tensor = _Read.apply(values, self.matrix, self.transposed)  # type: ignore[no-untyped-call]
        return found

    def picked(self, picture: Tensor) -> Tensor:
        """[M, ...] the read texels of a map [R, R, ...]."""
        return picture.flatten(0, 1).index_select(0, self.texels)

    def spread(self, values: Tensor) -> Tensor:
        """[M] means of values [N] over the splats that read each texel."""
        both = torch.stack([values, torch.ones_like(values)], dim=-1)
        sums: Tensor = self.transposed @ both
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


def _compressed(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    coordinates = torch.stack([rows, columns])
    matrix = torch.sparse_coo_tensor(coordinates, values, shape, check_invariants=False)
    return matrix.coalesce().to_sparse_csr()


class _Read(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, matrix: Tensor, transposed: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ values

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, None, None]:
        return ctx.transposed @ slopes, None, None
