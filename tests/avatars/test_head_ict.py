"""ICT-FaceKit folders: the model's parts, its names, joints made for it."""

import itertools
import json

import numpy as np
import pytest
import torch

from avatars.errors import UnreadableFile
from avatars.head import arkit
from avatars.head.importing import read_head
from avatars.head.tables import ARKIT_NAMES

COUNT = 26719
KEPT = 24591
PARTS = [0, 9409, 11248, 13294, 14062, 17039, 21451, 22221, 23021, 23791, 24591, COUNT]
CENTRES = [(0, 0, 0), (0, 0, -3), (0, -4, 5), (0, 3, 6), (0, -5, 6), (0, -4, 7)]
EYES = [(3.2, 3.6, 8), (3.2, 3.6, 9), (-3.2, 3.6, 8), (-3.2, 3.6, 9), (0, 3, 9)]


def neutral() -> np.ndarray:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(COUNT, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    for part, centre in enumerate([*CENTRES, *EYES]):
        size = (9 if part < 2 else 1.5) if part < 6 else 1.2
        points[PARTS[part] : PARTS[part + 1]] *= size
        points[PARTS[part] : PARTS[part + 1]] += centre
    return points


def opened(points: np.ndarray) -> np.ndarray:
    """The lower half of the face and of the teeth turned about an axis through (0, -1, 0)."""
    hinge = np.array([0, -1.0, 0])
    angle = 0.3
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    moved = points.copy()
    lower = np.zeros(COUNT, bool)
    lower[:9409] = (points[:9409, 1] < -4) & (points[:9409, 2] > 2)
    lower[17039:21451] = np.arange(4412) < 2206
    moved[lower] = (points[lower] - hinge) @ turn.T + hinge
    return moved


def text(points: np.ndarray) -> str:
    return "\n".join(f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in points) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("ICT-FaceKit")
    inner = base / "FaceXModel"
    inner.mkdir()
    points = neutral()
    lines = ["vt 0.1 0.1", "vt 1.9 0.1", "vt 0.1 0.9"]
    halves = sorted({*PARTS, 17039 + 2206})  # upper and lower teeth
    for start, stop in itertools.pairwise(halves):
        for first in range(start, stop - 5, 40):  # a few quads of every part will do
            a, b, c, d = range(first + 1, first + 5)
            lines.append(f"f {a}/1 {b}/1 {c}/1 {d}/3")
    (inner / "generic_neutral_mesh.obj").write_text(text(points) + "\n".join(lines) + "\n")
    (inner / "identity000.obj").write_text(text(points * 1.01))
    (inner / "jawOpen.obj").write_text(text(opened(points)))
    (inner / "eyeBlink_L.obj").write_text(text(points + np.array([0, 0.1, 0])))
    names = {"expressions": ["eyeBlink_L", "jawOpen"]}
    (inner / "vertex_indices.json").write_text(json.dumps(names))
    return base


@pytest.fixture(scope="module")
def head(folder):
    return read_head(folder, "ict").head


def test_the_folder_becomes_a_head_in_metres(head):
    assert head.vertex_count == KEPT
    assert head.expression_names == ("eyeBlink_L", "jawOpen")
    assert (head.shape_count, head.expression_count) == (1, 2)
    torch.testing.assert_close(head.shapedirs[..., 0], head.v_template * 0.01, rtol=0, atol=2e-7)
    assert head.faces.max() < KEPT
    assert "MIT" in head.licence


def test_quads_are_cut_and_texture_tiles_packed(head):
    assert head.faces[:2].tolist() == [[0, 1, 2], [0, 2, 3]]
    corners = head.uvs[head.uv_faces]
    assert corners.min() >= 0
    assert corners.max() <= 1


def test_joints_and_parts_fit_the_mesh(head):
    joints = head.J_regressor @ head.v_template
    eyes = head.v_template[21451:22221].mean(0), head.v_template[23021:23791].mean(0)
    torch.testing.assert_close(joints[3:], torch.stack(eyes))
    # Only the distance from the axis matters, not where along it the joint sits.
    torch.testing.assert_close(joints[2, 1:], torch.tensor([-0.01, 0.0]), rtol=0, atol=2e-4)
    torch.testing.assert_close(head.lbs_weights.sum(1), torch.ones(KEPT))
    lower = head.regions["teeth_lower"]
    assert lower.sum() == 2206
    torch.testing.assert_close(head.lbs_weights[lower, 2], torch.ones(2206), rtol=0, atol=1e-3)
    assert (head.lbs_weights[head.regions["teeth_upper"], 2] == 0).all()
    assert (head.lbs_weights[head.regions["eyeball_left"], 3] == 1).all()
    faces = sum(int(mask.sum()) for mask in head.parts.values())
    assert faces == head.face_count


def test_its_own_names_are_the_arkit_names(head):
    weights = torch.zeros(52)
    weights[ARKIT_NAMES.index("jawOpen")] = 1
    posed = head.pose(arkit.state_from_arkit(head, weights))
    torch.testing.assert_close(posed, head.v_template + head.exprdirs[..., 1], rtol=0, atol=1e-6)
    assert len(arkit.round_trip(head).unmapped) == 50


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vertex_indices.json", "{}", "does not list"),
        ("vertex_indices.json", '{"expressions": ["../../etc/passwd"]}', "no expressions"),
        ("vertex_indices.json", '{"expressions": ["mouthLeft"]}', "mouthLeft"),
        ("jawOpen.obj", "v 1 2 3\n", "jawOpen"),
        ("jawOpen.obj", "v 1 2\n", "incomplete"),
    ],
)
def test_incomplete_folders_are_refused(folder, tmp_path, name, content, message):
    for file in (folder / "FaceXModel").iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / name).unlink()
    (tmp_path / name).write_text(content)
    with pytest.raises(UnreadableFile, match=message):
        read_head(tmp_path, "x")
