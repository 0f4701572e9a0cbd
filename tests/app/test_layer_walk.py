"""Texture editing as a person does it: sticker, brush, undo, save, open, in the real window."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.virtual_display import virtual_display

STEPS = ["1-question", "2-sticker", "3-dragged", "4-painted", "5-undone", "8-save", "9-reopened"]


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_sticker_and_a_stroke_are_seen_taken_back_saved_and_opened_again(tmp_path: Path) -> None:
    folder = Path(os.environ.get("AVATAR_GUI_SHOTS") or tmp_path / "shots") / "layers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with virtual_display() as screen:
        environment = os.environ | screen
        environment |= {"AVATAR_GUI_HOME": str(tmp_path / "home"), "AVATAR_GUI_OWN_DIALOGS": "1"}
        environment.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache/avatar-gui/kernels"))
        done = subprocess.run(
            [sys.executable, "-m", "tests.app.layer_walk", str(folder)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
            check=False,
        )
    assert (folder / "result.json").exists(), done.stderr[-3000:]
    result = json.loads((folder / "result.json").read_text())
    assert not result["failure"], result["failure"]
    assert result["code"] == 0
    assert result["steps"] == STEPS
    assert result["labels"] == ["Start", "Place Dot", "Move sticker", "Brush stroke"]
    colors = {name: np.array(value) for name, value in result["colors"].items()}
    red, green = np.array([255, 0, 60]), np.array([26, 230, 77])
    assert np.abs(colors["cheek sticker"] - red).max() < 12
    # The sticker was dragged away from there.
    assert np.abs(colors["cheek dragged"] - colors["cheek plain"]).max() < 4
    assert np.abs(colors["cheek reopened"] - colors["cheek dragged"]).max() < 4
    assert np.abs(colors["stroke painted"] - green).max() < 12
    assert np.abs(colors["stroke undone"] - colors["stroke plain"]).max() < 2
    for name in ("redone", "reopened"):
        assert np.abs(colors[f"stroke {name}"] - colors["stroke painted"]).max() < 4
