"""Smooth fields over a head's surface that meet targets where there are some."""

from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import SuperLU, splu

from avatars.head.model import HeadModel

Array = NDArray[np.float64]
SOFTEST = 0.0003  # metres added to an edge's length, so that slivers do not tie their ends rigidly


@lru_cache(maxsize=4)
def graph_laplacian(head: HeadModel) -> sp.csc_matrix:
    """Laplacian [V, V] of the edges, weights 1 / length (per millimetre); rows sum to 0."""
    vertices = head.v_template.detach().cpu().numpy().astype(np.float64)
    faces = head.faces_numpy
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    weight = 0.001 / (length + SOFTEST)
    count = len(vertices)
    rows = np.concatenate([ends[:, 0], ends[:, 1]])
    columns = np.concatenate([ends[:, 1], ends[:, 0]])
    adjacency = sp.csc_matrix((np.tile(weight, 2), (rows, columns)), shape=(count, count))
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    return sp.csc_matrix(sp.diags(degree) - adjacency)


def factorised(system: sp.csc_matrix) -> SuperLU:
    """Factors of a symmetric positive definite matrix, some three times as fast as by default."""
    return splu(
        system,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


class Spreading:
    """The field x [V, C] that meets targets smoothly, for many targets of the same weights.

    It minimises first |slope|^2 + second |bend|^2 + weights |x - target|^2.

    Args:
        head: whose surface.
        weights: [V] >= 0 of the targets; some vertex of every connected part should have one.
        first: how much the field's slope costs.
        second: how much its bend costs.
    """

    def __init__(
        self, head: HeadModel, weights: Array, *, first: float = 1.0, second: float = 1.0
    ) -> None:
        # A whisper of a pull to zero keeps parts without any target solvable.
        diagonal = sp.diags(weights + 1e-6)
        smooth = first * graph_laplacian(head) + second * _squared(head)
        self._weights = weights
        self._factors = factorised(sp.csc_matrix(smooth + diagonal))

    def to(self, targets: Array) -> Array:
        """The field for targets [V, C], which are ignored where the weight is 0."""
        right = np.ascontiguousarray(self._weights[:, None] * targets)
        solution: Array = self._factors.solve(right)
        return solution


def spread(
    head: HeadModel, targets: Array, weights: Array, *, first: float = 1.0, second: float = 1.0
) -> Array:
    """The smooth field [V, C] that meets targets [V, C] by weights [V]; see ``Spreading``."""
    return Spreading(head, weights, first=first, second=second).to(targets)


def smoothstep(x: Array, low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    smooth: Array = t * t * (3 - 2 * t)
    return smooth


@lru_cache(maxsize=4)
def _squared(head: HeadModel) -> sp.csc_matrix:
    laplacian = graph_laplacian(head)
    return sp.csc_matrix(laplacian @ laplacian)
