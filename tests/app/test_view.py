"""The free camera: where it stands, and that what is grabbed follows the pointer."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.render import Orbit, orbit_camera
from app.view import (
    FARTHEST,
    NEAREST,
    RenderOptions,
    ViewOrbit,
    background_of,
    fitted_camera,
    fitted_square,
)

small = st.floats(-0.4, 0.4)
orbits = st.builds(
    ViewOrbit,
    target=st.tuples(small, small, small),
    distance=st.floats(0.3, 2.0),
    azimuth=st.floats(-3, 3),
    elevation=st.floats(-1.4, 1.4),
    roll=st.floats(-1, 1),
)


@given(orbits, st.integers(50, 900), st.integers(50, 900))
def test_the_target_is_in_the_middle_of_the_picture(orbit, width, height):
    camera = orbit.camera(width, height)
    seen = camera.project(torch.tensor(orbit.target))
    torch.testing.assert_close(seen, torch.tensor([width / 2, height / 2]), atol=0.05, rtol=0)
    torch.testing.assert_close(camera.position, torch.tensor(orbit.eye), atol=1e-4, rtol=0)


@given(st.floats(-170, 170), st.floats(-80, 80), st.floats(-40, 40), st.floats(0.3, 3))
def test_it_is_the_camera_that_commands_use(yaw, pitch, roll, distance):
    theirs = orbit_camera(Orbit(yaw, pitch, roll, distance), (0.1, 0.2, 0.3), 512)
    ours = ViewOrbit(
        (0.1, 0.2, 0.3), distance, math.radians(yaw), math.radians(pitch), math.radians(roll)
    ).camera(512, 512)
    torch.testing.assert_close(ours.viewmat, theirs.viewmat, atol=1e-5, rtol=0)
    torch.testing.assert_close(ours.K, theirs.K, atol=1e-2, rtol=0)


@given(orbits)
def test_the_axes_are_those_of_the_camera(orbit):
    torch.testing.assert_close(
        torch.tensor(orbit.axes()), orbit.camera(64, 64).viewmat[:3, :3], atol=1e-5, rtol=0
    )


@given(orbits, st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_panning_moves_the_picture_with_the_pointer(orbit, dx, dy):
    before = torch.tensor(orbit.target)
    seen = orbit.panned(dx, dy).camera(300, 200).project(before)
    expected = torch.tensor([150 + 200 * dx, 100 + 200 * dy])
    torch.testing.assert_close(seen, expected, atol=0.1, rtol=0)


@given(orbits, st.floats(0.5, 2.0), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_zooming_keeps_what_lies_under_the_pointer(orbit, factor, u, v):
    pixel = torch.tensor([150 + 200 * u, 100 + 200 * v])
    before = orbit.camera(300, 200)
    point = before.unproject(pixel, torch.tensor(orbit.distance))
    closer = orbit.zoomed(factor, (u, v))
    torch.testing.assert_close(closer.camera(300, 200).project(point), pixel, atol=0.1, rtol=0)
    assert closer.distance == pytest.approx(orbit.distance / factor)


def test_the_camera_neither_enters_the_target_nor_leaves_the_world():
    assert ViewOrbit().zoomed(1e9).distance == NEAREST
    assert ViewOrbit().zoomed(0.0).distance == FARTHEST
    assert ViewOrbit().framed((1, 2, 3), 0.0).distance == NEAREST


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_orbiting_stops_over_the_crown_and_goes_round(dx, dy):
    orbit = ViewOrbit().orbited(dx, dy)
    assert abs(orbit.azimuth) <= math.pi
    assert abs(orbit.elevation) < math.pi / 2
    assert math.sin(orbit.azimuth) == pytest.approx(math.sin(dx), abs=1e-9)


def test_positive_azimuth_goes_to_the_subjects_left():
    assert ViewOrbit().orbited(0.5, 0).eye[0] > 0
    assert ViewOrbit().orbited(0, 0.5).eye[1] > 0


def test_framing_keeps_the_direction():
    orbit = ViewOrbit(azimuth=0.4, elevation=0.2, roll=0.1).framed((1.0, 2.0, 3.0), 0.9)
    assert orbit == ViewOrbit((1.0, 2.0, 3.0), 0.9, 0.4, 0.2, 0.1)


@pytest.mark.parametrize(
    ("width", "height", "square"),
    [(800, 400, (200, 0, 400)), (300, 300, (0, 0, 300)), (100, 301, (0, 100, 100))],
)
def test_the_photo_lies_in_the_middle(width, height, square):
    assert fitted_square(width, height) == square
    source = ViewOrbit(roll=0.2).camera(512, 512)
    fitted = fitted_camera(source, width, height)
    x, y, side = square
    points = torch.tensor([[0.01, 0.02, 0.03], [-0.05, 0.0, 0.02]])
    expected = source.project(points) * side / 512 + torch.tensor([x, y])
    torch.testing.assert_close(fitted.project(points), expected, atol=0.01, rtol=0)
    assert (fitted.width, fitted.height) == (width, height)


def test_backgrounds_of_settings():
    assert background_of("#ff0000") == (1.0, 0.0, 0.0)
    assert background_of("transparent") is None
    for odd in ("", "red", "#12", "#gggggg"):
        assert background_of(odd) == RenderOptions().background


def test_views_are_values():
    assert ViewOrbit() == replace(ViewOrbit(), roll=0.0)
    assert RenderOptions(wipe=0.5) != RenderOptions()
