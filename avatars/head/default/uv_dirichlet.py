"""Flattening a disc of triangles: a map that cannot overlap, then the least distortion.

Symmetric Dirichlet energy (Smith and Schaefer: Bijective parameterization with free boundaries,
2015) by Newton's method with every triangle's Hessian made positive (Teran et al. 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from avatars.head.default.laplacian import Sparse
from avatars.head.default.topology import Floats, Ints

_SMALLEST_STEP = 1e-6


@dataclass(frozen=True)
class Flattening:
    """What to flatten.

    Attributes:
        faces: [F, 3] triangles of a disc, counter-clockwise in the plane.
        rest: [F, 2, 2] edges a->b and a->c (columns) of each triangle laid flat, wished size.
        weights: [F] how much each triangle's distortion counts.
        moves: [2 V, D] sparse; the ways in which the interleaved coordinates may change.
    """

    faces: Ints
    rest: Floats
    weights: Floats
    moves: Sparse


def laid_flat(corners: Floats) -> Floats:
    """[F, 2, 2] edge columns of triangles with corners [F, 3, 3], first edge along x."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    length = np.linalg.norm(first, axis=1)
    along = (first * second).sum(axis=1) / length
    height = np.linalg.norm(np.cross(first, second), axis=1) / length
    zero = np.zeros_like(length)
    flat: Floats = np.stack(
        [np.stack([length, along], axis=1), np.stack([zero, height], axis=1)], axis=1
    )
    return flat


def tutte(faces: Ints, vertices: Floats, border: Ints, places: Floats) -> Floats:
    """[V, 2] the map with mean-value weights: without overlap for every convex border.

    Args:
        faces: [F, 3] triangles of a disc.
        vertices: [V, 3] their shape.
        border: [B] its border, in order.
        places: [B, 2] where the border goes, a convex outline.
    """
    count = len(vertices)
    rows, columns, values = [], [], []
    for k in range(3):
        i, j, m = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        a, b = vertices[j] - vertices[i], vertices[m] - vertices[i]
        long_a, long_b = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
        cosine = (a * b).sum(axis=1) / (long_a * long_b)
        half = np.tan(np.arccos(np.clip(cosine, -1, 1)) / 2)
        rows += [i, i]
        columns += [j, m]
        values += [half / long_a, half / long_b]
    weights = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(count, count),
    )
    system = (sparse.diags_array(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr()
    free = np.ones(count, bool)
    free[border] = False
    flat = np.zeros((count, 2))
    flat[border] = places
    right = -np.asarray(system[free][:, border] @ places)
    flat[free] = splu(system[free][:, free].tocsc()).solve(right)
    return flat


def least_distortion(problem: Flattening, start: Floats, *, steps: int) -> Floats:
    """[V, 2] the start after some Newton steps; triangles that are upright stay so.

    Args:
        problem: what to flatten.
        start: [V, 2] a map without inverted triangles.
        steps: most Newton steps; it stops when nothing is gained.
    """
    gradient_of = _gradients(problem, len(start))
    reduced = (gradient_of @ problem.moves).tocsr()
    weights = problem.weights * _area(problem.rest)
    places = start.ravel().copy()
    for _ in range(steps):
        jacobians = (gradient_of @ places).reshape(-1, 4)
        slope, bend = _derivatives(jacobians)
        force = reduced.T @ (slope * weights[:, None]).ravel()
        stiffness = reduced.T @ (_blocks(bend * weights[:, None, None]) @ reduced)
        stiffness = stiffness + 1e-9 * sparse.diags_array(stiffness.diagonal())
        change = -splu(stiffness.tocsc()).solve(force)
        move = problem.moves @ change
        step = min(1.0, 0.9 * _largest_step(jacobians, (gradient_of @ move).reshape(-1, 4)))
        before, promised = _energy(jacobians, weights), float(force @ change)
        while step > _SMALLEST_STEP:
            after = _energy((gradient_of @ (places + step * move)).reshape(-1, 4), weights)
            if after <= before + 1e-4 * step * promised:
                break
            step /= 2
        places = places + step * move
        if step <= _SMALLEST_STEP or before - after < 1e-5 * before:
            break
    return places.reshape(-1, 2)


def jacobians(faces: Ints, rest: Floats, flat: Floats) -> Floats:
    """[F, 2, 2] derivative of the flat map by the rest shape (rows u, v)."""
    corners = flat[faces]
    edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=2)
    result: Floats = edges @ np.linalg.inv(rest)
    return result


def _area(rest: Floats) -> Floats:
    area: Floats = np.linalg.det(rest) / 2
    return area


def _gradients(problem: Flattening, count: int) -> Sparse:
    """[4 F, 2 V] from interleaved coordinates to the entries (uu, uv, vu, vv) of each Jacobian."""
    inverse = np.linalg.inv(problem.rest)  # [F, 2, 2]
    size = len(problem.faces)
    rows, columns, values = [], [], []
    for corner in range(3):
        share = -inverse.sum(axis=1) if corner == 0 else inverse[:, corner - 1]  # [F, 2]
        for axis in range(2):
            for by in range(2):
                rows.append(4 * np.arange(size) + 2 * axis + by)
                columns.append(2 * problem.faces[:, corner] + axis)
                values.append(share[:, by])
    return sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(4 * size, 2 * count),
    )


