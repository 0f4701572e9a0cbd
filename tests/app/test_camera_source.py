import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.demo import builtin_head
from app.sources.camera import CameraSource, list_cameras
from renderer.errors import UnreadableFile


def until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_a_video_stands_in_for_a_camera(shared: Path) -> None:
    woken: list[int] = []
    source = CameraSource(
        shared / "media" / "video_man_talking.mp4", builtin_head(), wake=lambda: woken.append(1)
    )
    try:
        assert until(lambda: source.latest() is not None and source.latest().number > 3)  # type: ignore[union-attr]
        sample = source.latest()
        assert sample is not None
        assert np.isfinite(sample.signal.weights).all()
        assert source.status().state == "live"
        assert source.quality > 0.3
        shown = source.picture()
        assert shown is not None
        assert max(shown[0].shape) <= 240
        assert shown[1] is not None
        assert (shown[1] < 240).all()
        assert woken
        source.restart()
        number = sample.number
        assert until(lambda: source.latest().number > number)  # type: ignore[union-attr]
    finally:
        source.close()
    assert source.status().state == "stopped"


def test_a_camera_that_is_not_there_is_a_sentence_and_can_be_closed() -> None:
    source = CameraSource(63, builtin_head())
    try:
        assert until(lambda: source.status().state == "failed")
        assert "Camera 64" in source.status().sentence
        assert source.status().remedy
    finally:
        source.close()


def test_a_file_that_is_no_video_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("no video")
    with pytest.raises(UnreadableFile):
        CameraSource(tmp_path / "clip.mp4", builtin_head())


def test_cameras_are_listed_by_number_and_name() -> None:
    for number, name in list_cameras():
        assert number >= 0
        assert name
