"""Weighted sums of rows at fixed places: the one operation by which splats read maps and meshes."""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag


class Gather:
    """Each output row is a weighted sum of input rows, the same ones every time.

    Differentiable in the rows, any number of times. The gradient is such a gather too, over the
    transposed table: worked out once, where autograd's own would sort the indices at each step;
    it adds in a fixed order, so that results on a GPU do not vary from run to run.

    Args:
        indices: [L] input rows, one output row's after the other's.
        starts: [N] where each output row's run starts in ``indices``.
        weights: [L], or None for plain sums.
        rows: number of input rows.
    """

    def __init__(
        self, indices: Tensor, starts: Tensor, weights: Tensor | None, *, rows: int
    ) -> None:
        self.indices, self.starts, self.weights, self.rows = indices, starts, weights, rows
        self.is_choice = False
        """Whether each output row is one input row as it is, which is quicker to copy."""

    @classmethod
    def of_table(cls, indices: Tensor, weights: Tensor | None = None, *, rows: int) -> "Gather":
        """A gather of equally many input rows [N, K] for each output row."""
        count, width = indices.shape
        starts = torch.arange(0, count * width, width, device=indices.device)
        flat = None if weights is None else weights.reshape(-1)
        gather = cls(indices.reshape(-1), starts, flat, rows=rows)
        gather.is_choice = width == 1 and weights is None
        return gather

    def __call__(self, rows: Tensor) -> Tensor:
        """Sums [N, C] of rows [M, C]."""
        if torch.is_grad_enabled() and rows.requires_grad:
            summed: Tensor = _Gathered.apply(rows, self)  # type: ignore[no-untyped-call]
            return summed
        return self._summed(rows)

    @cached_property
    def transposed(self) -> "Gather":
        """The gather [M, C] of [N, C] that takes gradients back."""
        with torch.inference_mode(False), torch.no_grad():
            count, device = self.starts.shape[0], self.starts.device
            ends = torch.cat([self.starts[1:], self.starts.new_tensor([self.indices.shape[0]])])
            owner = torch.repeat_interleave(
                torch.arange(count, device=device),
                ends - self.starts,
                output_size=self.indices.shape[0],
            )
            order = torch.argsort(self.indices, stable=True)
            lengths = torch.bincount(self.indices, minlength=self.rows)
            return Gather(
                owner[order],
                torch.cumsum(lengths, 0) - lengths,
                None if self.weights is None else self.weights[order],
                rows=count,
            )

    def _summed(self, rows: Tensor) -> Tensor:
        if self.is_choice:
            return rows.index_select(0, self.indices)
        weights = self.weights
        if weights is not None and weights.dtype != rows.dtype:
            weights = weights.to(rows.dtype)
        summed: Tensor = embedding_bag(
            self.indices, rows.contiguous(), self.starts, mode="sum", per_sample_weights=weights
        )
        return summed


class _Gathered(torch.autograd.Function):
    """``Gather`` as autograd sees it."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, gather: Gather) -> Tensor:
        ctx.gather = gather
        return gather._summed(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, None]:
        return ctx.gather.transposed(gradients[0]), None
