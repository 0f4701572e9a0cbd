"""The render worker: newest wins, nothing is drawn twice, nothing brings it down."""

import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import app.frame_painter
from app.demo import demo_avatar
from app.frame_picture import Picture
from app.frame_request import RenderRequest
from app.frames import FrameWorker
from app.jobs.gate import Gate
from app.view import RenderOptions
from renderer.errors import NoGpu, OutOfGpuMemory, UserError
from tests import make
from tests.make_frames import SIZE, request_of


@pytest.fixture(scope="module")
def avatar():
    return demo_avatar(3000)


def wait_until(holds, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.002)


class FakePainter:
    """Stands in for the real one; what it does is set by the test."""

    def __init__(self, choice, announce, sharing):
        self.choice = choice
        self.device = "cpu" if choice in ("cpu", "auto") else "cuda"
        self.rasterizer = type("Plain", (), {"note": ""})
        if choice in self.missing:
            raise NoGpu("No GPU.", "Buy one.")

    def warm_up(self):
        """Nothing to warm up."""

    def paint(self, request, scale=1.0):
        self.painted.append((request.id, scale, self.device))
        self.do(request, scale)
        return Picture(request, request.width, request.height, scale, device=self.device)


@pytest.fixture
def fake(monkeypatch):
    """A class of painters whose pictures and behaviour the test sees and sets."""

    class Fake(FakePainter):
        painted: list = []  # noqa: RUF012
        missing = ()
        do = staticmethod(lambda request, scale: None)

    monkeypatch.setattr(app.frame_painter, "Painter", Fake)
    return Fake


@pytest.fixture
def start():
    """Starts workers that end with the test."""
    workers = []

    def begin(device="auto", **settings):
        workers.append(FrameWorker(device, **settings))
        wait_until(lambda: not workers[-1].busy)
        return workers[-1]

    yield begin
    for worker in workers:
        assert worker.close()


def show(worker, request):
    worker.show(request)
    wait_until(lambda: not worker.busy)


def test_importing_the_worker_imports_no_torch():
    code = "import sys, app.frames; assert not {'torch', 'numba', 'OpenGL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_newest_request_wins(fake, start):
    begun, go_on = threading.Event(), threading.Event()

    def slowly(request, scale):
        begun.set()
        assert go_on.wait(20)

    worker = start()
    fake.do = staticmethod(slowly)
    worker.show(RenderRequest(1, width=10))
    assert begun.wait(20)
    for number in range(2, 30):
        worker.show(RenderRequest(number, width=10 + number))
    assert worker.busy
    assert worker.newest() is None
    go_on.set()
    wait_until(lambda: not worker.busy)
    assert [number for number, _, _ in fake.painted] == [1, 29]
    assert worker.newest().request.id == 29


def test_the_same_picture_is_not_drawn_again(fake, start, avatar):
    worker = start()
    first = request_of(avatar, id=1)
    show(worker, first)
    same_values = replace(first, id=2, orbit=replace(first.orbit), options=RenderOptions())
    show(worker, same_values)
    show(worker, replace(first, id=3, options=RenderOptions(wipe=0.5)))
    assert len(fake.painted) == 1
    show(worker, replace(first, id=4, state=avatar.head.neutral()))
    show(worker, replace(first, id=5, state=avatar.head.neutral()))
    assert [number for number, _, _ in fake.painted] == [1, 4, 5]