def _derivatives(j: Floats) -> tuple[Floats, Floats]:
    """Slope [F, 4] and positive Hessian [F, 4, 4] of |J|^2 (1 + 1 / det^2)."""
    cofactor = j[:, [3, 2, 1, 0]] * [1, -1, -1, 1]
    det = j[:, 0] * j[:, 3] - j[:, 1] * j[:, 2]
    size = (j**2).sum(axis=1)
    slope = 2 * j * (1 + det**-2)[:, None] - (2 * size * det**-3)[:, None] * cofactor
    turned = np.zeros((4, 4))
    turned[[0, 3, 1, 2], [3, 0, 2, 1]] = [1, 1, -1, -1]
    mixed = j[:, :, None] * cofactor[:, None]
    bend = (
        2 * (1 + det**-2)[:, None, None] * np.eye(4)
        - (4 * det**-3)[:, None, None] * (mixed + mixed.transpose(0, 2, 1))
        + (6 * size * det**-4)[:, None, None] * (cofactor[:, :, None] * cofactor[:, None])
        - (2 * size * det**-3)[:, None, None] * turned
    )
    values, axes = np.linalg.eigh(bend)
    positive = np.maximum(values, 1e-6)
    return slope, (axes * positive[:, None]) @ axes.transpose(0, 2, 1)


def _blocks(blocks: Floats) -> Any:
    size = len(blocks)
    return sparse.bsr_array((blocks, np.arange(size), np.arange(size + 1)))


def _energy(j: Floats, weights: Floats) -> float:
    det = j[:, 0] * j[:, 3] - j[:, 1] * j[:, 2]
    if bool((det <= 0).any()):
        return float("inf")
    return float((weights * (j**2).sum(axis=1) * (1 + det**-2)).sum())


def _largest_step(j: Floats, move: Floats) -> float:
    """The step at which the first triangle would collapse."""
    a = move[:, 0] * move[:, 3] - move[:, 1] * move[:, 2]
    b = j[:, 0] * move[:, 3] + move[:, 0] * j[:, 3] - j[:, 1] * move[:, 2] - move[:, 1] * j[:, 2]
    c = j[:, 0] * j[:, 3] - j[:, 1] * j[:, 2]
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
    # The stable form of the quadratic formula; complex pairs never collapse.
    q = -(b + np.where(b < 0, -root, root)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([q / a, c / q])
    roots = np.where(np.isfinite(roots) & (roots > 0) & (b * b - 4 * a * c >= 0), roots, np.inf)
    return float(roots.min())
