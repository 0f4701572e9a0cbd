"""The render worker on a GPU: the same pictures as on the CPU, nothing kept, nothing waited for."""

import time
from dataclasses import replace

import pytest
import torch

from app.demo import demo_avatar, face
from app.frame_picture import Sharing
from app.frame_request import RenderRequest
from app.frames import FrameWorker
from app.shots import head_centre
from app.view import RenderOptions, ViewOrbit
from avatars.avatar import Identity
from tests import make

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def avatar():
    return demo_avatar(20_000)


def requests(avatar, count: int = 30, **changes):
    orbit = ViewOrbit(target=head_centre(avatar))
    for number in range(count):
        state = face(avatar.head, jawOpen=number / count, mouthSmileLeft=0.5)
        request = RenderRequest(number, avatar, state=state, orbit=orbit, width=256, height=256)
        yield replace(request, **changes)


def painter(choice: str):
    from app.frame_painter import Painter

    return Painter(choice, lambda text: None, Sharing())


@pytest.mark.parametrize(
    "options",
    [RenderOptions(), RenderOptions(background=None), RenderOptions(mesh_overlay=True)],
    ids=["colour", "transparent", "mesh"],
)
def test_pictures_are_those_of_the_cpu(avatar, options):
    on_gpu, on_cpu = painter("cuda"), painter("cpu")
    somebody = replace(avatar, identity=Identity(torch.linspace(-1, 1, avatar.head.shape_count)))
    for who in (avatar, somebody):
        for request in requests(who, 5, options=options):
            ours, plain = on_gpu.paint(request), on_cpu.paint(request)
            difference = abs(ours.rgba.astype(int) - plain.rgba.astype(int))
            assert difference.mean() <= 1.0
            assert (ours.width, ours.height, ours.splats) == (256, 256, plain.splats)
            assert ours.device == "cuda"


def test_plain_scenes_and_half_pictures_are_drawn(avatar):
    on_gpu, on_cpu = painter("cuda"), painter("cpu")
    orbit = ViewOrbit(distance=1.0)
    for degree in (0, 3):
        scene = make.splats(2000, sh_degree=degree, size=0.006)
        request = RenderRequest(splats=scene, orbit=orbit, width=200, height=100)
        for scale in (1.0, 0.5):
            ours, plain = on_gpu.paint(request, scale), on_cpu.paint(request, scale)
            assert abs(ours.rgba.astype(int) - plain.rgba.astype(int)).mean() <= 1.0
            assert ours.rgba.shape == (100 * scale, 200 * scale, 4)
    empty = on_gpu.paint(RenderRequest(width=20, height=10))
    assert (empty.rgba == on_cpu.paint(RenderRequest(width=20, height=10)).rgba).all()


def test_600_frames_copy_nothing_back_and_keep_nothing(avatar):
    on_gpu = painter("cuda")
    many = list(requests(avatar))

    def run() -> None:
        for number in range(600):
            on_gpu.paint(many[number % len(many)])

    run()
    before = torch.cuda.memory_allocated()
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CUDA], acc_events=True
    ) as profile:
        run()
    assert torch.cuda.memory_allocated() == before
    assert sum(event.count for event in profile.key_averages() if "DtoH" in event.key) == 0


def test_the_worker_shows_the_newest(avatar):
    worker = FrameWorker("cuda")
    try:
        for request in requests(avatar):
            worker.show(request)
        until = time.monotonic() + 120
        while worker.busy and time.monotonic() < until:
            time.sleep(0.01)
        assert worker.state == "ready: cuda"
        assert worker.error is None
        picture = worker.newest()
        assert picture.request is request
        assert picture.rgba.any()
        assert picture.gpu_mb > 1
        assert 0 < picture.raster_ms < 1000
    finally:
        assert worker.close()
