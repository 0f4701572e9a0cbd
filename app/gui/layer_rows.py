"""The list of layers: thumbnails, eyes, names; rows are dragged to another place."""

from typing import TYPE_CHECKING, Any

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app import editing_layers as edits
from app import layer_transfer as transfer
from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui
from app.gui.ui_text import shortened
from app.layer_thumbs import mask_of, thumb_of
from app.painting_target import MASK_EDIT
from app.selection import select

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer

ROW, THUMB = 46, 36
"""Heights at scale 1."""
RENAMING, DRAGGED = "document.renaming", "document.dragged layer"
_ICONS = {"adjust": icons.ICON_FA_SLIDERS, "geometry": icons.ICON_FA_SCISSORS}
_KINDS = {
    "sticker": "Sticker",
    "paint": "Paint",
    "adjust": "Colour",
    "style": "Style",
    "geometry": "Shape",
}


def draw_rows(ui: Ui, editor: "Editor") -> None:
    """Draw the list, the highest layer on top."""
    layers = editor.shown.layers
    count, height = len(layers), px(ROW)
    top = imgui.get_cursor_screen_pos().y
    wide = imgui.get_content_region_avail().x
    gap = imgui.get_style().item_spacing
    imgui.push_style_var(imgui.StyleVar_.item_spacing, ImVec2(gap.x, 0))
    for layer in reversed(layers):
        with ui.scope(layer.id):
            _row(ui, editor, layer, wide, height)
    imgui.pop_style_var()
    _dragging(editor, count, top, height, wide)


def _row(ui: Ui, editor: "Editor", layer: "Layer", wide: float, height: float) -> None:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    corner = imgui.get_cursor_screen_pos()
    chosen = editor.view.selected_layer == layer.id
    imgui.set_next_item_allow_overlap()
    pressed = imgui.invisible_button("##row", ImVec2(wide, height))
    hovered = imgui.is_item_hovered()
    ui.record("row", value=layer.name)
    end = ImVec2(corner.x + wide, corner.y + height)
    if chosen or hovered:
        ground = p.accent_soft if chosen else p.frame
        canvas.add_rect_filled(corner, end, theme.u32(ground), px(7))
    if imgui.is_item_activated():
        select(editor, layer.id)
        editor.panel[DRAGGED] = layer.id
    if pressed and hovered and imgui.is_mouse_double_clicked(0):
        editor.panel[RENAMING] = layer.id
    if hovered and imgui.is_mouse_double_clicked(0):
        editor.panel[RENAMING] = layer.id
    _menu(ui, editor, layer)
    faded = 1.0 if layer.visible else 0.4
    _eye(ui, editor, layer, corner, height)
    x = corner.x + px(34)
    _thumb(ui, editor, layer, ImVec2(x, corner.y + (height - px(THUMB)) / 2), faded)
    x += px(THUMB) + px(10)
    if layer.mask is not None:
        _mask(ui, editor, layer, ImVec2(x, corner.y + (height - px(THUMB)) / 2))
        x += px(THUMB) + px(10)
    _names(ui, editor, layer, ImVec2(x, corner.y), end.x - px(38) - x, faded)
    _solo(ui, editor, layer, ImVec2(end.x - px(32), corner.y), height, shown=hovered or chosen)
    imgui.set_cursor_screen_pos(ImVec2(corner.x, end.y))
    imgui.dummy(ImVec2(0, 0))


def _eye(ui: Ui, editor: "Editor", layer: "Layer", corner: ImVec2, height: float) -> None:
    icon = icons.ICON_FA_EYE if layer.visible else icons.ICON_FA_EYE_SLASH
    imgui.set_cursor_screen_pos(
        ImVec2(corner.x + px(2), corner.y + (height - imgui.get_frame_height()) / 2)
    )
    p = theme.colors()
    imgui.push_style_color(imgui.Col_.text, theme.rgba(p.text if layer.visible else p.muted))
    if ui.icon_button(icon, "eye", "Hide" if layer.visible else "Show", width=px(30)):
        edits.toggle(editor, layer.id)
    imgui.pop_style_color()


