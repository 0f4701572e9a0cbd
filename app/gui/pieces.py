"""Small things that several parts of the shell draw: the accent button, cards, chips."""

from collections.abc import Iterator
from contextlib import contextmanager

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui


def accent_button(ui: Ui, label: str, *, enabled: bool = True) -> bool:
    """Whether the main button of a dialog or card was pressed."""
    return ui.button(label, enabled=enabled, accent=True)


@contextmanager
def quiet_buttons() -> Iterator[None]:
    """Within, buttons have no ground until the pointer is over them."""
    imgui.push_style_color(imgui.Col_.button, theme.rgba(theme.colors().frame, 0.0))
    yield
    imgui.pop_style_color()


@contextmanager
def bold(scale: float = 1.0) -> Iterator[None]:
    """Within, text is bold and ``scale`` times as large."""
    imgui.push_font(theme.strong(), theme.FONT_SIZE * scale)
    yield
    imgui.pop_font()


@contextmanager
def colored(color: str) -> Iterator[None]:
    """Within, text has a palette colour."""
    imgui.push_style_color(imgui.Col_.text, theme.rgba(color))
    yield
    imgui.pop_style_color()


def muted(text: str) -> None:
    """A wrapped line of secondary text."""
    with colored(theme.colors().muted):
        imgui.text_wrapped(text)


def chip(text: str, x: float, y: float, *, align: float = 0.0, color: str = "") -> None:
    """A short text on a rounded ground, drawn over the picture.

    Args:
        text: one line.
        x: its left or right edge on the screen, pixels.
        y: its upper edge.
        align: 0 = ``x`` is its left edge, 1 = its right edge, 0.5 = its middle.
        color: of the text; empty = the ordinary one.
    """
    p = theme.colors()
    size = imgui.calc_text_size(text)
    pad_x, pad_y = px(9), px(4)
    width = size.x + 2 * pad_x
    left = x - width * align
    draw = imgui.get_window_draw_list()
    draw.add_rect_filled(
        ImVec2(left, y),
        ImVec2(left + width, y + size.y + 2 * pad_y),
        theme.u32(p.overlay),
        px(6),
    )
    draw.add_text(ImVec2(left + pad_x, y + pad_y), theme.u32(color or p.text), text)


def button_width(*labels: str) -> float:
    """Pixels that buttons of these labels take side by side."""
    style = imgui.get_style()
    widths = [imgui.calc_text_size(label).x + 2 * style.frame_padding.x for label in labels]
    return sum(widths) + style.item_spacing.x * (len(labels) - 1)


def to_the_right(*labels: str) -> None:
    """Move the cursor so that buttons of these labels end at the right edge."""
    free = imgui.get_content_region_avail().x - button_width(*labels)
    if free > 0:
        imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + free)


def at_the_right(text: str) -> None:
    """A muted text at the right edge of the line that was begun."""
    imgui.same_line()
    free = imgui.get_content_region_avail().x - imgui.calc_text_size(text).x
    imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + max(free, 0))
    with colored(theme.colors().muted):
        imgui.text(text)


def floating(name: str, x: float, y: float, *, pivot: tuple[float, float]) -> int:
    """Place the next window; returns the flags of a borderless card that sizes itself."""
    imgui.set_next_window_pos(ImVec2(x, y), imgui.Cond_.always, ImVec2(*pivot))
    f = imgui.WindowFlags_
    return int(
        f.no_decoration
        | f.no_docking
        | f.no_saved_settings
        | f.no_focus_on_appearing
        | f.no_nav
        | f.no_move
        | f.always_auto_resize
    )
