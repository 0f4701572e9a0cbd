"""Landmarks on stills and video, and how they are compared with a head."""

import subprocess
import sys
import threading
from math import degrees, radians
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.errors import MissingWeights
from avatars.head.default.measurements import load_measurements
from avatars.tracking.graphs import Mesh
from avatars.tracking.landmarks import VideoMesh, mesh_at, scores_from_task
from avatars.tracking.likeness import likeness, mirrored
from avatars.tracking.photo import open_photo


def head_points(yaw: float, pitch: float, roll: float, scale: float) -> np.ndarray:
    """The mean face turned, as FaceMesh would give it: [478, 3] pixels, weak perspective."""
    measured = load_measurements()
    points = np.concatenate([measured.landmarks, measured.iris])
    across = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    # Turned about x by -pitch, so that positive pitch lifts the nose.
    c, s = np.cos(-pitch), np.sin(-pitch)
    lifted = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = np.cos(-roll), np.sin(-roll)
    leaned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    turned = points @ (leaned @ across @ lifted).T * scale
    return turned * (1, -1, -1) + (300.0, 200.0, 0.0)


@given(
    yaw=st.floats(-35, 35),
    pitch=st.floats(-25, 25),
    roll=st.floats(-170, 170),
    scale=st.floats(0.2, 8),
)
def test_a_turned_mean_face_is_recognised_with_its_pose_and_scale(
    yaw: float, pitch: float, roll: float, scale: float
) -> None:
    fit = likeness(head_points(radians(yaw), radians(pitch), radians(roll), scale))
    assert fit.residual < 0.05
    assert fit.pixels_per_mm == pytest.approx(scale, rel=1e-2)
    assert fit.centre == pytest.approx([300, 200], abs=0.5 * scale + 1e-6)
    # The points were projected without perspective, and real readings are lengthened with the turn.
    lengthening = 1 + 0.2 * np.clip((abs(yaw) - 15) / 25, 0, 1)
    assert degrees(fit.yaw) == pytest.approx(yaw * lengthening, abs=3)
    assert degrees(fit.pitch) == pytest.approx(pitch, abs=6)
    assert degrees(fit.roll) == pytest.approx(roll, abs=4)


def test_a_distorted_face_leaves_a_residual() -> None:
    points = head_points(0, 0, 0, 2.0)
    random = np.random.default_rng(0)
    points[:468] += random.normal(0, 2.0 * 2.0, (468, 3))  # 2 mm per axis
    assert likeness(points).residual == pytest.approx(2 * 3**0.5, rel=0.2)


def test_mirroring_landmarks_twice_changes_nothing() -> None:
    points = head_points(0.3, 0.1, 0.2, 2.0)
    assert np.allclose(mirrored(mirrored(points, 640), 640), points)
    assert likeness(mirrored(points, 640)).yaw == pytest.approx(-likeness(points).yaw, abs=1e-3)


def test_stills_give_steady_landmarks_or_none(shared: Path) -> None:
    rgb = open_photo(shared / "media" / "photo_businesswoman.png").rgb
    with Mesh(video=False) as mesh:
        found = mesh_at(mesh, rgb, (372, 212, 251, 251))
        again = mesh_at(mesh, rgb, (352, 232, 300, 300))
        assert mesh_at(mesh, np.full((300, 300, 3), 200, np.uint8), (50, 50, 200, 200)) is None
    assert found is not None
    assert again is not None
    apart = np.linalg.norm(found.points[:, :2] - again.points[:, :2], axis=1)
    assert apart.mean() < 0.01 * found.likeness.eye_distance
    # The iris lies between the lids.
    assert found.points[159, 1] < found.points[468, 1] < found.points[145, 1]


def frames(path: Path, count: int) -> list[np.ndarray]:
    video = cv2.VideoCapture(str(path))
    taken = [video.read()[1][..., ::-1] for _ in range(count)]
    video.release()
    return taken


def test_video_follows_a_face_and_can_be_closed_while_it_works(shared: Path) -> None:
    clip = frames(shared / "media" / "video_woman_expressive.mp4", 6)
    before = threading.active_count()
    with VideoMesh() as mesh:
        assert all(mesh.points_in(frame) is not None for frame in clip)
        assert mesh.points_in(np.zeros_like(clip[0])) is None
        mesh.restart()
        assert mesh.points_in(clip[0]) is not None
    with pytest.raises(ValueError, match="closed"):
        mesh.points_in(clip[0])

    working = VideoMesh()
    ends: list[str] = []

    def work() -> None:
        try:
            while True:
                working.points_in(clip[0])
        except ValueError as error:
            ends.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    working.close()
    working.close()
    thread.join(10)
    assert not thread.is_alive()
    assert ends == ["this graph is closed"]
    assert threading.active_count() == before


def test_scores_come_from_the_task_model_where_there_is_one(shared: Path, tmp_path: Path) -> None:
    rgb = open_photo(shared / "media" / "photo_woman_open_mouth.jpg").rgb
    crop = rgb[100:620, 90:610]
    assert scores_from_task(crop, None) is None
    task = shared / "media" / "face_landmarker.task"
    scores = scores_from_task(crop, task)
    assert scores is not None
    assert len(scores) == 52
    assert scores["jawOpen"] > 0.4
    assert scores_from_task(np.zeros((256, 256, 3), np.uint8), task) is None
    (tmp_path / "wrong.task").write_bytes(b"not a model")
    with pytest.raises(MissingWeights):
        scores_from_task(crop, tmp_path / "wrong.task")


def test_importing_the_package_loads_no_heavy_library() -> None:
    script = """
import sys
from avatars.tracking import checks, crop, faces, landmarks, matting, photo
heavy = {'mediapipe', 'cv2', 'PIL', 'torch', 'matplotlib', 'scipy'} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
