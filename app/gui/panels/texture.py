"""Texture: the tools for the skin and how they are set, stickers, colours, reshaping, styles."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import tools
from app.gui.adjust_forms import adjust_form, shape_form, style_form
from app.gui.brush_forms import brush_form
from app.gui.panels.base import Panel
from app.gui.sticker_shelf import sticker_shelf
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor

PANEL = Panel("texture", "Texture", "right")
PAINTS = ("brush", "eraser", "smudge", "clone", "eyedropper")


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    with ui.scope("Texture"):
        if editor.shown.avatar is None:
            words = "Drop a photo on the window or open an avatar; its skin is painted here."
            ui.empty(icons.ICON_FA_PAINTBRUSH, "Nothing to paint on", words)
            return
        _tools(ui, editor)
        if editor.view.tool in PAINTS:
            ui.space(2)
            brush_form(ui, editor)
        sticker_shelf(ui, editor)
        adjust_form(ui, editor)
        shape_form(ui, editor)
        style_form(ui, editor)


def _tools(ui: Ui, editor: "Editor") -> None:
    """The tools side by side; the one in use is put back by a second press."""
    names = tools.SKIN_TOOLS
    gap = px(4)
    width = (imgui.get_content_region_avail().x - gap * (len(names) - 1)) / len(names)
    for number, name in enumerate(names):
        if number:
            imgui.same_line(0, gap)
        tool, used = tools.tool(name), editor.view.tool == name
        tip = f"{tool.title}. {tool.hint}."
        if ui.button(f"{tool.icon}##tool {name}", True, tip, width=width, pressed=used):
            editor.set_tool("orbit" if used else name)
