"""All panels: they draw in every state and size without harm, and change nothing by being seen."""

from importlib import import_module

import pytest

from app.gui.panels import PANELS
from tests.gui_driver import Driver
from tests.make_editor import document, editor, splats_document

MODULES = [import_module(f"app.gui.panels.{name}") for name in PANELS]


def opened(tmp_path, what):
    made = editor(tmp_path)
    if what != "nothing":
        made.open_document(document() if what == "avatar" else splats_document())
    return made


@pytest.mark.parametrize("module", MODULES, ids=PANELS)
@pytest.mark.parametrize("what", ["nothing", "avatar", "splats"])
def test_a_panel_that_is_only_seen_changes_nothing(module, what, tmp_path):
    made = opened(tmp_path, what)
    before, settings, wants = made.document, made.settings, set(made.wants)
    with Driver(lambda ui: module.draw(ui, made)) as gui:
        gui.step(3)
        assert gui.texts or gui.names()
    assert made.document is before
    assert made.draft is None
    assert made.settings is settings
    assert made.wants == wants
    assert len(made.history) == 1


@pytest.mark.parametrize("module", MODULES, ids=PANELS)
@pytest.mark.parametrize(("width", "scale", "colors"), [(250, 1.0, "light"), (260, 1.5, "dark")])
def test_sliders_and_fields_stay_inside_a_narrow_panel(module, width, scale, colors, tmp_path):
    made = opened(tmp_path, "avatar")
    with Driver(
        lambda ui: module.draw(ui, made), size=(width, 6000), scale=scale, colors=colors
    ) as gui:
        beyond = [path for path in gui.names() if gui[path].x1 > width]
        assert not beyond


def test_ids_are_those_of_the_modules_and_titles_differ():
    panels = [module.PANEL for module in MODULES]
    assert tuple(panel.id for panel in panels) == PANELS
    assert len({panel.title for panel in panels}) == len(panels)
