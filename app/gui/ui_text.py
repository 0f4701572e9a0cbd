"""What panels show but nobody presses: headings, facts, bars, empty states."""

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px


def text(words: str) -> None:
    """A wrapped line of text."""
    imgui.push_text_wrap_pos(0.0)
    imgui.text_unformatted(words)
    imgui.pop_text_wrap_pos()


def muted(words: str) -> None:
    """A wrapped line of secondary text."""
    tinted(words, theme.colors().muted)


def tinted(words: str, color: str) -> None:
    """A wrapped line of text in a palette colour."""
    imgui.push_style_color(imgui.Col_.text, theme.rgba(color))
    imgui.push_text_wrap_pos(0.0)
    imgui.text_unformatted(words)
    imgui.pop_text_wrap_pos()
    imgui.pop_style_color()


def heading(words: str, scale: float = 1.0) -> None:
    """A bold line."""
    imgui.push_font(theme.strong(), theme.FONT_SIZE * scale)
    imgui.text_unformatted(words)
    imgui.pop_font()


def sentence(icon: str, words: str, color: str, detail: str = "") -> None:
    """An icon with wrapped text beside it: the message of a row that explains itself."""
    start = imgui.get_cursor_pos_x()
    imgui.push_style_color(imgui.Col_.text, theme.rgba(color))
    imgui.text_unformatted(icon)
    imgui.pop_style_color()
    imgui.same_line(start + px(24))
    imgui.begin_group()
    text(words)
    if detail:
        muted(detail)
    imgui.end_group()


def fact(label: str, words: str, column: float) -> None:
    """A label and, ``column`` pixels to the right, what is so."""
    start = imgui.get_cursor_pos_x()
    imgui.push_style_color(imgui.Col_.text, theme.rgba(theme.colors().muted))
    imgui.text_unformatted(label)
    imgui.pop_style_color()
    imgui.same_line(start + column)
    text(words)


def progress(fraction: float, color: str = "") -> None:
    """A thin bar over the whole width."""
    p = theme.colors()
    width, height = imgui.get_content_region_avail().x, px(5)
    corner = imgui.get_cursor_screen_pos()
    draw = imgui.get_window_draw_list()
    end = ImVec2(corner.x + width, corner.y + height)
    draw.add_rect_filled(corner, end, theme.u32(p.frame_hovered), height / 2)
    share = min(max(fraction, 0.0), 1.0)
    if share > 0:
        done = ImVec2(corner.x + max(height, width * share), corner.y + height)
        draw.add_rect_filled(corner, done, theme.u32(color or p.accent), height / 2)
    imgui.dummy(ImVec2(width, height))


def space(height: float = 6.0) -> None:
    """Some empty pixels (at scale 1)."""
    imgui.dummy(ImVec2(0, px(height)))


def empty(icon: str, title: str, words: str) -> None:
    """What stands where nothing is yet: a pale icon, what is missing, and what to do."""
    p = theme.colors()
    width = imgui.get_content_region_avail().x
    space(18)
    left = imgui.get_cursor_pos_x()
    imgui.push_font(None, theme.FONT_SIZE * 2.0)
    imgui.set_cursor_pos_x(left + (width - imgui.calc_text_size(icon).x) / 2)
    imgui.push_style_color(imgui.Col_.text, theme.rgba(p.muted, 0.55))
    imgui.text_unformatted(icon)
    imgui.pop_style_color()
    imgui.pop_font()
    imgui.push_font(theme.strong(), theme.FONT_SIZE)
    imgui.set_cursor_pos_x(left + max(0.0, (width - imgui.calc_text_size(title).x) / 2))
    imgui.text_unformatted(title)
    imgui.pop_font()
    for line in _lines(words, width * 0.86):
        imgui.set_cursor_pos_x(left + max(0.0, (width - imgui.calc_text_size(line).x) / 2))
        imgui.push_style_color(imgui.Col_.text, theme.rgba(p.muted))
        imgui.text_unformatted(line)
        imgui.pop_style_color()
    space(10)


def shortened(words: str, width: float) -> str:
    """The text, its end replaced by an ellipsis if it is wider than ``width`` pixels."""
    if imgui.calc_text_size(words).x <= width:
        return words
    while words and imgui.calc_text_size(words + "…").x > width:
        words = words[:-1]
    return words.rstrip() + "…"


def _lines(words: str, width: float) -> list[str]:
    """The text broken into lines of at most ``width`` pixels."""
    lines: list[str] = []
    for word in words.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and imgui.calc_text_size(joined).x <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