def _thumb(ui: Ui, editor: "Editor", layer: "Layer", corner: ImVec2, faded: float) -> None:
    p, canvas, side = theme.colors(), imgui.get_window_draw_list(), px(THUMB)
    end = ImVec2(corner.x + side, corner.y + side)
    pixels = thumb_of(editor, layer)
    if layer.kind in _ICONS:
        color = layer.adjustment.color if layer.kind == "adjust" else None
        ground = theme.u32(p.frame_hovered)
        if color is not None:
            ground = imgui.get_color_u32(imgui.ImVec4(*color, faded))
        canvas.add_rect_filled(corner, end, ground, px(6))
        if color is None:
            _centred(_ICONS[layer.kind], corner, side, theme.u32(p.muted, faded))
        return
    checker(corner, side)
    if pixels is not None and ui.textures is not None:
        ref, _ = ui.textures.of_array(pixels)
        white = imgui.get_color_u32(imgui.ImVec4(1, 1, 1, faded))
        canvas.add_image_rounded(ref, corner, end, ImVec2(0, 0), ImVec2(1, 1), white, px(6))


def checker(corner: ImVec2, side: float) -> None:
    """Draw the squares that show through transparent pictures."""
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    end = ImVec2(corner.x + side, corner.y + side)
    canvas.add_rect_filled(corner, end, theme.u32(p.checker_a), px(6))
    cells, cell = 4, side / 4
    tint = theme.u32(p.checker_b)
    for number in range(cells * cells):
        row, column = divmod(number, cells)
        if (row + column) % 2 and (row, column) not in ((0, 3), (3, 0)):
            low = ImVec2(corner.x + column * cell, corner.y + row * cell)
            canvas.add_rect_filled(low, ImVec2(low.x + cell, low.y + cell), tint)


def _mask(ui: Ui, editor: "Editor", layer: "Layer", corner: ImVec2) -> None:
    """The mask's picture; a press lets the brush paint it."""
    canvas, side, p = imgui.get_window_draw_list(), px(THUMB), theme.colors()
    imgui.set_cursor_screen_pos(corner)
    pressed = imgui.invisible_button("##mask", ImVec2(side, side))
    edited = editor.panel.get(MASK_EDIT) == layer.id
    ui.record("mask", value=edited)
    words = "The brush paints the mask; press to paint the layer" if edited else "Paint the mask"
    ui.tooltip(words)
    end = ImVec2(corner.x + side, corner.y + side)
    canvas.add_rect_filled(corner, end, theme.u32("#000000"), px(6))
    pixels = mask_of(editor, layer)
    if pixels is not None and ui.textures is not None:
        ref, _ = ui.textures.of_array(pixels)
        white = imgui.get_color_u32(imgui.ImVec4(1, 1, 1, 1))
        canvas.add_image_rounded(ref, corner, end, ImVec2(0, 0), ImVec2(1, 1), white, px(6))
    line = theme.u32(p.accent if edited else p.line)
    canvas.add_rect(corner, end, line, px(6), px(2 if edited else 1))
    if pressed:
        select(editor, layer.id)
        if edited:
            editor.panel.pop(MASK_EDIT, None)
        else:
            editor.panel[MASK_EDIT] = layer.id


