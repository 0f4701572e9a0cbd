"""Notices in the corner: they come, say what to do, and go."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.pieces import colored, floating, muted
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from app.notices import Notice

SECONDS = {"info": 6.0, "warning": 12.0}
"""How long each stays; an error stays until it is closed."""
WITH_ACTION = 20.0
"""How long one stays at least that has something to press."""
MOST = 4
WIDTH = 360


@dataclass
class _Card:
    notice: "Notice"
    since: float
    height: float = 0.0
    closed: bool = False

    def left(self, now: float) -> float:
        """Seconds until it goes."""
        if self.closed:
            return 0.0
        seconds = SECONDS.get(self.notice.severity, float("inf"))
        if self.notice.action_id is not None:
            seconds = max(seconds, WITH_ACTION)
        return self.since + seconds - now


class Toasts:
    """The notices on the screen."""

    def __init__(self) -> None:
        self._seen: dict[int, Notice] = {}
        self._cards: list[_Card] = []

    @property
    def messages(self) -> list[str]:
        """What they say, the oldest first."""
        return [card.notice.message for card in self._cards]

    def draw(self, ui: Ui, editor: "Editor", right: float, bottom: float) -> float:
        """Draw them upwards from a corner; returns the seconds until the next one goes."""
        now = time.monotonic()
        self._take_new(editor, now)
        y = bottom
        with ui.scope("Notices"):
            for number, card in enumerate(reversed(self._cards[-MOST:])):
                _draw(ui, editor, card, number, right, y)
                y -= card.height + px(10)
        self._cards = [card for card in self._cards if card.left(now) > 0]
        return min((card.left(now) for card in self._cards), default=float("inf"))

    def _take_new(self, editor: "Editor", now: float) -> None:
        listed = {id(notice): notice for notice in editor.notices}
        for key, notice in listed.items():
            if key not in self._seen and not notice.is_bug:  # bugs get a dialog
                self._cards.append(_Card(notice, now))
        self._seen = listed


def _draw(ui: Ui, editor: "Editor", card: _Card, number: int, right: float, bottom: float) -> None:
    notice = card.notice
    flags = floating("toast", right, bottom, pivot=(1.0, 1.0))
    width = px(WIDTH)
    imgui.set_next_window_size_constraints(ImVec2(width, 0), ImVec2(width, px(400)))
    imgui.push_style_color(imgui.Col_.window_bg, theme.rgba(theme.colors().raised))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, px(1))
    imgui.begin(f"##toast{number}", None, flags)
    imgui.pop_style_var()
    _bar(notice.severity)
    icon, color = _look(notice.severity)
    with colored(color):
        imgui.text(icon)
    imgui.same_line(px(38))
    imgui.begin_group()
    imgui.push_text_wrap_pos(imgui.get_window_width() - px(62))
    imgui.text_unformatted(notice.message)
    imgui.pop_text_wrap_pos()
    with ui.scope(str(number)):
        if notice.remedy:
            muted(notice.remedy)
        if notice.action_id is not None and ui.button(notice.action_label or "Show"):
            editor.do(notice.action_id)
            card.closed = True
        imgui.end_group()
        imgui.set_cursor_pos(ImVec2(imgui.get_window_width() - px(58), px(7)))
        if ui.icon_button(icons.ICON_FA_COPY, "Copy", "Copy the text"):
            imgui.set_clipboard_text(notice.text)
        imgui.same_line(0, 0)
        if ui.icon_button(icons.ICON_FA_XMARK, "close"):
            card.closed = True
    card.height = imgui.get_window_height()
    imgui.end()
    imgui.pop_style_color()


def _look(severity: str) -> tuple[str, str]:
    p = theme.colors()
    if severity == "error":
        return icons.ICON_FA_CIRCLE_EXCLAMATION, p.error
    if severity == "warning":
        return icons.ICON_FA_TRIANGLE_EXCLAMATION, p.warning
    return icons.ICON_FA_CIRCLE_INFO, p.accent


def _bar(severity: str) -> None:
    origin = imgui.get_window_pos()
    size = imgui.get_window_size()
    imgui.get_window_draw_list().add_rect_filled(
        ImVec2(origin.x, origin.y + px(8)),
        ImVec2(origin.x + px(3), origin.y + size.y - px(8)),
        theme.u32(_look(severity)[1]),
        px(2),
    )
