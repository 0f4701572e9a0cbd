"""Work survives a crash: copies in time, whole files only, an offer to restore, no leftovers."""

import json
import os
import time
from pathlib import Path

import pytest

from app import autosave as module
from app.autosave import Autosave, recoverable, write_copy
from app.editor import Editor
from avatars.files.avatar_file import read_avatar
from renderer.errors import UserError
from tests.make_avatar import nowhere
from tests.make_editor import document, editor, splats_document


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(tmp_path, clock) -> Editor:
    opened = editor(tmp_path)
    opened.autosave = Autosave(opened.places.data / "autosave", clock)
    opened.open_document(document())
    return opened


def files(made: Editor) -> list[str]:
    folder = made.autosave.folder
    return sorted(file.suffix for file in folder.iterdir()) if folder.is_dir() else []


def settle(made: Editor) -> None:
    for _ in range(3):
        made.poll()


def test_unsaved_work_is_copied_in_time(made, clock):
    assert made.seconds_until_due is None
    made.set_name("Grace")
    due = made.seconds_until_due
    assert due is not None
    assert 20 <= due <= 30
    clock.now += due - 0.5
    settle(made)
    assert files(made) == []
    clock.now += 1
    settle(made)
    assert files(made) == [".avatar", ".json"]
    assert read_avatar(made.autosave.file, nowhere).avatar.identity.name == "Grace"
    assert made.is_dirty
    assert made.seconds_until_due is None, "what was copied need not be copied again"


def test_work_that_goes_on_is_copied_again_and_again(made, clock):
    for step in range(4):
        made.set_name(f"Name {step}")
        clock.now += 30
        settle(made)
        assert read_avatar(made.autosave.file, nowhere).avatar.identity.name == f"Name {step}"


def test_a_change_that_never_pauses_is_copied_all_the_same(made, clock):
    copied = 0
    for step in range(300):
        made.set_arkit({"jawOpen": (step % 100) / 100}, final=True)
        clock.now += 0.5
        settle(made)
        copied += made.autosave.file.exists()
    assert copied > 200


def test_nothing_is_copied_that_needs_no_copy(made, clock, tmp_path):
    clock.now += 100
    settle(made)
    made.set_name("Grace")
    made.undo()
    clock.now += 100
    settle(made)
    assert files(made) == []
    other = editor(tmp_path / "other")
    other.open_document(splats_document())
    other.autosave.changed()
    clock.now += 100
    settle(other)
    assert files(other) == []


def test_saving_takes_the_copy_away(made, clock, tmp_path):
    made.set_name("Grace")
    clock.now += 30
    settle(made)
    assert files(made) == [".avatar", ".json"]
    made.save(tmp_path / "a.avatar")
    settle(made)
    assert files(made) == []
    made.set_name("Hedy")
    clock.now += 30
    settle(made)
    assert files(made) == [".avatar", ".json"]
    made.open_document(document())
    assert files(made) == []
    made.set_name("Ada L")
    clock.now += 30
    settle(made)
    made.close()
    assert files(made) == []


def test_a_copy_that_was_being_written_while_the_work_was_saved_goes_too(made, clock, tmp_path):
    made.set_name("Grace")
    made.save(tmp_path / "a.avatar")
    clock.now += 30
    settle(made)
    settle(made)
    assert not made.is_dirty
    assert files(made) == []


def test_a_copy_that_cannot_be_written_is_said_once_and_tried_again(made, clock, monkeypatch):
    def full(*given) -> None:
        raise UserError("There is no room left.", "Free some space.")

    monkeypatch.setattr(module, "write_copy", full)
    for step in range(3):
        made.set_name(f"Name {step}")
        clock.now += 30
        settle(made)
    said = [notice.message for notice in made.notices]
    assert said == ["Autosave: There is no room left."]
    monkeypatch.setattr(module, "write_copy", write_copy)
    clock.now += 30
    settle(made)
    assert files(made) == [".avatar", ".json"]


