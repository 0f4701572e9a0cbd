"""Memory: what was closed is freed, however often."""

import gc
import logging
import tracemalloc
import weakref

import pytest

from app.document import EMPTY
from app.editor import Editor
from tests.make_editor import arkit_head, document, editor, settle


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Reports of bugs go to a folder of the test."""
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def open_editor(tmp_path) -> Editor:
    made = editor(tmp_path)
    made.open_document(document())
    return made


def test_closed_documents_are_really_freed(tmp_path):
    made = editor(tmp_path)
    gone = []
    for number in range(5):
        opened = document(str(number))
        gone.append(weakref.ref(opened))
        made.open_document(opened)
        made.panel["document.choice"] = opened
        made.set_arkit({"jawOpen": 0.5}, final=True)
        gone.append(weakref.ref(made.document))
        made.set_betas(0, 1.0, final=True)
        made.request(64, 64, moving=False)
        made.save(tmp_path / "a.avatar")
        made.start(lambda progress: 1 / 0, "Fails")
        settle(made)
        made.undo()
        del opened
    made.open_document(EMPTY)
    gc.collect()
    assert [ref() for ref in gone] == [None] * len(gone)


def test_a_closed_file_is_freed_with_the_head_that_came_in_it(tmp_path, open_editor):
    open_editor.save(tmp_path / "a.avatar")
    settle(open_editor)
    gone = []
    for _ in range(2):
        open_editor.open_path(tmp_path / "a.avatar")
        settle(open_editor)
        avatar = open_editor.document.avatar
        gone += [weakref.ref(each) for each in (open_editor.document, avatar, avatar.head)]
    del avatar
    open_editor.open_document(EMPTY)
    gc.collect()
    left = [ref() for ref in gone if ref() is not None]
    # Tables of the last few heads are kept, so that a head is not prepared twice.
    assert all(type(each).__name__ == "HeadModel" for each in left)


@pytest.mark.slow
def test_memory_is_flat_over_a_hundred_times_opening_and_closing(tmp_path, monkeypatch):
    # A head that is installed is not prepared anew each time, which takes most of the time.
    monkeypatch.setattr("app.avatar_io.installed_head", lambda wanted: arkit_head())
    made = editor(tmp_path)
    made.open_document(document())
    made.save(tmp_path / "a.avatar")
    settle(made)

    def cycle() -> None:
        made.open_path(tmp_path / "a.avatar")
        settle(made)
        made.set_arkit({"jawOpen": 0.5}, final=True)
        made.request(64, 64, moving=False)
        made.undo()
        made.open_document(EMPTY)
        made.notices = []

    def held(cycles: int) -> int:
        for _ in range(cycles):
            cycle()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    logging.disable(logging.CRITICAL)  # pytest keeps every record of a test
    tracemalloc.start()
    try:
        sizes = [held(10), held(50), held(50)]
    finally:
        tracemalloc.stop()
        logging.disable(logging.NOTSET)
    # A leak shows in both halves; a cache that fills once, in one of them.
    growth = min(sizes[1] - sizes[0], sizes[2] - sizes[1])
    assert growth < 50_000
