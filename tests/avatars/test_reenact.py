"""Motion from one head to another."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from avatars.errors import HeadMismatch
from avatars.files.flame_motion import flame_motion
from avatars.head.arkit import arkit_from_state, state_from_arkit
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.motion import Motion
from avatars.reenact import (
    Neutral,
    Retargeter,
    Retargeting,
    Strengths,
    group_of,
    least_expression,
    neutral_of,
    retargeted,
    spared,
    translated,
)
from renderer.rotations import axis_angles_to_matrices
from tests.avatars.synthetic_photo import head as built_in
from tests.make_head import small_head

JAW, SMILE, BROW = (ARKIT_NAMES.index(n) for n in ("jawOpen", "mouthSmileLeft", "browInnerUp"))
BLINK, LOOK = ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeLookUpLeft")


def talking(head: HeadModel, frames: int = 20, rest: float = 0.0) -> Motion:
    """Jaw and smile that come and go over a resting level, the head turning."""
    beat = torch.sin(torch.linspace(0, 3.1, frames)).clamp_min(0)
    arkit = torch.zeros(frames, 52)
    arkit[:, JAW], arkit[:, SMILE] = 0.6 * beat, rest + 0.5 * beat
    arkit[:, BLINK] = 0.3 * beat
    states = state_from_arkit(head, arkit)
    turn = torch.zeros(frames, 3)
    turn[:, 1] = 0.2 + 0.1 * torch.linspace(-1.5, 1.5, frames)
    place = torch.zeros(frames, 3)
    place[:, 0] = torch.linspace(0.0, 0.1, frames)
    states = replace(states, global_orient=turn, transl=place)
    return Motion(
        states=states,
        arkit=arkit,
        fps=30.0,
        valid=torch.ones(frames, dtype=torch.bool),
        head=head.version,
        names=head.expression_names,
        fingerprint=head.fingerprint,
    )


def test_every_name_has_a_group_that_can_be_set() -> None:
    assert {group_of(name) for name in ARKIT_NAMES} == set(vars(Strengths())) - {"pose"}


def test_at_rest_the_avatar_rests() -> None:
    motion = talking(built_in())
    states = retargeted(motion, built_in(), Retargeting(), neutral=neutral_of(motion, 0))
    assert float(states[0].expression.abs().max()) < 1e-6
    assert float(states[0].global_orient.abs().max()) < 1e-6
    assert float(states[10].jaw_pose[0]) > 0.1


def test_a_resting_smile_is_taken_off_only_where_motion_is_relative() -> None:
    motion = talking(built_in(), rest=0.3)
    relative = retargeted(motion, built_in(), Retargeting())
    absolute = retargeted(motion, built_in(), Retargeting(relative=False))
    column = list(built_in().expression_names).index("mouthSmileLeft")
    assert float(relative[0].expression[column]) == pytest.approx(0.0, abs=0.12)
    assert float(absolute[0].expression[column]) == pytest.approx(0.3, abs=1e-5)


def test_what_the_avatar_shows_in_its_own_photo_is_left_in() -> None:
    motion = talking(built_in(), rest=0.3)
    own = torch.zeros(52)
    own[SMILE] = 0.2
    whole = neutral_of(motion)
    left = spared(whole, own)
    assert float(left.arkit[SMILE]) == pytest.approx(float(whole.arkit[SMILE]) - 0.2, abs=1e-6)
    assert not spared(whole, torch.ones(52)).arkit.any()


@pytest.mark.parametrize(
    ("group", "column"),
    [("jaw", JAW), ("mouth", SMILE), ("brows", BROW), ("eyes", BLINK), ("gaze", LOOK)],
)
def test_a_strength_scales_its_group_and_no_other(group: str, column: int) -> None:
    head = built_in()
    weights = torch.zeros(52)
    weights[[JAW, SMILE, BROW, BLINK, LOOK]] = 0.4
    rest = head.neutral()
    half = Retargeting(strengths=Strengths(**{group: 0.5}))
    neutral = Neutral(rest, torch.zeros(52))
    shown = arkit_from_state(head, Retargeter(head, half, neutral).state(rest, weights))
    for other in (JAW, SMILE, BROW, BLINK, LOOK):
        wanted = 0.2 if other == column else 0.4
        assert float(shown[other]) == pytest.approx(wanted, abs=0.02)


def test_the_dead_zone_swallows_what_is_small() -> None:
    head = built_in()
    weights = torch.zeros(52)
    weights[JAW], weights[SMILE] = 0.05, 0.5
    still = Retargeter(head, Retargeting(dead_zone=0.1)).state(head.neutral(), weights)
    assert float(still.jaw_pose.abs().max()) == 0.0
    shown = arkit_from_state(head, still)
    assert float(shown[SMILE]) == pytest.approx(0.4, abs=0.02)


def test_one_half_alone_leaves_the_other_at_rest() -> None:
    motion = talking(built_in())
    neutral = neutral_of(motion, 0)
    pose = retargeted(motion, built_in(), Retargeting(only="pose"), neutral=neutral)[10]
    only = Retargeting(only="expression")
    face = retargeted(motion, built_in(), only, neutral=neutral)[10]
    assert not pose.expression.any()
    assert float(pose.global_orient.abs().max()) > 0.05
    assert not face.global_orient.any()
    assert float(face.expression.abs().max()) > 0.2


def test_pose_is_felt_in_the_axes_of_the_resting_head() -> None:
    """A nod of somebody who sits turned to the side is a nod of the avatar."""
    head = built_in()
    motion = talking(head, frames=2)
    turned = axis_angles_to_matrices(torch.tensor([[0.0, 0.7, 0.0], [0.2, 0.0, 0.0]]))
    both = turned[0] @ turned[1]
    from avatars.tracking.frame_fit import vector_of

    orient = torch.stack(
        [torch.tensor([0.0, 0.7, 0.0]), torch.from_numpy(vector_of(both.double().numpy())).float()]
    )
    motion = replace(motion, states=replace(motion.states, global_orient=orient))
    state = retargeted(motion, head, Retargeting(), neutral=neutral_of(motion, 0))[1]
    assert torch.allclose(state.global_orient, torch.tensor([0.2, 0.0, 0.0]), atol=1e-5)


def test_a_seat_is_where_relative_motion_starts() -> None:
    head = built_in()
    motion = talking(head)
    seat = replace(
        head.neutral(),
        global_orient=torch.tensor([0.0, 0.05, 0.0]),
        transl=torch.tensor([0.0, 0.0, 0.05]),
    )
    states = retargeted(motion, head, Retargeting(), neutral=neutral_of(motion, 0), seat=seat)
    assert torch.allclose(states[0].transl, seat.transl, atol=1e-6)
    assert torch.allclose(states[7].global_orient, motion.states.global_orient[7], atol=1e-5)


@given(st.floats(0, 1), st.floats(0, 1))
def test_expressions_cross_between_heads_by_their_names(jaw: float, brow: float) -> None:
    source, target = built_in(), small_head()
    arkit = torch.zeros(1, 52)
    arkit[0, JAW], arkit[0, BROW] = jaw, brow
    motion = replace(talking(source, frames=1), states=state_from_arkit(source, arkit), arkit=arkit)
    (state,) = retargeted(motion, target, Retargeting(relative=False))
    assert state.expression.shape == (target.expression_count,)
    assert float(state.jaw_pose[0]) == pytest.approx(0.3 * jaw, abs=1e-5)
    assert float(state.expression[BROW]) == pytest.approx(brow, abs=1e-5)


def flame_head() -> HeadModel:
    return replace(small_head(), version="FLAME 2023", fingerprint="")


def flame_driver() -> Motion:
    expression = torch.zeros(3, 20)
    expression[1, 4], expression[2, 4] = 0.7, 0.2
    jaw = torch.zeros(3, 3)
    jaw[1, 0] = 0.25
    return flame_motion({"expression": expression.numpy(), "jaw_pose": jaw.numpy()})


def test_flame_goes_to_flame_by_its_own_coefficients() -> None:
    states = retargeted(flame_driver(), flame_head(), Retargeting())
    assert float(states[1].expression[4]) == pytest.approx(0.7)
    assert float(states[1].jaw_pose[0]) == pytest.approx(0.25)
    assert float(states[0].expression.abs().max()) == 0.0


def test_strengths_act_on_flame_coefficients_too() -> None:
    calm = Retargeting(strengths=Strengths(jaw=0.0))
    states = retargeted(flame_driver(), flame_head(), calm)
    assert abs(float(states[1].jaw_pose[0])) < 0.02


def test_flame_reaches_other_heads_through_a_flame_head() -> None:
    with pytest.raises(HeadMismatch, match="FLAME"):
        retargeted(flame_driver(), built_in(), Retargeting())
    named = translated(flame_driver(), flame_head())
    assert named.has_arkit
    states = retargeted(named, built_in(), Retargeting(), neutral=neutral_of(named, 0))
    assert float(states[1].jaw_pose[0]) > 0.1


def test_the_neutral_frame_is_calm_and_seen() -> None:
    motion = talking(built_in())
    motion.valid[0] = False
    chosen = least_expression(motion)
    assert chosen != 0
    assert float(motion.arkit[chosen].max()) < 0.25
    with pytest.raises(ValueError, match="no frame"):
        neutral_of(motion, 99)


def test_states_stay_finite_and_bounded_whatever_drives() -> None:
    random = torch.Generator().manual_seed(3)
    head = built_in()
    wild = 4 * torch.rand(5, 52, generator=random) - 2
    retargeter = Retargeter(head, Retargeting(), Neutral(head.neutral(), torch.rand(52)))
    for row in wild:
        state = retargeter.state(head.neutral(), row)
        assert isinstance(state, HeadState)
        assert float(state.expression.abs().max()) <= 1.5
