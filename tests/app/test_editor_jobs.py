"""Reconstruction and other long work: one undo step, or nothing at all."""

from dataclasses import replace

import pytest

from app import editing_methods
from app.editor import Editor
from app.jobs import tasks
from app.jobs.runner import InlineRunner
from renderer.errors import UserError
from tests.make_editor import document, editor, origin, settle


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Reports of bugs go to a folder of the test."""
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def open_editor(tmp_path) -> Editor:
    made = editor(tmp_path)
    made.open_document(document())
    return made


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "grace.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    return path


def made_of(name: str):
    """A stand-in for the work of a method: a document as it would make it."""

    def reconstruct(recipe, progress):
        progress.report(0.5, "Refining")
        made = replace(document(seed=5), name=name, origin=origin())
        return tasks.Made(made, ("The face is small.",))

    return reconstruct


def test_a_dropped_photo_becomes_an_avatar_in_one_undo_step(
    tmp_path, open_editor, photo, monkeypatch
):
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    before = open_editor.document
    open_editor.drop([photo], (10.0, 20.0))
    settle(open_editor)
    prompt = open_editor.prompt
    assert prompt is not None
    assert (prompt.kind, prompt.path, prompt.default) == ("choose-method", photo, "textured-head")
    open_editor.answer(prompt.default)
    assert open_editor.document is before
    assert [job.title for job in open_editor.jobs] == ["Reconstruct grace"]
    settle(open_editor)
    assert open_editor.document.name == "grace"
    assert open_editor.history.labels() == ["Start", "Reconstruct grace"]
    assert open_editor.is_dirty
    assert open_editor.path is None
    said = [notice.message for notice in open_editor.notices]
    assert "The face is small." in said
    open_editor.undo()
    assert open_editor.document is before


def test_a_reconstruction_is_never_saved_over_the_file_of_another_person(
    tmp_path, open_editor, photo, monkeypatch
):
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    open_editor.save(tmp_path / "ada.avatar")
    settle(open_editor)
    open_editor.reconstruct(photo, "textured-head", {})
    settle(open_editor)
    open_editor.save()
    assert open_editor.wants == {"save-dialog"}
    open_editor.save(tmp_path / "grace.avatar")
    settle(open_editor)
    open_editor.undo()
    assert open_editor.path == tmp_path / "ada.avatar"
    assert not open_editor.is_dirty
    open_editor.redo()
    assert open_editor.path == tmp_path / "grace.avatar"
    assert not open_editor.is_dirty


def test_the_choice_after_a_drop_can_be_cancelled(open_editor, photo):
    open_editor.drop([photo])
    settle(open_editor)
    open_editor.answer(None)
    assert open_editor.prompt is None
    assert not open_editor.runner.is_busy


def test_what_was_chosen_last_comes_first(open_editor, photo, monkeypatch):
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    open_editor.reconstruct(photo, "textured-head", {"quality": "quick"})
    assert open_editor.settings.last_method == {"photo": "textured-head"}
    assert open_editor.settings.last_options["textured-head"] == {"quality": "quick"}
    settle(open_editor)
    recipes = []
    monkeypatch.setattr(tasks, "reconstruct", lambda recipe, progress: recipes.append(recipe))
    open_editor.drop([photo])
    settle(open_editor)
    open_editor.answer("textured-head")
    open_editor.runner.poll()
    assert recipes[0].options == {"quality": "quick"}
    points = ((1.0, 2.0),) * 478
    open_editor.reconstruct(photo, "textured-head", {}, 2, points)
    open_editor.runner.poll()
    assert (recipes[1].face, recipes[1].landmarks) == (2, points)


def test_a_method_that_cannot_be_used_says_why(open_editor, monkeypatch):
    from avatars.methods.base import MethodInfo, Photo
    from avatars.methods.textured_head import METHOD

    class Other:
        info = MethodInfo("other", "Other", Photo, weights=("face-landmarker",), cpu="slow")
        Options = METHOD.Options

    class OnGpu:
        info = MethodInfo("on-gpu", "On the GPU", Photo, cpu="no")
        Options = METHOD.Options

    open_editor.change_settings(device="cpu", last_method={"photo": "other"})
    offered = editing_methods.choices("photo", open_editor, (METHOD, Other(), OnGpu()))
    assert [choice.id for choice in offered] == ["other", "textured-head", "on-gpu"]
    assert [choice.enabled for choice in offered] == [False, True, False]
    assert "face-landmarker" in offered[0].why_not
    assert "GPU" in offered[2].why_not


def test_given_on_the_command_line_a_photo_starts_at_once(open_editor, photo, monkeypatch):
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    open_editor.open_path(photo, ask=False)
    settle(open_editor)
    assert open_editor.prompt is None
    assert open_editor.document.name == "grace"


@pytest.mark.parametrize("report", [1])
def test_a_cancelled_or_failed_job_leaves_the_document_identical(
    tmp_path, photo, monkeypatch, report
):
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    made = editor(tmp_path, InlineRunner(cancel_at=report))
    made.open_document(document())
    before, view = made.document, made.view
    job = made.reconstruct(photo, "textured-head", {})
    settle(made)
    assert job.state == "cancelled"
    assert (made.document, made.view) == (before, view)
    assert not made.notices

    def fails(recipe, progress):
        raise UserError("No human face was found.", "Use another photo.")

    monkeypatch.setattr(tasks, "reconstruct", fails)
    job = made.reconstruct(photo, "textured-head", {})
    settle(made)
    assert job.state == "failed"
    assert made.document is before
    assert "Reconstruct grace: No human face" in made.notices[-1].message
    monkeypatch.setattr(made.runner, "cancel_at", 0)
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    assert job.can_retry


def test_a_failed_job_that_is_tried_again_is_applied(tmp_path, photo, monkeypatch, open_editor):
    outcomes = iter([UserError("Not now.", "Later."), None])

    def task(progress):
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return "made"

    applied = []
    job = open_editor.start(task, "Work", applied.append)
    settle(open_editor)
    open_editor.set_name("Other")
    open_editor.retry(job)
    settle(open_editor)
    assert applied == ["made"]


def test_a_result_waits_if_the_document_moved_on(open_editor, photo, monkeypatch):
    monkeypatch.setattr(tasks, "reconstruct", made_of("grace"))
    open_editor.reconstruct(photo, "textured-head", {})
    open_editor.set_arkit({"jawOpen": 0.5}, final=True)
    mine = open_editor.document
    settle(open_editor)
    assert open_editor.document is mine
    notice = open_editor.notices[-1]
    assert notice.action_label == "Show"
    assert open_editor.do(notice.action_id)
    assert open_editor.document.name == "grace"
    assert notice not in open_editor.notices
    open_editor.undo()
    assert open_editor.document is mine
    assert open_editor.do(notice.action_id)
    assert open_editor.document is mine


def test_a_result_does_not_break_into_a_drag(open_editor):
    applied = []
    open_editor.start(lambda progress: "made", "Work", applied.append)
    open_editor.set_arkit({"jawOpen": 0.5}, final=False)
    settle(open_editor)
    assert applied == []
    open_editor.set_draft(None)
    open_editor.poll()
    assert applied == ["made"]


def test_work_that_keeps_the_document_is_applied_whatever_happened(open_editor):
    applied = []
    open_editor.start(lambda progress: "made", "Work", applied.append, keeps_document=True)
    open_editor.set_name("Other")
    settle(open_editor)
    assert applied == ["made"]
