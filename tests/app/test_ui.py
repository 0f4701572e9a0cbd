"""The widget set: paths, sliders, typing, and what does not fit."""

import pytest
from imgui_bundle import imgui

from app.gui.ui_record import name_of, visible
from app.gui.ui_slider import Range
from tests.gui_driver import Driver


class Form:
    """Values with a widget each."""

    def __init__(self):
        self.number, self.count, self.on, self.text, self.index = 0.5, 3, False, "", 0
        self.drags, self.pressed, self.typed = [], [], []

    def draw(self, ui):
        with ui.scope("Form"):
            drag = ui.slider("Number", self.number, 0.0, 1.0, reset=0.0, beyond=2.0)
            if drag.is_edited:
                self.number = drag.value
                self.drags.append(drag)
            self.count = ui.slider_int("Count", self.count, 0, 10).value
            self.on = ui.toggle("On", self.on)[1]
            edit = ui.edit_text("Text", self.text)
            if edit.finished:
                self.text = edit.value
                self.typed.append(edit.value)
            self.index = ui.segmented("Side", self.index, ("Left", "Right"), (True, True))
            if ui.button("Go"):
                self.pressed.append("Go")
            if ui.button("No", enabled=False):
                self.pressed.append("No")
            if ui.section("More", is_open=False)[0]:
                ui.button("Hidden")


@pytest.fixture
def form():
    return Form()


@pytest.fixture
def gui(form):
    with Driver(form.draw) as driver:
        yield driver


def test_what_follows_the_hashes_names_a_widget():
    assert (visible("Save##save file"), name_of("Save##save file")) == ("Save", "save file")
    assert (visible("Save"), name_of("Save")) == ("Save", "Save")


def test_a_drag_begins_changes_and_finishes_once(form, gui):
    gui.drag("Form/Number", 0.9, steps=5)
    assert [drag.started for drag in form.drags].count(True) <= 1
    assert [drag.finished for drag in form.drags] == [False] * (len(form.drags) - 1) + [True]
    assert form.number == pytest.approx(0.9, abs=0.01)


def test_a_whole_number_stays_one(form, gui):
    gui.drag("Form/Count", 7.2, high=10)
    assert form.count == 7


def test_a_double_click_or_control_click_types(form, gui):
    gui.click("Form/Number", double=True)
    gui.write("0.125")
    assert form.number == 0.125
    imgui.get_io().add_key_event(imgui.Key.mod_ctrl, True)
    gui.step()
    gui.click("Form/Number")
    imgui.get_io().add_key_event(imgui.Key.mod_ctrl, False)
    gui.step()
    gui.write("0,25")
    assert form.number == 0.25


def test_escape_leaves_a_number_as_it_was(form, gui):
    gui.click("Form/Number value")
    gui.write("0.9", enter=False)
    gui.press(imgui.Key.escape)
    gui.step()
    assert form.number == 0.5


def test_typed_numbers_are_kept_within_what_is_allowed(form, gui):
    gui.click("Form/Number value")
    gui.write("99")
    assert form.number == 2.0
    assert Range(0, 10, whole=True).allowed(3.6) == 4
    gui.click("Form/Number value")
    gui.write("nan")
    assert form.number == 2.0


@pytest.mark.parametrize(
    ("format", "value", "text"),
    [("%.0f°", -0.2, "0°"), ("%+.1f", -0.01, "+0.0"), ("%.2f", -0.25, "-0.25")],
)
def test_nothing_is_written_as_less_than_nothing(format, value, text):
    assert Range(-1, 1, format).written(value) == text


def test_a_right_click_resets(form, gui):
    gui.click("Form/Number", button=1)
    assert form.number == 0.0
    assert form.drags[-1].finished


def test_text_is_finished_once_by_enter(form, gui):
    gui.type("Form/Text", "Ada")
    assert form.typed == ["Ada"]


def test_switches_segments_and_buttons(form, gui):
    gui.click("Form/On")
    gui.click("Form/Side/Right")
    gui.click("Form/Go")
    assert (form.on, form.index, form.pressed) == (True, 1, ["Go"])


def test_what_is_disabled_is_known_to_be_and_does_nothing(form, gui):
    assert not gui["Form/No"].enabled
    with pytest.raises(AssertionError, match="takes no input"):
        gui.click("Form/No")
    gui.move(*gui["Form/No"].middle)
    gui.release()
    assert form.pressed == []


def test_a_section_opens_by_a_click(gui):
    assert "Form/Hidden" not in gui
    gui.click("Form/More")
    gui.step()
    assert "Form/Hidden" in gui


@pytest.mark.parametrize(
    ("width", "scale"), [(180, 1.0), (380, 1.0), (220, 1.5), (380, 1.5), (220, 2.0)]
)
def test_controls_stay_inside_a_narrow_panel(form, width, scale):
    with Driver(form.draw, size=(width, 2000), scale=scale) as driver:
        for path in driver.names("Form/"):
            if path not in ("Form/Go", "Form/No"):
                assert driver[path].x1 <= width, path


def test_a_widget_that_is_not_there_is_told_with_those_that_are(gui):
    with pytest.raises(AssertionError, match="Form/Go"):
        gui.click("Form/Gone")
