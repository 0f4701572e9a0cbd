"""What tools draw over the head: the brush's circle, a sticker's frame with its handles."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons
from numpy.typing import NDArray

from app.gui import theme
from app.gui.theme import px

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.ground import Ground
    from avatars.edits.layer import Layer
    from avatars.edits.points import Points

Array = NDArray[np.float64]
Handle = Literal["scale", "turn", "mirror", "move"]

_DARK, _LIGHT = "#00000090", "#ffffffe0"
_ARM = 30
"""Pixels at scale 1 from a sticker's upper edge to the knob that turns it."""
REACH = 11
"""Pixels at scale 1 around a handle that still count."""


def circle(
    editor: "Editor", ground: "Ground", point: "Points", radius: float, hardness: float = 1.0
) -> bool:
    """Draw a brush of a radius (metres) at a point of the skin; whether it could be drawn."""
    ring = ground.ring(point, radius)
    if ring is None:
        return False
    _closed(ring, _LIGHT, 1.0)
    if 0.05 < hardness < 0.95:
        middle = ring.mean(axis=0)
        _closed(middle + (ring - middle) * hardness, "#ffffff70", 0.8)
    return True


def dot(ground: "Ground", point: "Points", color: str = "#ffffff") -> None:
    """Draw a cross at a point of the skin: where a clone brush copies from."""
    found = ground.places(point)
    if found is None or not found[1][0]:
        return
    (x, y), arm = found[0][0], px(7)
    canvas = imgui.get_window_draw_list()
    for shade, width in ((_DARK, px(3)), (color, px(1.4))):
        tint = theme.u32(shade)
        canvas.add_line(ImVec2(x - arm, y), ImVec2(x + arm, y), tint, width)
        canvas.add_line(ImVec2(x, y - arm), ImVec2(x, y + arm), tint, width)


def swatch(x: float, y: float, color: tuple[float, float, float]) -> None:
    """Draw a colour beside the pointer."""
    canvas, middle = imgui.get_window_draw_list(), ImVec2(x + px(20), y - px(20))
    tint = imgui.get_color_u32(imgui.ImVec4(*color, 1.0))
    canvas.add_circle_filled(middle, px(13), theme.u32("#ffffff"))
    canvas.add_circle_filled(middle, px(11.5), tint)
    canvas.add_circle(middle, px(13), theme.u32(_DARK), 0, px(1))


@dataclass(frozen=True, eq=False)
class Frame:
    """A sticker's frame on the screen, pixels.

    Attributes:
        border: [K, 2] clockwise from the picture's upper left corner.
        seen: [K] which of it can be seen.
        middle: [2].
        corners: [4, 2].
        knob: [2] turns it.
        flip: [2] mirrors it.
    """

    border: Array
    seen: NDArray[np.bool_]
    middle: Array
    corners: Array
    knob: Array
    flip: Array

    def handle_at(self, x: float, y: float) -> Handle | None:
        """What the pointer would hold on to."""
        place, reach = np.array([x, y]), px(REACH)
        if np.linalg.norm(self.knob - place) < reach:
            return "turn"
        if np.linalg.norm(self.flip - place) < reach:
            return "mirror"
        step = len(self.border) // 4
        near = np.linalg.norm(self.corners - place, axis=1) < reach
        if (near & self.seen[::step]).any():
            return "scale"
        return "move" if _inside(self.border, place) else None


