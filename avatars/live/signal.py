"""What a phone or another program says about a face at one moment, and the state it means here."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatars.head.arkit_names import ARKIT_NAMES

if TYPE_CHECKING:
    import torch

    from avatars.head.model import HeadModel
    from avatars.head.state import HeadState

Floats = NDArray[np.float64]

LOOKS = tuple(name for name in ARKIT_NAMES if name.startswith("eyeLook"))
_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
_LOWER = {name.lower(): number for number, name in enumerate(ARKIT_NAMES)}


def _other_side(name: str) -> str:
    for one, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(one):
            return name.removesuffix(one) + other
    return name


_MIRROR = tuple(_INDEX[_other_side(name)] for name in ARKIT_NAMES)
MOST = 2.0  # weights beyond it are cut: no sender means them


@dataclass(frozen=True, eq=False)
class FaceSignal:
    """A face at one moment. Axes as everywhere: +x to the subject's left, +y up, +z forward.

    Attributes:
        weights: [52] ARKit weights in the order of ``ARKIT_NAMES``, 0..2.
        head: [3] axis-angle of the head, radians.
        place: [3] of the head, metres.
        left_eye, right_eye: [3] axis-angle relative to the head, radians; None where the sender
            only sends the eyeLook weights.
        is_lost: the sender runs but sees no face; the rest is its last word or zero.
    """

    weights: Floats
    head: Floats
    place: Floats
    left_eye: Floats | None = None
    right_eye: Floats | None = None
    is_lost: bool = False

    @classmethod
    def neutral(cls) -> "FaceSignal":
        """A resting face at the origin."""
        return cls(np.zeros(len(ARKIT_NAMES)), np.zeros(3), np.zeros(3))

    def lost(self) -> "FaceSignal":
        """The same, as the last word of a sender that has lost the face."""
        return replace(self, is_lost=True)


def mirrored(signal: FaceSignal) -> FaceSignal:
    """The face as a mirror shows it: left and right changed over."""
    flip = np.array([1.0, -1.0, -1.0])

    def turned(vector: Floats | None) -> Floats | None:
        return None if vector is None else vector * flip

    return replace(
        signal,
        weights=signal.weights[list(_MIRROR)],
        head=signal.head * flip,
        place=signal.place * [-1.0, 1.0, 1.0],
        left_eye=turned(signal.right_eye),
        right_eye=turned(signal.left_eye),
    )


def arkit_index(name: str) -> int | None:
    """The place of an ARKit name, whatever its case, in ``ARKIT_NAMES``; None for others."""
    return _INDEX.get(name, _LOWER.get(name.lower()))


def bounded(value: float) -> float:
    """A weight as it is used: 0..2, and 0 for what is no number."""
    return min(max(value, 0.0), MOST) if value == value else 0.0


def euler(pitch: float, yaw: float, roll: float) -> Floats:
    """Axis-angle [3] of a head turned by yaw, then pitch, then roll about its own axes, radians.

    Positive pitch nods down, positive yaw turns to the subject's left, positive roll leans the
    crown to the subject's right.
    """
    from scipy.spatial.transform import Rotation

    turn: Floats = Rotation.from_euler("YXZ", [yaw, pitch, roll]).as_rotvec()
    return turn


def quaternion_vector(x: float, y: float, z: float, w: float) -> Floats | None:
    """Axis-angle [3] of a quaternion xyzw of any length; None if it has none or is not finite."""
    from scipy.spatial.transform import Rotation

    quat = np.array([x, y, z, w], np.float64)
    length = float(np.linalg.norm(quat))
    if not np.isfinite(length) or length < 1e-9:
        return None
    turn: Floats = Rotation.from_quat(quat / length).as_rotvec()
    return turn


def signal_state(head: "HeadModel", signal: FaceSignal) -> "HeadState":
    """The state of a head that shows a signal, on the head's device.

    Eye angles count in place of the eyeLook weights where the sender gives them.

    Raises:
        HeadMismatch: the head has no ARKit table.
    """
    import torch

    from avatars.head.arkit import state_from_arkit

    weights = torch.from_numpy(signal.weights).to(head.v_template)
    given = signal.left_eye is not None and signal.right_eye is not None
    if given:
        weights = weights.clone()
        weights[[_INDEX[name] for name in LOOKS]] = 0
    state = state_from_arkit(head, weights)

    def vector(values: Floats | None) -> torch.Tensor:
        assert values is not None
        return torch.from_numpy(np.array(values)).to(head.v_template)

    if given:
        state = replace(
            state, leye_pose=vector(signal.left_eye), reye_pose=vector(signal.right_eye)
        )
    return replace(state, global_orient=vector(signal.head), transl=vector(signal.place))


def state_signal(head: "HeadModel", state: "HeadState") -> FaceSignal:
    """The signal that tells other programs of a state; the inverse of ``signal_state``.

    Args:
        head: the head of the state.
        state: one state.

    Raises:
        HeadMismatch: the head has no ARKit table.
    """
    from avatars.head.arkit import arkit_from_state
    from renderer.rotations import axis_angles_to_quats, multiply, quats_to_axis_angles

    quats = (axis_angles_to_quats(turn) for turn in (state.global_orient, state.neck_pose))
    turn = quats_to_axis_angles(multiply(*quats))

    def array(values: "torch.Tensor") -> Floats:
        return np.asarray(values.detach().cpu().double().numpy())

    return FaceSignal(
        array(arkit_from_state(head, state)),
        array(turn),
        array(state.transl),
        array(state.leye_pose),
        array(state.reye_pose),
    )
