"""Linear blend skinning with shape, expression and pose-corrective bases, batched over frames.

Written from the published formula of FLAME (Li et al. 2017; SMPL, Loper et al. 2015): joints are
regressed from the shaped vertices, correctives are linear in R - I, every vertex follows the
weighted mean of its joints' rigid transforms.

After the first call nothing here reads a value back from the device or makes a tensor from host
data, so posing can be captured as a CUDA graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from avatars.head.state import HeadState

if TYPE_CHECKING:
    from avatars.head.model import HeadModel

JOINTS = ("root", "neck", "jaw", "left eye", "right eye")


@dataclass(frozen=True, eq=False)
class ShapedHead:
    """A head with its identity applied: the part of posing that a moving face does not repeat.

    Attributes:
        head: the head model.
        vertices: [V, 3] or [T, V, 3] shaped neutral vertices, metres.
        joints: [J, 3] or [T, J, 3] joints of those vertices, metres.
    """

    head: "HeadModel"
    vertices: Tensor
    joints: Tensor

    def pose(self, state: HeadState) -> Tensor:
        """Vertices [V, 3], or [T, V, 3] for a batched state or identity, world space, metres.

        Raises:
            ValueError: the state holds more expressions than the head has.
        """
        basis = self.head.posing_basis
        expression = padded(state.expression, self.head.expression_count, "expressions")
        turns = rodrigues(
            torch.stack(
                [
                    state.global_orient,
                    state.neck_pose,
                    state.jaw_pose,
                    state.leye_pose,
                    state.reye_pose,
                ],
                dim=-2,
            )
        )  # [..., J, 3, 3]
        coefficients = [expression]
        if basis.has_correctives:
            feature = turns[..., 1:, :, :] - basis.identity
            coefficients.append(feature.flatten(-3))
        if self.head.eyelids is not None:
            coefficients.append(state.eyelids)
        motion = torch.cat(coefficients, dim=-1) if len(coefficients) > 1 else expression
        moved = torch.matmul(motion, basis.motion).unflatten(-1, (-1, 3))  # [..., V, 3]
        vertices = self.vertices + moved
        shift = torch.matmul(expression, basis.joints_by_expression).unflatten(-1, (-1, 3))
        joints = self.joints + shift  # [..., J, 3]
        spins, places = chained(turns, joints, self.head.parents)
        offsets = places - (spins @ joints[..., None]).squeeze(-1) + state.transl[..., None, :]
        return skinned(vertices, self.head.lbs_weights, spins, offsets)


def shaped(
    head: "HeadModel", betas: Tensor | None = None, offsets: Tensor | None = None
) -> ShapedHead:
    """The head with identity ``betas`` [..., n] and free ``offsets`` [V, 3] (metres) applied.

    Raises:
        ValueError: more betas than the head has directions.
    """
    basis = head.posing_basis
    vertices, joints = head.v_template, basis.joints
    if betas is not None:
        betas = padded(betas, head.shape_count, "betas")
        vertices = vertices + torch.matmul(betas, basis.shape).unflatten(-1, (-1, 3))
        joints = joints + torch.matmul(betas, basis.joints_by_shape).unflatten(-1, (-1, 3))
    if offsets is not None:
        vertices = vertices + offsets
        joints = joints + head.J_regressor @ offsets
    return ShapedHead(head, vertices, joints)


def rodrigues(vectors: Tensor) -> Tensor:
    """Rotation matrices [..., 3, 3] of axis-angle vectors [..., 3], radians.

    The angle is the length of vector + 1e-8, as in FLAME's published code: finite gradients at
    zero, and results comparable to 1e-6.
    """
    angle: Tensor = (vectors + 1e-8).norm(dim=-1, keepdim=True)
    x, y, z = (vectors / angle).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))
    angle = angle[..., None]
    turned: Tensor = torch.sin(angle) * cross + (1 - torch.cos(angle)) * (cross @ cross)
    return turned + torch.diag_embed(torch.ones_like(vectors))


def chained(turns: Tensor, joints: Tensor, parents: Sequence[int]) -> tuple[Tensor, Tensor]:
    """World rotations [..., J, 3, 3] and places [..., J, 3] of the joints of a kinematic tree.

    Args:
        turns: [..., J, 3, 3] rotation of every joint relative to its parent.
        joints: [..., J, 3] joints at rest, metres.
        parents: J parents, each smaller than its child; the first is the root.
    """
    spins, places = [turns[..., :1, :, :]], [joints[..., :1, :]]
    homes = {0: (0, 0)}  # joint -> (group, row inside the group)
    for parent, start, stop in _siblings(tuple(parents)):
        group, row = homes[parent]
        spin = spins[group][..., row : row + 1, :, :]
        arm = joints[..., start:stop, :] - joints[..., parent : parent + 1, :]
        homes |= {child: (len(spins), child - start) for child in range(start, stop)}
        places.append((spin @ arm[..., None]).squeeze(-1) + places[group][..., row : row + 1, :])
        spins.append(spin @ turns[..., start:stop, :, :])
    return torch.cat(spins, dim=-3), torch.cat(places, dim=-2)


def skinned(vertices: Tensor, weights: Tensor, spins: Tensor, offsets: Tensor) -> Tensor:
    """Vertices [..., V, 3] moved by the weighted mean of rigid transforms.

    Args:
        vertices: [..., V, 3] at rest, metres.
        weights: [V, J].
        spins: [..., J, 3, 3] rotations.
        offsets: [..., J, 3] translations, metres.
    """
    # sum_j w_j (R_j v + t_j) as two matrix products: no [V, 4, 4] transforms are ever stored.
    spread = (weights[:, :, None] * vertices[..., :, None, :]).flatten(-2)  # [..., V, 3 J]
    columns = spins.transpose(-1, -2).flatten(-3, -2)  # [..., 3 J, 3]
    return spread @ columns + weights @ offsets


def padded(coefficients: Tensor, count: int, what: str) -> Tensor:
    """Coefficients [..., count]: the given first ones, then zeros.

    Raises:
        ValueError: there are more than ``count``.
    """
    given = coefficients.shape[-1]
    if given > count:
        raise ValueError(f"{given} {what} for a head that has {count}")
    if given == count:
        return coefficients
    return torch.nn.functional.pad(coefficients, (0, count - given))


class PosingBasis:
    """A head's arrays in the layout that posing reads, made once per head."""

    def __init__(self, head: "HeadModel") -> None:
        # Kept for later, so they must not be inference tensors even if the first call is one.
        with torch.inference_mode(False), torch.no_grad():
            self._prepare(head)

    def _prepare(self, head: "HeadModel") -> None:
        self.has_correctives = bool(head.posedirs.any())
        self.identity = torch.eye(3, device=head.device, dtype=head.v_template.dtype)
        self.joints = head.J_regressor @ head.v_template  # [J, 3]
        columns = [head.exprdirs]
        if self.has_correctives:
            columns.append(head.posedirs)
        if head.eyelids is not None:
            columns.append(head.eyelids.permute(1, 2, 0))
        self.motion = _rows(torch.cat(columns, dim=-1))  # [E + 9 (J - 1) + 2, 3 V]
        self.joints_by_expression = _rows(
            torch.einsum("jv,vce->jce", head.J_regressor, head.exprdirs)
        )  # [E, 3 J]
        self.shape = _rows(head.shapedirs)  # [S, 3 V]
        self.joints_by_shape = _rows(
            torch.einsum("jv,vcs->jcs", head.J_regressor, head.shapedirs)
        )  # [S, 3 J]


def _rows(directions: Tensor) -> Tensor:
    return directions.flatten(0, 1).t().contiguous()


@lru_cache(maxsize=8)
def _siblings(parents: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """(parent, first child, one past the last) for runs of joints with the same parent."""
    runs: list[tuple[int, int, int]] = []
    for child, parent in enumerate(parents[1:], start=1):
        if runs and runs[-1][0] == parent and runs[-1][2] == child:
            runs[-1] = (parent, runs[-1][1], child + 1)
        else:
            runs.append((parent, child, child + 1))
    return tuple(runs)