def crashed(folder: Path, name: str, document_name: str, path: Path | None = None) -> Path:
    """A copy as a session leaves it that did not end properly."""
    write_copy(folder, name, document(document_name), path)
    note = folder / f"{name}.json"
    content = json.loads(note.read_text()) | {"pid": 2**22 + 5}
    note.write_text(json.dumps(content))
    return folder / f"{name}.avatar"


def test_copies_of_programs_that_run_are_not_offered(tmp_path):
    assert recoverable(tmp_path / "nowhere") == ()
    write_copy(tmp_path, "mine", document(), None)
    assert recoverable(tmp_path) == ()
    crashed(tmp_path, "gone", "Grace", Path("/files/grace.avatar"))
    (copy,) = recoverable(tmp_path)
    assert (copy.name, copy.path) == ("Grace", Path("/files/grace.avatar"))
    assert abs(copy.written - time.time()) < 600


def test_a_process_number_that_was_given_again_does_not_hide_a_copy(tmp_path):
    crashed(tmp_path, "gone", "Grace")
    note = tmp_path / "gone.json"
    content = json.loads(note.read_text()) | {"pid": os.getpid(), "started": 1.0}
    note.write_text(json.dumps(content))
    assert len(recoverable(tmp_path)) == 1


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"{", b'{"pid": "x"}', b"[" * 50_000])
def test_a_copy_whose_note_is_damaged_is_offered_by_its_name(tmp_path, content):
    crashed(tmp_path, "gone", "Grace")
    (tmp_path / "gone.json").write_bytes(content)
    (copy,) = recoverable(tmp_path)
    assert copy.name == "gone"
    assert copy.path is None


def test_what_a_killed_writer_left_half_done_is_swept_away(tmp_path):
    (tmp_path / f".{2**22 + 5}-abc.avatar.123456.part").write_bytes(b"half")
    mine = tmp_path / f".{os.getpid()}-abc.avatar.123456.part"
    mine.write_bytes(b"half")
    recoverable(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]


def test_after_a_crash_the_work_is_offered_and_restored(made, clock, tmp_path):
    copy = crashed(made.autosave.folder, "gone", "Grace", tmp_path / "grace.avatar")
    made.look_for_copies()
    settle(made)
    prompt = made.prompt
    assert prompt is not None
    assert (prompt.kind, prompt.default) == ("restore", "gone.avatar")
    assert [choice.id for choice in prompt.choices] == ["gone.avatar", "discard", "cancel"]
    assert "grace.avatar" in prompt.choices[0].detail
    made.answer(prompt.default)
    made.poll()
    assert made.document.name == "Grace"
    assert made.is_dirty
    assert made.path == tmp_path / "grace.avatar"
    settle(made)
    assert not copy.exists(), "the session's own copy has taken its place"
    assert read_avatar(made.autosave.file, nowhere).avatar.identity.name == "Grace"
    made.save()
    settle(made)
    assert files(made) == []
    assert (tmp_path / "grace.avatar").is_file()


def test_the_offer_can_be_put_off_or_refused(made):
    copy = crashed(made.autosave.folder, "gone", "Grace")
    made.look_for_copies()
    settle(made)
    made.answer(None)
    settle(made)
    assert copy.exists()
    made.look_for_copies()
    settle(made)
    made.answer("discard")
    assert files(made) == []
    assert made.document.name == "Ada"
    made.look_for_copies()
    settle(made)
    assert made.prompt is None


def test_a_damaged_copy_is_told_and_kept(made):
    folder = made.autosave.folder
    copy = crashed(folder, "gone", "Grace")
    copy.write_bytes(copy.read_bytes()[:2000])
    made.look_for_copies()
    settle(made)
    before = made.document
    made.answer("gone.avatar")
    settle(made)
    assert made.document is before
    assert "damaged" in made.notices[-1].message
    assert copy.exists()
