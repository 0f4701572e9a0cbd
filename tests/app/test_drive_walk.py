"""Live driving in the window as a person uses it, a video in the camera's place."""

from pathlib import Path

import pytest

from tests.walks import walked

STEPS = ["1-driven", "2-recording", "3-playing", "4-stopped"]


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_video_drives_the_demo_is_recorded_and_played(tmp_path: Path, shared: Path) -> None:
    video = shared / "media" / "video_woman_expressive.mp4"
    result, folder = walked("tests.app.drive_walk", "drive", tmp_path, video)
    assert result["steps"] == STEPS
    for name in STEPS:
        assert (folder / f"{name}.png").stat().st_size > 10_000
    assert result["changes"]["driven"] > 0.02
    assert result["changes"]["moving"] > 0.01
    assert 1.5 < result["changes"]["seconds"] < 15
