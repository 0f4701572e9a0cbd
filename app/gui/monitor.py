"""The 52 weights that a source sends, as bars."""

from collections.abc import Sequence

from imgui_bundle import ImVec2, imgui

from app.face_groups import readable
from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui
from app.gui.ui_text import shortened
from avatars.head.arkit_names import ARKIT_NAMES

LEAST = 150
"""Pixels at scale 1 that a column of bars needs."""
_BAR = 0.34  # share of a column that is bar


def monitor(ui: Ui, weights: Sequence[float] | None) -> None:
    """Draw all weights, in as many columns as there is room for."""
    if weights is None:
        ui.muted("What the source sends is shown here once it runs.")
        return
    room, gap = imgui.get_content_region_avail().x, px(12)
    columns = max(1, int((room + gap) / (px(LEAST) + gap)))
    wide = (room - gap * (columns - 1)) / columns
    rows = -(-len(ARKIT_NAMES) // columns)
    line = imgui.get_text_line_height() + px(3)
    corner = imgui.get_cursor_screen_pos()
    imgui.dummy(ImVec2(room, rows * line))
    ui.record("bars", value=tuple(weights))
    if not imgui.is_item_visible():
        return
    for number, (name, weight) in enumerate(zip(ARKIT_NAMES, weights, strict=True)):
        x = corner.x + (number // rows) * (wide + gap)
        _bar(name, weight, x, corner.y + (number % rows) * line, wide)


def _bar(name: str, weight: float, x: float, y: float, wide: float) -> None:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    length, tall = wide * _BAR, px(5)
    words = shortened(readable(name), wide - length - px(6))
    canvas.add_text(ImVec2(x, y), theme.u32(p.muted), words)
    left, top = x + wide - length, y + (imgui.get_text_line_height() - tall) / 2
    canvas.add_rect_filled(
        ImVec2(left, top), ImVec2(left + length, top + tall), theme.u32(p.frame), tall / 2
    )
    share = min(max(weight, 0.0), 1.0)
    if share > 0.01:
        color = p.warning if weight > 1.0 else p.accent
        end = ImVec2(left + max(tall, length * share), top + tall)
        canvas.add_rect_filled(ImVec2(left, top), end, theme.u32(color), tall / 2)
