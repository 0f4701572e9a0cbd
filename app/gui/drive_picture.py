"""What the camera sees: a small live picture with the landmarks that were found."""

from typing import TYPE_CHECKING, Any

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor

TALLEST = 190
"""Pixels at scale 1."""


def live_picture(ui: Ui, editor: "Editor") -> None:
    """Draw the picture of the source that is followed, if it has one."""
    picture: Any = getattr(editor.driving.source, "picture", None)
    seen = None if picture is None else picture()
    if seen is None:
        return
    pixels, points = seen
    x, y, scale = ui.picture_wide("camera", pixels, px(TALLEST), is_live=True)
    if points is None:
        return
    canvas = imgui.get_window_draw_list()
    color, size = theme.u32("#8cf0c0", 0.8), max(1.5, px(1.3))
    end = ImVec2(x + pixels.shape[1] * scale, y + pixels.shape[0] * scale)
    canvas.push_clip_rect(ImVec2(x, y), end, True)
    for px_x, px_y in points.tolist():
        left, top = x + px_x * scale - size / 2, y + px_y * scale - size / 2
        canvas.add_rect_filled(ImVec2(left, top), ImVec2(left + size, top + size), color)
    canvas.pop_clip_rect()
