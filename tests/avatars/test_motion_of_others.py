"""Sequences of other programs: their layouts, their axes, and what is wrong with them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from avatars.errors import UnreadableFile
from avatars.files.any_motion import is_motion, read_any_motion
from avatars.head.tables import ARKIT_NAMES

ONE_FILE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
FRONT = np.diag([1.0, -1.0, -1.0])  # world-to-camera turn of a camera that looks at a face


def rows6(vector: list[float]) -> list[float]:
    """The first two rows of a rotation matrix."""
    return Rotation.from_rotvec(vector).as_matrix()[:2].ravel().tolist()


def to_camera(turn: list[float], place: list[float]) -> np.ndarray:
    """A camera to which a still head looks turned and placed so, in our axes."""
    matrix = np.eye(4)
    matrix[:3, :3] = FRONT @ Rotation.from_rotvec(turn).as_matrix()
    matrix[:3, 3] = FRONT @ np.array(place)
    return matrix


def test_gaussian_avatars_motion_in_one_file(tmp_path: Path) -> None:
    expression = np.random.default_rng(0).normal(size=(4, 100)).astype(np.float32)
    np.savez(
        tmp_path / "flame_param.npz",
        shape=np.zeros(300),
        expr=expression,
        rotation=np.full((4, 3), 0.1),
        neck_pose=np.zeros((4, 3)),
        jaw_pose=np.full((4, 3), 0.2),
        eyes_pose=np.arange(24.0).reshape(4, 6) / 100,
        translation=np.ones((4, 3)),
        dynamic_offset=np.zeros((4, 5143, 3), np.float32),
    )
    assert is_motion(tmp_path / "flame_param.npz")
    read = read_any_motion(tmp_path / "flame_param.npz")
    assert np.allclose(read.states.expression, expression)
    assert torch.allclose(read.states.leye_pose[1], torch.tensor([0.06, 0.07, 0.08]))
    assert torch.allclose(read.states.reye_pose[1], torch.tensor([0.09, 0.10, 0.11]))
    assert float(read.states.global_orient[0, 0]) == pytest.approx(0.1)


def test_nersemble_rotations_are_taken_from_their_matrices(tmp_path: Path) -> None:
    turns = Rotation.from_rotvec([[0.1, 0.2, 0.3], [0.0, 0.5, 0.0]])
    np.savez(
        tmp_path / "flame2023_tracking_v2.npz",
        expression=np.zeros((2, 100)),
        rotation=turns.as_euler("xyz"),
        rotation_matrices=turns.as_matrix(),
        translation=np.zeros((2, 3)),
        jaw=np.zeros((2, 3)),
        neck=np.zeros((2, 3)),
        eyes=np.zeros((2, 6)),
    )
    read = read_any_motion(tmp_path / "flame2023_tracking_v2.npz")
    assert np.allclose(read.states.global_orient, turns.as_rotvec(), atol=1e-6)


def insta(folder: Path, frames: int = 3) -> Path:
    exp = folder / "flame" / "exp"
    for kind in ("exp", "jaw", "eyes", "eyelids"):
        (folder / "flame" / kind).mkdir(parents=True)
    cameras = []
    for number in range(frames):
        name = f"{number:05d}.txt"
        lines = "\n".join(f"{number + k / 100:.8f}" for k in range(100))
        (exp / name).write_text(lines)
        jaw = rows6([0.1 * number, 0, 0])
        eyes = [*rows6([0, 0.2, 0]), *rows6([0, -0.1, 0])]
        for kind, values in (("jaw", jaw), ("eyes", eyes), ("eyelids", [0.25, 0.5])):
            text = "\n".join(f"{value:.8f}" for value in values)
            (folder / "flame" / kind / name).write_text(text)
        pose = to_camera([0, 0.3 * number, 0], [0.01 * number, 0.02, -0.9])
        cameras.append(
            {
                "file_path": f"images/{number:05d}.png",
                "transform_matrix": np.linalg.inv(pose).tolist(),
            }
        )
    (folder / "transforms.json").write_text(json.dumps({"frames": cameras[::-1]}))
    return folder


def test_insta_folders_turn_the_head_before_a_still_camera(tmp_path: Path) -> None:
    read = read_any_motion(insta(tmp_path))
    assert len(read) == 3
    assert float(read.states.expression[2, 5]) == pytest.approx(2.05)
    assert np.allclose(read.states.jaw_pose[2], [0.2, 0, 0], atol=1e-6)
    assert np.allclose(read.states.leye_pose[0], [0, 0.2, 0], atol=1e-6)
    assert np.allclose(read.states.reye_pose[0], [0, -0.1, 0], atol=1e-6)
    assert np.allclose(read.states.eyelids[1], [0.25, 0.5])
    assert np.allclose(read.states.global_orient[2], [0, 0.6, 0], atol=1e-6)
    assert np.allclose(read.states.transl[2], [0.02, 0, 0], atol=1e-6)


def test_stock_insta_without_jaw_and_cameras_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "flame" / "exp").mkdir(parents=True)
    (tmp_path / "flame" / "exp" / "00000.txt").write_text("0.5\n" * 100)
    read = read_any_motion(tmp_path)
    assert read.states.expression.shape == (1, 100)
    assert not read.states.jaw_pose.any()


def imavatar_frame(number: int) -> dict[str, object]:
    world = np.concatenate([np.eye(3), [[0.04 * number], [0.08], [-4.0]]], axis=1)
    pose = [0.0, 0.1 * number, 0.0, *[0.0] * 3, 0.2, 0.0, 0.0, *[0.0] * 6]
    return {
        "file_path": f"./image/{number + 1}",
        "expression": [0.1 * number] * 50,
        "pose": pose,
        "world_mat": world.tolist(),
    }


def test_imavatar_heads_are_a_quarter_of_their_size(tmp_path: Path) -> None:
    document = {
        "frames": [imavatar_frame(number) for number in range(3)],
        "shape_params": [0] * 100,
    }
    (tmp_path / "flame_params.json").write_text(json.dumps(document))
    read = read_any_motion(tmp_path)
    assert np.allclose(read.states.transl[2], [0.02, 0, 0], atol=1e-6)
    assert np.allclose(read.states.global_orient[2], [0, 0.2, 0], atol=1e-6)
    assert np.allclose(read.states.jaw_pose[0], [0.2, 0, 0], atol=1e-6)


def metrical_frame(path: Path, number: int) -> None:
    pose = to_camera([0.1 * number, 0, 0], [0, 0, -1.0])
    content = {
        "flame": {
            "exp": np.full((1, 100), number, np.float32),
            "jaw": np.array([rows6([0.3, 0, 0])], np.float32),
            "eyes": np.array([[*rows6([0, 0.1, 0]), *rows6([0, 0.2, 0])]], np.float32),
            "eyelids": np.zeros((1, 2), np.float32),
        },
        "opencv": {
            "R": pose[None, :3, :3].astype(np.float32),
            "t": pose[None, :3, 3].astype(np.float32),
        },
        "frame_id": f"{number:05d}",
        "global_step": 3,
    }
    torch.save(content, path)


def test_metrical_tracker_frames_are_read_without_running_them(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for number in range(2):
        metrical_frame(folder / f"{number:05d}.frame", number)
    read = read_any_motion(tmp_path)
    assert float(read.states.expression[1, 7]) == 1.0
    assert np.allclose(read.states.jaw_pose[0], [0.3, 0, 0], atol=1e-5)
    assert np.allclose(read.states.leye_pose[0], [0, 0.1, 0], atol=1e-5)
    assert np.allclose(read.states.global_orient[1], [0.1, 0, 0], atol=1e-5)


class Evil:
    """What a hostile pickle would run."""

    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("ran",))


def test_a_frame_with_code_inside_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"flame": {"exp": Evil()}}, tmp_path / "00000.frame")
    with pytest.raises(UnreadableFile):
        read_any_motion(tmp_path)
    assert "ran" not in capsys.readouterr().out


def take(rows: list[list[str]]) -> bytes:
    live = [name[0].upper() + name[1:] for name in ARKIT_NAMES]
    header = ["Timecode", "BlendShapeCount", *live, "HeadYaw", "HeadPitch", "HeadRoll"]
    return "\r\n".join(",".join(row) for row in [header, *rows]).encode()


def test_live_link_takes_are_read_by_name(tmp_path: Path) -> None:
    rows = []
    for number in range(150):
        code = f"10:20:{number // 30:02d}:{number % 30:02d}.123"
        values = [f"{number / 200:.4f}"] * 52 + ["0.5", "0.0", "0.0"]
        rows.append([code, "61", *values])
    rows[3][2:] = [""] * 55
    path = tmp_path / "take.csv"
    path.write_bytes(take(rows))
    assert is_motion(path)
    read = read_any_motion(path)
    assert len(read) == 150
    assert read.fps == 30.0
    assert float(read.arkit[100, 0]) == pytest.approx(0.5)
    assert not bool(read.valid[3])
    assert torch.equal(read.arkit[3], read.arkit[2])
    assert math.isclose(float(read.states.global_orient[0, 1]), 0.5, abs_tol=1e-6)


@ONE_FILE
@given(data=st.data())
def test_damaged_takes_are_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(take([["10:20:00:01.5", "61", *["0.25"] * 55]] * 3))
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "take.csv"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        read = read_any_motion(path)
    except UnreadableFile:
        return
    assert bool(torch.isfinite(read.arkit).all())


@ONE_FILE
@given(data=st.data())
def test_damaged_frames_are_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "00000.frame"
    metrical_frame(path, 0)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read_any_motion(tmp_path)
    except UnreadableFile:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@ONE_FILE
@given(frame=st.fixed_dictionaries({k: JSON for k in ("expression", "pose", "world_mat")}))
def test_any_json_in_place_of_a_sequence_is_refused(tmp_path: Path, frame: object) -> None:
    (tmp_path / "flame_params.json").write_text(json.dumps({"frames": [frame]}))
    with pytest.raises(UnreadableFile):
        read_any_motion(tmp_path)


@pytest.mark.parametrize("content", [b"", b"1 2 three", b"nan " * 100, b"1e99 " * 100])
def test_texts_without_usable_numbers_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "flame" / "exp").mkdir(parents=True)
    (tmp_path / "flame" / "exp" / "00000.txt").write_bytes(content)
    with pytest.raises(UnreadableFile):
        read_any_motion(tmp_path)


def test_an_empty_folder_is_no_motion(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no FLAME parameters"):
        read_any_motion(tmp_path)
