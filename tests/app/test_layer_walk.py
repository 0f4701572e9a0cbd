"""Texture editing as a person does it: sticker, brush, undo, save, open, in the real window."""

from pathlib import Path

import numpy as np
import pytest

from tests.walks import walked

STEPS = ["1-question", "2-sticker", "3-dragged", "4-painted", "5-undone", "8-save", "9-reopened"]


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_sticker_and_a_stroke_are_seen_taken_back_saved_and_opened_again(tmp_path: Path) -> None:
    result, _ = walked("tests.app.layer_walk", "layers", tmp_path)
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
