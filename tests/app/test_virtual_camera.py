"""The virtual camera with a stand-in for the driver, and what it says where there is none."""

import builtins
import sys
import threading
import time
import types

import numpy as np
import pytest

from app.driving.virtual_camera import SIZE, VirtualCamera, fitted


class Device:
    """A camera driver that keeps what it is sent."""

    device = "/dev/video9"

    def __init__(self, *_: float) -> None:
        self.frames: list[np.ndarray] = []
        self.came = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.frames.append(np.zeros(0))

    def send(self, frame) -> None:
        self.frames.append(frame)
        self.came.set()

    def sleep_until_next_frame(self) -> None:
        time.sleep(0.001)


def ended(camera: VirtualCamera) -> bool:
    camera._thread.join(5)
    return not camera._thread.is_alive()


def test_the_newest_picture_is_sent_whole_on_its_background():
    device, woken = Device(), []
    camera = VirtualCamera(lambda: woken.append(1), lambda *_: device)
    try:
        rgba = np.full((300, 200, 4), 255, np.uint8)
        camera.show(rgba, (1.0, 0.0, 0.0))
        end = time.monotonic() + 5
        while time.monotonic() < end and not (device.frames and device.frames[-1].any()):
            time.sleep(0.002)
        frame = device.frames[-1]
        assert frame.shape == (SIZE[1], SIZE[0], 3)
        assert tuple(frame[360, 640]) == (255, 255, 255)
        assert tuple(frame[360, 10]) == (255, 0, 0)
        assert camera.device == "/dev/video9"
        assert woken
    finally:
        camera.close()
    assert device.frames[-1].size == 0  # the driver was let go of


def test_what_is_transparent_shows_the_background():
    rgba = np.zeros((10, 10, 4), np.uint8)
    rgba[..., 1], rgba[:, 5:, 3] = 200, 255
    out = fitted(rgba, (0.0, 0.0, 1.0), (20, 10))
    assert tuple(out[5, 6]) == (0, 0, 255)
    assert tuple(out[5, 13]) == (0, 200, 0)


def test_a_missing_package_is_explained(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "pyvirtualcam":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    camera = VirtualCamera()
    assert ended(camera)
    assert "pyvirtualcam" in camera.problem.message
    assert "pip install" in camera.problem.remedy


@pytest.mark.parametrize(
    ("system", "word"), [("Linux", "v4l2loopback"), ("Windows", "OBS"), ("Darwin", "OBS")]
)
def test_a_missing_driver_is_explained_for_the_platform(monkeypatch, system, word):
    def refuses(*_):
        raise RuntimeError("no virtual camera found")

    monkeypatch.setitem(sys.modules, "pyvirtualcam", types.SimpleNamespace(Camera=refuses))
    monkeypatch.setattr("platform.system", lambda: system)
    camera = VirtualCamera()
    assert ended(camera)
    assert "no virtual camera" in camera.problem.message
    assert word in camera.problem.remedy


def test_a_driver_that_breaks_is_a_sentence():
    class Breaks(Device):
        def send(self, frame) -> None:
            raise OSError("gone")

    camera = VirtualCamera(open_camera=Breaks)
    assert ended(camera)
    assert "OSError" in camera.problem.message
    camera.close()