def _names(
    ui: Ui, editor: "Editor", layer: "Layer", corner: ImVec2, wide: float, faded: float
) -> None:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    line = imgui.get_text_line_height()
    if editor.panel.get(RENAMING) == layer.id:
        y = corner.y + (px(ROW) - imgui.get_frame_height()) / 2
        imgui.set_cursor_screen_pos(ImVec2(corner.x, y))
        if not editor.panel.get(RENAMING + " begun"):
            imgui.set_keyboard_focus_here()
            editor.panel[RENAMING + " begun"] = True
        typed = ui.edit_text("##name", layer.name, width=wide)
        if typed.finished:
            edits.rename(editor, layer.id, typed.value)
        if typed.finished or imgui.is_item_deactivated():
            editor.panel.pop(RENAMING, None)
            editor.panel.pop(RENAMING + " begun", None)
        return
    y = corner.y + (px(ROW) - 2 * line) / 2
    name = shortened(layer.name, wide)
    canvas.add_text(ImVec2(corner.x, y), theme.u32(p.text, faded), name)
    parts = [_KINDS[layer.kind]]
    if layer.opacity < 1:
        parts.append(f"{layer.opacity:.0%}")
    if layer.blend != "normal":
        parts.append(layer.blend.replace("-", " ").capitalize())
    if layer.region is not None:
        parts.append(layer.region.replace("_", " "))
    words = shortened("  ".join(parts), wide)
    canvas.add_text(ImVec2(corner.x, y + line), theme.u32(p.muted, faded), words)


def _solo(
    ui: Ui, editor: "Editor", layer: "Layer", corner: ImVec2, height: float, *, shown: bool
) -> None:
    p = theme.colors()
    imgui.set_cursor_screen_pos(
        ImVec2(corner.x, corner.y + (height - imgui.get_frame_height()) / 2)
    )
    color = theme.rgba(p.accent if layer.solo else p.muted, 1.0 if shown or layer.solo else 0.0)
    imgui.push_style_color(imgui.Col_.text, color)
    if ui.icon_button(
        icons.ICON_FA_CIRCLE_DOT, "solo", "Show this layer alone", width=px(28), pressed=layer.solo
    ):
        edits.toggle_solo(editor, layer.id)
    imgui.pop_style_color()


def _menu(ui: Ui, editor: "Editor", layer: "Layer") -> None:
    with ui.context_menu("##menu") as is_open:
        if not is_open:
            return
        select(editor, layer.id)
        has_picture = layer.kind in ("sticker", "paint", "style")
        rows: tuple[tuple[str, bool, Any], ...] = (
            ("Rename", True, lambda: editor.panel.update({RENAMING: layer.id})),
            ("Duplicate", True, lambda: edits.duplicate(editor, layer.id)),
            ("Merge down", has_picture, lambda: edits.merge_down(editor, layer.id)),
            ("Copy", True, lambda: transfer.copy(editor, (layer.id,))),
            ("Export PNG...", has_picture, lambda: editor.wants.add("layer-export-dialog")),
            ("Delete", True, lambda: edits.delete(editor, layer.id)),
        )
        for label, enabled, run in rows:
            if imgui.menu_item_simple(label, "", False, enabled):
                run()
            ui.record(label, enabled)


def _dragging(editor: "Editor", count: int, top: float, height: float, wide: float) -> None:
    """Show where a dragged row would go, and put it there when it is let go."""
    dragged = editor.panel.get(DRAGGED)
    if dragged is None:
        return
    moved = imgui.is_mouse_dragging(0, px(6))
    y = imgui.get_io().mouse_pos.y
    slot = min(max(round((y - top) / height), 0), count)  # counted from the top
    is_down = imgui.is_mouse_down(0)
    if is_down and moved:
        editor.panel[DRAGGED + " moved"] = True
        p, canvas = theme.colors(), imgui.get_window_draw_list()
        x, line = imgui.get_cursor_screen_pos().x, top + slot * height
        canvas.add_rect_filled(
            ImVec2(x, line - px(1.5)), ImVec2(x + wide, line + px(1.5)), theme.u32(p.accent), px(2)
        )
    if is_down:
        return
    was_moved = editor.panel.pop(DRAGGED + " moved", False)
    editor.panel.pop(DRAGGED, None)
    ids = [layer.id for layer in editor.document.layers]
    if was_moved and dragged in ids:
        at, to = ids.index(dragged), count - slot
        to -= to > at
        if to != at:
            edits.move(editor, dragged, to)


def _centred(icon: str, corner: ImVec2, side: float, color: int) -> None:
    size = imgui.calc_text_size(icon)
    place = ImVec2(corner.x + (side - size.x) / 2, corner.y + (side - size.y) / 2)
    imgui.get_window_draw_list().add_text(place, color, icon)
