"""Making the ARKit table of a head that has none: by its own names, or by matching motion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls

from avatars.head.arkit import linear_motion, state_from_arkit, table_of
from avatars.head.correspond import Correspondence, eyeball_vertices, inner_vertices
from avatars.head.model import HeadModel
from avatars.head.nearest import Array, vertex_areas
from avatars.head.tables import ARKIT_NAMES, ArkitTable

_NEAR = 0.01  # metres in the reference's scale: farther matches say nothing about motion
_RIDGE = 3e-3  # of the mean energy of an expression direction; keeps weak directions small
_JAW_ROUNDS = 4  # Gauss-Newton steps on the jaw's angle; the rest of the problem is linear


@dataclass(frozen=True, eq=False)
class FittedTable:
    """An ARKit table with the part of each name's motion that it leaves out.

    Attributes:
        table: the table.
        residual: [52] root mean square of what is missing over that of the wanted motion, 0..1;
            NaN for names without motion on the reference.
    """

    table: ArkitTable
    residual: Array


def fitted_table(correspondence: Correspondence) -> FittedTable:
    """The names of the reference on the target, by matching how the surface moves.

    For each name the reference's motion (fitted identity, weight 1) is carried to the target's
    skin. Expression coefficients, jaw angles and eyelids that reproduce it are found by regularised
    non-negative least squares, weighted by area: eyelids and the jaw's opening angle may only be
    positive, signed parameters enter as a difference of two positive ones. Eye rotations are the
    same angles on every head and are copied.

    Raises:
        HeadMismatch: the reference has no ARKit table.
    """
    target = correspondence.target
    source = table_of(correspondence.reference)
    problem = _Problem.of(correspondence)
    expression = np.zeros((len(ARKIT_NAMES), target.expression_count))
    jaw, lids = np.zeros((len(ARKIT_NAMES), 3)), np.zeros((len(ARKIT_NAMES), 2))
    residual = np.full(len(ARKIT_NAMES), np.nan)
    uses_jaw = source.jaw_pose.abs().sum(dim=-1).cpu().numpy() > 0
    for row, name in enumerate(ARKIT_NAMES):
        wanted = problem.wanted[:, :, row]
        size = float(np.sqrt((problem.areas * (wanted**2).sum(axis=1)).sum()))
        if size < 1e-7:
            continue
        with_jaw = bool(uses_jaw[row]) or name.startswith("jaw")
        found, left = problem.solved(wanted, with_jaw=with_jaw)
        expression[row], jaw[row], lids[row] = found
        residual[row] = left / size
    dtype = target.v_template.dtype
    table = ArkitTable(
        expression=torch.from_numpy(expression).to(dtype),
        jaw_pose=torch.from_numpy(jaw).to(dtype),
        leye_pose=source.leye_pose.cpu().to(dtype),
        reye_pose=source.reye_pose.cpu().to(dtype),
        eyelids=torch.from_numpy(lids).to(dtype),
    )
    return FittedTable(table, residual)


def named_table(expression_names: Sequence[str]) -> ArkitTable:
    """The table of a head whose expression directions are named as ARKit's or ICT-FaceKit's.

    ``XLeft`` means ``XLeft`` or ``X_L``; ``browInnerUp`` and ``cheekPuff`` drive both sides where
    the head has two. Names without a direction (ICT has no ``tongueOut``) do nothing.
    """
    place = {name: column for column, name in enumerate(expression_names)}
    expression = torch.zeros(len(ARKIT_NAMES), len(expression_names))
    for row, name in enumerate(ARKIT_NAMES):
        side = name.removesuffix("Left").removesuffix("Right")
        sides = {"Left": f"{side}_L", "Right": f"{side}_R"}
        options = [(name,), (sides.get(name.removeprefix(side), name),), (f"{name}_L", f"{name}_R")]
        for option in options:
            if all(part in place for part in option):
                expression[row, [place[part] for part in option]] = 1.0
                break
    zeros = torch.zeros(len(ARKIT_NAMES), 3)
    return ArkitTable(expression, zeros, zeros, zeros, zeros[:, :2])


@dataclass(frozen=True, eq=False)
class _Problem:
    """One head's least-squares problem, the same for all names but for the wanted motion."""

    wanted: Array  # [M, 3, 52] metres
    areas: Array  # [M] weights that sum to 1
    motion: Array  # [M, 3, E] expression
    lids: Array  # [M, 3, 2]
    arm: Array  # [M, 3] from the jaw joint
    jaw_weight: Array  # [M]

    @staticmethod
    def of(correspondence: Correspondence) -> "_Problem":
        target = correspondence.target
        chosen = _usable(correspondence)
        vertices = target.v_template.cpu().numpy().astype(np.float64)
        joints = target.J_regressor.cpu().numpy().astype(np.float64) @ vertices
        areas = vertex_areas(vertices, target.faces_numpy)[chosen]
        motion = linear_motion(target, vertices, joints, chosen)
        count = target.expression_count
        return _Problem(
            wanted=_carried_motion(correspondence)[chosen],
            areas=areas / max(float(areas.sum()), 1e-12),
            motion=motion[..., :count],
            lids=motion[..., -2:],
            arm=vertices[chosen] - joints[2],
            jaw_weight=target.lbs_weights.cpu().numpy().astype(np.float64)[chosen, 2],
        )

    def solved(self, wanted: Array, *, with_jaw: bool) -> tuple[tuple[Array, Array, Array], float]:
        """((expression [E], jaw [3], lids [2]), what is left as a weighted length)."""
        count = self.motion.shape[-1]
        root = np.sqrt(self.areas)[:, None]
        linear = np.concatenate([self.motion, -self.motion, self.lids], axis=-1)
        energy = float(((self.motion**2).sum(axis=(1)) * self.areas[:, None]).sum() / max(count, 1))
        damping = np.full(linear.shape[-1], np.sqrt(_RIDGE * energy))
        damping[2 * count :] *= 0.1
        jaw, found = np.zeros(3), np.zeros(linear.shape[-1])
        for _ in range(_JAW_ROUNDS if with_jaw else 1):
            rigid, slope = self._jaw(jaw)
            columns, goal = linear, wanted - rigid + slope @ jaw
            edge = damping
            if with_jaw:
                # Opening only opens; forward, left and right come as differences.
                turns = np.concatenate([slope, -slope[..., 1:]], axis=-1)
                columns = np.concatenate([linear, turns], axis=-1)
                edge = np.concatenate([damping, np.full(5, 1e-6)])
            matrix = (columns * root[..., None]).reshape(-1, columns.shape[-1])
            target = (goal * root).reshape(-1)
            solution = _nnls(matrix, target, edge)
            found = solution[: linear.shape[-1]]
            if with_jaw:
                turn = solution[linear.shape[-1] :]
                jaw = np.array([turn[0], turn[1] - turn[3], turn[2] - turn[4]])
        left = wanted - self._jaw(jaw)[0] - linear @ found
        signed = found[:count] - found[count : 2 * count]
        missing = float(np.sqrt((self.areas * (left**2).sum(axis=1)).sum()))
        return (signed, jaw, found[2 * count :]), missing

    def _jaw(self, angles: Array) -> tuple[Array, Array]:
        """Motion [M, 3] of a jaw rotation and its derivative [M, 3, 3] by the angles."""
        step = 1e-5
        here = self._turned(angles)
        slope = np.stack(
            [(self._turned(angles + step * axis) - here) / step for axis in np.eye(3)], -1
        )
        return here, slope

    def _turned(self, angles: Array) -> Array:
        angle = float(np.linalg.norm(angles))
        if angle < 1e-12:
            return np.zeros_like(self.arm)
        axis = angles / angle
        side = np.cross(axis, self.arm)
        moved = np.sin(angle) * side + (1 - np.cos(angle)) * np.cross(axis, side)
        result: Array = moved * self.jaw_weight[:, None]
        return result


