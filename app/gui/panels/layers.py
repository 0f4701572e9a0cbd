"""Layers: what lies over the avatar's own colours, in order, and how each of it mixes."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app import editing_layers as edits
from app import layer_transfer as transfer
from app.gui.layer_rows import draw_rows
from app.gui.panels.base import Panel
from app.gui.theme import px
from app.gui.ui import Ui
from app.painting_target import MASK_EDIT
from app.region_names import WHOLE, regions_of, title_of
from app.selection import selected

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer

PANEL = Panel("layers", "Layers", "left")
BLENDS = ("normal", "multiply", "screen", "overlay", "soft-light", "color", "luminosity")
_SHOWN = tuple(name.replace("-", " ").capitalize() for name in BLENDS)


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    document = editor.shown
    with ui.scope("Layers"):
        if document.avatar is None:
            _empty(ui, editor)
            return
        _adding(ui, editor)
        if document.layers:
            ui.space(2)
            draw_rows(ui, editor)
            ui.space(2)
            layer = selected(editor)
            if layer is not None:
                _chosen(ui, editor, layer)
        else:
            ui.empty(
                icons.ICON_FA_LAYER_GROUP,
                "No layers yet",
                "Paint on the skin (B), drop a picture on the cheek, or take a sticker from the "
                "Texture panel. The avatar's own colours stay as they are underneath.",
            )
        _files(ui, editor)


def _empty(ui: Ui, editor: "Editor") -> None:
    words = "Drop a photo on the window or open an avatar; its skin is painted here."
    if editor.shown.splats is not None:
        words = "This file holds splats without a head: there is no skin to lay layers on."
    ui.empty(icons.ICON_FA_LAYER_GROUP, "Nothing to edit", words)


def _adding(ui: Ui, editor: "Editor") -> None:
    """What is added and taken away."""
    layer = selected(editor)
    gap, room = px(3), imgui.get_content_region_avail().x
    side = min(imgui.get_frame_height() + px(6), (room - 5 * gap) / 6)
    buttons = (
        ("Add paint", icons.ICON_FA_PLUS, "New layer to paint on", True),
        ("Add sticker", icons.ICON_FA_IMAGE, "Lay a picture on the skin", True),
        ("Duplicate", icons.ICON_FA_CLONE, "Duplicate the layer", layer is not None),
        ("Merge down", icons.ICON_FA_ANGLES_DOWN, "Merge with the layer below", _merges(editor)),
        ("Mask", icons.ICON_FA_MASK, "Hide parts of the layer with a brush", layer is not None),
        ("Delete", icons.ICON_FA_TRASH, "Delete the layer", layer is not None),
    )
    for number, (name, icon, tip, enabled) in enumerate(buttons):
        if number:
            imgui.same_line(0, gap)
        if ui.icon_button(icon, name, tip, enabled, width=side):
            _do(editor, name, layer)


def _merges(editor: "Editor") -> bool:
    layer = selected(editor)
    at = next((n for n, each in enumerate(editor.shown.layers) if each is layer), 0)
    pictures = ("sticker", "paint", "style")
    below = editor.shown.layers[at - 1] if at else None
    return (
        layer is not None
        and below is not None
        and layer.kind in pictures
        and below.kind in pictures
    )


def _do(editor: "Editor", name: str, layer: "Layer | None") -> None:
    if name == "Add paint":
        edits.add_paint(editor)
    elif name == "Add sticker":
        editor.wants.add("sticker-dialog")
    elif layer is None:
        return
    elif name == "Duplicate":
        edits.duplicate(editor, layer.id)
    elif name == "Merge down":
        edits.merge_down(editor, layer.id)
    elif name == "Mask":
        edits.add_mask(editor, layer.id)
    else:
        edits.delete(editor, layer.id)


def _chosen(ui: Ui, editor: "Editor", layer: "Layer") -> None:
    """How the chosen layer mixes with what lies below."""
    drag = ui.slider("Opacity", 100 * layer.opacity, 0, 100, format="%.0f %%", reset=100.0)
    if drag.is_edited:
        edits.set_layer(
            editor, layer.id, "Layer opacity", final=drag.finished, opacity=drag.value / 100
        )
    if layer.kind != "geometry":
        at = ui.combo("Blend", BLENDS.index(layer.blend), _SHOWN)
        if BLENDS[at] != layer.blend:
            edits.set_layer(editor, layer.id, "Blend mode", final=True, blend=BLENDS[at])
    avatar = editor.shown.avatar
    names = (None, *(() if avatar is None else regions_of(avatar)))
    if layer.region not in names:
        names = (*names, layer.region)
    at = ui.combo(
        "Only on",
        names.index(layer.region),
        [WHOLE if name is None else title_of(name) for name in names],
        "The part of the head that the layer keeps to",
    )
    if names[at] != layer.region:
        edits.set_layer(editor, layer.id, "Layer region", final=True, region=names[at])
    if layer.mask is not None:
        painted = editor.panel.get(MASK_EDIT) == layer.id
        changed, painted = ui.toggle("Paint mask", painted)
        if changed and painted:
            editor.panel[MASK_EDIT] = layer.id
            editor.set_tool("brush")
        elif changed:
            editor.panel.pop(MASK_EDIT, None)
        if ui.button("Remove mask"):
            edits.remove_mask(editor, layer.id)


def _files(ui: Ui, editor: "Editor") -> None:
    if not ui.section("Files and copies", is_open=False)[0]:
        return
    has = bool(editor.document.layers)
    layer = selected(editor)
    pictured = layer is not None and layer.kind in ("sticker", "paint", "style")
    gap = px(6)
    labels = ("Import and watch...",)
    columns = ui.fitting(labels, 2, gap)
    width = (imgui.get_content_region_avail().x - gap * (columns - 1)) / columns
    rows = (
        ("Import PNG...", "layer-dialog", True, "A picture of the whole map, as a layer"),
        ("Export layer...", "layer-export-dialog", pictured, "The layer as it lies on the map"),
        ("Export map...", "uv-dialog", True, "The colours as they look, for other programs"),
        (
            "Import and watch...",
            "map-dialog",
            True,
            "A map painted elsewhere; its layer follows the file as it changes",
        ),
    )
    for number, (label, want, enabled, tip) in enumerate(rows):
        if number % columns:
            imgui.same_line(0, gap)
        if ui.button(label, enabled, tip, width=width):
            editor.wants.add(want)
    if ui.button("Copy all layers", has, "To be pasted on another avatar", width=width):
        transfer.copy(editor)
    if columns > 1:
        imgui.same_line(0, gap)
    tip = "At the same places of this face"
    if ui.button("Paste layers", transfer.can_paste(editor), tip, width=width):
        transfer.paste(editor)
    tip = "The layers become the avatar's own colours"
    if ui.button("Bake layers", has, tip, width=-1):
        edits.bake_layers(editor)
    for path in editor.easel.watch.paths:
        ui.muted(f"Watching {path.name}")
        imgui.same_line()
        if ui.icon_button(icons.ICON_FA_XMARK, f"stop {path.name}", "Do not follow it any more"):
            editor.easel.watch.stop(path)
