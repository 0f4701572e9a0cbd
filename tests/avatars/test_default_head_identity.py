"""The identity directions of the built-in head: people, with working eyes and mouths."""

from __future__ import annotations

import numpy as np
import pytest

from avatars.head.default import rig
from avatars.head.default.build import NeutralHead, build_neutral
from avatars.head.default.expressions import ExpressionBasis, build_expressions
from avatars.head.default.identity import IdentityBasis, build_identity
from tests.avatars import expression_measures as measures
from tests.avatars.expression_measures import both_sides

SLIDERS = (
    *("face_width", "face_length", "jaw_width", "chin", "nose_length", "nose_width"),
    *("nose_bridge", "eye_distance", "eye_size", "lip_thickness", "mouth_width", "ear_size"),
)


@pytest.fixture(scope="module")
def head() -> NeutralHead:
    return build_neutral()


@pytest.fixture(scope="module")
def identity(head: NeutralHead) -> IdentityBasis:
    return build_identity(head)


@pytest.fixture(scope="module")
def basis(head: NeutralHead) -> ExpressionBasis:
    return build_expressions(head)


def people(identity: IdentityBasis) -> list[np.ndarray]:
    """[V, 3] metres: every direction at -2 and +2, and twenty random draws."""
    count = len(identity.names)
    draws = np.random.default_rng(5).standard_normal((20, count))
    betas = np.concatenate([2 * np.eye(count), -2 * np.eye(count), draws])
    return [identity.directions @ row for row in betas]


def test_sliders_come_first_and_smooth_modes_follow(
    head: NeutralHead, identity: IdentityBasis
) -> None:
    assert identity.names[:12] == SLIDERS
    assert len(identity.names) >= 60
    assert len(set(identity.names)) == len(identity.names)
    assert identity.directions.shape == (len(head.v_template), 3, len(identity.names))
    mirrored = identity.directions[head.mirror] * np.array([-1.0, 1.0, 1.0])[:, None]
    np.testing.assert_array_equal(mirrored, identity.directions)


def test_modes_fall_in_size_and_are_no_sliders(head: NeutralHead, identity: IdentityBasis) -> None:
    face = identity.directions[:468]
    size = np.sqrt((face**2).sum(axis=1).mean(axis=0)) * 1e3
    smooth = size[12:]
    assert 0.5 < smooth[0] < 2.5
    assert smooth[-1] < 0.3 * smooth[0]
    total = np.sqrt((size**2).sum())
    assert 2.0 < total < 4.5  # people measured: 2.2 after alignment


@pytest.mark.parametrize(
    ("name", "pairs", "axis", "least", "most"),
    [
        ("face_width", (454, 234), 0, 5.0, 7.0),
        ("face_length", (168, 152), 1, 4.0, 6.0),
        ("jaw_width", (288, 58), 0, 5.0, 7.0),
        ("nose_length", (168, 2), 1, 1.2, 2.2),
        ("nose_width", (358, 129), 0, 2.5, 3.8),
        ("eye_distance", (386, 159), 0, 3.0, 3.8),
        ("eye_size", (133, 33), 0, 0.7, 1.8),
        ("lip_thickness", (0, 17), 1, 1.8, 2.8),
        ("mouth_width", (291, 61), 0, 3.2, 4.4),
    ],
)
def test_a_slider_changes_what_it_names_by_a_standard_deviation(
    identity: IdentityBasis,
    name: str,
    pairs: tuple[int, int],
    axis: int,
    least: float,
    most: float,
) -> None:
    column = identity.directions[:, axis, identity.names.index(name)] * 1e3
    assert least < column[pairs[0]] - column[pairs[1]] < most


def test_chin_bridge_and_ears_answer_their_sliders(
    head: NeutralHead, identity: IdentityBasis
) -> None:
    column = {n: identity.directions[:, :, i] * 1e3 for i, n in enumerate(identity.names[:12])}
    assert column["chin"][175, 2] > 2
    assert column["nose_bridge"][6, 2] > 1.5
    grown = head.v_template[head.loops["left_ear"]] * 1e3
    grown = grown + column["ear_size"][head.loops["left_ear"]]
    rest = np.ptp(head.v_template[head.loops["left_ear"], 1]) * 1e3
    assert np.ptp(grown[:, 1]) - rest == pytest.approx(4.2, abs=0.8)


def test_eyeballs_stay_rigid_and_joints_follow(head: NeutralHead, identity: IdentityBasis) -> None:
    for ball, joint, lid in (
        ("left_eyeball", rig.LEFT_EYE, head.left_lid),
        ("right_eyeball", rig.RIGHT_EYE, head.right_lid),
    ):
        moved = identity.directions[head.parts[ball]]
        np.testing.assert_allclose(moved, np.broadcast_to(moved[:1], moved.shape), atol=1e-12)
        for person in people(identity):
            centre = lid.centre + person[head.parts[ball][0]]
            found = head.joint_regressor[joint] @ (head.v_template + person)
            assert np.linalg.norm(found - centre) < 0.0003
    for person in people(identity):
        away = head.joint_regressor @ (head.v_template + person) - head.joints
        assert np.linalg.norm(away[rig.JAW]) < 0.012
        assert np.linalg.norm(away[rig.NECK]) < 0.012


def test_everybody_is_whole(head: NeutralHead, identity: IdentityBasis) -> None:
    for person in people(identity):
        vertices = (head.v_template + person) * 1e3
        assert measures.turned_triangles(head, vertices) <= 2
        assert measures.lip_gaps(head, vertices).max() < 0.3
        for lid in (head.left_lid, head.right_lid):
            rim = vertices[lid.rim] - (lid.centre + person[lid.margin].mean(axis=0)) * 1e3
            assert np.linalg.norm(rim, axis=1).max() < lid.radius * 1e3 + 1.5


def test_everybodys_lids_keep_off_the_eyeballs(
    head: NeutralHead, identity: IdentityBasis, basis: ExpressionBasis
) -> None:
    everybody = people(identity)
    for person in everybody[:12] + everybody[len(identity.names) :: 7]:
        for weight in (0.0, 0.5, 1.0):
            vertices = measures.posed(head, basis, both_sides("eyeBlink", weight), person)
            assert measures.ball_clearance(head, vertices) >= 0.3


def test_everybody_can_nearly_close_the_eyes(
    head: NeutralHead, identity: IdentityBasis, basis: ExpressionBasis
) -> None:
    # The model is linear: a blink does not know how far apart a person's lids are.
    for person in people(identity):
        vertices = measures.posed(head, basis, both_sides("eyeBlink"), person)
        assert measures.lid_gap(head.right_lid, vertices) < 0.8


def test_teeth_and_tongue_stay_in_everybodys_mouth(
    head: NeutralHead, identity: IdentityBasis
) -> None:
    for person in people(identity)[-6:]:
        assert measures.mouth_crossings(head, (head.v_template + person) * 1e3) == 0


def test_building_twice_gives_the_same_directions(
    head: NeutralHead, identity: IdentityBasis
) -> None:
    np.testing.assert_allclose(build_identity(head).directions, identity.directions, atol=1e-9)