def _nnls(matrix: Array, goal: Array, damping: Array) -> Array:
    """Non-negative x that minimises |matrix x - goal|^2 + |damping x|^2."""
    # The factor of the normal equations is square, which makes the search for signs cheap.
    square = matrix.T @ matrix + np.diag(damping**2 + 1e-12 * np.trace(matrix.T @ matrix))
    factor = np.linalg.cholesky(square)
    right = np.linalg.solve(factor, matrix.T @ goal)
    solution: Array = nnls(factor.T, right, maxiter=20 * len(damping))[0]
    return solution


def _usable(correspondence: Correspondence) -> NDArray[np.bool_]:
    size = float(np.cbrt(np.linalg.det(correspondence.linear)))
    target = correspondence.target
    near = correspondence.match.distance < _NEAR * size
    return near & ~eyeball_vertices(target) & ~inner_vertices(target)


def _carried_motion(correspondence: Correspondence) -> Array:
    """What each name does to each target vertex [Vt, 3, 52] at weight 1, metres."""
    reference: HeadModel = correspondence.reference
    betas = torch.from_numpy(correspondence.betas).to(reference.v_template.dtype)
    shaped = reference.to("cpu").shaped(betas)
    state = state_from_arkit(shaped.head, torch.eye(len(ARKIT_NAMES), dtype=betas.dtype))
    # Eyes are left out: their angles are copied, and lids must be matched without the ball.
    state = replace(state, leye_pose=state.leye_pose * 0, reye_pose=state.reye_pose * 0)
    with torch.no_grad():
        moved = (shaped.pose(state) - shaped.vertices).numpy().astype(np.float64)
    carried = correspondence.carried(moved.transpose(1, 2, 0))  # [Vt, 3, 52]
    result: Array = np.einsum("ij,vjn->vin", correspondence.linear, carried)
    return result
