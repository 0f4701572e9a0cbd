"""One person's landmarks as a fast function of pose and expression, for every frame of a video.

``LandmarkRig`` poses the vertices that landmarks ride on. A landmark is a weighted sum of skinned
vertices, and skinning is a sum over joints of a rigid turn of something linear, so the sums over
vertices are taken once per person: what is left per frame is a product of a few small matrices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.fit import MESH
from avatars.tracking.landmark_rig import JOINTS, LandmarkRig, rotation

Array = NDArray[np.float64]

_STEP = 1e-5  # radians, of finite differences of a rotation matrix


@dataclass(frozen=True, eq=False)
class Person:
    """Who is tracked.

    Attributes:
        betas: [S] identity, standard deviations.
        shift: [468, 3] how far the person's points lie from the model's, metres, in head axes.
    """

    betas: Array
    shift: Array

    @classmethod
    def average(cls, rig: LandmarkRig) -> "Person":
        """Somebody with the head's mean face."""
        return cls(np.zeros(rig.betas), np.zeros((MESH, 3)))


class PersonRig:
    """The 468 mesh points of a person, and where the eyes are.

    Args:
        rig: of the head.
        person: whose identity is held.
    """

    def __init__(self, rig: LandmarkRig, person: Person) -> None:
        self.person = person
        self.joint_angles = rig.joint_angles  # [52, 3 joints, 3]
        template = rig.template + rig.shapes @ person.betas
        self.joints = rig.joints + rig.joint_shapes @ person.betas  # [5, 3]
        self.joint_shown = rig.joint_shown  # [5, 3, 52]
        shares = rig.barycentrics[..., None] * rig.weights[rig.corners]  # [L, 3 corners, 5]
        self._parts: list[tuple[int | None, Array, Array, Array]] = []
        still = shares[..., 0] + shares[..., 1]
        groups = [(None, still), *((joint, shares[..., joint]) for joint in JOINTS)]
        for joint, share in groups:
            mesh = share[:MESH]
            if not (np.abs(mesh) > 1e-6).any():
                continue
            corners = rig.corners[:MESH]
            fixed = (mesh[..., None] * template[corners]).sum(axis=1)  # [468, 3]
            moved = np.einsum("lk,lkcn->lcn", mesh, rig.shown[corners])  # [468, 3, 52]
            self._parts.append((joint, mesh.sum(axis=1), fixed, moved))
        corners = rig.corners[MESH:]
        irises = (rig.barycentrics[MESH:, :, None] * template[corners]).sum(axis=1)
        self.irises = irises[[0, 5]] - self.joints[[4, 3]]
        """[2, 3] iris from its ball's centre, right eye first, at rest."""

    def points(self, orient: Array, transl: Array, arkit: Array) -> Array:
        """Mesh points [468, 3] in world space, metres."""
        local, _, joints = self._local(arkit)
        turned: Array = local @ rotation(orient[None])[0].T + joints[0] + transl
        return turned

    def derivatives(
        self, orient: Array, transl: Array, arkit: Array, names: NDArray[np.intp]
    ) -> tuple[Array, Array]:
        """Points [468, 3] and their derivatives [468, 3, 6 + n] by turn, shift and n names."""
        local, by_name, joints = self._local(arkit, names)
        turns = np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)]) * _STEP + orient
        spins = rotation(turns)
        points = local @ spins[0].T + joints[0] + transl
        slopes = np.empty((MESH, 3, 6 + len(names)))
        for axis in range(3):
            change = (spins[1 + axis] - spins[4 + axis]) / (2 * _STEP)
            slopes[:, :, axis] = local @ change.T
        slopes[:, :, 3:6] = np.eye(3)
        flat = by_name.transpose(1, 0, 2).reshape(3, -1)
        turned = (spins[0] @ flat).reshape(3, MESH, -1).transpose(1, 0, 2)
        slopes[:, :, 6:] = turned + self.joint_shown[0][:, names]
        return points, slopes

    def eyes(self, orient: Array, transl: Array, arkit: Array) -> Array:
        """Centres [2, 3] of the eyeballs in world space, right eye first."""
        joints = self.joints + self.joint_shown @ arkit
        spin = rotation(orient[None])[0]
        centres: Array = (joints[[4, 3]] - joints[0]) @ spin.T + joints[0] + transl
        return centres

    def _local(
        self, arkit: Array, names: NDArray[np.intp] | None = None
    ) -> tuple[Array, Array, Array]:
        """Points [468, 3] about the root before it turns, their slopes by name, and the joints."""
        joints = self.joints + self.joint_shown @ arkit
        angles = np.einsum("nac,n->ac", self.joint_angles, arkit)
        local = self.person.shift.copy()
        chosen = np.empty(0, np.intp) if names is None else names
        slopes = np.zeros((MESH, 3, len(chosen)))
        for joint, weight, fixed, moved in self._parts:
            at = fixed + moved @ arkit
            if joint is None:
                local += at - weight[:, None] * joints[0]
                if names is not None:
                    slopes += moved[:, :, names]
                    slopes -= weight[:, None, None] * self.joint_shown[0][:, names]
                continue
            row = JOINTS.index(joint)
            arm = at - weight[:, None] * joints[joint]
            spins = _spins(angles[row])
            local += arm @ spins[0].T + weight[:, None] * (joints[joint] - joints[0])
            if names is not None:
                slopes += self._joint_slopes(joint, weight, moved, arm, spins, names)
        return local, slopes, joints

    def _joint_slopes(
        self,
        joint: int,
        weight: Array,
        moved: Array,
        arm: Array,
        spins: Array,
        names: NDArray[np.intp],
    ) -> Array:
        """What a turning joint adds to the slopes [468, 3, n]."""
        own, root = self.joint_shown[joint][:, names], self.joint_shown[0][:, names]
        touched = np.flatnonzero(weight > 1e-6)
        part = np.zeros((MESH, 3, len(names)))
        inner = moved[touched][:, :, names] - weight[touched, None, None] * own
        by_angle = np.stack(
            [arm[touched] @ ((spins[1 + a] - spins[4 + a]) / (2 * _STEP)).T for a in range(3)],
            axis=-1,
        )  # [t, 3, 3 axes]
        angle_of = self.joint_angles[names, JOINTS.index(joint)]  # [n, 3 axes]
        turned = np.einsum("ab,tbn->tan", spins[0], inner, optimize=True)
        part[touched] = turned + by_angle @ angle_of.T
        part[touched] += weight[touched, None, None] * (own - root)
        return part


def _spins(angle: Array) -> Array:
    """Rotation matrices [7, 3, 3] of an angle vector and of six beside it."""
    beside = np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)]) * _STEP
    return rotation(angle + beside)


FITTED = np.array(
    [
        number
        for number, name in enumerate(ARKIT_NAMES)
        if not name.startswith("eyeLook") and name != "tongueOut"
    ],
    np.intp,
)
"""Names that landmarks of the mesh can tell; the gaze comes from the irises."""
