"""The expression panel: sliders, linking, search, faces, head and gaze."""

import pytest

from app.face_edits import with_rest
from app.face_groups import GROUPS, linked, partner, readable
from app.gui.panels import expression
from app.presets import preset
from avatars.head.arkit_names import ARKIT_NAMES
from tests.gui_driver import Driver
from tests.make_editor import document, editor, splats_document


@pytest.fixture
def open_editor(tmp_path):
    made = editor(tmp_path)
    made.open_document(with_rest(document()))
    return made


@pytest.fixture
def gui(open_editor):
    with Driver(lambda ui: expression.draw(ui, open_editor)) as driver:
        yield driver


def weight(open_editor, name):
    return open_editor.shown.arkit[ARKIT_NAMES.index(name)]


def test_every_name_is_in_one_group():
    assert sorted(name for group in GROUPS for name in group.names) == sorted(ARKIT_NAMES)


def test_a_drag_is_one_undo_step(open_editor, gui):
    start = open_editor.document
    gui.drag("Expression/jawOpen", 0.6, release=False)
    assert open_editor.document is start
    assert weight(open_editor, "jawOpen") == pytest.approx(0.6, abs=0.02)
    gui.release()
    assert open_editor.history.labels() == ["Start", "Jaw open"]
    open_editor.undo()
    assert open_editor.document is start


def test_two_drags_are_two_steps(open_editor, gui):
    gui.drag("Expression/jawOpen", 0.6)
    gui.drag("Expression/jawOpen", 0.2)
    assert open_editor.history.labels() == ["Start", "Jaw open", "Jaw open"]


def test_linked_sides_move_together(open_editor, gui):
    gui.drag("Expression/eyeBlinkLeft", 0.7)
    assert weight(open_editor, "eyeBlinkLeft") == weight(open_editor, "eyeBlinkRight") > 0.6


def test_unlinked_sides_move_by_themselves(open_editor, gui):
    gui.click("Expression/Link")
    gui.drag("Expression/eyeBlinkRight", 0.7)
    assert weight(open_editor, "eyeBlinkLeft") == 0
    assert weight(open_editor, "eyeBlinkRight") > 0.6


def test_sides_that_differ_keep_two_sliders_though_they_are_linked(open_editor, gui):
    open_editor.set_arkit({"mouthSmileLeft": 0.5}, final=True)
    gui.step()
    assert "Expression/mouthSmileRight" in gui
    gui.drag("Expression/mouthSmileRight", 0.8)
    assert weight(open_editor, "mouthSmileRight") == pytest.approx(0.8, abs=0.03)
    assert weight(open_editor, "mouthSmileLeft") == weight(open_editor, "mouthSmileRight")


def test_directions_are_no_pair_and_eyes_look_the_same_way():
    assert partner("jawLeft") is None
    assert partner("mouthRight") is None
    assert linked("jawOpen", 0.5) == {"jawOpen": 0.5}
    assert linked("eyeLookInLeft", 0.5) == {"eyeLookInLeft": 0.5, "eyeLookOutRight": 0.5}


def test_eyes_look_to_one_side_together(open_editor, gui):
    gui.drag("Expression/eyeLookOutLeft", 0.5)
    assert weight(open_editor, "eyeLookInRight") == weight(open_editor, "eyeLookOutLeft") > 0.4
    assert weight(open_editor, "eyeLookOutRight") == 0


def test_search_leaves_only_what_is_called_so(gui):
    gui.type("Expression/Search", "brow")
    shown = [name.removeprefix("Expression/") for name in gui.names("Expression/brow")]
    assert {name.removesuffix(" value") for name in shown} == {
        name for name in ARKIT_NAMES if name.startswith("brow")
    }
    assert "Expression/jawOpen" not in gui
    gui.click("Expression/clear Search")
    gui.step()
    assert "Expression/jawOpen" in gui


def test_search_understands_words_and_says_when_it_finds_nothing(gui):
    gui.type("Expression/Search", "smile left")
    assert "Expression/mouthSmileLeft" in gui
    assert "Expression/mouthSmileRight" not in gui
    gui.type("Expression/Search", "elbow")
    assert not [name for name in gui.names("Expression/") if name.endswith(" value")]
    assert readable("eyeLookDownLeft") == "Eye look down left"


def test_a_face_by_name_is_one_step_and_shown_as_chosen(open_editor, gui):
    gui.click("Expression/Smile")
    assert open_editor.history.labels()[-1] == "Face: Smile"
    smile = preset("smile").weights["mouthSmileLeft"]
    assert weight(open_editor, "mouthSmileLeft") == pytest.approx(smile)
    gui.step()
    assert gui["Expression/Smile"].value is True
    assert gui["Expression/Sad"].value is None


def test_a_right_click_resets_one_slider(open_editor, gui):
    gui.drag("Expression/jawOpen", 0.6)
    gui.click("Expression/jawOpen", button=1)
    assert weight(open_editor, "jawOpen") == 0


def test_a_value_is_typed_even_beyond_the_slider(open_editor, gui):
    gui.click("Expression/jawOpen value")
    gui.write("1.4")
    assert weight(open_editor, "jawOpen") == pytest.approx(1.4)
    gui.click("Expression/jawOpen value")
    gui.write("nonsense")
    assert weight(open_editor, "jawOpen") == pytest.approx(1.4)


def test_a_group_is_reset_alone_and_only_offers_it_when_moved(open_editor, gui):
    assert "Expression/Jaw reset" not in gui
    open_editor.set_arkit({"jawOpen": 0.5, "cheekPuff": 0.5}, final=True)
    gui.step()
    gui.click("Expression/Jaw reset")
    assert weight(open_editor, "jawOpen") == 0
    assert weight(open_editor, "cheekPuff") == pytest.approx(0.5)
    assert open_editor.history.labels()[-1] == "Reset jaw"


def test_all_is_reset_and_a_random_face_is_made(open_editor, gui):
    gui.click("Expression/Randomise")
    assert any(open_editor.shown.arkit)
    gui.click("Expression/Reset all")
    assert not any(open_editor.shown.arkit)


def test_the_head_turns_in_degrees_as_one_step(open_editor, gui):
    gui.drag("Expression/Turn", 30, low=-60, high=60)
    neck = open_editor.document.head_state.neck_pose.tolist()
    assert neck[1] == pytest.approx(0.5236, abs=0.03)
    assert open_editor.history.labels() == ["Start", "Turn the head"]


def test_both_eyes_look_up(open_editor, gui):
    gui.drag("Expression/Gaze/Up", 20, low=-35, high=35)
    state = open_editor.document.head_state
    assert state.leye_pose[0] < -0.2
    assert state.leye_pose[0] == pytest.approx(float(state.reye_pose[0]), abs=1e-5)


def test_raw_coefficients_are_there_on_demand(open_editor, gui):
    assert "Expression/expr_000" not in gui
    gui.click("Expression/Coefficients of the head")
    gui.step()
    gui.drag("Expression/expr_001", 1.5, low=-3, high=3)
    value = float(open_editor.document.head_state.expression[1])
    assert value == pytest.approx(1.5, abs=0.1)
    assert open_editor.history.labels()[-1] == "Set expr_001"


def test_without_a_head_it_says_what_to_do(tmp_path):
    empty = editor(tmp_path)
    with Driver(lambda ui: expression.draw(ui, empty)) as driver:
        assert driver.names() == []
        empty.open_document(splats_document())
        driver.step()
        assert driver.names() == []
