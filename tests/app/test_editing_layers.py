"""Layers of what is open: each action one labelled step, files, copies, watched maps."""

import cv2
import numpy as np
import pytest

from app import editing_layers as edits
from app import layer_transfer as transfer
from app.editing_stickers import add_sticker, looks_like_sticker
from app.editing_styles import StyleChoice, choose, start
from app.layer_thumbs import SIDE, mask_of, thumb_of
from app.map_watch import EVERY
from app.selection import select, selected
from app.sticker_library import library_folder, own_folder, read_again, shelf
from avatars.edits.layer import Adjustment
from tests.make_editor import editor, settle
from tests.make_layers import disc, solid, sticker
from tests.make_painting import CHEEK, SIZE, color_at, looks, on_map, painting_editor, stroke

U, V = CHEEK


@pytest.fixture
def made(tmp_path):
    return painting_editor(tmp_path)


def names(made):
    return [layer.name for layer in made.document.layers]


def done(made):
    for _ in range(4):
        settle(made)
    assert not [n.text for n in made.notices if n.severity == "error"]


def png(path, pixels):
    cv2.imwrite(str(path), pixels[..., [2, 1, 0, 3]] if pixels.shape[2] == 4 else pixels)
    return path


def test_each_action_is_a_step_of_its_own_name(made):
    edits.add_paint(made)
    edits.add_adjust(made, None, Adjustment(hue=20.0))
    first, second = (layer.id for layer in made.document.layers)
    edits.toggle(made, first)
    edits.toggle(made, first)
    edits.toggle_solo(made, second)
    edits.rename(made, first, "  Cheeks ")
    edits.duplicate(made, first)
    edits.move(made, second, 0)
    edits.add_mask(made, first)
    edits.remove_mask(made, first)
    edits.delete(made, first)
    assert made.history.labels() == [
        *("Start", "Add paint layer", "Adjust all", "Hide Paint", "Show Paint"),
        *("Solo All colour", "Rename layer", "Duplicate layer", "Move layer"),
        *("Add mask", "Remove mask", "Delete Cheeks"),
    ]
    assert names(made) == ["All colour", "Cheeks copy"]
    while made.history.can_undo:
        made.undo()
    assert made.document.layers == ()


def test_a_new_layer_lies_over_the_chosen_one_and_is_chosen(made):
    for _ in range(3):
        edits.add_paint(made)
    select(made, made.document.layers[0].id)
    edits.add_geometry(made, "shave")
    assert names(made) == ["Paint", "Shave", "Paint 2", "Paint 3"]
    assert selected(made).name == "Shave"


def test_the_neighbour_of_a_deleted_layer_is_chosen(made):
    for _ in range(3):
        edits.add_paint(made)
    edits.delete(made, made.document.layers[1].id)
    assert selected(made) is made.document.layers[1]


def test_what_changes_nothing_is_no_step(made):
    edits.add_paint(made)
    layer, steps = made.document.layers[0], len(made.history)
    edits.set_layer(made, layer.id, "Opacity", final=True, opacity=1.0)
    edits.move(made, layer.id, 0)
    edits.rename(made, layer.id, "  ")
    assert len(made.history) == steps


def test_a_dragged_opacity_is_shown_and_becomes_one_step(made):
    edits.add(made, solid(SIZE, (255, 0, 0, 255)), "Red")
    steps, layer = len(made.history), made.document.layers[0]
    for opacity in (0.8, 0.5, 0.2):
        edits.set_layer(made, layer.id, "Opacity", final=False, opacity=opacity)
        assert made.shown.layers[0].opacity == opacity
    assert made.document.layers[0] is layer
    edits.set_layer(made, layer.id, "Opacity", final=True, opacity=0.2)
    assert len(made.history) == steps + 1
    assert made.draft is None


