"""The controls that float over the picture: tools on the left, how it is shown on the right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme, tools
from app.gui.guard import attempt
from app.gui.shortcuts import keys_of
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.viewport import Area

SIDE, GAP, MARGIN = 34, 2, 14
"""Pixels at scale 1: a button, between two, to the border of the picture."""


@dataclass(frozen=True)
class Item:
    """One button of a strip; None as an icon is a gap."""

    name: str
    icon: str
    tip: str
    run: Callable[[], object]
    active: bool = False
    enabled: bool = True


def draw_strips(ui: Ui, editor: "Editor", area: "Area") -> None:
    """Draw both strips."""
    if editor.shown.is_empty:
        return
    with ui.scope("Viewport"):
        left = _tools(editor)
        _strip(ui, left, area.x + px(MARGIN), area.y + px(MARGIN))
        right = _views(editor)
        x = area.x + area.width - px(MARGIN) - px(SIDE) - px(4) * 2
        _strip(ui, right, x, area.y + px(MARGIN))
        _background_menu(ui, editor)


def _tools(editor: "Editor") -> list[Item]:
    has_face = editor.shown.head_state is not None
    made = []
    for name in tools.TOOLS:
        tool = tools.tool(name)
        usable = has_face or name in ("orbit", "pivot")
        made.append(
            Item(
                f"tool-{name}",
                tool.icon,
                f"{tool.title}\n{tool.hint}",
                lambda name=name: editor.set_tool(name),  # type: ignore[misc]
                active=editor.view.tool == name,
                enabled=usable,
            )
        )
    return made


_VIEWS = (
    ("frame-face", icons.ICON_FA_EXPAND),
    ("view-front", icons.ICON_FA_FACE_SMILE),
    ("mesh-overlay", icons.ICON_FA_CIRCLE_NODES),
    ("source-camera", icons.ICON_FA_CAMERA),
    ("wipe", icons.ICON_FA_TABLE_COLUMNS),
    ("screenshot", icons.ICON_FA_DOWNLOAD),
)
"""Actions of the right strip with their icons."""


def _views(editor: "Editor") -> list[Item]:
    from app.actions import ACTIONS

    known = {action.id: action for action in ACTIONS}
    made = []
    for action_id, icon in _VIEWS:
        action = known.get(action_id)
        if action is None:
            continue
        keys = keys_of(action, editor)
        tip = action.label.rstrip(".") + (f"   {keys[0]}" if keys else "")
        active = action.checked is not None and action.checked(editor)
        if action_id == "mesh-overlay":
            made.append(
                Item(
                    "background",
                    icons.ICON_FA_CIRCLE_HALF_STROKE,
                    "Background",
                    lambda: imgui.open_popup("##backgrounds"),
                )
            )
        made.append(
            Item(
                action_id,
                icon,
                tip,
                lambda action=action: attempt(editor, action.run),  # type: ignore[misc]
                active,
                action.enabled(editor),
            )
        )
    return made


_GROUNDS = (
    ("Dark", "#2b2d31"),
    ("Black", "#000000"),
    ("Grey", "#808080"),
    ("White", "#ffffff"),
    ("Green", "#1f9d55"),
)
"""Backgrounds to choose at once."""


def _background_menu(ui: Ui, editor: "Editor") -> None:
    if not imgui.begin_popup("##backgrounds"):
        return
    from app.view import background_of

    now = editor.view.options
    with ui.scope("Background"):
        for name, color in (*_GROUNDS, ("Transparent", "transparent")):
            value = background_of(color)
            chosen = now.background == value and now.background_picture is None
            pressed, _ = imgui.menu_item(name, "", chosen)
            ui.record(name, value=chosen)
            if pressed:
                editor.set_options(background=value, background_picture=None)
                editor.change_settings(background=color)
        imgui.separator()
        if imgui.menu_item_simple("Picture..."):
            editor.wants.add("background-dialog")
        ui.record("Picture...")
    imgui.end_popup()


def _strip(ui: Ui, items: list[Item], x: float, y: float) -> None:
    if not items:
        return
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    side, pad = px(SIDE), px(4)
    tall = len(items) * side + (len(items) - 1) * px(GAP) + 2 * pad
    end = ImVec2(x + side + 2 * pad, y + tall)
    canvas.add_rect_filled(ImVec2(x, y), end, theme.u32(p.overlay), px(9))
    canvas.add_rect(ImVec2(x, y), end, theme.u32(p.line), px(9))
    for number, item in enumerate(items):
        corner = ImVec2(x + pad, y + pad + number * (side + px(GAP)))
        _button(ui, item, corner, side)


def _button(ui: Ui, item: Item, corner: ImVec2, side: float) -> None:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    imgui.set_cursor_screen_pos(corner)
    with ui.enabled(item.enabled):
        pressed = imgui.invisible_button(f"##{item.name}", ImVec2(side, side))
        ui.record(item.name, value=item.active)
    hovered = imgui.is_item_hovered()
    end = ImVec2(corner.x + side, corner.y + side)
    if item.active:
        canvas.add_rect_filled(corner, end, theme.u32(p.accent_soft), px(7))
    elif hovered:
        canvas.add_rect_filled(corner, end, theme.u32(p.frame_hovered), px(7))
    color = p.accent if item.active else p.text
    size = imgui.calc_text_size(item.icon)
    middle = ImVec2(corner.x + (side - size.x) / 2, corner.y + (side - size.y) / 2)
    canvas.add_text(middle, theme.u32(color, 1.0 if item.enabled else 0.35), item.icon)
    imgui.set_item_tooltip(item.tip)
    if pressed:
        item.run()
