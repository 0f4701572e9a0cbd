"""History: every step with its name; a click goes there."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import theme
from app.gui.panels.base import Panel
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor

PANEL = Panel("history", "History", "left")


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    history = editor.history
    with ui.scope("History"):
        undo = f"Undo {history.undo_label.lower()}" if history.can_undo else "Nothing to undo"
        redo = f"Redo {history.redo_label.lower()}" if history.can_redo else "Nothing to redo"
        if ui.button(f"{icons.ICON_FA_ARROW_ROTATE_LEFT}  Undo##Undo", history.can_undo, undo):
            editor.undo()
        ui.same_line()
        if ui.button(f"{icons.ICON_FA_ARROW_ROTATE_RIGHT}  Redo##Redo", history.can_redo, redo):
            editor.redo()
        ui.space(2)
        if len(history) < 2:
            ui.empty(
                icons.ICON_FA_CLOCK_ROTATE_LEFT,
                "No steps yet",
                "Each change of the avatar is listed here; a click on one goes back to it.",
            )
            return
        _steps(ui, editor)


def _steps(ui: Ui, editor: "Editor") -> None:
    p, cursor = theme.colors(), editor.history.cursor
    labels = editor.history.labels()
    # The newest on top, where it is seen without scrolling.
    for number in range(len(labels) - 1, -1, -1):
        is_undone = number > cursor
        color = theme.rgba(p.muted, 0.75) if is_undone else theme.rgba(p.text)
        imgui.push_style_color(imgui.Col_.text, color)
        mark = icons.ICON_FA_ARROW_RIGHT if number == cursor else ""
        pressed, _ = imgui.selectable(f"##step {number}", number == cursor)
        ui.record(f"##step {number}", value=labels[number])
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        y = (low.y + high.y - imgui.get_text_line_height()) / 2
        canvas = imgui.get_window_draw_list()
        canvas.add_text(imgui.ImVec2(low.x + px(6), y), theme.u32(p.accent), mark)
        text = imgui.get_color_u32(imgui.Col_.text)
        canvas.add_text(imgui.ImVec2(low.x + px(28), y), text, labels[number])
        imgui.pop_style_color()
        if pressed and number != cursor:
            editor.jump(number)
            return