def test_merging_down_looks_the_same_and_is_one_layer(made):
    edits.add(made, solid(SIZE, (255, 0, 0, 255), "a"), "a")
    edits.add(made, solid(SIZE, (0, 0, 255, 128), "b", blend="multiply"), "b")
    before = looks(made.document)
    edits.merge_down(made, made.document.layers[1].id)
    done(made)
    assert len(made.document.layers) == 1
    assert made.history.undo_label == "Merge down"
    assert np.abs(looks(made.document) - before).max() < 0.01


def test_merging_what_cannot_be_is_told_and_changes_nothing(made):
    edits.add_paint(made)
    before = made.document
    edits.merge_down(made, made.document.layers[0].id)
    for _ in range(3):
        settle(made)
    assert made.document is before
    assert "lowest" in made.notices[-1].text


def test_baked_layers_are_the_avatars_own_colours(made):
    edits.add(made, solid(SIZE, (255, 0, 0, 255)), "Red")
    before = looks(made.document)
    edits.bake_layers(made)
    done(made)
    assert made.document.layers == ()
    assert (made.document.avatar.maps.rgb.numpy() == before).all()
    made.undo()
    assert names(made) == ["s"]


def test_layers_are_copied_to_another_avatar(made, tmp_path):
    edits.add(made, sticker(CHEEK, 0.2), "Sticker")
    assert transfer.copy(made) == 1
    from tests.make_painting import painted_document

    made.open_document(painted_document(seed=5))
    assert transfer.can_paste(made)
    transfer.paste(made)
    done(made)
    assert names(made) == ["k"]
    assert made.history.undo_label == "Paste layers"
    assert color_at(made.document, U, V)[1] < 0.1


def test_a_layer_is_exported_and_imported_again(made, tmp_path):
    edits.add(made, sticker(CHEEK, 0.2), "Sticker")
    before = looks(made.document)
    transfer.export_png(made, made.document.layers[0].id, tmp_path / "layer.png")
    done(made)
    edits.delete(made, made.document.layers[0].id)
    transfer.import_png(made, tmp_path / "layer.png")
    done(made)
    assert np.abs(looks(made.document) - before).max() < 0.02


def test_a_sticker_lies_where_it_was_dropped(made, tmp_path):
    path = png(tmp_path / "my_dot.png", disc((0, 255, 0)).pixels)
    add_sticker(made, path, on_map(U, V))
    done(made)
    assert names(made) == ["My dot"]
    assert made.history.undo_label == "Place My dot"
    assert made.view.tool == "sticker"
    assert np.abs(color_at(made.document, U, V) - [0, 1, 0]).max() < 0.02


def test_a_sticker_dropped_beside_the_head_lies_on_it_all_the_same(made, tmp_path):
    path = png(tmp_path / "dot.png", disc().pixels)
    add_sticker(made, path, on_map(0.004, 0.004))
    done(made)
    assert len(made.document.layers) == 1
    assert any("beside" in notice.text for notice in made.notices)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_file_that_is_no_picture_is_told_and_changes_nothing(made, tmp_path, content):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    before = made.document
    for bring in (
        lambda: add_sticker(made, path),
        lambda: transfer.import_png(made, path),
        lambda: made.easel.watch.bring(path),
    ):
        bring()
        for _ in range(3):
            settle(made)
        assert made.document is before
        assert made.notices[-1].severity in ("error", "warning")
    assert made.easel.watch.paths == ()


def test_a_picture_dropped_on_an_avatar_may_be_a_sticker(made, tmp_path):
    path = png(tmp_path / "dot.png", disc().pixels)
    made.drop([path], on_map(U, V))
    settle(made)
    assert made.prompt.default == "sticker"
    made.answer("sticker")
    done(made)
    assert len(made.document.layers) == 1


def test_a_photo_is_rather_an_avatar(made, tmp_path):
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), np.zeros((900, 800, 3), np.uint8))
    assert not looks_like_sticker(path)
    made.drop([path])
    settle(made)
    assert made.prompt.choice("sticker") is not None
    assert made.prompt.default != "sticker"


