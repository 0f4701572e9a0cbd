"""The reconstruct panel: from a photo to a job, and the points that can be moved."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import editing_methods, reconstruct_state
from app.gui.panels import reconstruct
from app.jobs import tasks
from app.jobs.input_check import InputCheck
from app.photo_points import HANDLES, as_pairs, pulled
from app.reconstruct_state import Input, input_of
from avatars.methods.textured_head import TexturedHead
from renderer.errors import UserError
from tests.gui_driver import Driver
from tests.make_editor import document, editor, settle


def points() -> np.ndarray:
    """478 points spread over a face 100 pixels wide, handles in their own places."""
    random = np.random.default_rng(1)
    spread = random.uniform((150, 100), (250, 220), (478, 2))
    spread[10], spread[152] = (200, 90), (200, 230)
    return spread


def check(path: Path, *, faces: int = 1, face: int | None = 1, problem=None, warnings=()):
    boxes = tuple((150.0 + 200 * n, 90.0, 100.0, 140.0) for n in range(faces))
    return InputCheck(
        path=path,
        rgb=np.full((400, 600, 3), 90, np.uint8),
        scale=0.5,
        boxes=boxes,
        face=face,
        landmarks=points() if face else None,
        crop=(100.0, 40.0, 240.0) if face else None,
        warnings=tuple(warnings),
        problem=problem,
    )


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "ada.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    return path


@pytest.fixture
def looked(monkeypatch):
    """Calls of the look at a photo, which finds what ``answer`` holds."""
    calls = []

    def look(path, face, progress):
        calls.append((path, face))
        return replace(look.answer, path=path, face=face or look.answer.face)

    look.answer, look.calls = check(Path("ada.jpg")), calls
    monkeypatch.setattr(tasks, "check_photo", look)
    return look


@pytest.fixture
def recipes(monkeypatch):
    """What was to be reconstructed; the result is a small avatar."""
    asked = []

    def make(recipe, progress):
        asked.append(recipe)
        return tasks.Made(document("Ada", 5), ())

    monkeypatch.setattr(tasks, "reconstruct", make)
    return asked


@pytest.fixture
def made(tmp_path):
    return editor(tmp_path)


@pytest.fixture
def gui(made):
    with Driver(lambda ui: reconstruct.draw(ui, made), before=made.poll) as driver:
        yield driver


def give(made, gui, photo):
    assert reconstruct_state.take(made, photo)
    gui.step(2)


def test_without_a_photo_it_says_what_to_do_and_lets_one_browse(made, gui):
    assert gui.says("Drop a photo here")
    gui.click("Reconstruct/Browse")
    assert made.wants == {"photo-dialog"}


def test_a_photo_is_looked_at_once_and_shown(made, gui, photo, looked):
    give(made, gui, photo)
    assert looked.calls == [(photo, None)]
    assert gui.says("This photo will do well.")
    assert "Reconstruct/photo" in gui
    assert made.jobs == []  # an errand of the panel's own


def test_what_is_no_photo_is_not_taken(made, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    assert not reconstruct_state.take(made, path)
    assert input_of(made) is None


def test_warnings_are_sentences_and_do_not_hinder(made, gui, photo, looked):
    looked.answer = check(photo, warnings=("The face is very dark. Use more light.",))
    give(made, gui, photo)
    assert gui.says("The face is very dark. Use more light.")
    assert gui["Reconstruct/Start"].enabled


def test_a_photo_without_a_face_cannot_be_started(made, gui, photo, looked):
    problem = UserError("No human face was found in the picture.", "Use an upright photo.")
    looked.answer = check(photo, faces=0, face=None, problem=problem)
    give(made, gui, photo)
    assert gui.says("No human face was found in the picture.")
    assert gui.says("Use an upright photo.")
    assert not gui["Reconstruct/Start"].enabled


def test_a_look_that_fails_explains_itself(made, gui, photo, monkeypatch):
    def breaks(path, face, progress):
        raise UserError("The picture is damaged.", "Use another file.")

    monkeypatch.setattr(tasks, "check_photo", breaks)
    give(made, gui, photo)
    assert gui.says("The picture is damaged.")
    assert not gui["Reconstruct/Start"].enabled


def test_a_click_on_another_face_looks_again_and_is_what_is_made(made, gui, photo, looked, recipes):
    looked.answer = check(photo, faces=2)
    give(made, gui, photo)
    assert gui["Reconstruct/face 1"].value is True
    gui.click("Reconstruct/face 2")
    gui.step(2)
    assert looked.calls == [(photo, None), (photo, 2)]
    assert gui["Reconstruct/face 2"].value is True
    gui.click("Reconstruct/Start")
    settle(made)
    assert recipes[0].face == 2


def test_form_values_reach_the_job_and_are_kept_for_next_time(made, gui, photo, looked, recipes):
    give(made, gui, photo)
    gui.click("Reconstruct/quality/Quick")
    gui.drag("Reconstruct/steps", 100, high=200)
    gui.click("Reconstruct/Start")
    settle(made)
    options = recipes[0].options
    assert options["quality"] == "quick"
    assert options["steps"] == pytest.approx(100, abs=3)
    assert made.settings.last_options["textured-head"] == options
    assert TexturedHead.Options(**options).quality == "quick"


def test_options_go_back_to_the_usual_ones(made, gui, photo, looked, recipes):
    made.change_settings(last_options={"textured-head": {"quality": "quick", "gone": 1}})
    give(made, gui, photo)
    gui.click("Reconstruct/Options reset")
    gui.step()
    gui.click("Reconstruct/Start")
    settle(made)
    assert recipes[0].options["quality"] == "fine"


def test_the_result_is_one_undo_step(made, gui, photo, looked, recipes):
    made.open_document(document("Before"))
    give(made, gui, photo)
    gui.click("Reconstruct/Start")
    settle(made)
    assert made.document.name == "Ada"
    assert made.history.labels() == ["Start", "Reconstruct Ada"]
    made.undo()
    assert made.document.name == "Before"


def test_a_running_job_is_watched_and_cancelled(made, gui, photo, looked, recipes):
    made.open_document(document("Before"))
    give(made, gui, photo)
    gui.before = None  # nothing is carried out meanwhile
    gui.click("Reconstruct/Start")
    job = made.jobs[-1]
    job.state, job.preview = "running", np.zeros((64, 64, 4), np.uint8)
    gui.step()
    assert "Reconstruct/preview" in gui
    assert "Reconstruct/Start" not in gui
    gui.click("Reconstruct/Cancel")
    settle(made)
    gui.step()
    assert job.state == "cancelled"
    assert made.document.name == "Before"
    assert "Reconstruct/Start" in gui
    assert recipes == []


def test_points_are_moved_by_hand_and_handed_to_the_method(made, gui, photo, looked, recipes):
    give(made, gui, photo)
    gui.click("Reconstruct/Move points")
    gui.step()
    before = input_of(made).check.landmarks
    x, y = gui["Reconstruct/point 4"].middle
    gui.drag_to("Reconstruct/point 4", x + 20, y + 10)
    moved = input_of(made).points
    shift = moved[4] - before[4]
    assert shift[0] > 0
    assert shift[0] == pytest.approx(2 * shift[1], rel=0.1)
    assert np.allclose(moved[152], before[152])
    gui.click("Reconstruct/Move points")
    gui.click("Reconstruct/Start")
    settle(made)
    # Pixels of the file: the picture that is shown is half as large.
    assert np.allclose(np.array(recipes[0].landmarks), moved / 0.5)


def test_points_are_put_back_where_they_were_found(made, gui, photo, looked, recipes):
    give(made, gui, photo)
    reconstruct_state.move_points(made, points() + 3)
    gui.step()
    gui.click("Reconstruct/Reset points")
    gui.step()
    gui.click("Reconstruct/Start")
    settle(made)
    assert recipes[0].landmarks is None


def test_a_photo_is_put_away(made, gui, photo, looked):
    give(made, gui, photo)
    gui.click("Reconstruct/Clear")
    gui.step()
    assert gui.says("Drop a photo here")


def test_a_dropped_photo_waits_here_when_the_question_is_put_off(made, gui, photo, looked):
    made.drop([photo])
    gui.step(3)
    assert made.prompt is not None
    made.answer(None)
    gui.step(2)
    assert input_of(made).path == photo
    assert input_of(made).check is not None


def test_looking_first_is_one_of_the_answers_to_a_drop(made, gui, photo, looked):
    made.drop([photo])
    gui.step(3)
    made.answer(editing_methods.LOOK.id)
    gui.step(2)
    assert made.wants == {"panel:Reconstruct"}
    assert input_of(made).path == photo
    assert made.jobs == []


def test_a_result_of_an_earlier_photo_does_not_replace_a_later_one(made, photo, looked, tmp_path):
    other = tmp_path / "other.jpg"
    other.write_bytes(photo.read_bytes())
    reconstruct_state.take(made, photo)
    reconstruct_state.take(made, other)
    settle(made)
    found = input_of(made)
    assert (found.path, found.check.path) == (other, other)


def test_a_pull_fades_with_the_distance_and_leaves_other_handles():
    start = points()
    moved = pulled(start, 61, 5.0, -3.0)
    assert moved[61] - start[61] == pytest.approx([5.0, -3.0])
    others = [handle for handle in HANDLES if handle != 61]
    assert np.array_equal(moved[others], start[others])
    shifts = np.linalg.norm(moved - start, axis=1)
    near = np.argsort(np.linalg.norm(start - start[61], axis=1))
    free = [number for number in near if number not in HANDLES]
    assert all(shifts[free][:-1] >= shifts[free][1:])
    assert as_pairs(np.array([[4.0, 2.0]]), 0.5) == ((8.0, 4.0),)


def test_an_input_without_methods_says_so(made, gui, tmp_path, monkeypatch):
    monkeypatch.setattr(editing_methods, "find_methods", lambda: ())
    monkeypatch.setattr(reconstruct_state, "choices", lambda kind, editor: ())
    made.panel[reconstruct_state.INPUT] = Input(tmp_path / "clip.mp4", "video")
    gui.step()
    assert gui.says("makes an avatar of a video.")
    assert "Reconstruct/Start" not in gui
