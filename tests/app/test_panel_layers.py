"""The layers, texture and UV panels, driven as a person does."""

import numpy as np
import pytest
from imgui_bundle import imgui

from app import editing_layers as edits
from app.brush_settings import brush_of, set_brush
from app.gui.panels import layers as layers_panel
from app.gui.panels import texture, uv
from app.painting_target import MASK_EDIT
from app.selection import select, selected
from tests.gui_driver import Driver
from tests.make_editor import settle
from tests.make_layers import solid, sticker
from tests.make_painting import CHEEK, SIZE, color_at, painting_editor

U, V = CHEEK


@pytest.fixture
def made(tmp_path):
    found = painting_editor(tmp_path)
    edits.add(found, sticker(CHEEK, 0.2), "Add k")
    edits.add(found, solid(SIZE, (255, 0, 0, 255), "s"), "Add s")
    edits.add_adjust(found, None)
    return found


def driver(made, panel, size=(380, 4000)):
    return Driver(lambda ui: panel.draw(ui, made), size=size, before=made.poll)


def names(made):
    return [layer.name for layer in made.document.layers]


# The layers panel.


def test_the_highest_layer_stands_on_top(made):
    with driver(made, layers_panel) as gui:
        rows = [gui[f"Layers/{layer.id}/row"].y0 for layer in reversed(made.document.layers)]
    assert rows == sorted(rows)


def test_a_press_chooses_a_layer_and_its_eye_hides_it(made):
    first = made.document.layers[0]
    with driver(made, layers_panel) as gui:
        gui.click(f"Layers/{first.id}/row")
        assert selected(made) is first
        gui.click(f"Layers/{first.id}/eye")
        assert not made.document.layers[0].visible
        assert made.history.undo_label == "Hide k"
        gui.click(f"Layers/{first.id}/solo")
        assert made.document.layers[0].solo


def test_a_row_is_dragged_to_another_place(made):
    ids = [layer.id for layer in made.document.layers]
    with driver(made, layers_panel) as gui:
        top = gui[f"Layers/{ids[2]}/row"]
        gui.drag_to(f"Layers/{ids[0]}/row", top.middle[0], top.y0 + 2)
        assert [layer.id for layer in made.document.layers] == [ids[1], ids[2], ids[0]]
        assert made.history.undo_label == "Move layer"
        gui.drag_to(f"Layers/{ids[2]}/row", *gui[f"Layers/{ids[2]}/row"].middle)
    assert [layer.id for layer in made.document.layers] == [ids[1], ids[2], ids[0]]


def test_a_dragged_opacity_is_one_step(made):
    select(made, "s")
    steps = len(made.history)
    with driver(made, layers_panel) as gui:
        gui.drag("Layers/Opacity", 40, high=100, release=False)
        assert len(made.history) == steps
        assert made.shown.layers[1].opacity == pytest.approx(0.4, abs=0.03)
        gui.release()
    assert len(made.history) == steps + 1
    assert made.document.layers[1].opacity == pytest.approx(0.4, abs=0.03)


def test_blend_modes_and_regions_are_chosen(made):
    select(made, "s")
    with driver(made, layers_panel) as gui:
        gui.click("Layers/Blend")
        gui.click("Layers/Blend/Multiply")
        assert made.document.layers[1].blend == "multiply"
        gui.click("Layers/Only on")
        gui.click("Layers/Only on/Lips")
    assert made.document.layers[1].region == "lips"
    assert made.history.undo_label == "Layer region"


def test_a_double_click_renames(made):
    with driver(made, layers_panel) as gui:
        gui.click("Layers/s/row", double=True)
        gui.step(2)
        gui.write("Blood red")
    assert names(made)[1] == "Blood red"
    assert made.history.undo_label == "Rename layer"


def test_buttons_add_duplicate_mask_and_delete(made):
    select(made, "s")
    with driver(made, layers_panel) as gui:
        gui.click("Layers/Duplicate")
        assert names(made)[2] == "s copy"
        gui.click("Layers/Mask")
        assert selected(made).mask is not None
        assert made.panel[MASK_EDIT] == selected(made).id
        gui.click("Layers/Delete")
        assert "s copy" not in names(made)
        gui.click("Layers/Add paint")
        assert selected(made).kind == "paint"
        gui.click("Layers/Add sticker")
    assert "sticker-dialog" in made.wants


def test_merging_is_offered_for_pictures_alone(made):
    with driver(made, layers_panel) as gui:
        assert not gui["Layers/Merge down"].enabled
        select(made, "s")
        gui.step(2)
        gui.click("Layers/Merge down")
        settle(made)
        settle(made)
    assert len(made.document.layers) == 2


def test_layers_are_baked(made):
    with driver(made, layers_panel) as gui:
        gui.click("Layers/Files and copies")
        gui.click("Layers/Bake layers")
        settle(made)
        settle(made)
    assert made.document.layers == ()
    assert made.history.undo_label == "Bake layers"


# The texture panel.


def test_tools_are_taken_and_given_back(made):
    with driver(made, texture) as gui:
        gui.click("Texture/tool brush")
        assert made.view.tool == "brush"
        gui.click("Texture/tool brush")
        assert made.view.tool == "orbit"


def test_the_brush_is_set_by_sliders(made):
    made.set_tool("brush")
    with driver(made, texture) as gui:
        gui.drag("Texture/Hardness", 80, high=100)
        gui.drag("Texture/Opacity", 30, low=1, high=100)
        gui.click("Texture/Both sides")
        gui.click("Texture/swatch 4")
    brush = brush_of(made)
    assert brush.hardness == pytest.approx(0.8, abs=0.03)
    assert brush.opacity == pytest.approx(0.3, abs=0.03)
    assert brush.symmetry
    assert brush.color == pytest.approx((0.72, 0.16, 0.22))
    assert len(made.history) == 4  # the brush is no part of the document


