"""A dialog that dims the rest of the window, and the keys that answer it."""

from collections.abc import Iterator
from contextlib import contextmanager

from imgui_bundle import ImVec2, imgui

from app.gui.pieces import bold
from app.gui.theme import px


@contextmanager
def modal(name: str, title: str, width: float) -> Iterator[None]:
    """Within, a dialog is drawn; call ``close()`` inside in the frame in which it is answered.

    Args:
        name: unlike those of other dialogs.
        title: heading, or empty for none.
        width: pixels at scale 1.
    """
    if not imgui.is_popup_open(name):
        imgui.open_popup(name)
    screen = imgui.get_main_viewport()
    middle = ImVec2(
        screen.pos.x + screen.size.x * 0.5,
        screen.pos.y + screen.size.y * 0.46,
    )
    imgui.set_next_window_pos(middle, imgui.Cond_.always, ImVec2(0.5, 0.5))
    wide = min(px(width), screen.size.x - px(40))
    tall = screen.size.y * 0.9
    imgui.set_next_window_size_constraints(ImVec2(wide, 0), ImVec2(wide, tall))
    f = imgui.WindowFlags_
    flags = f.no_title_bar | f.no_move | f.no_resize | f.always_auto_resize | f.no_saved_settings
    imgui.push_style_var(imgui.StyleVar_.window_padding, ImVec2(px(22), px(18)))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, px(1))
    is_open, _ = imgui.begin_popup_modal(name, None, flags)
    imgui.pop_style_var(2)
    if not is_open:  # another dialog lies over it
        yield
        return
    if title:
        with bold(1.2):
            imgui.text_wrapped(title)
        imgui.dummy(ImVec2(0, px(2)))
    yield
    imgui.end_popup()


def close() -> None:
    """Close the dialog that is being drawn."""
    imgui.close_current_popup()


def enter_pressed() -> bool:
    """Whether Enter was pressed, on either side of the keyboard."""
    return imgui.is_key_pressed(imgui.Key.enter, False) or imgui.is_key_pressed(
        imgui.Key.keypad_enter, False
    )


def escape_pressed() -> bool:
    """Whether Escape was pressed."""
    return imgui.is_key_pressed(imgui.Key.escape, False)
