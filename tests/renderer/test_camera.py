"""Cameras: projection and its inverse, conventions, sizes."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.render import Orbit, orbit_camera
from renderer.camera import Camera, look_at
from tests import make


@given(
    st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-math.pi, math.pi)
)
def test_unprojecting_a_projection_gives_the_point_back(
    x: float, y: float, z: float, azimuth: float
) -> None:
    camera = make.camera(640, 480, azimuth=azimuth)
    point = torch.tensor([x, y, z])
    pixel, depth = camera.project(point), camera.depths(point)
    assert torch.allclose(camera.unproject(pixel, depth), point, atol=1e-5)
    origin, direction = camera.rays(pixel)
    along = (point - origin) @ direction
    assert torch.allclose(origin + along * direction, point, atol=1e-5)
    assert math.isclose(float(direction.norm()), 1.0, abs_tol=1e-5)


def test_the_target_is_in_the_middle_and_up_is_up() -> None:
    camera = look_at((0, 0, 1), (0, 0, 0), focal=100, width=64, height=48)
    assert torch.allclose(camera.project(torch.zeros(3)), torch.tensor([32.0, 24.0]))
    above = camera.project(torch.tensor([0.0, 0.1, 0.0]))
    assert torch.allclose(above, torch.tensor([32.0, 14.0]))
    subjects_left = camera.project(torch.tensor([0.1, 0.0, 0.0]))
    assert torch.allclose(subjects_left, torch.tensor([42.0, 24.0]))
    assert torch.allclose(camera.position, torch.tensor([0.0, 0.0, 1.0]))


def test_yaw_shows_the_left_cheek_and_pitch_the_crown() -> None:
    nose = torch.tensor([0.0, 0.0, 0.1])
    turned = orbit_camera(Orbit(yaw=30), (0, 0, 0), 512)
    assert float(turned.position[0]) > 0
    assert float(turned.project(nose)[0]) < 256
    raised = orbit_camera(Orbit(pitch=30), (0, 0, 0), 512)
    assert float(raised.position[1]) > 0
    assert float(raised.project(nose)[1]) > 256
    assert float(orbit_camera(Orbit(distance=2.0), (0, 0, 0), 512).position[2]) == pytest.approx(2)


@pytest.mark.parametrize("pitch", [-90.0, 90.0, 89.999])
def test_straight_above_and_below_are_views_like_any_other(pitch: float) -> None:
    camera = orbit_camera(Orbit(yaw=40, pitch=pitch), (0, 0, 0), 256)
    rotation = camera.viewmat[:3, :3]
    assert torch.allclose(rotation @ rotation.mT, torch.eye(3), atol=1e-5)
    assert torch.allclose(camera.project(torch.zeros(3)), torch.tensor([128.0, 128.0]), atol=1e-3)


def test_a_scaled_camera_sees_the_same() -> None:
    camera = make.camera(100, 80)
    half = camera.scaled(0.5)
    point = torch.tensor([0.03, -0.05, 0.02])
    assert (half.width, half.height) == (50, 40)
    assert torch.allclose(half.project(point), camera.project(point) / 2, atol=1e-4)
    assert camera.scaled(0.001).width == 1


def test_moving_to_the_device_it_is_on_changes_nothing() -> None:
    camera = make.camera()
    assert camera.to("cpu") is camera


@pytest.mark.parametrize(
    "broken",
    [
        {"viewmat": torch.eye(3)},
        {"K": torch.eye(4)},
        {"width": 0},
        {"near": 0.0},
        {"near": 5.0, "far": 2.0},
    ],
)
def test_an_impossible_camera_is_refused(broken: dict[str, object]) -> None:
    good: dict[str, object] = {"viewmat": torch.eye(4), "K": torch.eye(3), "width": 4, "height": 4}
    with pytest.raises(ValueError, match=r".+"):
        Camera(**(good | broken))  # type: ignore[arg-type]


def test_looking_at_oneself_is_refused() -> None:
    with pytest.raises(ValueError, match="look at"):
        look_at((0, 0, 0), (0, 0, 0), focal=10, width=4, height=4)
