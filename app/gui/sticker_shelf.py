"""The shelf of stickers: small pictures; a press lays one on the head."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.editing_layers import set_layer
from app.editing_stickers import add_sticker
from app.gui import theme
from app.gui.layer_rows import checker
from app.gui.theme import px
from app.gui.ui import Ui
from app.gui.ui_text import shortened
from app.selection import selected
from app.sticker_library import Shelved, own_folder, read_again, shelf

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.layer import Layer

_CELL = 66  # pixels at scale 1


def sticker_shelf(ui: Ui, editor: "Editor") -> None:
    """Draw the shelf."""
    is_open, again = ui.section(
        "Stickers", action=icons.ICON_FA_ROTATE, tooltip="Look for new files in your folder"
    )
    if again:
        read_again(editor)
    if not is_open:
        return
    layer = selected(editor)
    if layer is not None and layer.kind == "sticker":
        placement_form(ui, editor, layer)
    found = shelf(editor)
    if found is None:
        ui.muted("Looking through the stickers...")
        return
    room, gap = imgui.get_content_region_avail().x, px(6)
    columns = max(3, int((room + gap) / (px(_CELL) + gap)))
    side = (room - gap * (columns - 1)) / columns
    for number, each in enumerate(found):
        if number % columns:
            imgui.same_line(0, gap)
        if _cell(ui, each, number, side):
            add_sticker(editor, each.path)
    if ui.button(f"{icons.ICON_FA_FOLDER_OPEN}  From a file...##From a file", width=-1):
        editor.wants.add("sticker-dialog")
    ui.muted(f"Your own pictures appear here from {own_folder(editor)}.")


def _cell(ui: Ui, each: Shelved, number: int, side: float) -> bool:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    corner = imgui.get_cursor_screen_pos()
    line = imgui.get_text_line_height()
    pressed = imgui.invisible_button(f"##shelf {number}", ImVec2(side, side + line))
    ui.record(f"sticker {each.path.stem}", value=each.name)
    hot = imgui.is_item_hovered()
    ui.tooltip(f"{each.name}: press to lay it on the head")
    checker(corner, side)
    end = ImVec2(corner.x + side, corner.y + side)
    if ui.textures is not None:
        ref, _ = ui.textures.of_array(each.thumb)
        white = imgui.get_color_u32(imgui.ImVec4(1, 1, 1, 1))
        canvas.add_image_rounded(ref, corner, end, ImVec2(0, 0), ImVec2(1, 1), white, px(6))
    canvas.add_rect(
        corner, end, theme.u32(p.accent if hot else p.line), px(6), px(1.5 if hot else 1)
    )
    imgui.push_font(None, theme.FONT_SIZE * 0.82)
    name = shortened(each.name, side)
    wide = imgui.calc_text_size(name).x
    place = ImVec2(corner.x + (side - wide) / 2, end.y + px(1))
    canvas.add_text(place, theme.u32(p.text if hot else p.muted), name)
    imgui.pop_font()
    return pressed


def placement_form(ui: Ui, editor: "Editor", layer: "Layer") -> None:
    """Draw where a sticker sits, as numbers."""
    import math
    from dataclasses import replace

    place = layer.placement
    if place is None:
        return
    with ui.dense():
        size = ui.slider(
            "Width", 100 * place.size, 1, max(40.0, 100 * place.size), format="%.1f", beyond=100.0,
            tooltip="Hundredths of the map's side",
        )  # fmt: skip
        turn = ui.slider("Angle", math.degrees(place.angle), -180, 180, format="%.0f°", reset=0.0)
    changed, mirror = ui.toggle("Mirrored", place.mirror)
    if size.is_edited:
        fresh = replace(place, size=max(size.value / 100, 0.004))
        set_layer(editor, layer.id, "Scale sticker", final=size.finished, placement=fresh)
    elif turn.is_edited:
        fresh = replace(place, angle=math.radians(turn.value))
        set_layer(editor, layer.id, "Turn sticker", final=turn.finished, placement=fresh)
    elif changed:
        fresh = replace(place, mirror=mirror)
        set_layer(editor, layer.id, "Mirror sticker", final=True, placement=fresh)
    ui.space(2)
