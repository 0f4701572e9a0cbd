"""The built-in head at rest: shape, closedness, symmetry, clearances, joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avatars.head.default import rig
from avatars.head.default.build import NeutralHead, build_neutral
from avatars.head.default.measurements import load_measurements
from avatars.head.default.topology import boundary_loops
from tests.avatars import head_measures as measures

FLIP = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def head() -> NeutralHead:
    return build_neutral()


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = measures.shared_folder()
    if folder is None:
        pytest.skip("no folder with reference meshes")
    return folder


def with_open_jaw(head: NeutralHead) -> np.ndarray:
    turn = Rotation.from_rotvec([rig.JAW_OPEN_ANGLE, 0.0, 0.0]).as_matrix()
    joint = head.joints[rig.JAW]
    moved = (head.v_template - joint) @ turn.T + joint
    weight = head.lbs_weights[:, rig.JAW, None]
    return head.v_template * (1 - weight) + moved * weight


def test_the_mesh_has_a_size_that_splats_can_ride_on(head: NeutralHead) -> None:
    assert 6000 <= len(head.v_template) <= 9000
    assert 12000 <= len(head.faces) <= 18000
    face, back = measures.median_edges(head)
    assert face <= 4.0
    assert back <= 6.0


def test_the_skin_is_open_only_at_eyes_lips_and_neck(head: NeutralHead) -> None:
    assert measures.non_manifold_edges(head.faces) == 0
    assert measures.loop_sizes(measures.skin_faces(head)) == [32, 32, 40, 72]


def test_rims_and_bag_leave_only_the_neck_and_two_rings_inside_the_eyeballs(
    head: NeutralHead,
) -> None:
    loops = {tuple(sorted(loop)) for loop in boundary_loops(head.faces)}
    named = [head.loops[name] for name in ("neck", "left_rim", "right_rim")]
    assert loops == {tuple(sorted(loop)) for loop in named}
    for lid in (head.left_lid, head.right_lid):
        depth = lid.radius - np.linalg.norm(head.v_template[lid.rim] - lid.centre, axis=1)
        assert depth.min() > 0.0003


def test_parts_share_nothing_and_leave_nothing_out(head: NeutralHead) -> None:
    for parts, total in ((head.parts, head.v_template), (head.part_faces, head.faces)):
        ids = np.concatenate(list(parts.values()))
        assert np.array_equal(np.sort(ids), np.arange(len(total)))


def test_the_head_is_its_own_mirror_image(head: NeutralHead) -> None:
    assert np.array_equal(head.mirror[head.mirror], np.arange(len(head.mirror)))
    np.testing.assert_allclose(
        head.v_template[head.mirror] * FLIP, head.v_template, rtol=0, atol=1e-12
    )
    half = len(head.faces) // 2
    assert np.array_equal(head.mirror[head.faces[:half]][:, ::-1], head.faces[half:])
    swap = [0, 1, 2, 4, 3]
    np.testing.assert_allclose(
        head.lbs_weights[head.mirror][:, swap], head.lbs_weights, rtol=0, atol=1e-12
    )


def test_landmarks_keep_their_index_and_place(head: NeutralHead) -> None:
    measured = load_measurements().landmarks * 1e-3
    moved = np.linalg.norm(head.v_template[:468] - measured, axis=1)
    assert moved.max() < 0.002
    assert np.median(moved) < 1e-6
    assert head.landmark_faces.shape == (852, 3)


@pytest.mark.parametrize(
    ("name", "wanted", "tolerance"),
    [
        ("head length", 192, 4),
        ("head breadth", 150, 4),
        ("bizygomatic", 136, 4),
        ("neck girth", 355, 4),
        ("vertex to menton", 220, 5),
        ("sellion to menton", 116, 5),
        ("ear height", 61, 5),
    ],
)
def test_dimensions_are_those_of_an_adult(
    head: NeutralHead, name: str, wanted: float, tolerance: float
) -> None:
    assert measures.dimensions(head)[name] == pytest.approx(wanted, abs=tolerance)


def test_the_canonical_face_lies_near(head: NeutralHead, shared: Path) -> None:
    by_index, to_surface = measures.canonical_distances(
        head, shared / "media" / "canonical_face_model.obj"
    )
    assert by_index <= 3.5
    assert to_surface <= 2.0


def test_an_independent_head_lies_near(head: NeutralHead, shared: Path) -> None:
    distance = measures.reference_distances(head, shared / "media" / "reference_head_ict.npz")
    assert distance["face"] <= 1.5
    for region, limit in (("cranium", 4), ("ears", 4), ("jaw underside", 4), ("neck", 6)):
        assert distance[region] <= limit, region


def test_lids_keep_off_the_eyeballs(head: NeutralHead) -> None:
    assert measures.lid_clearance(head) >= 0.3


def test_lips_meet(head: NeutralHead) -> None:
    lips = head.loops["lips"]
    half = len(lips) // 2
    gap = head.v_template[lips[1:half]] - head.v_template[lips[:half:-1]]
    assert np.linalg.norm(gap, axis=1).max() < 0.0005


@pytest.mark.parametrize("jaw", ["closed", "open"])
def test_nothing_passes_through_anything(head: NeutralHead, jaw: str) -> None:
    vertices = (head.v_template if jaw == "closed" else with_open_jaw(head)) * 1e3
    visible = measures.faces_of(head, "skin", "left_ear", "right_ear", "mouth_bag")
    assert len(measures.crossing_triangles(vertices, visible)) == 0
    for one, other in (
        ("teeth_upper", "mouth_bag"),
        ("teeth_lower", "mouth_bag"),
        ("tongue", "mouth_bag"),
        ("tongue", "teeth_lower"),
        ("tongue", "teeth_upper"),
        ("teeth_upper", "teeth_lower"),
        ("left_eyeball", "skin"),
        ("left_eyeball", "mouth_bag"),
    ):
        first, second = (measures.faces_of(head, name) for name in (one, other))
        crossing = measures.crossing_triangles(vertices, first, second)
        assert len(crossing) == 0, (one, other)


@pytest.mark.parametrize("part", ["teeth_upper", "teeth_lower", "tongue"])
def test_teeth_and_tongue_stay_inside_the_mouth(head: NeutralHead, part: str) -> None:
    assert measures.outside_bag(head, part) == 0
    assert measures.outside_bag(head, part, with_open_jaw(head)) == 0


def test_closed_parts_have_their_inside_inside(head: NeutralHead) -> None:
    for part in ("left_eyeball", "right_eyeball", "teeth_upper", "teeth_lower", "tongue"):
        faces = measures.faces_of(head, part)
        assert boundary_loops(faces) == []
        corners = head.v_template[faces] - head.v_template[head.parts[part]].mean(axis=0)
        volume = (np.cross(corners[:, 0], corners[:, 1]) * corners[:, 2]).sum() / 6
        assert volume > 0, part


def test_weights_sum_to_one_and_the_regressor_finds_the_joints(head: NeutralHead) -> None:
    assert head.lbs_weights.min() >= 0
    np.testing.assert_allclose(head.lbs_weights.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(head.joint_regressor.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(head.joint_regressor @ head.v_template, head.joints, atol=1e-9)


def test_the_jaw_takes_the_chin_and_leaves_the_nose(head: NeutralHead) -> None:
    weight = head.lbs_weights[:, rig.JAW]
    assert weight[[152, 17, 14]].min() > 0.9
    assert weight[[1, 13, 168, 10]].max() < 0.05
    assert weight[head.parts["teeth_lower"]].min() > 0.95
    assert weight[head.parts["teeth_upper"]].max() == 0


def test_moving_all_landmarks_moves_the_face_along(head: NeutralHead) -> None:
    assert head.landmark_map.shape == (len(head.v_template), 468)
    moved = head.landmark_map @ np.ones(468)
    np.testing.assert_allclose(moved[:468], 1, atol=1e-9)
    for part in ("left_ear", "teeth_upper", "tongue", "left_eyeball"):
        assert np.abs(moved[head.parts[part]]).max() == 0
    lid = head.left_lid
    np.testing.assert_allclose(moved[lid.rim], moved[lid.margin], atol=1e-9)


def test_lid_columns_name_the_landmarks_between_which_they_lie(head: NeutralHead) -> None:
    for lid in (head.left_lid, head.right_lid):
        between = np.einsum("nk,nkd->nd", lid.landmark_weights, head.v_template[lid.landmarks])
        gap = np.linalg.norm(between - head.v_template[lid.margin], axis=1)
        assert gap.max() < 0.0008
    np.testing.assert_array_equal(head.mirror[head.left_lid.margin], head.right_lid.margin)


def test_building_twice_gives_the_same_head(head: NeutralHead) -> None:
    again = build_neutral()
    np.testing.assert_array_equal(again.faces, head.faces)
    np.testing.assert_allclose(again.v_template, head.v_template, rtol=0, atol=1e-9)


def test_another_mean_face_keeps_the_triangles_of_the_face(head: NeutralHead, shared: Path) -> None:
    with np.load(shared / "data" / "mean_face_landmarks.npz", allow_pickle=False) as data:
        mean = data["landmarks_by_person"][:-2].astype(np.float64).mean(axis=0)
    other = build_neutral(landmarks=mean)
    np.testing.assert_array_equal(other.landmark_faces, head.landmark_faces)
    assert measures.non_manifold_edges(other.faces) == 0
    assert 0 < np.abs(other.v_template[:468] - head.v_template[:468]).max() < 0.01
