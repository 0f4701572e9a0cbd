"""Forms made of a method's options."""

from dataclasses import dataclass
from typing import Literal

import pytest

from app.gui.forms import bounds, form
from avatars.options import build, describe, option
from tests.gui_driver import Driver


@dataclass(frozen=True)
class Options:
    quick: bool = option(False, help="Less work")
    steps: int = option(30, low=0, high=200)
    weight: float = option(0.5, low=0.0, high=2.0)
    size: Literal["small", "large"] = option("small")
    mode: Literal["a", "b", "c", "d"] = option("b")
    note: str = option("")
    open_end: float = option(4.0)


@pytest.fixture
def values():
    return {}


@pytest.fixture
def gui(values):
    def draw(ui):
        values.update(form(ui, describe(Options), values))

    with Driver(draw) as driver:
        yield driver


def test_every_kind_of_option_has_a_widget_that_changes_it(gui, values):
    assert build(Options, values) == Options()
    gui.click("quick")
    gui.drag("steps", 150, high=200)
    gui.drag("weight", 1.0, high=2)
    gui.click("size/Large")
    gui.click("mode")
    gui.step()
    gui.click("mode/d")
    gui.type("note", "hello")
    made = build(Options, values)
    assert (made.quick, made.size, made.mode, made.note) == (True, "large", "d", "hello")
    assert made.steps == pytest.approx(150, abs=3)
    assert made.weight == pytest.approx(1.0, abs=0.02)


def test_values_of_an_older_version_fall_back_to_the_default(values):
    values.update({"steps": 9999, "size": "huge", "gone": 1})
    with Driver(lambda ui: values.update(form(ui, describe(Options), values))):
        assert values["steps"] == 30
        assert values["size"] == "small"


def test_an_open_end_leaves_room_to_both_sides():
    described = {each.name: each for each in describe(Options)}
    low, high = bounds(described["open_end"])
    assert low < 4.0 < high
    assert bounds(described["steps"]) == (0, 200)
