"""The few points of a head that a detector sees, posed without the rest of the mesh.

A fit asks for these points and their derivatives some ten times. Only the vertices they ride on are
posed, in float64; what is linear (identity, expression, translation) has its derivatives from the
formula, the few angles theirs by finite differences of a small batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.arkit import table_of
from avatars.head.landmarks import embedding
from avatars.head.model import HeadModel

Array = NDArray[np.float64]

JOINTS = (2, 3, 4)
"""Jaw and eyes: the joints that ARKit names turn."""
STEP = 1e-4  # radians, of finite differences


@dataclass(frozen=True, eq=False)
class Pose:
    """Parameters of a batch of B heads.

    Attributes:
        orient: [B, 3] axis-angle of the head about its root joint, radians.
        transl: [B, 3] metres.
        betas: [B, S] standard deviations.
        arkit: [B, 52] weights of the ARKit names.
    """

    orient: Array
    transl: Array
    betas: Array
    arkit: Array


class LandmarkRig:
    """MediaPipe's 478 points of one head as a function of ``Pose``.

    Args:
        head: any head with an ARKit table; on heads without an embedding one is fitted.
        offsets: [V, 3] free displacement of the neutral vertices, metres.

    Raises:
        HeadMismatch: the head has no ARKit table.
    """

    def __init__(self, head: HeadModel, offsets: Tensor | None = None) -> None:
        points = embedding(head)
        faces = head.faces_numpy[points.faces.cpu().numpy()]  # [L, 3]
        self.vertices, corners = np.unique(faces, return_inverse=True)
        self.corners = corners.reshape(faces.shape)
        self.barycentrics = _float(points.barycentrics)
        table = table_of(head)
        template, regressor = _float(head.v_template), _float(head.J_regressor)
        if offsets is not None:
            template = template + _float(offsets)
        shapes, expressions = _float(head.shapedirs), _float(head.exprdirs)
        # ARKit weights act through expression directions and through joint angles.
        self.expression = _float(table.expression)  # [52, E]
        self.joint_angles = np.stack(
            [_float(table.jaw_pose), _float(table.leye_pose), _float(table.reye_pose)], axis=1
        )  # [52, 3, 3]
        self.template, self.joints = template[self.vertices], regressor @ template
        self.shapes = shapes[self.vertices]
        self.joint_shapes = np.einsum("jv,vcs->jcs", regressor, shapes)
        self.shown = np.einsum("vce,ne->vcn", expressions[self.vertices], self.expression)
        moved = np.einsum("jv,vce->jce", regressor, expressions)
        self.joint_shown = np.einsum("jce,ne->jcn", moved, self.expression)
        self.weights = _float(head.lbs_weights)[self.vertices]

    @property
    def betas(self) -> int:
        """S, the number of identity directions."""
        return self.shapes.shape[-1]

    def points(self, pose: Pose) -> Array:
        """Landmarks [B, L, 3] in world space, metres."""
        angles = np.einsum("nac,bn->bac", self.joint_angles, pose.arkit, optimize=True)
        vertices, joints = self._shaped(pose)
        return self._landmarks(self._posed(vertices, joints, pose.orient, angles, pose.transl))

    def derivatives(self, pose: Pose) -> tuple[Array, Array]:
        """Landmarks [L, 3] of the one head in ``pose`` and their derivatives [L, 3, P].

        P = 3 (orientation) + 3 (translation) + S (betas) + 52 (ARKit weights).
        """
        vertices, joints = self._shaped(pose)
        angles = np.einsum("nac,bn->bac", self.joint_angles, pose.arkit)[0]
        free = np.concatenate([pose.orient[0], angles.ravel()])  # 3 + 9 angles
        batch = free + STEP * np.concatenate([np.zeros((1, 12)), np.eye(12), -np.eye(12)])
        turned = batch[:, 3:].reshape(-1, 3, 3)
        world = self._posed(vertices, joints, batch[:, :3], turned, pose.transl)
        points = self._landmarks(world)
        by_angle = (points[1:13] - points[13:]) / (2 * STEP)  # [12, L, 3]
        root, blend, arms = self._linear(pose.orient, angles)
        by_beta = self._moved(root, blend, arms, self.shapes, self.joint_shapes)
        by_weight = self._moved(root, blend, arms, self.shown, self.joint_shown)
        by_joint_angle = by_angle[3:].reshape(3, 3, -1, 3)
        by_weight += np.einsum("nac,aclx->lxn", self.joint_angles, by_joint_angle, optimize=True)
        shift = np.broadcast_to(np.eye(3), (points.shape[1], 3, 3))
        turn = by_angle[:3].transpose(1, 2, 0)
        return points[0], np.concatenate([turn, shift, by_beta, by_weight], axis=2)

    def _shaped(self, pose: Pose) -> tuple[Array, Array]:
        """Vertices [B, K, 3] and joints [B, J, 3] before posing."""
        vertices = self.template + _mixed(self.shapes, pose.betas) + _mixed(self.shown, pose.arkit)
        joints = self.joints + _mixed(self.joint_shapes, pose.betas)
        return vertices, joints + _mixed(self.joint_shown, pose.arkit)

    def _posed(
        self, vertices: Array, joints: Array, orient: Array, angles: Array, transl: Array
    ) -> Array:
        """World positions [B, K, 3]; arrays of one head serve a whole batch of angles."""
        # The neck does not turn here, so root and neck share one transform.
        still = (self.weights[:, 0] + self.weights[:, 1])[None, :, None]
        placed = still * (vertices - joints[:, :1])
        for row, joint in enumerate(JOINTS):
            arm = vertices - joints[:, joint : joint + 1]
            turned = arm @ rotation(angles[:, row]).transpose(0, 2, 1)
            turned = turned + joints[:, joint : joint + 1] - joints[:, :1]
            placed = placed + self.weights[:, joint][None, :, None] * turned
        turned = placed @ rotation(orient).transpose(0, 2, 1)
        world: Array = turned + joints[:, :1] + transl[:, None]
        return world

    def _landmarks(self, world: Array) -> Array:
        corners = world[:, self.corners]  # [B, L, 3 corners, 3]
        points: Array = np.einsum("lk,blkc->blc", self.barycentrics, corners, optimize=True)
        return points

    def _linear(self, orient: Array, angles: Array) -> tuple[Array, Array, Array]:
        """Root rotation [3, 3], blended inner ones [K, 3, 3], and those of the joints [3, 3, 3]."""
        arms = rotation(angles)
        still = self.weights[:, 0] + self.weights[:, 1]
        blend = still[:, None, None] * np.eye(3)
        blend = blend + np.einsum("kj,jab->kab", self.weights[:, list(JOINTS)], arms)
        return rotation(orient)[0], blend, arms

    def _moved(
        self, root: Array, blend: Array, arms: Array, basis: Array, joint_basis: Array
    ) -> Array:
        """Derivatives [L, 3, n] of the landmarks along vertex directions [K, 3, n]."""
        moved = blend @ basis
        for row, joint in enumerate(JOINTS):
            shift = (np.eye(3) - arms[row]) @ joint_basis[joint]  # [3, n]
            moved += self.weights[:, joint, None, None] * shift
        still = self.weights.sum(axis=1)[:, None, None] * joint_basis[0]
        moved = root @ (moved - still) + joint_basis[0]
        corners = moved[self.corners]  # [L, 3 corners, 3, n]
        found: Array = (self.barycentrics[..., None, None] * corners).sum(axis=1)
        return found


def _mixed(basis: Array, weights: Array) -> Array:
    """[B, K, 3] of directions [K, 3, n] and weights [B, n]."""
    flat = weights @ basis.reshape(-1, basis.shape[-1]).T
    mixed: Array = flat.reshape(len(weights), *basis.shape[:2])
    return mixed


def rotation(vectors: Array) -> Array:
    """Rotation matrices [B, 3, 3] of axis-angle vectors [B, 3], radians."""
    angle = np.linalg.norm(vectors, axis=-1)[:, None, None]
    x, y, z = (vectors / np.maximum(angle[:, 0], 1e-12)).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)
    turned: Array = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return turned


def _float(values: Tensor) -> Array:
    array: Array = values.detach().cpu().numpy().astype(np.float64)
    return array
