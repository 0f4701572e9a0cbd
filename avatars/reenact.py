"""One face's motion on another head: relative to the driver's neutral, group by group."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor

from avatars.errors import HeadMismatch
from avatars.head.arkit import arkit_from_state, state_from_arkit
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.motion import Motion

Part = Literal["pose", "expression"]

MOST = 1.5
"""Largest ARKit weight that comes out."""
_LEAST = -0.3
"""Smallest: a face a little beyond its own rest, as raised brows of somebody who rests frowning."""
_NOT_BELOW_REST = ("jaw", "mouthClose", "mouthRoll", "mouthPress", "cheekPuff", "tongueOut")
_RESTING_SHARE = 0.1
"""Share of frames in which a weight is at its resting level or below."""
_USUAL_TURN = 0.15  # radians from the usual turn that count as much as a usual expression
_FEW_FRAMES = 10  # too few to tell how the driver's face rests


@dataclass(frozen=True)
class Strengths:
    """How strongly each group of a driver's motion is taken over; 1 is as it is.

    Attributes:
        pose: turn and place of the head.
        mouth: lips and cheeks.
        jaw: the jaw.
        eyes: lids.
        gaze: where the eyes look.
        brows: brows and the nose's wrinkles.
    """

    pose: float = 1.0
    mouth: float = 1.0
    jaw: float = 1.0
    eyes: float = 1.0
    gaze: float = 1.0
    brows: float = 1.0


@dataclass(frozen=True)
class Retargeting:
    """How a driver's motion is put on another head.

    Attributes:
        relative: whether the driver's neutral is taken off; else its states count as they are.
        strengths: by group.
        dead_zone: ARKit weight up to which nothing moves.
        only: the half that is taken over; None takes both.
    """

    relative: bool = True
    strengths: Strengths = field(default_factory=Strengths)
    dead_zone: float = 0.0
    only: Part | None = None


@dataclass(frozen=True, eq=False)
class Neutral:
    """A driver at rest.

    Attributes:
        state: a single state.
        arkit: [52] weights.
    """

    state: HeadState
    arkit: Tensor


def group_of(name: str) -> str:
    """The group of ``Strengths`` that an ARKit name belongs to."""
    if name.startswith("eyeLook"):
        return "gaze"
    for start, group in (("eye", "eyes"), ("jaw", "jaw"), ("brow", "brows"), ("nose", "brows")):
        if name.startswith(start):
            return group
    return "eyes" if name.startswith("cheekSquint") else "mouth"


def least_expression(motion: Motion) -> int:
    """The valid frame in which the face does least, the gaze not counted; 0 where none is valid.

    Of frames that do about as little, one in which the head is held as it usually is.
    """
    if motion.has_arkit:
        counted = [not name.startswith("eyeLook") for name in ARKIT_NAMES]
        amount = motion.arkit[:, torch.tensor(counted)].square().sum(dim=1)
    else:
        amount = motion.states.expression.square().sum(dim=1)
        amount = amount + 100 * motion.states.jaw_pose.square().sum(dim=1)
    held = motion.states.global_orient
    usual = (held[motion.valid] if bool(motion.valid.any()) else held).median(dim=0).values
    away = (held - usual).norm(dim=1)
    amount = amount + (away / _USUAL_TURN).square() * amount.clamp_min(1e-3).median()
    amount = torch.where(motion.valid, amount, torch.inf)
    return int(amount.argmin())


def neutral_of(motion: Motion, frame: int | None = None) -> Neutral:
    """The driver at rest.

    Args:
        motion: the driver.
        frame: the frame that shows it, taken as it is; without one, pose and face are those of the
            frame with the least expression, of which only what the face rests in counts: a hint of
            a smile that other frames lack is no part of the person.

    Raises:
        ValueError: no such frame.
    """
    if frame is not None:
        if not 0 <= frame < len(motion):
            raise ValueError(f"there is no frame {frame} among {len(motion)}")
        return Neutral(motion.states.at(frame), motion.arkit[frame])
    chosen = least_expression(motion)
    state, arkit = motion.states.at(chosen), motion.arkit[chosen]
    known = motion.arkit[motion.valid]
    if len(known) < _FEW_FRAMES:
        rest = replace(
            HeadState.neutral(state.expression.shape[-1]),
            global_orient=state.global_orient,
            transl=state.transl,
        )
        return Neutral(rest, torch.zeros_like(arkit))
    resting = torch.quantile(known, _RESTING_SHARE, dim=0)
    return Neutral(state, torch.minimum(arkit, resting))


def spared(neutral: Neutral, own: Tensor) -> Neutral:
    """The driver at rest, less what the avatar shows in its own picture.

    A fit takes some of how a person is made for expression: brows set high, a mouth's corners.
    Where driver and avatar have that in common it is left in.

    Args:
        neutral: the driver.
        own: [52] weights of the avatar's picture.
    """
    return replace(neutral, arkit=(neutral.arkit - own).clamp_min(0.0))


class Retargeter:
    """Puts a driver's states on a head; for live use and for whole motions.

    Args:
        head: of the avatar that is driven, with an ARKit table.
        options: what is taken over.
        neutral: the driver at rest; without it, or where motion is absolute, nothing is taken off.
        direct: whether the driver's states are of this very kind of head, so that expression
            coefficients are taken over as they are.
        seat: turn and place that the driver's pose is added to; upright at the origin by default.

    Raises:
        HeadMismatch: the head has no ARKit table.
    """

    def __init__(
        self,
        head: HeadModel,
        options: Retargeting,
        neutral: Neutral | None = None,
        *,
        direct: bool = False,
        seat: HeadState | None = None,
    ) -> None:
        self.head, self.options, self.direct = head.to("cpu"), options, direct
        self._neutral = neutral if options.relative else None
        self._rest = self.head.neutral()
        self._seat = seat or self._rest
        strengths = options.strengths
        self._gains = torch.tensor([getattr(strengths, group_of(name)) for name in ARKIT_NAMES])
        self._low = torch.tensor(
            [0.0 if name.startswith(_NOT_BELOW_REST) else _LEAST for name in ARKIT_NAMES]
        )

    def state(self, state: HeadState, arkit: Tensor) -> HeadState:
        """The avatar's state for one of the driver's.

        Args:
            state: of the driver, single.
            arkit: [52] weights behind it; ignored where expressions are taken over directly.
        """
        face = self._rest
        if self.options.only != "pose":
            face = self._direct(state) if self.direct else self._by_name(arkit)
        orient, transl = self._seat.global_orient, self._seat.transl
        if self.options.only != "expression":
            orient, transl = self._pose(state)
            face = self._with_neck(face, state)
        return replace(face, global_orient=orient, transl=transl)

    def named(self, arkit: Tensor) -> Tensor:
        """The avatar's ARKit weights [52] for one of the driver's; they may lie a little below 0.

        Args:
            arkit: [52] weights of the driver.
        """
        if self.options.only == "pose":
            return torch.zeros(len(ARKIT_NAMES))
        change = arkit.cpu().float()
        if self._neutral is not None:
            change = change - self._neutral.arkit
        zone = self.options.dead_zone
        change = change.sign() * (change.abs() - zone).clamp_min(0.0)
        return torch.maximum(change * self._gains, self._low).clamp(max=MOST)

    def _by_name(self, arkit: Tensor) -> HeadState:
        return state_from_arkit(self.head, self.named(arkit))

    def _direct(self, state: HeadState) -> HeadState:
        rest = self._neutral.state if self._neutral is not None else None
        face = self._rest
        count = min(state.expression.shape[-1], face.expression.shape[-1])
        expression = torch.zeros_like(face.expression)
        expression[:count] = state.expression[:count]
        if rest is not None:
            expression[:count] -= rest.expression[:count]
        turned = {
            name: _turn_between(getattr(rest, name) if rest is not None else None, value)
            for name, value in (
                ("jaw_pose", state.jaw_pose),
                ("leye_pose", state.leye_pose),
                ("reye_pose", state.reye_pose),
            )
        }
        lids = state.eyelids if rest is None else state.eyelids - rest.eyelids
        moved = replace(face, expression=expression, eyelids=lids, **turned)
        if bool((self._gains == 1).all()) and self.options.dead_zone == 0:
            return moved
        # What the names can express is scaled by its group; the rest of the face stays as it is.
        named = arkit_from_state(self.head, moved)
        wanted = self._gains * (named - self.options.dead_zone).clamp_min(0.0)
        return state_from_arkit(self.head, wanted - named, moved)

    def _pose(self, state: HeadState) -> tuple[Tensor, Tensor]:
        """Turn and place of the avatar, in the seat's axes."""
        seat = Rotation.from_rotvec(self._seat.global_orient.double().numpy())
        turn = Rotation.from_rotvec(state.global_orient.double().numpy())
        place = state.transl.double().numpy()
        if self._neutral is not None:
            # As the driver's own neck would feel it: about the axes of the head at rest.
            rest = Rotation.from_rotvec(self._neutral.state.global_orient.double().numpy())
            turn = rest.inv() * turn
            place = rest.inv().apply(place - self._neutral.state.transl.double().numpy())
        share = self.options.strengths.pose
        turn = Rotation.from_rotvec(turn.as_rotvec() * share)
        if not self.options.relative:
            return _tensor(turn.as_rotvec()), _tensor(place * share)
        moved = self._seat.transl.double().numpy() + seat.apply(place * share)
        return _tensor((seat * turn).as_rotvec()), _tensor(moved)

    def _with_neck(self, face: HeadState, state: HeadState) -> HeadState:
        rest = None if self._neutral is None else self._neutral.state.neck_pose
        neck = _turn_between(rest, state.neck_pose) * self.options.strengths.pose
        return replace(face, neck_pose=neck)


