"""The few points of a head that a detector sees, posed without the rest of the mesh.

A fit asks for these points some hundred times. Posing only the vertices they ride on, in float64
and for a whole batch of parameter vectors at once, makes finite-difference Jacobians cheap and
exact enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.arkit import table_of
from avatars.head.landmarks import embedding
from avatars.head.model import HeadModel

Array = NDArray[np.float64]


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
        vertices = (
            self.template
            + np.einsum("vcs,bs->bvc", self.shapes, pose.betas, optimize=True)
            + np.einsum("vcn,bn->bvc", self.shown, pose.arkit, optimize=True)
        )
        joints = (
            self.joints
            + np.einsum("jcs,bs->bjc", self.joint_shapes, pose.betas, optimize=True)
            + np.einsum("jcn,bn->bjc", self.joint_shown, pose.arkit, optimize=True)
        )
        angles = np.einsum("nac,bn->bac", self.joint_angles, pose.arkit, optimize=True)
        root = rotation(pose.orient)  # [B, 3, 3]
        rest = vertices - joints[:, :1]
        placed = np.zeros_like(vertices)
        # The neck does not turn here, so root and neck share one transform.
        placed += (self.weights[:, 0] + self.weights[:, 1])[None, :, None] * rest
        for row, joint in enumerate((2, 3, 4)):
            arm = vertices - joints[:, joint : joint + 1]
            turned = np.einsum("bij,bvj->bvi", rotation(angles[:, row]), arm, optimize=True)
            turned += joints[:, joint : joint + 1] - joints[:, :1]
            placed += self.weights[:, joint][None, :, None] * turned
        world = np.einsum("bij,bvj->bvi", root, placed, optimize=True)
        world += joints[:, :1] + pose.transl[:, None]
        corners = world[:, self.corners]  # [B, L, 3 corners, 3]
        points: Array = np.einsum("lk,blkc->blc", self.barycentrics, corners, optimize=True)
        return points


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