def test_a_press_on_the_shelf_lays_a_sticker_on_the_head(made):
    with driver(made, texture) as gui:
        gui.click("Texture/sticker scar_content")
        settle(made)
        settle(made)
        assert names(made)[-1] == "Scar"
        steps, gui_width = len(made.history), selected(made).placement.size
        gui.drag("Texture/Angle", 90, low=-180, high=180)
        assert len(made.history) == steps + 1
        gui.click("Texture/Mirrored")
    place = selected(made).placement
    assert np.degrees(place.angle) == pytest.approx(90, abs=6)
    assert place.mirror
    assert place.size == gui_width


def test_a_colour_of_all_is_changed_live_and_is_one_step(made):
    select(made, made.document.layers[2].id)
    with driver(made, texture) as gui:
        steps, before = len(made.history), color_at(made.document, U, V)
        gui.drag("Texture/Brightness", 60, low=-100, high=100, release=False)
        assert np.abs(color_at(made.shown, U, V) - before).max() > 0.05
        assert len(made.history) == steps
        gui.release()
        assert len(made.history) == steps + 1
        gui.click("Texture/All")
        assert len(made.document.layers) == 3  # the same layer is taken up again


def test_reshaping_adds_a_layer_and_takes_the_brush(made):
    with driver(made, texture) as gui:
        gui.click("Texture/Shave, thin, puff")
        gui.click("Texture/Puff")
        assert selected(made).kind == "geometry"
        assert made.view.tool == "brush"
        gui.drag("Texture/Outwards", 5, low=-10, high=10)
    assert selected(made).reshape.puff == pytest.approx(0.005, abs=1e-3)


# The map.


@pytest.fixture
def bare(tmp_path):
    return painting_editor(tmp_path)


def place(gui, u, v):
    area = gui["UV map/map"]
    side = min(area.x1 - area.x0, area.y1 - area.y0)
    x, y = area.middle
    return x + (u - 0.5) * side, y + (0.5 - v) * side


def drag(gui, start, end):
    gui.move(*start)
    gui._button(0, True)
    for share in (0.25, 0.5, 0.75, 1.0):
        gui.move(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))
    gui.release()
    gui.step(2)


def test_the_brush_paints_on_the_map(bare):
    bare.set_tool("brush")
    set_brush(bare, color=(0.0, 0.0, 1.0), size=0.06)
    with driver(bare, uv, size=(700, 760)) as gui:
        drag(gui, place(gui, 0.45, V), place(gui, 0.6, V))
    assert bare.history.labels() == ["Start", "Brush stroke"]
    for u in (0.46, 0.52, 0.59):
        assert np.abs(color_at(bare.document, u, V) - [0, 0, 1]).max() < 0.05


def test_a_sticker_is_moved_turned_scaled_and_mirrored_on_the_map(bare):
    edits.add(bare, sticker(CHEEK, 0.2, space="uv"), "Add")
    bare.set_tool("sticker")
    with driver(bare, uv, size=(700, 760)) as gui:
        drag(gui, place(gui, U, V), place(gui, U - 0.1, V))
        assert bare.document.layers[0].placement.uv == pytest.approx((U - 0.1, V), abs=0.01)
        u = U - 0.1
        drag(gui, place(gui, u + 0.1, V + 0.1), place(gui, u + 0.15, V + 0.15))
        assert bare.document.layers[0].placement.size == pytest.approx(0.3, abs=0.02)
        top, middle = place(gui, u, V + 0.15), place(gui, u, V)
        knob = top[0], top[1] - 30
        away = middle[1] - knob[1]
        drag(gui, knob, (middle[0] - away, middle[1]))
        assert np.degrees(bare.document.layers[0].placement.angle) == pytest.approx(90, abs=3)
        bare.undo()
        gui.step(2)
        low = place(gui, u, V - 0.15)
        gui.move(low[0], low[1] + 24)
        gui._button(0, True)
        gui.release()
    assert bare.document.layers[0].placement.mirror
    assert bare.history.labels() == [
        *("Start", "Add", "Move sticker", "Scale sticker", "Mirror sticker"),
    ]


def test_a_press_chooses_the_sticker_under_the_pointer(bare):
    edits.add(bare, sticker((0.4, V), 0.1, "a"), "Add")
    edits.add(bare, sticker((0.65, V), 0.1, "b"), "Add")
    bare.set_tool("sticker")
    with driver(bare, uv, size=(700, 760)) as gui:
        gui.move(*place(gui, 0.4, V))
        gui._button(0, True)
        gui.release()
        gui.step(2)
    assert selected(bare).id == "a"
    assert len(bare.history) == 3


def test_the_map_is_zoomed_under_the_pointer_and_moved(bare):
    with driver(bare, uv, size=(700, 760)) as gui:
        gui.move(*place(gui, 0.6, 0.6))
        imgui.get_io().add_mouse_wheel_event(0, 4)
        gui.step(2)
        zoomed = bare.panel[uv.STATE]
        assert zoomed.zoom > 1.5
        drag(gui, place(gui, 0.5, 0.5), place(gui, 0.6, 0.5))
        assert bare.panel[uv.STATE].u < zoomed.u
        gui.click("UV map/Fit")
        assert bare.panel[uv.STATE].zoom == 1.0
        gui.click("UV map/Wires")
        gui.click("UV map/Regions")
        gui.step(3)
    assert bare.panel[uv.STATE].wires
    assert len(bare.history) == 1
