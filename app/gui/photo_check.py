"""The photo with what was found in it: faces to choose, points that can be moved."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui
from app.photo_points import HANDLES, pulled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.jobs.input_check import InputCheck

HEIGHT = 300.0
"""Pixels at scale 1 that the photo may be high."""


@dataclass(frozen=True)
class Shown:
    """A part of the photo on the screen.

    Attributes:
        x: left edge on the screen, pixels.
        y: upper edge.
        left: left edge in the photo's pixels.
        top: upper edge in them.
        scale: screen pixels per pixel of the photo.
    """

    x: float
    y: float
    left: float
    top: float
    scale: float

    def at(self, x: float, y: float) -> ImVec2:
        """Where a point of the photo is on the screen."""
        return ImVec2(self.x + (x - self.left) * self.scale, self.y + (y - self.top) * self.scale)


def photo(
    ui: Ui, check: "InputCheck", points: "NDArray[np.float64] | None", *, edits: bool
) -> "tuple[int | None, NDArray[np.float64] | None]":
    """Draw the photo with its findings.

    Args:
        ui: the widgets.
        check: what was found.
        points: [478, 2] landmarks in pixels of its picture, or None.
        edits: whether they can be dragged; then the face fills the picture.

    Returns:
        number of a face that was clicked, from 1, or None; the landmarks after a drag, or None.
    """
    region = face_region(check) if edits else head_region(check)
    x, y, scale = ui.picture_wide("photo", check.rgb, px(HEIGHT), region)
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    left, top = (region[0], region[1]) if region is not None else (0.0, 0.0)
    shown = Shown(x, y, left, top, scale)
    after = imgui.get_cursor_screen_pos()
    canvas = imgui.get_window_draw_list()
    canvas.push_clip_rect(low, high, True)
    face, moved = None, None
    if not edits:
        face = _boxes(ui, check, shown)
    if points is not None and (edits or _is_large(check, shown)):
        _dots(canvas, points, shown, strong=edits)
        if edits:
            moved = _handles(ui, points, shown)
    canvas.pop_clip_rect()
    imgui.set_cursor_screen_pos(after)
    return face, moved


def head_region(check: "InputCheck") -> tuple[float, float, float, float] | None:
    """The part of the photo round the head, if it shows one face only; None for all of it."""
    if check.crop is None or len(check.boxes) != 1:
        return None
    x, y, side = check.crop
    tall, wide = check.rgb.shape[:2]
    x0, y0 = max(0.0, x), max(0.0, y)
    x1, y1 = min(float(wide), x + side), min(float(tall), y + side)
    return x0, y0, x1 - x0, y1 - y0


def face_region(check: "InputCheck") -> tuple[float, float, float, float] | None:
    """x, y, width and height of the part of the photo round the chosen face, inside the photo."""
    if check.face is None:
        return None
    x, y, width, height = check.boxes[check.face - 1]
    tall, wide = check.rgb.shape[:2]
    edge = 0.22 * max(width, height)
    x0, y0 = max(0.0, x - edge), max(0.0, y - edge)
    x1, y1 = min(float(wide), x + width + edge), min(float(tall), y + height + edge)
    return x0, y0, x1 - x0, y1 - y0


def _boxes(ui: Ui, check: "InputCheck", shown: Shown) -> int | None:
    p, clicked = theme.colors(), None
    canvas = imgui.get_window_draw_list()
    for number, (x, y, width, height) in enumerate(check.boxes, 1):
        low, high = shown.at(x, y), shown.at(x + width, y + height)
        chosen = number == check.face
        imgui.set_cursor_screen_pos(low)
        size = ImVec2(max(1.0, high.x - low.x), max(1.0, high.y - low.y))
        if imgui.invisible_button(f"##face {number}", size) and not chosen:
            clicked = number
        ui.record(f"##face {number}", value=chosen)
        hovered = imgui.is_item_hovered()
        if not chosen:
            ui.tooltip("Use this face")
        color = p.accent if chosen or hovered else "#ffffff"
        if check.problem is not None and chosen:
            color = p.error
        shade = theme.u32("#000000", 0.45)
        canvas.add_rect(low, high, shade, px(5), px(4 if chosen else 3))
        canvas.add_rect(low, high, theme.u32(color), px(5), px(2 if chosen else 1.25))
    return clicked


def _is_large(check: "InputCheck", shown: Shown) -> bool:
    """Whether dots would not hide the face under them."""
    return check.face is not None and check.boxes[check.face - 1][2] * shown.scale > px(70)


def _dots(canvas: Any, points: "NDArray[np.float64]", shown: Shown, *, strong: bool) -> None:
    color = theme.u32("#ffffff", 0.8 if strong else 0.55)
    size = px(1.2) if strong else px(0.8)
    for x, y in points.tolist():
        canvas.add_circle_filled(shown.at(x, y), size, color, 6)


def _handles(ui: Ui, points: "NDArray[np.float64]", shown: Shown) -> "NDArray[np.float64] | None":
    p, moved = theme.colors(), None
    canvas, radius = imgui.get_window_draw_list(), px(3.8)
    for handle in HANDLES:
        centre = shown.at(*points[handle].tolist())
        imgui.set_next_item_allow_overlap()
        imgui.set_cursor_screen_pos(ImVec2(centre.x - radius * 1.5, centre.y - radius * 1.5))
        imgui.invisible_button(f"##point {handle}", ImVec2(radius * 3, radius * 3))
        ui.record(f"##point {handle}")
        held, hovered = imgui.is_item_active(), imgui.is_item_hovered()
        if held or hovered:
            imgui.set_mouse_cursor(imgui.MouseCursor_.hand)
        if held and imgui.is_mouse_dragging(0, 0.0):
            delta = imgui.get_io().mouse_delta
            if delta.x or delta.y:
                dx, dy = delta.x / shown.scale, delta.y / shown.scale
                moved = pulled(points if moved is None else moved, handle, dx, dy)
        canvas.add_circle_filled(centre, radius + px(1.5), theme.u32("#000000", 0.55))
        fill = p.warning if held else p.accent if not hovered else "#ffffff"
        canvas.add_circle_filled(centre, radius, theme.u32(fill))
    return moved
