"""The 52 ARKit names on any head: from weights to a state, and from a state back to weights."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from avatars.errors import HeadMismatch
from avatars.head.model import HeadModel
from avatars.head.nearest import Array
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES, ArkitTable

_SAMPLES = 2000
_RIDGE = 1e-8  # of the largest shape's energy: settles what two equal shapes would leave open
_POSED = (("jaw_pose", 2), ("leye_pose", 3), ("reye_pose", 4))  # state field, joint


def state_from_arkit(head: HeadModel, weights: Tensor, base: HeadState | None = None) -> HeadState:
    """The state that ARKit weights mean on this head, added to a base state.

    Args:
        head: a head with an ARKit table.
        weights: [52] or [T, 52] in the order of ``ARKIT_NAMES``, 0..1; up to 2 exaggerates.
        base: what the weights are added to; the resting state by default. Angles add up, so
            ``jawOpen`` and a jaw pose of the base do.

    Raises:
        HeadMismatch: the head has no ARKit table.
        ValueError: not 52 weights.
    """
    table = table_of(head)
    if weights.shape[-1] != len(ARKIT_NAMES):
        raise ValueError(f"{weights.shape[-1]} weights for {len(ARKIT_NAMES)} names")
    if base is None:
        base = head.neutral(weights.shape[0] if weights.ndim == 2 else None)
    rows = table.to(weights.device, weights.dtype)
    return replace(
        base,
        expression=base.expression + weights @ rows.expression,
        jaw_pose=base.jaw_pose + weights @ rows.jaw_pose,
        leye_pose=base.leye_pose + weights @ rows.leye_pose,
        reye_pose=base.reye_pose + weights @ rows.reye_pose,
        eyelids=base.eyelids + weights @ rows.eyelids,
    )


def arkit_from_state(head: HeadModel, state: HeadState) -> Tensor:
    """The ARKit weights [52] or [T, 52], each 0..2, that come closest to a state.

    Non-negative least squares on the motion of the surface, linear at rest, so a coefficient counts
    by how much skin it moves. Names the head cannot show get 0.

    Raises:
        HeadMismatch: the head has no ARKit table.
    """
    table_of(head)
    vectors = np.atleast_2d(_vector(state))  # [T, K]
    if not vectors.any():  # at rest; the avatar that greets is, and need not wait for the matching
        return state.expression.new_zeros(*state.expression.shape[:-1], len(ARKIT_NAMES))
    from scipy.optimize import nnls  # slow to import

    factor, columns = _inverse(head)
    empty = np.zeros(len(ARKIT_NAMES))
    rows = [nnls(columns, np.concatenate([factor @ vector, empty]))[0] for vector in vectors]
    weights = torch.from_numpy(np.clip(np.stack(rows), 0.0, 2.0)).to(state.expression.dtype)
    return weights.to(state.device).reshape(*state.expression.shape[:-1], len(ARKIT_NAMES))


def table_of(head: HeadModel) -> ArkitTable:
    """The head's ARKit table.

    Raises:
        HeadMismatch: it has none.
    """
    if head.arkit is None:
        raise HeadMismatch(
            f"The head '{head.name or head.version}' has no ARKit table.",
            "Import the head again, which makes one, or use the built-in head.",
        )
    return head.arkit


@dataclass(frozen=True)
class RoundTrip:
    """How well the 52 names survive the way to a head's own parameters and back.

    Attributes:
        unmapped: names that move nothing on this head.
        largest: largest error of a weight when one name is set to 1, over the mapped names.
        mean: mean over all pairs of the error of a weight.
    """

    unmapped: tuple[str, ...]
    largest: float
    mean: float


def round_trip(head: HeadModel) -> RoundTrip:
    """Set each name to 1, turn it into a state and back, and compare the weights.

    Raises:
        HeadMismatch: the head has no ARKit table.
    """
    wanted = torch.eye(len(ARKIT_NAMES), device=head.device, dtype=head.v_template.dtype)
    back = arkit_from_state(head, state_from_arkit(head, wanted))
    moving = _energy(head) > 0
    error = (back - wanted).abs().cpu().numpy()[moving]
    names = tuple(name for name, moves in zip(ARKIT_NAMES, moving, strict=True) if not moves)
    if not moving.any():
        return RoundTrip(names, 1.0, 1.0)
    return RoundTrip(names, float(error.max()), float(error.mean()))


def linear_motion(head: HeadModel, vertices: Array, joints: Array, chosen: Any) -> Array:
    """Derivative [M, 3, K] of chosen vertices by the parameters of a state, at rest, metres.

    Columns: expression [E], jaw, left and right eye (three angles each), two eyelids; K = E + 11.

    Args:
        head: the head.
        vertices: [V, 3] shaped neutral vertices, metres.
        joints: [J, 3] their joints, metres.
        chosen: index or mask of the M vertices.
    """
    weights = head.lbs_weights.cpu().numpy().astype(np.float64)[chosen]
    parts = [head.exprdirs.cpu().numpy().astype(np.float64)[chosen]]
    for _, joint in _POSED:
        arm = vertices[chosen] - joints[joint]
        turned = np.stack([np.cross(axis, arm) for axis in np.eye(3)], axis=-1)  # [M, 3, 3]
        parts.append(turned * weights[:, joint, None, None])
    lids = np.zeros((*arm.shape, 2))
    if head.eyelids is not None:
        lids = head.eyelids.cpu().numpy().astype(np.float64)[:, chosen].transpose(1, 2, 0)
    return np.concatenate([*parts, lids], axis=-1)


def table_rows(table: ArkitTable) -> Array:
    """The table as one matrix [52, K], columns as in ``linear_motion``."""
    parts = [table.expression, table.jaw_pose, table.leye_pose, table.reye_pose, table.eyelids]
    return torch.cat(parts, dim=-1).cpu().numpy().astype(np.float64)


def _vector(state: HeadState) -> Array:
    parts = [state.expression, state.jaw_pose, state.leye_pose, state.reye_pose, state.eyelids]
    return torch.cat(parts, dim=-1).detach().cpu().numpy().astype(np.float64)


@lru_cache(maxsize=4)
def _factor(head: HeadModel) -> Array:
    """Square root [K, K] of the metric that says how much surface a change of parameters moves."""
    vertices = head.v_template.cpu().numpy().astype(np.float64)
    joints = head.J_regressor.cpu().numpy().astype(np.float64) @ vertices
    chosen = np.arange(0, head.vertex_count, max(1, head.vertex_count // _SAMPLES))
    motion = linear_motion(head, vertices, joints, chosen)
    motion = motion.reshape(-1, motion.shape[-1])
    _, values, rows = np.linalg.svd(motion, full_matrices=False)
    result: Array = values[:, None] * rows
    return result


@lru_cache(maxsize=4)
def _inverse(head: HeadModel) -> tuple[Array, Array]:
    factor = _factor(head)
    shapes = factor @ table_rows(table_of(head)).T  # [K, 52]
    largest = float((shapes**2).sum(axis=0).max(initial=0.0))
    ridge = np.sqrt(max(_RIDGE * largest, 1e-18)) * np.eye(len(ARKIT_NAMES))
    return factor, np.concatenate([shapes, ridge])


def _energy(head: HeadModel) -> Array:
    shapes = _factor(head) @ table_rows(table_of(head)).T
    energy: Array = (shapes**2).sum(axis=0)
    return np.where(energy > 1e-9 * energy.max(initial=0.0), energy, 0.0)
