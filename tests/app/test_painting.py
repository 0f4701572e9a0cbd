"""Strokes and stickers by hand: drafts while the button is down, one step when it is let go."""

from dataclasses import replace

import numpy as np
import pytest

from app import action_layers
from app.brush_settings import CloneSource, brush_of, resize, set_brush
from app.editing_layers import add, add_geometry, add_mask, set_layer
from app.editing_stickers import finish_move, move_to
from app.painting_target import MASK_EDIT
from app.selection import select, selected
from avatars.edits.canvas import canvas_for
from avatars.edits.masks import region_weights
from avatars.edits.points import Points
from tests.make_layers import sticker
from tests.make_painting import CHEEK, color_at, looks, on_map, painting_editor, stroke

RED = (1.0, 0.0, 0.0)
U, V = CHEEK


@pytest.fixture
def made(tmp_path):
    found = painting_editor(tmp_path)
    set_brush(found, color=RED, size=0.06, hardness=1.0)
    return found


def near(color, other, by=0.02):
    return bool(np.abs(np.asarray(color) - np.asarray(other)).max() < by)


def test_a_stroke_is_one_step_and_undo_gives_the_same_document_back(made):
    start, before = made.document, looks(made.document)
    stroke(made, (U, V), (U + 0.02, V), (U + 0.04, V))
    assert made.history.labels() == ["Start", "Brush stroke"]
    assert near(color_at(made.document, U + 0.02, V), RED)
    assert selected(made).kind == "paint"
    made.undo()
    assert made.document is start
    assert (looks(made.document) == before).all()


def test_while_the_button_is_down_the_stroke_is_a_draft(made):
    start = made.document
    made.easel.strokes.press("brush", on_map(U, V))
    made.poll()
    assert made.document is start
    assert near(color_at(made.shown, U, V), RED)
    made.easel.strokes.release()
    made.poll()
    assert made.draft is None
    assert near(color_at(made.document, U, V), RED)


def test_the_second_stroke_goes_on_the_same_layer(made):
    stroke(made, (U, V))
    stroke(made, (U - 0.1, V))
    assert len(made.document.layers) == 1
    assert made.history.labels() == ["Start", "Brush stroke", "Brush stroke"]


def test_points_between_two_frames_are_painted(made):
    stroke(made, (U - 0.15, V), (U + 0.15, V))
    for share in np.linspace(-0.15, 0.15, 13):
        assert near(color_at(made.document, U + float(share), V), RED)


def test_five_hundred_strokes_and_undos_give_the_map_back_within_the_budget(made):
    before, start = looks(made.document), made.document
    random = np.random.default_rng(0)
    for _ in range(500):
        u, v = random.uniform((0.3, 0.5), (0.7, 0.8))
        set_brush(made, color=tuple(random.random(3)), size=float(random.uniform(0.01, 0.05)))
        stroke(made, (float(u), float(v)))
    assert len(made.history) == 501
    assert made.history.bytes_held <= made.history.byte_budget
    after = looks(made.document)
    for _ in range(500):
        made.undo()
    assert made.document is start
    assert (looks(made.document) == before).all()
    for _ in range(500):
        made.redo()
    assert (looks(made.document) == after).all()


def test_a_small_budget_holds_by_letting_the_oldest_steps_go(tmp_path):
    made = painting_editor(tmp_path, undo_mb=16)
    made.history.byte_budget = made.history.bytes_held + 40 * 64 * 64 * 4
    for number in range(120):
        stroke(made, (0.3 + 0.4 * (number % 11) / 11, 0.5 + 0.3 * (number % 7) / 7))
    assert made.history.bytes_held <= made.history.byte_budget
    assert 2 <= len(made.history) < 121
    made.undo()
    assert made.history.can_redo


def test_history_counts_a_tile_once_however_many_steps_hold_it(made):
    stroke(made, (U, V))
    held = made.history.bytes_held
    set_layer(made, made.document.layers[0].id, "Opacity", final=True, opacity=0.5)
    assert made.history.bytes_held == held
    stroke(made, (U, V))
    assert 0 < made.history.bytes_held - held <= 4 * 64 * 64 * 4


def test_a_stroke_beside_the_head_changes_nothing(made):
    start = made.document
    stroke(made, (0.005, 0.005), (0.01, 0.29))
    assert made.document is start
    assert made.draft is None
    assert len(made.history) == 1


def test_a_stroke_that_leaves_the_head_and_comes_back_is_not_joined(made):
    stroke(made, (U, 0.97), (0.005, 0.005), (U, 0.5))
    assert near(color_at(made.document, U, 0.5), RED)
    assert not near(color_at(made.document, U, 0.75), RED)


def test_undo_while_painting_drops_the_stroke(made):
    start = made.document
    made.easel.strokes.press("brush", on_map(U, V))
    made.poll()
    made.undo()
    made.easel.strokes.move(on_map(U + 0.05, V))
    made.easel.strokes.release()
    made.poll()
    assert made.document is start
    assert made.draft is None
    assert not made.easel.strokes.is_busy


def test_escape_takes_the_stroke_back_then_leaves_the_tool(made):
    made.set_tool("brush")
    made.easel.strokes.press("brush", on_map(U, V))
    made.poll()
    action_layers.leave(made)
    assert made.draft is None
    assert made.view.tool == "brush"
    action_layers.leave(made)
    assert made.view.tool == "orbit"


def test_symmetry_paints_the_other_side_too(made):
    set_brush(made, symmetry=True)
    stroke(made, (U, V))
    canvas = canvas_for(made.document.avatar)
    twin = canvas.uv_at(canvas.mirrored(canvas.point_at_uv((U, V))))[0]
    assert near(color_at(made.document, U, V), RED)
    assert near(color_at(made.document, *map(float, twin)), RED)


