"""The 52 ARKit shapes of the built-in head: meaning, symmetry, contact, no folds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avatars.head.arkit import round_trip, state_from_arkit
from avatars.head.default import rig
from avatars.head.default.build import NeutralHead, build_neutral
from avatars.head.default.expressions import (
    CORRECTIVE,
    LINEAR,
    ExpressionBasis,
    build_expressions,
)
from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES, ArkitTable
from tests.avatars import expression_measures as measures
from tests.avatars.expression_measures import both_sides

FLIP = np.array([-1.0, 1.0, 1.0])
SIDED = [name.removesuffix("Left") for name in ARKIT_NAMES if name.endswith("Left")]
EVEN = [name for name in ARKIT_NAMES if not name.endswith(("Left", "Right"))]


@pytest.fixture(scope="module")
def head() -> NeutralHead:
    return build_neutral()


@pytest.fixture(scope="module")
def basis(head: NeutralHead) -> ExpressionBasis:
    return build_expressions(head)


def motion(head: NeutralHead, basis: ExpressionBasis, weights: dict[str, float]) -> np.ndarray:
    return measures.posed(head, basis, weights) - head.v_template * 1e3


def test_the_table_has_the_52_names_and_each_does_something(
    head: NeutralHead, basis: ExpressionBasis
) -> None:
    assert basis.arkit_names == ARKIT_NAMES
    assert basis.directions.shape == (len(head.v_template), 3, len(basis.names))
    assert "jawOpen" not in basis.names
    assert not basis.arkit_expression[:, basis.names.index(LINEAR)].any()
    for name in ARKIT_NAMES:
        assert np.abs(motion(head, basis, {name: 1.0})).max() > 0.5, name


def test_left_is_the_mirror_image_of_right(head: NeutralHead, basis: ExpressionBasis) -> None:
    columns = {name: basis.directions[:, :, i] for i, name in enumerate(basis.names)}
    for name, column in columns.items():
        other = name.replace("Left", "Right") if "Left" in name else name.replace("Right", "Left")
        np.testing.assert_array_equal(column[head.mirror] * FLIP, columns[other], err_msg=name)
    for name in SIDED:
        left, right = (ARKIT_NAMES.index(name + side) for side in ("Left", "Right"))
        turned = [1.0, -1.0, -1.0]  # an axis of rotation in the mirror
        np.testing.assert_array_equal(
            basis.arkit_leye_pose[left] * turned, basis.arkit_reye_pose[right]
        )
        assert not basis.arkit_reye_pose[left].any()


def test_sided_shapes_stay_on_their_side(head: NeutralHead, basis: ExpressionBasis) -> None:
    far_right = head.v_template[:, 0] < -0.015
    for name in SIDED:
        if name in ("jaw", "mouth"):
            continue
        column = basis.directions[:, :, basis.names.index(f"{name}Left")]
        assert np.abs(column[far_right]).max() < 1e-5, name


@pytest.mark.parametrize(
    ("name", "landmark", "axis", "sign", "least"),
    [
        ("jawOpen", 152, 1, -1, 15),
        ("jawForward", 152, 2, 1, 5),
        ("jawLeft", 152, 0, 1, 6),
        ("jawRight", 152, 0, -1, 6),
        ("mouthLeft", 13, 0, 1, 3),
        ("mouthRight", 13, 0, -1, 3),
        ("mouthSmileLeft", 291, 1, 1, 3),
        ("mouthFrownRight", 61, 1, -1, 4),
        ("mouthPucker", 61, 0, 1, 4),
        ("mouthFunnel", 13, 2, 1, 3),
        ("mouthStretchRight", 61, 0, -1, 5),
        ("mouthUpperUpLeft", 312, 1, 1, 3),
        ("mouthLowerDownRight", 87, 1, -1, 4),
        ("mouthRollLower", 17, 1, 1, 2),
        ("mouthRollUpper", 0, 1, -1, 2),
        ("mouthShrugLower", 17, 1, 1, 4),
        ("cheekPuff", 205, 2, 1, 3),
        ("noseSneerLeft", 358, 1, 1, 2),
        ("browDownLeft", 285, 1, -1, 4),
        ("browInnerUp", 107, 1, 1, 5),
        ("browOuterUpRight", 63, 1, 1, 5),
        ("eyeBlinkLeft", 386, 1, -1, 5),
        ("eyeWideRight", 159, 1, 1, 2),
        ("eyeSquintRight", 145, 1, 1, 1),
    ],
)
def test_names_mean_what_they_say(
    head: NeutralHead,
    basis: ExpressionBasis,
    name: str,
    landmark: int,
    axis: int,
    sign: float,
    least: float,
) -> None:
    assert sign * motion(head, basis, {name: 1.0})[landmark, axis] > least


@pytest.mark.parametrize(
    ("name", "side", "axis", "sign"),
    [
        ("eyeLookUpLeft", "left", 1, 1),
        ("eyeLookDownRight", "right", 1, -1),
        ("eyeLookInLeft", "left", 0, -1),
        ("eyeLookOutLeft", "left", 0, 1),
        ("eyeLookInRight", "right", 0, 1),
        ("eyeLookOutRight", "right", 0, -1),
    ],
)
def test_eyes_look_where_the_name_says(
    head: NeutralHead, basis: ExpressionBasis, name: str, side: str, axis: int, sign: float
) -> None:
    pole = head.parts[f"{side}_eyeball"][0]
    moved = motion(head, basis, {name: 1.0})
    assert sign * moved[pole, axis] > 5
    other = head.parts["right_eyeball" if side == "left" else "left_eyeball"]
    assert np.abs(moved[other]).max() < 1e-9


def test_one_shape_folds_nothing(head: NeutralHead, basis: ExpressionBasis) -> None:
    for name in ARKIT_NAMES:
        limit = 20 if name == "mouthClose" else 5
        vertices = measures.posed(head, basis, {name: 1.0})
        assert measures.turned_triangles(head, vertices) <= limit, name
    for name in SIDED:
        vertices = measures.posed(head, basis, both_sides(name))
        assert measures.turned_triangles(head, vertices) <= 5, name


def test_mixes_of_six_shapes_fold_little(head: NeutralHead, basis: ExpressionBasis) -> None:
    turned = [count for _, count in measures.random_mixes(head, basis, 200)]
    assert np.mean(turned) <= 5
    assert max(turned) <= 40


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_lids_clear_the_balls_during_a_blink(
    head: NeutralHead, basis: ExpressionBasis, weight: float
) -> None:
    vertices = measures.posed(head, basis, both_sides("eyeBlink", weight))
    assert measures.ball_clearance(head, vertices) >= 0.3


def test_a_blink_closes_the_eyes(head: NeutralHead, basis: ExpressionBasis) -> None:
    vertices = measures.posed(head, basis, both_sides("eyeBlink"))
    for lid, ball in ((head.left_lid, "left_eyeball"), (head.right_lid, "right_eyeball")):
        assert np.abs(measures.lid_heights(lid, vertices)).max() <= 0.5
        for yaw in (-30.0, 0.0, 30.0):
            assert measures.visible_pixels(head, vertices, ball, yaw=yaw) == 0
    open_eyes = measures.posed(head, basis, {})
    assert measures.visible_pixels(head, open_eyes, "left_eyeball") > 300


@pytest.mark.parametrize("weight", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("sideways", ["", "In", "Out"])
@pytest.mark.parametrize("upright", ["Up", "Down"])
def test_a_gaze_does_not_poke_through_the_lids(
    head: NeutralHead, basis: ExpressionBasis, upright: str, sideways: str, weight: float
) -> None:
    weights = both_sides(f"eyeLook{upright}", weight)
    if sideways:
        weights |= both_sides(f"eyeLook{sideways}", weight)
    assert measures.ball_clearance(head, measures.posed(head, basis, weights)) >= 0.3


@pytest.mark.parametrize(
    "name", ["browDown", "browOuterUp", "cheekSquint", "eyeSquint", "eyeWide", "noseSneer"]
)
def test_what_happens_round_the_eyes_leaves_them_clear(
    head: NeutralHead, basis: ExpressionBasis, name: str
) -> None:
    for weight in (0.5, 1.0):
        vertices = measures.posed(head, basis, both_sides(name, weight))
        assert measures.ball_clearance(head, vertices) >= 0.3


def test_an_open_jaw_can_keep_its_mouth_closed(head: NeutralHead, basis: ExpressionBasis) -> None:
    opened = measures.posed(head, basis, {"jawOpen": 1.0})
    closed = measures.posed(head, basis, {"jawOpen": 1.0, "mouthClose": 1.0})
    assert measures.lip_gaps(head, opened).mean() > 15
    assert measures.lip_gaps(head, closed).mean() <= 0.5
    assert measures.turned_triangles(head, closed) <= 5
    # The corners stay about as far apart as they were: nothing is pinched.
    width, rest = closed[291, 0] - closed[61, 0], head.v_template[291, 0] * 2e3
    assert width == pytest.approx(rest, rel=0.12)


def test_lips_stop_each_other(head: NeutralHead, basis: ExpressionBasis) -> None:
    for name in ARKIT_NAMES:
        if name != "mouthClose":
            vertices = measures.posed(head, basis, {name: 1.0})
            assert measures.lip_overlap(head, vertices) < 0.05, name
    sealed = ("Smile", "Frown", "Dimple", "Press", "Stretch")
    for weights in (
        *(both_sides(f"mouth{name}") for name in sealed),
        *({name: 1.0} for name in ("mouthShrugLower", "mouthPucker", "mouthLeft", "cheekPuff")),
    ):
        assert measures.lip_gaps(head, measures.posed(head, basis, weights)).max() < 0.3, weights


@pytest.mark.parametrize(
    "weights",
    [
        {"jawOpen": 1.0},
        {"jawOpen": 1.0, "mouthClose": 1.0},
        {"jawForward": 1.0},
        {"jawLeft": 1.0},
        {"mouthFunnel": 1.0},
        {"mouthPucker": 1.0},
        {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
        both_sides("mouthSmile"),
        both_sides("mouthPress"),
        {"tongueOut": 1.0},
    ],
    ids=lambda weights: "+".join(weights),
)
def test_teeth_and_tongue_pass_through_nothing(
    head: NeutralHead, basis: ExpressionBasis, weights: dict[str, float]
) -> None:
    assert measures.mouth_crossings(head, measures.posed(head, basis, weights)) == 0


def test_the_tongue_comes_out_between_the_lips(head: NeutralHead, basis: ExpressionBasis) -> None:
    vertices = measures.posed(head, basis, {"tongueOut": 1.0})
    tip = vertices[head.parts["tongue"][0]]
    assert tip[2] > vertices[[0, 17], 2].max() + 8
    assert vertices[17, 1] - 8 < tip[1] < vertices[13, 1]
    assert basis.arkit_jaw_pose[ARKIT_NAMES.index("tongueOut"), 0] > 0


def test_the_jaw_glides_forwards_while_it_opens(head: NeutralHead, basis: ExpressionBasis) -> None:
    row = ARKIT_NAMES.index("jawOpen")
    np.testing.assert_allclose(basis.arkit_jaw_pose[row], [rig.JAW_OPEN_ANGLE, 0, 0])
    assert basis.arkit_expression[row, basis.names.index(CORRECTIVE)] == 1
    chin = motion(head, basis, {"jawOpen": 1.0})[152]
    assert -20 < chin[2] < -8  # the hinge alone presses it 27 mm back
    linear = head.v_template + basis.directions[:, :, basis.names.index(LINEAR)]
    away = linear * 1e3 - measures.posed(head, basis, {"jawOpen": 1.0})
    assert np.abs(away).max() < 0.1


def test_expressions_leave_joints_eyeballs_and_ears_alone(
    head: NeutralHead, basis: ExpressionBasis
) -> None:
    shift = np.einsum("jv,vce->jce", head.joint_regressor, basis.directions)
    assert np.abs(shift).max() < 2e-4
    for part in ("left_eyeball", "right_ear"):
        assert np.abs(basis.directions[head.parts[part]]).max() < 1e-6, part


def as_model(head: NeutralHead, basis: ExpressionBasis) -> HeadModel:
    def floats(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).double()

    count = len(head.v_template)
    return HeadModel(
        v_template=floats(head.v_template),
        faces=torch.from_numpy(head.faces),
        shapedirs=torch.zeros(count, 3, 0).double(),
        exprdirs=floats(basis.directions),
        posedirs=torch.zeros(count, 3, 36).double(),
        J_regressor=floats(head.joint_regressor),
        parents=tuple(int(parent) for parent in head.parents),
        lbs_weights=floats(head.lbs_weights),
        uvs=torch.zeros(0, 2).double(),
        uv_faces=torch.zeros(len(head.faces), 3, dtype=torch.int64),
        expression_names=basis.names,
        arkit=ArkitTable(
            floats(basis.arkit_expression),
            floats(basis.arkit_jaw_pose),
            floats(basis.arkit_leye_pose),
            floats(basis.arkit_reye_pose),
            torch.zeros(len(ARKIT_NAMES), 2).double(),
        ),
    )


def test_the_head_model_poses_the_names_alike_and_finds_them_again(
    head: NeutralHead, basis: ExpressionBasis
) -> None:
    model = as_model(head, basis)
    mix = {"jawOpen": 0.7, "eyeLookDownLeft": 0.5, "mouthSmileRight": 1.0, "tongueOut": 0.3}
    weights = torch.tensor([mix.get(name, 0.0) for name in ARKIT_NAMES]).double()
    posed = model.pose(state_from_arkit(model, weights)).numpy() * 1e3
    np.testing.assert_allclose(posed, measures.posed(head, basis, mix), atol=1e-4)
    survived = round_trip(model)
    assert survived.unmapped == ()
    assert survived.largest < 0.02