def retargeted(
    motion: Motion,
    head: HeadModel,
    options: Retargeting,
    *,
    neutral: Neutral | None = None,
    seat: HeadState | None = None,
) -> list[HeadState]:
    """The states of an avatar on ``head`` for every frame of a driver.

    Args:
        motion: the driver.
        head: the avatar's.
        options: what is taken over.
        neutral: the driver at rest; ``neutral_of(motion)`` by default.
        seat: as for ``Retargeter``.

    Raises:
        HeadMismatch: the motion has no ARKit weights and belongs to another kind of head.
    """
    direct = takes_directly(motion, head)
    if not direct and not motion.has_arkit:
        raise HeadMismatch(
            f"This motion holds coefficients of a {motion.head} head, and the avatar has "
            f"the head '{head.name or head.version}'.",
            "Import a FLAME head ('avatar-gui head import'), so that it can be translated.",
        )
    rest = neutral if neutral is not None else neutral_of(motion)
    retargeter = Retargeter(head, options, rest, direct=direct, seat=seat)
    return [
        retargeter.state(motion.states.at(number), motion.arkit[number])
        for number in range(len(motion))
    ]


def takes_directly(motion: Motion, head: HeadModel) -> bool:
    """Whether a motion's expression coefficients mean the same on this head.

    FLAME's releases share their meaning closely enough; a motion that knows the ARKit weights goes
    by the names all the same, so that strengths act on what was tracked.
    """
    if motion.has_arkit:
        return False
    if motion.fingerprint:
        return motion.fingerprint == head.fingerprint
    return is_flame(motion.head) and is_flame(head.version)


def is_flame(version: str) -> bool:
    """Whether a version names a release of FLAME."""
    return version.upper().startswith("FLAME")


def translated(motion: Motion, source: HeadModel) -> Motion:
    """The motion with ARKit weights worked out on the head that its coefficients belong to.

    Raises:
        HeadMismatch: that head has no ARKit table.
    """
    wanted = source.expression_count
    have = motion.states.expression.shape[-1]
    expression = torch.zeros(len(motion), wanted)
    count = min(wanted, have)
    expression[:, :count] = motion.states.expression[:, :count]
    states = replace(motion.states, expression=expression)
    return replace(
        motion,
        states=states,
        names=source.expression_names,
        arkit=arkit_from_state(source, states),
        has_arkit=True,
    )


def _turn_between(rest: Tensor | None, pose: Tensor) -> Tensor:
    if rest is None:
        return pose
    before = Rotation.from_rotvec(rest.double().numpy())
    after = Rotation.from_rotvec(pose.double().numpy())
    return _tensor((before.inv() * after).as_rotvec())


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).float()
