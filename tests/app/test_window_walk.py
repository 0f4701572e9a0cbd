"""The window as a person uses it: a photo dropped on it becomes a head that moves."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.virtual_display import virtual_display

STEPS = [
    *("1-start", "2-dropped", "3-working", "4-avatar", "5-orbited"),
    *("6-slider", "7-undone", "8-save", "9-reopened"),
]


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_dropped_photo_becomes_a_head_that_is_moved_saved_and_opened_again(
    tmp_path: Path, shared: Path
) -> None:
    folder = Path(os.environ.get("AVATAR_GUI_SHOTS") or tmp_path / "shots") / "walk"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    photo = shared / "media" / "photo_closeup_smile.png"
    with virtual_display() as screen:
        environment = os.environ | screen
        environment |= {"AVATAR_GUI_HOME": str(tmp_path / "home"), "AVATAR_GUI_OWN_DIALOGS": "1"}
        environment.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache/avatar-gui/kernels"))
        done = subprocess.run(
            [sys.executable, "-m", "tests.app.window_walk", str(folder), str(photo)],
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
    # A head that turned changed much of what is seen of it; a jaw that fell changed less.
    assert result["changes"]["orbit"] > 0.1
    assert result["changes"]["slider"] > 0.01
    assert result["changes"]["undo"] > 0.01
