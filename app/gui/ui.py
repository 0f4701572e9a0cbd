"""The widget set: a thin typed layer over ImGui with one look, every widget known by its path.

A label stands to the left, its control beside it in a common column. What follows ``##`` in a
label names the widget and is not shown; a label that begins with it has no text and takes the
whole width. Paths are scopes and names joined by slashes, such as ``Jobs/Cancel``.
"""

from collections.abc import Sequence

from imgui_bundle import ImVec2, imgui, imgui_toggle
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme, ui_text
from app.gui.theme import px
from app.gui.ui_pictures import Pictures
from app.gui.ui_record import Rect, name_of, visible
from app.gui.ui_slider import Drag, Range, Slider

__all__ = ["Drag", "Range", "Rect", "Ui"]

Color = tuple[float, float, float]


class Ui(Pictures):
    """The widgets. ``begin_frame`` is called once before anything of a frame is drawn."""

    text = staticmethod(ui_text.text)
    muted = staticmethod(ui_text.muted)
    tinted = staticmethod(ui_text.tinted)
    heading = staticmethod(ui_text.heading)
    sentence = staticmethod(ui_text.sentence)
    progress = staticmethod(ui_text.progress)
    space = staticmethod(ui_text.space)
    empty = staticmethod(ui_text.empty)
    separator = staticmethod(imgui.separator)

    def __init__(self) -> None:
        super().__init__()
        self._slider = Slider(self)

    def segmented(
        self,
        label: str,
        index: int,
        items: Sequence[str],
        enabled: Sequence[bool] = (),
        tooltip: str = "",
    ) -> int:
        """The index that is chosen among a few items side by side.

        Args:
            label: to its left, or above it where there is no room.
            index: that of now.
            items: their texts.
            enabled: which can be chosen; all by default.
            tooltip: of the label.
        """
        p, gap = theme.colors(), px(2)
        least = max(imgui.calc_text_size(item).x for item in items) + px(8)
        room = imgui.get_content_region_avail().x - self.column()
        if room >= (least + gap) * len(items) + gap:
            self.label(label, tooltip)
        elif visible(label):
            imgui.text_unformatted(visible(label))
            self.tooltip(tooltip)
        wide = imgui.get_content_region_avail().x
        width = (wide - gap * (len(items) + 1)) / len(items)
        corner = imgui.get_cursor_screen_pos()
        height = imgui.get_frame_height()
        end = ImVec2(corner.x + wide, corner.y + height)
        canvas = imgui.get_window_draw_list()
        canvas.add_rect_filled(corner, end, theme.u32(p.frame), imgui.get_style().frame_rounding)
        imgui.push_style_var(imgui.StyleVar_.frame_padding, ImVec2(0, px(3)))
        imgui.push_style_color(imgui.Col_.button, theme.rgba(p.frame, 0.0))
        with self.scope(name_of(label)):
            for number, item in enumerate(items):
                left = corner.x + gap + number * (width + gap)
                imgui.set_cursor_screen_pos(ImVec2(left, corner.y + gap))
                usable = not enabled or enabled[number]
                if self.button(item, usable, width=width, pressed=number == index):
                    index = number
        imgui.pop_style_color()
        imgui.pop_style_var()
        imgui.set_cursor_screen_pos(corner)
        imgui.dummy(ImVec2(wide, height))
        return index

    # Values.

    def checkbox(self, label: str, value: bool, enabled: bool = True) -> tuple[bool, bool]:
        """Whether it changed, and what it is now; the box stands before its text."""
        with self.enabled(enabled):
            changed, value = imgui.checkbox(label, value)
        self.record(label, enabled, value)
        return changed, value

    def toggle(
        self, label: str, value: bool, enabled: bool = True, tooltip: str = ""
    ) -> tuple[bool, bool]:
        """Whether a switch was turned, and how it stands now."""
        with self.enabled(enabled):
            self.label(label, tooltip)
            size = px(34), px(19)
            gap = (imgui.get_frame_height() - size[1]) / 2
            imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + gap)
            changed, value = _switch(label, value, size)
            self.record(label, enabled, value)
        return changed, value

    def slider(
        self,
        label: str,
        value: float,
        low: float,
        high: float,
        *,
        format: str = "%.2f",
        reset: float | None = None,
        tooltip: str = "",
        width: float = 0.0,
        beyond: float | None = None,
    ) -> Drag[float]:
        """What was done to a number.

        Args:
            label: to its left; a label that begins with ``##`` has no text.
            value: as it is.
            low: its left end.
            high: its right end.
            format: how it is written, as C does.
            reset: value of a right click; None for no reset.
            tooltip: of the label.
            width: pixels, 0 for all that is left.
            beyond: largest value that can be typed; None for ``high``.
        """
        self.label(label, tooltip)
        wide = width or imgui.get_content_region_avail().x
        room = px(30 if width else 42)
        scale = Range(low, high, format, reset, beyond=beyond, room=room)
        return self._slider.draw(name_of(label), value, scale, wide)

    def slider_int(
        self,
        label: str,
        value: int,
        low: int,
        high: int,
        *,
        format: str = "%d",
        reset: int | None = None,
        tooltip: str = "",
    ) -> Drag[int]:
        """What was done to a whole number."""
        self.label(label, tooltip)
        scale = Range(low, high, format, reset, whole=True, room=px(42))
        wide = imgui.get_content_region_avail().x
        drag = self._slider.draw(name_of(label), float(value), scale, wide)
        return Drag(round(drag.value), drag.changed, drag.started, drag.finished)

    def combo(
        self, label: str, index: int, items: Sequence[str], tooltip: str = "", enabled: bool = True
    ) -> int:
        """The index that is chosen among a list that drops down."""
        with self.enabled(enabled):
            self.label(label, tooltip)
            imgui.set_next_item_width(-1)
            is_open = imgui.begin_combo(f"##{label}", items[index] if items else "")
            self.record(label, enabled, items[index] if items else None)
            if is_open:
                with self.scope(name_of(label)):
                    for number, item in enumerate(items):
                        picked, _ = imgui.selectable(item, number == index)
                        self.record(item)
                        index = number if picked else index
                imgui.end_combo()
        return index

    def text_input(self, label: str, value: str, hint: str = "") -> str:
        """The text as it is typed."""
        return self.edit_text(label, value, hint).value

    def edit_text(self, label: str, value: str, hint: str = "", width: float = -1.0) -> Drag[str]:
        """What was done to a text; finished by Enter or by leaving the field."""
        self.label(label)
        imgui.set_next_item_width(width)
        changed, value = imgui.input_text_with_hint(f"##{label}", hint, value)
        started = imgui.is_item_activated()
        finished = imgui.is_item_deactivated_after_edit()
        self.record(label, value=value)
        return Drag(value, changed, started, finished)

    def search(self, name: str, value: str, hint: str, width: float = 0.0) -> str:
        """The text in a field with a glass before and a cross behind it."""
        wide = width or imgui.get_content_region_avail().x
        pad = imgui.get_style().frame_padding
        imgui.set_next_item_allow_overlap()
        imgui.push_style_var(imgui.StyleVar_.frame_padding, ImVec2(px(28), pad.y))
        imgui.set_next_item_width(wide)
        _, value = imgui.input_text_with_hint(f"##{name}", hint, value)
        self.record(name, value=value)
        imgui.pop_style_var()
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        middle = (low.y + high.y - imgui.get_text_line_height()) / 2
        color = theme.u32(theme.colors().muted)
        draw = imgui.get_window_draw_list()
        draw.add_text(ImVec2(low.x + px(9), middle), color, icons.ICON_FA_MAGNIFYING_GLASS)
        if value:
            imgui.same_line(0, 0)
            imgui.set_cursor_screen_pos(ImVec2(high.x - px(26), low.y))
            if self.icon_button(icons.ICON_FA_XMARK, f"clear {name}"):
                value = ""
            imgui.same_line(0, 0)
            imgui.set_cursor_screen_pos(ImVec2(high.x, low.y))
            imgui.dummy(ImVec2(0, high.y - low.y))  # what follows stands beside the field
        return value

    def color(self, label: str, rgb: Color, enabled: bool = True) -> Drag[Color]:
        """What was done to a colour, 0..1."""
        with self.enabled(enabled):
            self.label(label)
            imgui.set_next_item_width(-1)
            flags = imgui.ColorEditFlags_.display_hex
            changed, new = imgui.color_edit3(f"##{label}", list(rgb), flags)
            started = imgui.is_item_activated()
            finished = imgui.is_item_deactivated_after_edit()
            self.record(label, enabled, rgb)
        return Drag((new[0], new[1], new[2]), changed, started, finished)

    @staticmethod
    def fitted(words: str, width: float) -> None:
        """A line of text, its end cut off where it is wider than so many pixels."""
        imgui.text_unformatted(ui_text.shortened(words, width))

    def fact(self, label: str, words: str) -> None:
        """A label and what is so."""
        ui_text.fact(label, words, self.column())


def _switch(name: str, value: bool, size: tuple[float, float]) -> tuple[bool, bool]:
    """Draw a switch. Its colours can only be handed over as ImGui's roles: knob, on and off."""
    p, c = theme.colors(), imgui.Col_
    look = imgui_toggle.ToggleConfig()
    look.size = ImVec2(*size)
    look.flags = imgui_toggle.ToggleFlags_.animated
    look.animation_duration = 0.12
    roles = {
        c.text: "#ffffff",
        c.check_mark: p.accent,
        c.frame_bg: p.frame_active,
        c.frame_bg_hovered: p.frame_active,
    }
    for role, color in roles.items():
        imgui.push_style_color(role, theme.rgba(color))
    result: tuple[bool, bool] = imgui_toggle.toggle(f"##{name}", value, look)
    imgui.pop_style_color(len(roles))
    return result