CHANGES = {
    "avatar": lambda r: replace(r, avatar=replace(r.avatar)),
    "maps": lambda r: replace(r, maps=r.avatar.maps),
    "splats": lambda r: replace(r, splats=make.splats()),
    "state": lambda r: replace(r, state=r.avatar.head.neutral()),
    "camera": lambda r: replace(r, camera=make.camera(SIZE, SIZE)),
    "width": lambda r: replace(r, width=SIZE + 1),
    "height": lambda r: replace(r, height=SIZE - 1),
    "orbit": lambda r: replace(r, orbit=r.orbit.orbited(0.1, 0.0)),
    "background": lambda r: replace(r, options=RenderOptions(background=None)),
    "picture behind": lambda r: replace(r, options=RenderOptions(background_picture="a.png")),
    "mesh": lambda r: replace(r, options=RenderOptions(mesh_overlay=True)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_anything_that_shows_makes_another_picture(avatar, what):
    plain = request_of(avatar)
    changed = CHANGES[what](plain)
    assert not plain.same_picture(changed)
    assert not changed.same_picture(plain)
    assert changed.same_picture(replace(changed, id=9, scale=0.5))
    assert not plain.same_picture(None)


def test_pictures_are_reduced_while_moving_only_if_full_ones_take_too_long(
    fake, start, monkeypatch
):
    monkeypatch.setattr("app.frames.SETTLE", 60.0)
    worker = start()
    show(worker, RenderRequest(1, width=10))
    show(worker, RenderRequest(2, width=12, scale=0.5))
    monkeypatch.setattr("app.frames.BUDGET_MS", -1.0)  # now every picture is over budget
    show(worker, RenderRequest(3, width=14, scale=0.5))
    show(worker, RenderRequest(4, width=16, scale=0.5))
    assert worker.newest().is_reduced
    show(worker, RenderRequest(5, width=16))  # let go: the same picture, still
    show(worker, RenderRequest(6, width=18))
    scales = [(number, scale) for number, scale, _ in fake.painted]
    assert scales == [(1, 1.0), (2, 1.0), (3, 0.5), (4, 0.5), (5, 1.0), (6, 1.0)]


def test_what_is_held_still_is_drawn_in_full_after_a_moment(fake, start, monkeypatch):
    monkeypatch.setattr("app.frames.SETTLE", 0.02)
    monkeypatch.setattr("app.frames.BUDGET_MS", -1.0)
    worker = start()
    worker.show(RenderRequest(1, width=10, scale=0.5))
    wait_until(lambda: len(fake.painted) == 2)
    wait_until(lambda: not worker.busy)
    assert [scale for _, scale, _ in fake.painted] == [0.5, 1.0]
    assert not worker.newest().is_reduced
    time.sleep(0.1)
    assert len(fake.painted) == 2


def test_errors_become_a_notice_and_the_worker_lives_on(fake, start):
    def failing(request, scale):
        if request.id == 1:
            raise UserError("The file is gone.", "Open it again.")
        if request.id == 2:
            raise ZeroDivisionError("a bug")

    fake.do = staticmethod(failing)
    woken = []
    worker = start(wake=lambda: woken.append(1))
    show(worker, RenderRequest(1))
    assert worker.error.message == "The file is gone."
    assert not worker.error.is_bug
    before = len(woken)
    show(worker, RenderRequest(2, width=7))
    assert worker.error.is_bug
    assert "ZeroDivisionError" in worker.error.detail
    assert len(woken) > before
    show(worker, RenderRequest(3, width=7))  # the same again would fail again
    assert len(fake.painted) == 2
    show(worker, RenderRequest(4, width=8))
    assert worker.error is None
    assert worker.newest().request.id == 4


@pytest.mark.parametrize("error", [OutOfGpuMemory("Full.", "Free some."), None])
def test_a_full_gpu_hands_over_to_the_cpu(fake, start, error):
    class OutOfMemoryError(RuntimeError):
        pass

    def full(request, scale):
        if fake.painted[-1][2] == "cuda":
            raise error or OutOfMemoryError("CUDA out of memory")

    fake.do = staticmethod(full)
    worker = start("cuda")
    assert worker.state == "ready: cuda"
    show(worker, RenderRequest(1))
    assert worker.state == "ready: cpu"
    assert worker.error is None
    assert "no memory left" in worker.rasterizer_note
    assert worker.newest().request.id == 1
    assert [device for _, _, device in fake.painted] == ["cuda", "cpu"]


def test_without_a_gpu_the_cpu_draws_and_says_why(fake, start):
    fake.missing = ("cuda",)
    worker = start("cuda")
    assert worker.state == "ready: cpu"
    assert worker.rasterizer_note == "Drawing on the CPU: No GPU. Buy one."


def test_another_device_draws_the_picture_anew(fake, start):
    worker = start("cpu")
    show(worker, RenderRequest(1))
    worker.use("cuda")
    wait_until(lambda: len(fake.painted) == 2 and not worker.busy)
    assert worker.state == "ready: cuda"
    assert worker.newest().device == "cuda"
    worker.use("cuda")
    time.sleep(0.02)
    assert len(fake.painted) == 2


def test_what_cannot_even_start_says_so(fake, start):
    def broken(self):
        raise OSError("a library is missing")

    fake.warm_up = broken
    worker = start()
    assert worker.state == "cannot draw"
    assert worker.error.is_bug
    worker.show(RenderRequest(1))
    assert worker.newest() is None


def test_long_work_gives_way_while_a_picture_is_drawn(fake, start):
    gate, seen = Gate(), []
    fake.do = staticmethod(lambda request, scale: seen.append(gate.is_set()))
    worker = start(gate=gate)
    show(worker, RenderRequest(1))
    assert seen == [True]
    assert not gate.is_set()
    fake.do = staticmethod(lambda request, scale: 1 / 0)
    show(worker, RenderRequest(2, width=5))
    assert not gate.is_set()


def test_idle_takes_no_time(fake, start):
    woken = []
    worker = start(wake=lambda: woken.append(1))
    show(worker, RenderRequest(1))
    before = time.thread_time(), len(woken), time.process_time()
    time.sleep(0.3)
    assert len(fake.painted) == 1
    assert len(woken) == before[1]
    assert time.process_time() - before[2] < 0.1


def test_closing_ends_the_thread(fake):
    worker = FrameWorker()
    worker.show(RenderRequest(1))
    assert worker.close()
    assert worker.close()
    assert not worker.busy
    assert not [t for t in threading.enumerate() if t.name == "frames"]


def test_a_real_picture_arrives(start, avatar):
    worker = start("cpu")
    assert worker.state == "ready: cpu"
    show(worker, request_of(avatar, id=1))
    picture = worker.newest()
    assert worker.error is None
    assert picture.rgba.shape == (SIZE, SIZE, 4)
    assert picture.rgba.dtype == np.uint8
    assert (picture.splats, picture.device, picture.gpu_mb) == (len(avatar), "cpu", 0.0)
    assert picture.raster_ms > 0
    assert picture.rgba[2, 2].tolist() == [43, 45, 49, 255]
    assert (picture.rgba[SIZE // 2, SIZE // 2, :3] > 60).any()
