"""Landmarks that a person put right: the face follows them."""

from types import MappingProxyType

import numpy as np
import pytest

from avatars.methods.base import Photo
from avatars.tracking.faces import FoundFace
from avatars.tracking.still import corrected
from renderer.errors import UserError


@pytest.fixture
def face() -> FoundFace:
    points = np.random.default_rng(0).uniform(100, 200, (478, 3))
    return FoundFace(
        box=(100.0, 100.0, 100.0, 100.0),
        witnesses=MappingProxyType({}),
        landmarks=points,
        cheeks_px=90.0,
        yaw=0.0,
        pitch=0.0,
        roll=0.0,
        residual=0.5,
        spread=0.5,
        pixels_per_mm=0.6,
        head_centre=points[:, :2].mean(0) + np.array([0.0, -20.0]),
        head_rotation=np.eye(3),
    )


def test_points_take_place_and_scale_of_the_head_along(face):
    moved = corrected(face, face.landmarks[:, :2] * 2 + (30.0, -10.0))
    assert np.allclose(moved.landmarks[:, :2], face.landmarks[:, :2] * 2 + (30.0, -10.0))
    assert np.array_equal(moved.landmarks[:, 2], face.landmarks[:, 2])
    assert moved.pixels_per_mm == pytest.approx(1.2)
    assert moved.cheeks_px == pytest.approx(180.0)
    assert moved.head_centre == pytest.approx(face.head_centre * 2 + (30.0, -10.0))


def test_the_same_points_are_the_same_face(face):
    same = corrected(face, face.landmarks[:, :2].copy())
    assert same.head_centre == pytest.approx(face.head_centre)
    assert same.pixels_per_mm == pytest.approx(face.pixels_per_mm)


@pytest.mark.parametrize(
    "points",
    [np.zeros((477, 2)), np.full((478, 2), np.nan), np.zeros((478, 2)), np.zeros((478, 3))],
    ids=["too few", "not finite", "in one place", "with depth"],
)
def test_points_that_are_no_face_are_refused(face, points):
    with pytest.raises(UserError, match="corrected landmarks"):
        corrected(face, points)


def test_a_photo_without_corrections_is_what_it_was(tmp_path):
    assert Photo(tmp_path / "a.jpg") == Photo(tmp_path / "a.jpg", None, None)
