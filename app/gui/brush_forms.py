"""How the brush is set: colour wheel, size, rim, strength, region."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui

from app.brush_settings import LARGEST, SMALLEST, BrushSettings, brush_of, set_brush
from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui
from app.region_names import WHOLE, regions_of, title_of
from app.selection import selected

if TYPE_CHECKING:
    from app.editor import Editor

_PALETTE = (
    (0.93, 0.75, 0.66), (0.80, 0.58, 0.46), (0.55, 0.36, 0.27), (0.30, 0.18, 0.13),
    (0.72, 0.16, 0.22), (0.86, 0.42, 0.48), (0.10, 0.10, 0.11), (0.96, 0.96, 0.95),
    (0.20, 0.38, 0.74), (0.18, 0.55, 0.42), (0.94, 0.76, 0.26), (0.48, 0.27, 0.62),
)  # fmt: skip


def brush_form(ui: Ui, editor: "Editor") -> None:
    """Draw what belongs to the painting tool in use."""
    tool, brush = editor.view.tool, brush_of(editor)
    layer = selected(editor)
    reshapes = layer is not None and layer.kind == "geometry"
    if tool == "smudge":
        at = ui.segmented("Finger", int(brush.smear == "blur"), ("Smudge", "Blur"))
        set_brush(editor, smear=("smudge", "blur")[at])
    elif tool == "clone":
        words = (
            "Hold Ctrl and click the skin to copy from."
            if brush.source is None
            else ("Ctrl-click chooses another source.")
        )
        ui.muted(words)
    elif tool in ("brush", "eyedropper") and not reshapes:
        color_form(ui, editor, brush)
    elif tool == "brush" and layer is not None:
        ui.muted(f"The brush works on '{layer.name}': it reshapes where you paint.")
    if tool != "eyedropper":
        _numbers(ui, editor, brush)


def _numbers(ui: Ui, editor: "Editor", brush: BrushSettings) -> None:
    with ui.dense():
        size = ui.slider(
            "Size", 100 * brush.size**0.5, 100 * SMALLEST**0.5, 100 * LARGEST**0.5,
            format="%.0f", tooltip="Keys [ and ]; the circle on the skin shows it",
        )  # fmt: skip
        hard = ui.slider(
            "Hardness", 100 * brush.hardness, 0, 100, format="%.0f %%", reset=50.0,
            tooltip="Keys Shift+[ and Shift+]",
        )  # fmt: skip
        solid = ui.slider("Opacity", 100 * brush.opacity, 1, 100, format="%.0f %%", reset=100.0)
        changes: dict[str, object] = {}
        if size.changed:
            changes["size"] = (size.value / 100) ** 2
        if hard.changed:
            changes["hardness"] = min(max(hard.value / 100, 0.0), 1.0)
        if solid.changed:
            changes["opacity"] = min(max(solid.value / 100, 0.01), 1.0)
        if editor.view.tool in ("brush", "eraser"):
            flow = ui.slider("Flow", 100 * brush.flow, 1, 100, format="%.0f %%", reset=100.0)
            if flow.changed:
                changes["flow"] = min(max(flow.value / 100, 0.01), 1.0)
    changed, both = ui.toggle("Both sides", brush.symmetry, tooltip="Symmetry (X)")
    if changed:
        changes["symmetry"] = both
    changes |= _region(ui, editor, brush)
    if changes:
        set_brush(editor, **changes)


def _region(ui: Ui, editor: "Editor", brush: BrushSettings) -> dict[str, object]:
    avatar = editor.shown.avatar
    names = (None, *(() if avatar is None else regions_of(avatar)))
    region = brush.region if brush.region in names else None
    at = ui.combo(
        "Only on",
        names.index(region),
        [WHOLE if name is None else title_of(name) for name in names],
        "Paint keeps to this part of the head",
    )
    return {} if names[at] == brush.region else {"region": names[at]}


def color_form(ui: Ui, editor: "Editor", brush: BrushSettings) -> None:
    """Draw the colour wheel, the colour as numbers, and colours to choose at once."""
    f = imgui.ColorEditFlags_
    flags = f.picker_hue_wheel | f.no_side_preview | f.no_inputs | f.no_label | f.no_alpha
    room = imgui.get_content_region_avail().x
    side = min(room * 0.72, px(200))
    imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + (room - side) / 2)
    imgui.set_next_item_width(side)
    changed, color = imgui.color_picker3("##wheel", list(brush.color), flags)
    ui.record("wheel", value=brush.color)
    if changed:
        set_brush(editor, color=_triple(color))
    typed = ui.color("Colour", brush.color)
    if typed.changed:
        set_brush(editor, color=_triple(typed.value))
    chosen = _swatches(ui, "swatch", _PALETTE)
    if brush.recent:
        chosen = _swatches(ui, "recent", brush.recent[:12]) or chosen
    if chosen is not None:
        set_brush(editor, color=chosen)
    ui.space(2)


def _swatches(
    ui: Ui, name: str, colors: tuple[tuple[float, float, float], ...]
) -> tuple[float, float, float] | None:
    """The colour that was pressed among a row of them, or None."""
    gap, count = px(4), 12
    side = (imgui.get_content_region_avail().x - gap * (count - 1)) / count
    chosen = None
    for number, color in enumerate(colors):
        if number:
            imgui.same_line(0, gap)
        corner = imgui.get_cursor_screen_pos()
        if imgui.invisible_button(f"##{name} {number}", ImVec2(side, min(side, px(22)))):
            chosen = color
        ui.record(f"{name} {number}", value=color)
        end = ImVec2(corner.x + side, corner.y + min(side, px(22)))
        canvas = imgui.get_window_draw_list()
        canvas.add_rect_filled(corner, end, imgui.get_color_u32(imgui.ImVec4(*color, 1)), px(5))
        hot = imgui.is_item_hovered()
        canvas.add_rect(
            corner, end, theme.u32(theme.colors().text if hot else theme.colors().line), px(5)
        )
    return chosen


def _triple(color: object) -> tuple[float, float, float]:
    red, green, blue = (min(max(float(part), 0.0), 1.0) for part in list(color)[:3])  # type: ignore[call-overload]
    return red, green, blue
