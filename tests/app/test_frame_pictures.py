"""What the pictures of the render worker show, and what lies under their pixels."""

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

import app.frame_painter
from app.demo import demo_avatar, face
from app.frame_picking import surface_point
from app.frame_picture import Sharing
from app.frame_request import RenderRequest
from app.shots import head_centre
from app.view import RenderOptions, ViewOrbit
from avatars.avatar import Identity
from tests import make
from tests.make_frames import SIZE, request_of


@pytest.fixture(scope="module")
def avatar():
    return demo_avatar(3000)


@pytest.fixture(scope="module")
def painter():
    return app.frame_painter.Painter("cpu", lambda text: None, Sharing())


def test_a_state_an_identity_and_maps_show(painter, avatar):
    plain = painter.paint(request_of(avatar)).rgba
    again = painter.paint(request_of(avatar, state=avatar.head.neutral())).rgba
    assert np.array_equal(plain, again)  # no state is the resting face
    somebody = replace(avatar, identity=Identity(torch.full((avatar.head.shape_count,), 1.5)))
    red = replace(avatar.maps, rgb=avatar.maps.rgb * torch.tensor([1.0, 0.2, 0.2]))
    for changed in (
        request_of(avatar, state=face(avatar.head, jawOpen=1.0)),
        request_of(somebody),
        request_of(avatar, maps=red),
        request_of(avatar, orbit=ViewOrbit(target=head_centre(avatar), azimuth=0.6)),
    ):
        assert np.abs(painter.paint(changed).rgba.astype(int) - plain).mean() > 0.3


def test_another_camera_or_colour_is_not_posed_again(painter, avatar, monkeypatch):
    state = face(avatar.head, jawOpen=0.5)
    request = request_of(avatar, state=state)
    painter.paint(request)
    monkeypatch.setattr("avatars.head.skinning.ShapedHead.pose", None)  # posing would fail now
    painter.paint(replace(request, orbit=request.orbit.orbited(0.2, 0.1)))
    painter.paint(replace(request, maps=replace(avatar.maps, rgb=1 - avatar.maps.rgb)))
    painter.paint(request, 0.5)
    with pytest.raises(TypeError):
        painter.paint(replace(request, state=face(avatar.head, jawOpen=0.6)))


def test_backgrounds_are_a_colour_or_nothing(painter, avatar):
    def corner(options):
        return painter.paint(request_of(avatar, options=options)).rgba[0, 0].tolist()

    assert corner(RenderOptions(background=(1.0, 0.0, 0.4))) == [255, 0, 102, 255]
    assert corner(RenderOptions(background=None))[3] == 0
    behind = RenderOptions(background=(1.0, 1.0, 1.0), background_picture="hills.jpg")
    assert corner(behind)[3] == 0  # the window shows the picture through


def test_reduced_pictures_have_fewer_pixels_of_the_same_view(painter, avatar):
    full = painter.paint(request_of(avatar)).rgba.astype(float)
    half = painter.paint(request_of(avatar), 0.5)
    assert (half.width, half.height) == (SIZE // 2, SIZE // 2)
    means = full.reshape(SIZE // 2, 2, SIZE // 2, 2, 4).mean(axis=(1, 3))
    assert np.abs(means - half.rgba).mean() < 4


def test_the_source_camera_takes_the_place_of_the_orbit(painter, avatar):
    orbit = ViewOrbit(target=head_centre(avatar), azimuth=0.4)
    through_orbit = painter.paint(request_of(avatar, orbit=orbit)).rgba
    request = request_of(avatar, camera=orbit.camera(SIZE, SIZE))
    assert np.array_equal(painter.paint(request).rgba, through_orbit)
    wide = painter.paint(replace(request, width=2 * SIZE)).rgba
    assert np.array_equal(wide[:, SIZE // 2 : -SIZE // 2], through_orbit)


def test_the_mesh_is_drawn_over_the_head_only(painter, avatar):
    for background in (None, (0.0, 0.0, 0.0)):
        options = RenderOptions(background=background)
        without = painter.paint(request_of(avatar, options=options)).rgba
        lines = replace(options, mesh_overlay=True)
        with_mesh = painter.paint(request_of(avatar, options=lines)).rgba
        differs = (without.astype(int) - with_mesh).any(axis=2)
        assert differs[30:70, 30:70].mean() > 0.3
        assert not differs[:, :8].any()
        assert (with_mesh[..., 3].astype(int) >= without[..., 3].astype(int) - 1).all()


def test_plain_splats_and_nothing_at_all_are_drawn(painter):
    scene = RenderRequest(splats=make.splats(400), orbit=ViewOrbit(distance=1.0), width=40)
    picture = painter.paint(scene)
    assert picture.splats == 400
    assert picture.rgba[..., :3].std() > 1
    empty = painter.paint(RenderRequest(width=40, height=30))
    assert empty.splats == 0
    assert (empty.rgba == np.array([43, 45, 49, 255])).all()
    clear = painter.paint(RenderRequest(options=RenderOptions(background=None)))
    assert not clear.rgba.any()


def test_600_pictures_keep_nothing(painter):
    small = demo_avatar(300)
    states = [face(small.head, jawOpen=number / 20) for number in range(20)]
    requests = [request_of(small, state=state, width=16, height=16) for state in states]

    def run(count):
        for number in range(count):
            painter.paint(requests[number % len(requests)])

    run(40)
    tracemalloc.start()
    try:
        run(40)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        run(600)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 100_000  # a picture of the smallest is 1 kB, of a head with its splats 1 MB


# What lies under the pointer.


def test_the_point_under_the_pointer_is_the_one_that_is_drawn_there(painter, avatar):
    state = face(avatar.head, jawOpen=0.4)
    request = request_of(avatar, state=state, width=2 * SIZE)
    camera = request.orbit.camera(2 * SIZE, SIZE)
    frame = painter.rasterizer.draw(avatar.pose(state), camera, with_depth=True)
    for u, v in ((0.5, 0.5), (0.55, 0.6), (0.45, 0.4)):
        point = surface_point(request, u, v)
        pixel = camera.project(torch.tensor(point))
        assert pixel.tolist() == pytest.approx([u * 2 * SIZE, v * SIZE], abs=0.01)
        depth = float(camera.depths(torch.tensor(point)))
        drawn = float(frame.depth[int(v * SIZE), int(u * 2 * SIZE)])
        assert depth == pytest.approx(drawn, abs=0.01)
    assert surface_point(request, 0.02, 0.02) is None


def test_points_of_plain_splats_are_found_and_of_nothing_none():
    scene = make.splats(4000, size=0.01)
    request = RenderRequest(splats=scene, orbit=ViewOrbit(distance=1.0))
    point = surface_point(request, 0.5, 0.5)
    assert point is not None
    assert np.linalg.norm(point) < 1.0
    assert surface_point(replace(request, splats=None), 0.5, 0.5) is None
    away = replace(request, orbit=ViewOrbit(target=(50.0, 0.0, 0.0), distance=1.0))
    assert surface_point(away, 0.5, 0.5) is None
