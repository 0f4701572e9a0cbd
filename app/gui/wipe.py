"""The A/B wipe: the source photo on the left of a divider that can be dragged."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.pieces import chip
from app.gui.theme import px
from app.view import fitted_square

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.still import Stills
    from app.gui.viewport import Area

REACH = 12
"""Pixels beside the divider that still take hold of it."""


class Wipe:
    """The divider, and whether it is held."""

    def __init__(self) -> None:
        self.is_held = False

    def grab(self, editor: "Editor", area: "Area") -> bool:
        """Take hold of the divider if the pointer is on it; whether it is held."""
        self.is_held = self.is_near(editor, area)
        return self.is_held

    def is_near(self, editor: "Editor", area: "Area") -> bool:
        """Whether the pointer is on the divider."""
        share = editor.view.options.wipe
        if share is None or _photo(editor) is None:
            return False
        return abs(imgui.get_io().mouse_pos.x - (area.x + share * area.width)) < px(REACH)

    def drag(self, editor: "Editor", u: float) -> None:
        """Put the divider under the pointer."""
        editor.set_options(wipe=min(max(u, 0.0), 1.0))

    def release(self) -> bool:
        """Let go; whether it was held."""
        held, self.is_held = self.is_held, False
        return held

    def draw(self, editor: "Editor", stills: "Stills", area: "Area") -> None:
        """Draw photo and divider over the picture."""
        share, photo = editor.view.options.wipe, _photo(editor)
        if share is None or photo is None:
            return
        found = stills.of_bytes(photo)
        if found is None:
            return
        x = area.x + share * area.width
        left, top, side = fitted_square(int(area.width), int(area.height))
        canvas = imgui.get_window_draw_list()
        canvas.push_clip_rect(ImVec2(area.x, area.y), ImVec2(x, area.y + area.height), True)
        start = ImVec2(area.x + left, area.y + top)
        canvas.add_image(found[0], start, ImVec2(start.x + side, start.y + side))
        canvas.pop_clip_rect()
        self._divider(editor, area, x)

    def _divider(self, editor: "Editor", area: "Area", x: float) -> None:
        canvas, p = imgui.get_window_draw_list(), theme.colors()
        near = self.is_held or self.is_near(editor, area)
        color = theme.u32(p.accent if near else "#ffffff")
        canvas.add_line(ImVec2(x, area.y), ImVec2(x, area.y + area.height), color, px(2))
        middle = ImVec2(x, area.y + area.height / 2)
        canvas.add_circle_filled(middle, px(14), color)
        icon = icons.ICON_FA_LEFT_RIGHT
        size = imgui.calc_text_size(icon)
        corner = ImVec2(middle.x - size.x / 2, middle.y - size.y / 2)
        canvas.add_text(corner, theme.u32("#202226"), icon)
        low = area.y + area.height - px(46)
        chip("Photo", x - px(14), low, align=1.0)
        chip("Avatar", x + px(14), low)
        if near:
            imgui.set_mouse_cursor(imgui.MouseCursor_.resize_ew)


def _photo(editor: "Editor") -> bytes | None:
    origin = editor.shown.origin
    if origin is None or editor.view.options.camera != "source":
        return None
    return origin.photo