def test_an_opaque_picture_with_an_alpha_channel_is_a_photo(tmp_path):
    pixels = np.full((400, 400, 4), 255, np.uint8)
    assert not looks_like_sticker(png(tmp_path / "opaque.png", pixels))
    pixels[:100] = 0
    assert looks_like_sticker(png(tmp_path / "cut.png", pixels))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    assert not looks_like_sticker(tmp_path / "bad.png")


def test_without_an_avatar_there_is_nothing_to_stick_on(tmp_path):
    made = editor(tmp_path)
    path = png(tmp_path / "dot.png", disc().pixels)
    made.drop([path])
    settle(made)
    assert made.prompt.choice("sticker") is None


def test_a_watched_map_follows_its_file(made, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(made.easel.watch, "_clock", lambda: now[0])
    path = tmp_path / "map.png"
    cv2.imwrite(str(path), np.full((SIZE, SIZE, 3), (0, 0, 255), np.uint8))
    made.easel.watch.bring(path)
    done(made)
    assert np.abs(color_at(made.document, U, V) - [1, 0, 0]).max() < 0.01
    assert made.easel.seconds_until_due is not None
    edits.add_paint(made)
    cv2.imwrite(str(path), np.full((2 * SIZE, 2 * SIZE, 3), (255, 0, 0), np.uint8))
    for _ in range(4):
        now[0] += EVERY
        done(made)
    assert np.abs(color_at(made.document, U, V) - [0, 0, 1]).max() < 0.01
    assert names(made) == ["map", "Paint"]
    assert made.history.undo_label == "Reload map.png"
    steps = len(made.history)
    for _ in range(4):
        now[0] += EVERY
        done(made)
    assert len(made.history) == steps
    made.easel.watch.stop(path)
    assert made.easel.seconds_until_due is None


def test_a_style_becomes_a_layer_with_its_strength(made, tmp_path):
    path = tmp_path / "blue.png"
    cv2.imwrite(str(path), np.full((64, 64, 3), (200, 40, 20), np.uint8))
    choose(made, StyleChoice(path, "palette", 0.5))
    start(made)
    done(made)
    layer = made.document.layers[0]
    assert (layer.kind, layer.opacity, layer.name) == ("style", 0.5, "Blue style")
    assert made.history.undo_label == "Style blue"


def test_the_shelf_has_our_stickers_and_the_persons(made, tmp_path):
    found = shelf(made)
    assert {"Blush", "Scar"} <= {each.name for each in found}
    assert all(each.thumb.shape == (SIDE, SIDE, 4) for each in found)
    own_folder(made).mkdir(parents=True)
    png(own_folder(made) / "mine.png", disc().pixels)
    (own_folder(made) / "notes.txt").write_text("no sticker")
    (own_folder(made) / "broken.png").write_text("no picture")
    read_again(made)
    found = shelf(made)
    assert [each.name for each in found if each.is_own] == ["Mine"]


def test_every_sticker_of_the_library_can_be_laid_on_the_head(made):
    for count, path in enumerate(sorted(library_folder().glob("*_content.png")), start=1):
        add_sticker(made, path)
        done(made)
        assert len(made.document.layers) == count


def test_thumbnails_show_what_is_on_a_layer(made):
    stroke(made, (U, V))
    layer = made.document.layers[0]
    thumb = thumb_of(made, layer)
    assert thumb.shape == (SIDE, SIDE, 4)
    assert thumb[..., 3].max() > 200
    assert mask_of(made, layer) is None
    edits.add_mask(made, layer.id)
    assert mask_of(made, made.document.layers[0])[..., :3].min() > 250


def test_layers_are_saved_and_opened_with_the_same_looks(made, tmp_path):
    stroke(made, (U, V), (U + 0.1, V))
    edits.add(made, sticker((U - 0.1, V), 0.1), "Sticker")
    edits.add_mask(made, made.document.layers[0].id)
    before = looks(made.document)
    made.save(tmp_path / "a.avatar")
    done(made)
    other = editor(tmp_path / "other")
    other.open_path(tmp_path / "a.avatar")
    done(other)
    assert names(other) == names(made)
    assert np.abs(looks(other.document) - before).max() < 1e-3
