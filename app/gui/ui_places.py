"""Where widgets stand: labels in a column, sections, cards, dense lists, tooltips."""

from collections.abc import Iterator
from contextlib import contextmanager

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.theme import px
from app.gui.ui_buttons import Buttons
from app.gui.ui_record import name_of, visible
from app.gui.ui_text import shortened


class Places(Buttons):
    """The part of the widget set that arranges the other parts."""

    def __init__(self) -> None:
        super().__init__()
        self._column = 0.0

    def section(
        self, label: str, *, is_open: bool = True, action: str = "", tooltip: str = ""
    ) -> tuple[bool, bool]:
        """Whether a group is open, and whether the icon at the right of its heading was pressed.

        Args:
            label: heading.
            is_open: whether it is when nobody has opened or closed it.
            action: icon of a small button in the heading, or none.
            tooltip: what that button does.
        """
        p = theme.colors()
        imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + px(3))
        start, wide = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        edge = imgui.get_cursor_pos_x() + wide
        height = imgui.get_frame_height()
        imgui.set_next_item_allow_overlap()
        key = imgui.get_id(f"{label}##is-open")
        shown = imgui.get_state_storage().get_bool(key, is_open)
        if imgui.invisible_button(f"##{label}", ImVec2(wide, height)):
            shown = not shown
            imgui.get_state_storage().set_bool(key, shown)
        self.record(label, value=shown)
        canvas = imgui.get_window_draw_list()
        color = theme.u32(p.text if imgui.is_item_hovered() else p.muted)
        y = start.y + (height - imgui.get_text_line_height()) / 2
        icon = icons.ICON_FA_ANGLE_DOWN if shown else icons.ICON_FA_ANGLE_RIGHT
        canvas.add_text(ImVec2(start.x + px(1), y), color, icon)
        imgui.push_font(theme.strong(), theme.FONT_SIZE)
        canvas.add_text(ImVec2(start.x + px(20), y), theme.u32(p.text), visible(label))
        imgui.pop_font()
        pressed = False
        if action:
            imgui.same_line(edge - px(26))
            pressed = self.icon_button(action, f"{name_of(label)} reset", tooltip)
        return shown, pressed

    @contextmanager
    def dense(self) -> Iterator[None]:
        """Within, rows stand closer, for long lists of sliders."""
        style = imgui.get_style()
        spacing, pad = style.item_spacing, style.frame_padding
        imgui.push_style_var(imgui.StyleVar_.item_spacing, ImVec2(spacing.x, px(2)))
        imgui.push_style_var(imgui.StyleVar_.frame_padding, ImVec2(pad.x, px(3)))
        yield
        imgui.pop_style_var(2)

    @contextmanager
    def labels(self, width: float) -> Iterator[None]:
        """Within, labels have this width (pixels at scale 1)."""
        before, self._column = self._column, px(width)
        yield
        self._column = before

    @contextmanager
    def card(self, name: str, color: str = "") -> Iterator[None]:
        """Within, widgets stand on a raised ground with a border."""
        p = theme.colors()
        imgui.push_style_color(imgui.Col_.child_bg, theme.rgba(color or p.raised))
        imgui.push_style_var(imgui.StyleVar_.window_padding, ImVec2(px(12), px(10)))
        f = imgui.ChildFlags_
        imgui.begin_child(name, ImVec2(0, 0), f.auto_resize_y | f.borders)
        imgui.pop_style_var()
        imgui.pop_style_color()
        yield
        imgui.end_child()

    @contextmanager
    def context_menu(self, name: str) -> Iterator[bool]:
        """Within, whether the menu of the last widget's right click is open, to be filled."""
        is_open = imgui.begin_popup_context_item(name)
        yield is_open
        if is_open:
            imgui.end_popup()

    @staticmethod
    def beside(label: str, gap: float = 6.0) -> None:
        """A button of this label stands beside what was drawn last if there is room for it."""
        style = imgui.get_style()
        width = imgui.calc_text_size(visible(label)).x + 2 * style.frame_padding.x
        edge = imgui.get_cursor_screen_pos().x + imgui.get_content_region_avail().x
        if imgui.get_item_rect_max().x + px(gap) + width <= edge:
            imgui.same_line(0, px(gap))

    @staticmethod
    def same_line(gap: float = -1.0) -> None:
        """What follows stands beside what was drawn last, ``gap`` pixels at scale 1 away."""
        imgui.same_line(0, px(gap) if gap >= 0 else -1.0)

    def column(self) -> float:
        """Pixels from the start of a label to its control."""
        wide = imgui.get_content_region_avail().x
        return min(self._column or max(wide * 0.36, px(92)), px(170), wide * 0.45)

    def label(self, label: str, tooltip: str = "") -> None:
        """Draw a label, shortened to its column, and put the cursor behind it."""
        words = visible(label)
        if not words:
            return
        start, column = imgui.get_cursor_pos_x(), self.column()
        shown = shortened(words, column - px(8))
        imgui.align_text_to_frame_padding()
        imgui.text_unformatted(shown)
        self.tooltip(tooltip or (words if shown != words else ""))
        imgui.same_line(start + column)
