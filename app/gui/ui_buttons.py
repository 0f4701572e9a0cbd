"""Buttons of all kinds."""

from collections.abc import Sequence

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px
from app.gui.ui_record import Recorder


class Buttons(Recorder):
    """The part of the widget set that is pressed."""

    def button(
        self,
        label: str,
        enabled: bool = True,
        tooltip: str = "",
        *,
        width: float = 0.0,
        accent: bool = False,
        pressed: bool = False,
    ) -> bool:
        """Whether the button was pressed.

        Args:
            label: its text.
            enabled: whether it can be.
            tooltip: one sentence.
            width: pixels, 0 for as wide as its text, -1 for all there is.
            accent: the main button of its place.
            pressed: shown as the chosen one of several.
        """
        p, role = theme.colors(), imgui.Col_
        looks: list[tuple[int, str, float]] = []
        if accent:
            looks = [(role.button, p.accent, 1.0), (role.button_hovered, p.accent, 0.88)]
            looks += [(role.button_active, p.accent, 0.75), (role.text, p.on_accent, 1.0)]
        elif pressed:
            looks = [(role.button, p.accent_soft, 1.0), (role.button_hovered, p.accent_soft, 1.4)]
        for each, color, alpha in looks:
            imgui.push_style_color(each, theme.rgba(color, alpha))
        with self.enabled(enabled):
            clicked = imgui.button(label, ImVec2(width, 0))
        imgui.pop_style_color(len(looks))
        self.record(label, enabled, pressed or None)
        self.tooltip(tooltip)
        return clicked

    def icon_button(
        self,
        icon: str,
        name: str,
        tooltip: str = "",
        enabled: bool = True,
        *,
        pressed: bool = False,
        width: float = 0.0,
    ) -> bool:
        """Whether a small button without a ground was pressed."""
        imgui.push_style_color(imgui.Col_.button, theme.rgba(theme.colors().frame, 0.0))
        pad = imgui.get_style().frame_padding
        imgui.push_style_var(imgui.StyleVar_.frame_padding, ImVec2(px(6), pad.y))
        clicked = self.button(f"{icon}##{name}", enabled, tooltip, width=width, pressed=pressed)
        imgui.pop_style_var()
        imgui.pop_style_color()
        return clicked

    def button_grid(self, labels: Sequence[str], columns: int, chosen: str = "") -> str | None:
        """The label that was pressed among equal buttons in rows, or None."""
        pressed = None
        gap = px(6)
        columns = self.fitting(labels, columns, gap)
        width = (imgui.get_content_region_avail().x - gap * (columns - 1)) / columns
        imgui.push_style_var(imgui.StyleVar_.frame_padding, ImVec2(px(2), px(5)))
        imgui.push_style_var(imgui.StyleVar_.item_spacing, ImVec2(gap, gap))
        for number, label in enumerate(labels):
            if number % columns:
                imgui.same_line(0, gap)
            if self.button(label, width=width, pressed=label == chosen):
                pressed = label
        imgui.pop_style_var(2)
        return pressed

    @staticmethod
    def fitting(labels: Sequence[str], columns: int, gap: float) -> int:
        """How many equal buttons with these texts stand side by side, at most ``columns``."""
        widest = max(imgui.calc_text_size(label).x for label in labels) + px(8)
        room = imgui.get_content_region_avail().x
        return max(1, min(columns, int((room + gap) / (widest + gap))))

    def link(self, label: str) -> bool:
        """Whether a text that looks like a link was pressed."""
        clicked = imgui.text_link(label)
        self.record(label)
        return clicked

    @staticmethod
    def tooltip(words: str) -> None:
        """A sentence that appears when the pointer rests on what was drawn last."""
        f = imgui.HoveredFlags_
        if not words or not imgui.is_item_hovered(f.for_tooltip | f.allow_when_disabled):
            return
        imgui.begin_tooltip()
        imgui.push_text_wrap_pos(px(300))
        imgui.text_unformatted(words)
        imgui.pop_text_wrap_pos()
        imgui.end_tooltip()
