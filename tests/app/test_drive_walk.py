"""Live driving in the window as a person uses it, a video in the camera's place."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.virtual_display import virtual_display

STEPS = ["1-driven", "2-recording", "3-playing", "4-stopped"]


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_video_drives_the_demo_is_recorded_and_played(tmp_path: Path, shared: Path) -> None:
    folder = Path(os.environ.get("AVATAR_GUI_SHOTS") or tmp_path / "shots") / "drive"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    video = shared / "media" / "video_woman_expressive.mp4"
    with virtual_display() as screen:
        environment = os.environ | screen
        environment |= {"AVATAR_GUI_HOME": str(tmp_path / "home"), "AVATAR_GUI_OWN_DIALOGS": "1"}
        environment.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache/avatar-gui/kernels"))
        done = subprocess.run(
            [sys.executable, "-m", "tests.app.drive_walk", str(folder), str(video)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
            check=False,
        )
    assert (folder / "result.json").exists(), done.stderr[-3000:]
    result = json.loads((folder / "result.json").read_text())
    assert not result["failure"], result["failure"]
    assert result["steps"] == STEPS
    assert result["code"] == 0
    for name in STEPS:
        assert (folder / f"{name}.png").stat().st_size > 10_000
    assert result["changes"]["driven"] > 0.02
    assert result["changes"]["moving"] > 0.01
    assert 1.5 < result["changes"]["seconds"] < 15
