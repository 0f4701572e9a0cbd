"""`--set NAME=VALUE` and `--neutral`: which face an avatar makes."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from avatars.avatar import Identity
from avatars.head.arkit import arkit_from_state, state_from_arkit
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.uv_avatar import UvAvatar
from renderer.errors import UserError
from renderer.rotations import axis_angles_to_quats, multiply, quats_to_axis_angles

MOST_ARKIT = 2.0
JOINTS = ("jaw_pose", "neck_pose", "leye_pose", "reye_pose", "global_orient")
AXES = "xyz"


@dataclass(frozen=True)
class Setting:
    """One NAME=VALUE."""

    name: str
    value: float


def parse_setting(text: str) -> Setting:
    """A setting from the command line.

    Raises:
        UserError: no equals sign, or no number behind it.
    """
    name, sign, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not sign or value != value or abs(value) == float("inf"):
        raise UserError(
            f"--set {text} is not NAME=VALUE.", "Write a name and a number, as --set jawOpen=0.6."
        )
    return Setting(name.strip(), value)


def posed(
    avatar: UvAvatar, state: HeadState, settings: Sequence[Setting], *, neutral: bool
) -> tuple[UvAvatar, HeadState]:
    """The avatar and its state with settings applied in order, after ``--neutral``.

    Raises:
        UserError: a name the head does not know (the nearest is named), or a value out of range.
    """
    head = avatar.head
    if neutral:
        rest = head.neutral()
        state = replace(rest, global_orient=state.global_orient, transl=state.transl)
    for setting in settings:
        avatar, state = _applied(avatar, state, setting, head)
    return avatar, state


def _applied(
    avatar: UvAvatar, state: HeadState, setting: Setting, head: HeadModel
) -> tuple[UvAvatar, HeadState]:
    name, value = setting.name, setting.value
    if name in ARKIT_NAMES:
        if not 0 <= value <= MOST_ARKIT:
            raise UserError(f"--set {name}={value:g} is out of range.", "Use 0 to 2.")
        return avatar, _with_arkit(head, state, name, value)
    if name in head.shape_names or re.fullmatch(r"betas_\d{3}", name):
        number = (
            head.shape_names.index(name) if name in head.shape_names else int(name.split("_")[1])
        )
        if number < head.shape_count:
            return _with_beta(avatar, number, value), state
    if re.fullmatch(r"expr_\d{3}", name) and int(name[5:]) < head.expression_count:
        expression = state.expression.clone()
        expression[int(name[5:])] = value
        return avatar, replace(state, expression=expression)
    if name in ("gaze.x", "gaze.y"):
        return avatar, _with_gaze(state, name[-1], value)
    joint, dot, axis = name.partition(".")
    if dot and axis in AXES and len(axis) == 1 and joint in (*JOINTS, "transl"):
        return avatar, _with_component(state, joint, AXES.index(axis), value)
    known = [*ARKIT_NAMES, *head.shape_names, "gaze.x", "gaze.y", "betas_000", "expr_000"]
    known += [f"{joint}.{axis}" for joint in (*JOINTS, "transl") for axis in AXES]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    raise UserError(
        f"--set {name}: there is no such setting on the head '{head.name}'.",
        f"Did you mean '{near[0]}'?" if near else "Names are those of ARKit, such as jawOpen.",
    )


def _with_arkit(head: HeadModel, state: HeadState, name: str, value: float) -> HeadState:
    """The state in which one ARKit weight is ``value`` and the others stay."""
    number = ARKIT_NAMES.index(name)
    change = torch.zeros(len(ARKIT_NAMES))
    change[number] = value - float(arkit_from_state(head, state)[number])
    return state_from_arkit(head, change, state)


def _with_beta(avatar: UvAvatar, number: int, value: float) -> UvAvatar:
    betas = torch.zeros(avatar.head.shape_count)
    betas[: len(avatar.identity.betas)] = avatar.identity.betas
    betas[number] = value
    identity = avatar.identity
    return replace(avatar, identity=Identity(betas, identity.offsets, identity.name))


def _with_component(state: HeadState, field: str, axis: int, value: float) -> HeadState:
    """Jaw angles add to what the expression does to the jaw; the others are set."""
    vector = getattr(state, field).clone()
    vector[axis] = value + (vector[axis] if field == "jaw_pose" else 0.0)
    return replace(state, **{field: vector})


def _with_gaze(state: HeadState, axis: str, value: float) -> HeadState:
    """Both eyes turned to the subject's left (x) or up (y), on top of the other axis."""
    turn = torch.tensor([0.0, value, 0.0] if axis == "x" else [-value, 0.0, 0.0])
    turned = {}
    for eye in ("leye_pose", "reye_pose"):
        pose = getattr(state, eye).clone()
        pose[1 if axis == "x" else 0] = 0.0
        both = multiply(axis_angles_to_quats(turn), axis_angles_to_quats(pose))
        turned[eye] = quats_to_axis_angles(both)
    return replace(state, **turned)