def frame_of(editor: "Editor", ground: "Ground", layer: "Layer") -> Frame | None:
    """Where a sticker's frame is; None while nobody knows, or where it is out of sight."""
    outline = editor.easel.outline(layer)
    if outline is None:
        return None
    found, centre = ground.places(outline.points), ground.places(outline.middle)
    if found is None or centre is None:
        return None
    places, facing = found
    # A mean of points on both sides of a seam lies nowhere: there the first of them counts.
    per_place = places.reshape(len(outline.weights), -1, 2)
    spread = np.ptp(per_place, axis=1).max(axis=1)
    border = outline.mixed(places)
    torn = spread > px(40)
    border[torn] = per_place[torn, 0]
    seen = facing.reshape(len(outline.weights), -1)[:, 0] & outline.valid
    middle, step = centre[0][0], len(border) // 4
    if not centre[1][0] and not seen.any():
        return None
    corners = border[::step]
    top, bottom = (corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2
    return Frame(
        border,
        seen,
        middle,
        corners,
        _beyond(middle, top, px(_ARM)),
        _beyond(middle, bottom, px(24)),
    )


def draw_frame(frame: Frame, hot: Handle | None) -> None:
    """Draw a sticker's frame and handles; the one under the pointer is lit."""
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    count = len(frame.border)
    for color, width in ((_DARK, px(3.2)), (p.accent, px(1.6))):
        tint = theme.u32(color)
        for n in range(count):
            m = (n + 1) % count
            a, b = frame.border[n], frame.border[m]
            if frame.seen[n] and frame.seen[m] and np.abs(a - b).max() < px(160):
                canvas.add_line(ImVec2(*a), ImVec2(*b), tint, width)
    step = count // 4
    top = (frame.corners[0] + frame.corners[1]) / 2
    canvas.add_line(ImVec2(*top), ImVec2(*frame.knob), theme.u32(_DARK), px(3))
    canvas.add_line(ImVec2(*top), ImVec2(*frame.knob), theme.u32(p.accent), px(1.4))
    for number, corner in enumerate(frame.corners):
        if frame.seen[number * step]:
            _square(canvas, corner, lit=hot == "scale")
    _knob(canvas, frame.knob, icons.ICON_FA_ROTATE, lit=hot == "turn")
    _knob(canvas, frame.flip, icons.ICON_FA_LEFT_RIGHT, lit=hot == "mirror")


def _square(canvas: Any, place: Array, *, lit: bool) -> None:
    p, half = theme.colors(), px(5.5 if lit else 4.5)
    low, high = ImVec2(place[0] - half, place[1] - half), ImVec2(place[0] + half, place[1] + half)
    canvas.add_rect_filled(low, high, theme.u32(p.accent if lit else "#ffffff"), px(2))
    canvas.add_rect(low, high, theme.u32("#000000a0"), px(2), px(1))


def _knob(canvas: Any, place: Array, icon: str, *, lit: bool) -> None:
    p, radius = theme.colors(), px(9.5)
    canvas.add_circle_filled(ImVec2(*place), radius, theme.u32(p.accent if lit else "#ffffff"))
    canvas.add_circle(ImVec2(*place), radius, theme.u32("#000000a0"), 0, px(1))
    imgui.push_font(None, theme.FONT_SIZE * 0.72)
    size = imgui.calc_text_size(icon)
    corner = ImVec2(place[0] - size.x / 2, place[1] - size.y / 2)
    canvas.add_text(corner, theme.u32("#101318"), icon)
    imgui.pop_font()


def _beyond(middle: Array, edge: Array, more: float) -> Array:
    """The point that lies so many pixels beyond the edge, seen from the middle."""
    way = edge - middle
    length = float(np.linalg.norm(way))
    if length < 1e-6:
        return np.asarray(edge + np.array([0.0, -more]))
    return np.asarray(edge + way / length * more)


def _closed(ring: Array, color: str, width: float) -> None:
    points: list[Any] = [ImVec2(float(x), float(y)) for x, y in ring]
    canvas = imgui.get_window_draw_list()
    closed = imgui.ImDrawFlags_.closed
    canvas.add_polyline(points, theme.u32(_DARK), px(2.6 * width), closed)
    canvas.add_polyline(points, theme.u32(color), px(1.3 * width), closed)


def _inside(border: Array, place: Array) -> bool:
    """Whether a place lies within a polygon (crossings of a ray to the right)."""
    a, b = border, np.roll(border, -1, axis=0)
    crosses = (a[:, 1] > place[1]) != (b[:, 1] > place[1])
    rise = np.where(crosses, b[:, 1] - a[:, 1], 1.0)
    x = a[:, 0] + (place[1] - a[:, 1]) / rise * (b[:, 0] - a[:, 0])
    return bool((crosses & (place[0] < x)).sum() % 2)