def test_the_eraser_rubs_paint_out(made):
    before = color_at(made.document, U, V)
    stroke(made, (U, V))
    stroke(made, (U, V), tool="erase")
    assert near(color_at(made.document, U, V), before)


def test_the_eraser_hides_parts_of_a_sticker_by_a_mask(made):
    add(made, sticker(CHEEK, 0.4), "Sticker")
    shown = color_at(made.document, U, V)
    stroke(made, (U, V), tool="erase")
    layer = made.document.layers[0]
    assert layer.mask is not None
    assert made.history.undo_label == f"Erase from {layer.name}"
    assert not near(color_at(made.document, U, V), shown)
    assert near(color_at(made.document, U + 0.06, V), shown)


def test_with_nothing_to_erase_the_person_is_told(made):
    stroke(made, (U, V), tool="erase")
    assert "nothing to erase" in made.notices[-1].text
    assert len(made.history) == 1


def test_a_hidden_layer_is_not_painted_on(made):
    stroke(made, (U, V))
    set_layer(made, made.document.layers[0].id, "Hide", final=True, visible=False)
    steps = len(made.history)
    stroke(made, (U, V))
    assert len(made.history) == steps
    assert "hidden" in made.notices[-1].text


def test_the_brush_paints_a_mask_when_told_to(made):
    stroke(made, (U, V))
    layer = made.document.layers[0]
    add_mask(made, layer.id)
    assert made.panel[MASK_EDIT] == layer.id
    stroke(made, (U, V), tool="erase")
    assert not near(color_at(made.document, U, V), RED)
    stroke(made, (U, V))
    assert near(color_at(made.document, U, V), RED)
    assert made.history.undo_label == f"Mask {layer.name}"


def test_clone_needs_a_source_and_copies_it(made):
    stroke(made, (U, V), tool="clone")
    assert "source" in made.notices[-1].text
    stroke(made, (U, V))
    canvas = canvas_for(made.document.avatar)
    source: Points = canvas.point_at_uv((U, V))
    set_brush(made, source=CloneSource(made.document.avatar, source), size=0.03)
    select(made, None)
    stroke(made, (U - 0.2, V), tool="clone")
    assert near(color_at(made.document, U - 0.2, V), RED, by=0.06)


def test_a_geometry_layer_takes_strokes_and_reshapes(made):
    from avatars.edits.compose import compose

    add_geometry(made, "puff")
    stroke(made, (U, V))
    document = made.document
    maps = compose(document.avatar, document.layers).maps
    moved = (maps.offset - document.avatar.maps.offset)[..., 2]
    assert float(moved.max()) == pytest.approx(0.003, abs=1e-4)
    assert (maps.rgb == document.avatar.maps.rgb).all()
    assert made.history.undo_label == "Puff stroke"


def test_a_dragged_sticker_is_one_step(made):
    add(made, sticker(CHEEK, 0.1), "Sticker")
    layer, steps = made.document.layers[0], len(made.history)
    for number in range(1, 9):
        move_to(made, layer.id, on_map(U - 0.02 * number, V))
        made.poll()
        assert len(made.history) == steps
        assert made.draft is not None
    finish_move(made)
    made.poll()
    assert len(made.history) == steps + 1
    assert made.history.undo_label == "Move sticker"
    assert made.document.layers[0].placement.uv == pytest.approx((U - 0.16, V), abs=1e-3)
    made.undo()
    assert made.document.layers[0] is layer


def test_a_sticker_stays_where_it_was_while_the_pointer_is_beside_the_head(made):
    add(made, sticker(CHEEK, 0.1), "Sticker")
    layer = made.document.layers[0]
    move_to(made, layer.id, on_map(0.004, 0.004))
    finish_move(made)
    made.poll()
    assert made.document.layers[0] is layer


def test_brackets_change_the_size_within_limits(made):
    for _ in range(100):
        resize(made, 1)
    assert brush_of(made).size == pytest.approx(0.4)
    for _ in range(100):
        resize(made, -1)
    assert brush_of(made).size == pytest.approx(0.002)


def test_a_region_lock_keeps_paint_inside(made):
    set_brush(made, region="lips", size=0.4)
    avatar, before = made.document.avatar, looks(made.document)
    canvas = canvas_for(avatar)
    weights = region_weights(canvas.layout, avatar.maps, "lips").reshape(-1)[canvas.index]
    u, v = canvas.uv[weights.argmax()]
    stroke(made, (float(u), float(v)))
    changed = np.abs(looks(made.document) - before).max(axis=2).reshape(-1)[canvas.index] > 0
    assert changed[weights > 0.5].any()
    assert not changed[weights == 0].any()


def test_strokes_work_while_the_head_is_driven(made):
    request = made.request(128, 128, moving=False)
    state = made.document.head_state
    made.view = replace(made.view, live_state=replace(state, neck_pose=state.neck_pose + 0.3))
    driven = made.request(128, 128, moving=False)
    places = []
    canvas = canvas_for(made.document.avatar)
    for each in (request, driven):
        point = replace(on_map(0.5, 0.5), request=each).point(canvas)
        places.append(canvas.uv_at(point)[0])
    assert np.abs(places[0] - places[1]).max() > 0.01
    made.easel.strokes.press("brush", replace(on_map(0.5, 0.5), request=driven))
    made.easel.strokes.release()
    made.poll()
    assert near(color_at(made.document, *map(float, places[1])), RED)
