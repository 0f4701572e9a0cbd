"""The window as a person uses it: a photo dropped on it becomes a head that moves."""

from pathlib import Path

import pytest

from tests.walks import walked

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
    photo = shared / "media" / "photo_closeup_smile.png"
    result, folder = walked("tests.app.window_walk", "walk", tmp_path, photo)
    assert result["steps"] == STEPS
    for name in STEPS:
        assert (folder / f"{name}.png").stat().st_size > 10_000
    # A head that turned changed much of what is seen of it; a jaw that fell changed less.
    assert result["changes"]["orbit"] > 0.1
    assert result["changes"]["slider"] > 0.01
    assert result["changes"]["undo"] > 0.01
