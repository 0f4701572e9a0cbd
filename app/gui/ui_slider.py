"""The slider: a thin track with a handle, and its value beside it as a field to type in."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px
from app.gui.ui_record import Recorder

T = TypeVar("T")
_LEAST = 36  # pixels at scale 1 of the shortest track
_PADDING = 2.0  # ImGui's own, between a slider's frame and where its handle may be


@dataclass(frozen=True)
class Drag(Generic[T]):
    """What a person did to a value in this frame.

    Attributes:
        value: what it is now.
        changed: it is another one than was handed in.
        started: a drag or typing began.
        finished: it ended, and something was changed by it: time for an undo step.
    """

    value: T
    changed: bool = False
    started: bool = False
    finished: bool = False

    @property
    def is_edited(self) -> bool:
        """Whether the caller has something to do."""
        return self.changed or self.finished


@dataclass
class Typing:
    """The number that is being typed."""

    path: str = ""
    text: str = ""
    fresh: bool = False


@dataclass(frozen=True)
class Range:
    """What a slider goes through.

    Attributes:
        low, high: its ends.
        format: how its value is written, as C does.
        reset: value that a right click gives back, or None.
        whole: only whole numbers.
        beyond: largest value that can be typed; None for ``high``.
        room: pixels that the value gets at least, so that tracks in a list end alike.
    """

    low: float
    high: float
    format: str = "%.2f"
    reset: float | None = None
    whole: bool = False
    beyond: float | None = None
    room: float = 0.0

    def allowed(self, value: float) -> float:
        """The nearest value that may be typed."""
        most = self.high if self.beyond is None else self.beyond
        value = min(max(value, self.low), most)
        return float(round(value)) if self.whole else value

    def written(self, value: float) -> str:
        """The value as text."""
        text = self.format % (round(value) if self.whole else value)
        if text.startswith("-") and not any(digit in text for digit in "123456789"):
            text = ("+" if "+" in self.format else "") + text[1:]  # there is no zero below zero
        return text


@dataclass
class Slider:
    """Draws sliders; remembers only which number is being typed."""

    record: Recorder
    typing: Typing = field(default_factory=Typing)

    def draw(self, label: str, value: float, scale: Range, width: float) -> Drag[float]:
        """One slider at the cursor, ``width`` pixels wide with its value."""
        path = self.record.path(label)
        box = _box(width)
        if self.typing.path == path:
            return self._typed(label, value, scale, width)
        if not imgui.is_rect_visible(ImVec2(width, imgui.get_frame_height())) and not (
            imgui.is_any_item_active()
        ):
            # Long lists are mostly scrolled away, and cost nothing there.
            imgui.dummy(ImVec2(width, imgui.get_frame_height()))
            self.record.record(label, value=value)
            return Drag(value)
        begins = _hovers(box) and (
            imgui.is_mouse_double_clicked(0)
            or (imgui.get_io().key_ctrl and imgui.is_mouse_clicked(0))
        )
        text_width = _value_width(scale)
        if width - text_width < px(_LEAST):  # too narrow for both
            text_width = 0.0
        result = self._track(label, value, scale, max(1.0, width - text_width))
        clicked = False
        if text_width:
            imgui.same_line(0, 0)
            clicked = _value(label, result.value, scale, text_width)
            self.record.record_at(f"{label} value", _item_box())
        if begins or clicked:
            self.typing = Typing(path, scale.written(value).strip(), fresh=True)
        return result

    def _track(self, label: str, value: float, scale: Range, width: float) -> Drag[float]:
        clear = imgui.ImVec4(0, 0, 0, 0)
        c = imgui.Col_
        roles = (c.frame_bg, c.frame_bg_hovered, c.frame_bg_active, c.slider_grab)
        for role in (*roles, c.slider_grab_active):
            imgui.push_style_color(role, clear)
        imgui.set_next_item_width(width)
        f = imgui.SliderFlags_
        flags = f.no_input | f.no_round_to_format | f.always_clamp
        shown = min(max(value, scale.low), scale.high)
        moved, new = imgui.slider_float(f"##{label}", shown, scale.low, scale.high, "", flags)
        imgui.pop_style_color(5)
        started = imgui.is_item_activated()
        finished = imgui.is_item_deactivated_after_edit()
        new = float(round(new)) if scale.whole else new
        result = Drag(new if moved else value, moved and new != value, started, finished)
        self.record.record(label, value=result.value)
        if scale.reset is not None and imgui.is_item_clicked(1):
            changed = value != scale.reset
            result = Drag(scale.reset, changed, changed, changed)
        _draw_track(result.value, scale)
        return result

    def _typed(self, label: str, value: float, scale: Range, width: float) -> Drag[float]:
        typing = self.typing
        if typing.fresh:
            imgui.set_keyboard_focus_here()
        imgui.set_next_item_width(width)
        f = imgui.InputTextFlags_
        flags = f.auto_select_all | f.enter_returns_true | f.chars_scientific
        entered, text = imgui.input_text(f"##{label}-typed", typing.text, flags)
        self.record.record(label, value=value)
        started, typing.fresh = typing.fresh, False
        typing.text = text
        if not entered and not imgui.is_item_deactivated():
            return Drag(value, started=started)
        self.typing = Typing()
        if imgui.is_key_pressed(imgui.Key.escape, False):
            return Drag(value)
        try:
            new = scale.allowed(float(text.replace(",", ".")))
        except ValueError:
            return Drag(value)
        changed = new == new and new != value  # not a number is no value
        return Drag(new if changed else value, changed, False, changed)


def _box(width: float) -> tuple[float, float, float, float]:
    corner = imgui.get_cursor_screen_pos()
    return corner.x, corner.y, corner.x + width, corner.y + imgui.get_frame_height()


def _hovers(box: tuple[float, float, float, float]) -> bool:
    inside = imgui.is_mouse_hovering_rect(ImVec2(box[0], box[1]), ImVec2(box[2], box[3]))
    return inside and imgui.is_window_hovered()


def _item_box() -> tuple[float, float, float, float]:
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    return low.x, low.y, high.x, high.y


def _value_width(scale: Range) -> float:
    longest = max((scale.written(scale.low), scale.written(scale.high)), key=len)
    return max(imgui.calc_text_size(longest).x + px(8), scale.room)


def _value(label: str, value: float, scale: Range, width: float) -> bool:
    """Draw the value; whether it was clicked."""
    clicked = imgui.invisible_button(f"##{label}-value", ImVec2(width, imgui.get_frame_height()))
    p = theme.colors()
    x0, y0, x1, y1 = _item_box()
    draw = imgui.get_window_draw_list()
    if imgui.is_item_hovered():
        imgui.set_mouse_cursor(imgui.MouseCursor_.text_input)
        draw.add_rect_filled(ImVec2(x0 + px(3), y0), ImVec2(x1, y1), theme.u32(p.frame), px(4))
    text = scale.written(value)
    resting = scale.reset is not None and text == scale.written(scale.reset)
    size = imgui.calc_text_size(text)
    corner = ImVec2(x1 - size.x - px(2), (y0 + y1 - size.y) / 2)
    alpha = imgui.get_style().alpha
    draw.add_text(corner, theme.u32(p.muted if resting else p.text, alpha), text)
    return clicked


def _draw_track(value: float, scale: Range) -> None:
    x0, y0, x1, y1 = _item_box()
    p, alpha = theme.colors(), imgui.get_style().alpha
    draw, y = imgui.get_window_draw_list(), (y0 + y1) / 2
    grab = imgui.get_style().grab_min_size
    first = x0 + _PADDING + grab / 2
    length = max(1.0, x1 - x0 - 2 * _PADDING - grab)
    span = max(scale.high - scale.low, 1e-9)

    def at(number: float) -> float:
        return first + length * min(max((number - scale.low) / span, 0.0), 1.0)

    half, radius = px(1.75), px(5.5)
    active, hovered = imgui.is_item_active(), imgui.is_item_hovered()
    track = theme.u32(p.frame_active if hovered or active else p.frame_hovered, alpha)
    ends = ImVec2(first - half, y - half), ImVec2(first + length + half, y + half)
    draw.add_rect_filled(*ends, track, half)
    origin = 0.0 if scale.low < 0 < scale.high else scale.low
    left, right = sorted((at(origin), at(value)))
    if origin > scale.low:
        tick = ImVec2(at(origin) - px(0.75), y - px(4)), ImVec2(at(origin) + px(0.75), y + px(4))
        draw.add_rect_filled(*tick, track)
    if right - left > 0.5:
        draw.add_rect_filled(
            ImVec2(left, y - half), ImVec2(right, y + half), theme.u32(p.accent, alpha), half
        )
    centre = ImVec2(at(value), y)
    rest = scale.reset is not None and value == scale.reset
    fill = p.accent if active or not rest else p.text if hovered else p.muted
    draw.add_circle_filled(centre, radius + px(2), theme.u32(p.panel, alpha))
    draw.add_circle_filled(centre, radius + (px(1) if active else 0), theme.u32(fill, alpha))
