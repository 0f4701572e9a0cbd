"""What the middle shows while nothing of the person's own is open."""

from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.bare import SWITCH as BARE
from app.gui.pieces import (
    accent_button,
    bold,
    button_width,
    colored,
    floating,
    muted,
    quiet_buttons,
)
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.viewport import Area

RECENT = 4
LONGEST = 24
"""Letters of a file's name that are shown."""
WIDTH = 440


def draw(ui: Ui, editor: "Editor", area: "Area") -> None:
    """Draw the hint over the demo, or the start screen over nothing; else nothing."""
    if (
        editor.panel.get(BARE)
        or editor.driver.is_active
        or editor.prompt is not None
        or any(job.is_active and job.preview is not None for job in editor.jobs)
    ):
        return
    if editor.document.is_empty and editor.demo is None:
        _card(ui, editor, area.x + area.width / 2, area.y + area.height / 2, (0.5, 0.5))
    elif editor.document is editor.demo:
        bottom = area.y + area.height - px(22)
        _card(ui, editor, area.x + area.width / 2, bottom, (0.5, 1.0))


def _card(ui: Ui, editor: "Editor", x: float, y: float, pivot: tuple[float, float]) -> None:
    flags = floating("start", x, y, pivot=pivot)
    imgui.set_next_window_size_constraints(ImVec2(px(WIDTH), 0), ImVec2(px(WIDTH), px(600)))
    imgui.push_style_color(imgui.Col_.window_bg, theme.rgba(theme.colors().overlay))
    imgui.push_style_var(imgui.StyleVar_.window_padding, ImVec2(px(20), px(16)))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, px(1))
    imgui.begin("##start", None, flags)
    imgui.pop_style_var(2)
    with ui.scope("Start"):
        _words(ui, editor)
        _recent(ui, editor)
    imgui.end()
    imgui.pop_style_color()


def _words(ui: Ui, editor: "Editor") -> None:
    imgui.push_style_color(imgui.Col_.text, theme.rgba(theme.colors().accent))
    imgui.push_font(None, theme.FONT_SIZE * 1.9)
    imgui.text(icons.ICON_FA_IMAGE)
    imgui.pop_font()
    imgui.pop_style_color()
    imgui.same_line(px(64))
    imgui.begin_group()
    with bold(1.15):
        imgui.text("Drop a photo here")
    muted("It becomes a 3D head in about a minute.")
    imgui.end_group()
    imgui.same_line(imgui.get_window_width() - px(20) - imgui.calc_text_size("Browse…").x - px(20))
    imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + px(6))
    if accent_button(ui, "Browse…"):
        editor.wants.add("open-dialog")


def _recent(ui: Ui, editor: "Editor") -> None:
    """The files opened last, as many as one line takes."""
    recent = [Path(name) for name in editor.settings.recent[:RECENT]]
    if not recent:
        return
    imgui.separator()
    with colored(theme.colors().muted):
        imgui.align_text_to_frame_padding()
        imgui.text(icons.ICON_FA_CLOCK_ROTATE_LEFT)
    with quiet_buttons():
        for path in recent:
            imgui.same_line(0, px(4))
            name = path.name if len(path.name) <= LONGEST else path.name[: LONGEST - 1] + "…"
            if imgui.get_content_region_avail().x < button_width(name):
                break
            if ui.button(f"{name}##{path}", tooltip=str(path)):
                editor.open_path(path)
