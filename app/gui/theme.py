"""Colours, spacing and fonts: one calm palette, dark or light, with one accent.

Everything drawn by hand asks ``colors()`` for its colours, so that a theme is one table.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import imgui_bundle
from imgui_bundle import ImVec4, hello_imgui, imgui

FONT_SIZE = 15.5
"""Pixels at scale 1."""


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as ``#rrggbb`` or ``#rrggbbaa``."""

    ground: str  # behind everything, menu bar, status bar
    panel: str  # docked panels, dialogs
    raised: str  # popups, cards
    frame: str  # fields, buttons
    frame_hovered: str
    frame_active: str
    line: str  # separators, borders
    text: str
    muted: str
    accent: str
    accent_soft: str  # selected rows, fills
    on_accent: str  # text on the accent
    overlay: str  # chips over the picture
    good: str
    warning: str
    error: str
    checker_a: str  # what shows through a transparent picture
    checker_b: str


DARK = Palette(
    ground="#17181b",
    panel="#1f2125",
    raised="#282a2f",
    frame="#2c2f35",
    frame_hovered="#363a42",
    frame_active="#414650",
    line="#33363d",
    text="#e4e6ea",
    muted="#979ca6",
    accent="#6ea0ff",
    accent_soft="#6ea0ff38",
    on_accent="#0e1420",
    overlay="#17181bd9",
    good="#63c58b",
    warning="#e8b34b",
    error="#f0716a",
    checker_a="#3a3c42",
    checker_b="#46494f",
)
LIGHT = Palette(
    ground="#e6e8ec",
    panel="#f5f6f8",
    raised="#ffffff",
    frame="#e4e7ec",
    frame_hovered="#d8dce4",
    frame_active="#c9cfda",
    line="#d3d7de",
    text="#1d2026",
    muted="#626975",
    accent="#2f66dd",
    accent_soft="#2f66dd2e",
    on_accent="#ffffff",
    overlay="#fbfbfce6",
    good="#1f8a4c",
    warning="#a86a00",
    error="#c93a32",
    checker_a="#d5d7db",
    checker_b="#e9eaed",
)


class _Current:
    """What is applied now; the window has one theme."""

    palette = DARK
    scale = 1.0
    strong: imgui.ImFont | None = None


def colors() -> Palette:
    """The palette in use."""
    return _Current.palette


def px(size: float) -> float:
    """A length given at scale 1 on an ordinary screen, in pixels of this one."""
    return size * _Current.scale


def rgba(text: str, alpha: float = 1.0) -> ImVec4:
    """A palette entry as ImGui's colour, its alpha multiplied by ``alpha``."""
    digits = text.lstrip("#")
    values = [int(digits[i : i + 2], 16) / 255 for i in range(0, len(digits), 2)]
    red, green, blue, own = values if len(values) == 4 else (*values, 1.0)
    return ImVec4(red, green, blue, own * alpha)


def u32(text: str, alpha: float = 1.0) -> int:
    """A palette entry as the number that draw lists take."""
    return int(imgui.get_color_u32(rgba(text, alpha)))


def load_fonts() -> None:
    """Load the text font with its icons, and a bold one for headings."""
    fonts = Path(imgui_bundle.__file__).parent / "assets" / "fonts"
    plain = hello_imgui.FontLoadingParams()
    plain.inside_assets = False
    icons = hello_imgui.FontLoadingParams()
    icons.inside_assets = False
    icons.merge_to_last_font = True
    icons.font_config.glyph_offset = imgui.ImVec2(0, 1)
    icon_file = str(fonts / "Font_Awesome_6_Free-Solid-900.otf")
    hello_imgui.load_font(str(fonts / "Roboto/Roboto-Regular.ttf"), FONT_SIZE, plain)
    hello_imgui.load_font(icon_file, FONT_SIZE * 0.84, icons)
    bold = hello_imgui.FontLoadingParams()
    bold.inside_assets = False
    _Current.strong = hello_imgui.load_font(str(fonts / "Roboto/Roboto-Bold.ttf"), FONT_SIZE, bold)


def strong() -> imgui.ImFont | None:
    """The bold font, None before fonts are loaded."""
    return _Current.strong


def apply(theme: str, ui_scale: float) -> None:
    """Set ImGui's style.

    Args:
        theme: ``dark`` or ``light``.
        ui_scale: on top of the screen's own scale, 1 = as designed.
    """
    palette = LIGHT if theme == "light" else DARK
    dpi = hello_imgui.dpi_window_size_factor() if hello_imgui.is_using_hello_imgui() else 1.0
    _Current.palette, _Current.scale = palette, ui_scale * dpi
    style = imgui.Style()
    _spacing(style)
    style.scale_all_sizes(_Current.scale)
    style.font_size_base = FONT_SIZE
    style.font_scale_main = ui_scale
    style.font_scale_dpi = dpi
    for role, color in _roles(palette).items():
        style.set_color_(role, color)
    _copy(style, imgui.get_style())


def _copy(source: imgui.Style, target: imgui.Style) -> None:
    names = [name for name in dir(source) if not name.startswith("_")]
    for name in names:
        value = getattr(source, name)
        if not callable(value):
            setattr(target, name, value)
    for role in range(int(imgui.Col_.count)):
        target.set_color_(role, source.color_(role))


def _spacing(style: imgui.Style) -> None:
    style.window_padding = imgui.ImVec2(14, 12)
    style.frame_padding = imgui.ImVec2(10, 5)
    style.item_spacing = imgui.ImVec2(9, 8)
    style.item_inner_spacing = imgui.ImVec2(8, 6)
    style.cell_padding = imgui.ImVec2(6, 5)
    style.indent_spacing = 16
    style.scrollbar_size = 11
    style.scrollbar_rounding = 6
    style.scrollbar_padding = 2
    style.grab_min_size = 12
    style.grab_rounding = 5
    style.frame_rounding = 6
    style.window_rounding = 9
    style.child_rounding = 7
    style.popup_rounding = 8
    style.tab_rounding = 6
    style.menu_item_rounding = 5
    style.selectable_rounding = 5
    style.image_rounding = 6
    style.window_border_size = 0  # panels are docked; cards and dialogs bring their own
    style.child_border_size = 1
    style.popup_border_size = 1
    style.frame_border_size = 0
    style.tab_border_size = 0
    style.tab_bar_border_size = 1
    style.tab_bar_overline_size = 2
    style.separator_size = 1
    style.separator_text_border_size = 1
    style.separator_text_padding = imgui.ImVec2(0, 4)
    style.docking_separator_size = 3
    style.docking_node_has_close_button = False
    style.window_menu_button_position = imgui.Dir.none
    style.window_title_align = imgui.ImVec2(0.0, 0.5)
    style.disabled_alpha = 0.45
    style.hover_delay_normal = 0.45
    style.hover_delay_short = 0.25


def _roles(p: Palette) -> dict[imgui.Col_, ImVec4]:
    c = imgui.Col_
    named = {
        c.text: p.text,
        c.text_disabled: p.muted,
        c.window_bg: p.panel,
        c.child_bg: p.panel + "00",
        c.popup_bg: p.raised,
        c.border: p.line,
        c.border_shadow: "#00000000",
        c.frame_bg: p.frame,
        c.frame_bg_hovered: p.frame_hovered,
        c.frame_bg_active: p.frame_active,
        c.title_bg: p.ground,
        c.title_bg_active: p.ground,
        c.title_bg_collapsed: p.ground,
        c.menu_bar_bg: p.ground,
        c.scrollbar_bg: p.panel,
        c.scrollbar_grab: p.frame_hovered,
        c.scrollbar_grab_hovered: p.frame_active,
        c.scrollbar_grab_active: p.muted,
        c.check_mark: p.on_accent,
        c.checkbox_selected_bg: p.accent,
        c.slider_grab: p.accent,
        c.slider_grab_active: p.accent,
        c.button: p.frame,
        c.button_hovered: p.frame_hovered,
        c.button_active: p.frame_active,
        c.header: p.accent_soft,
        c.header_hovered: p.frame_hovered,
        c.header_active: p.frame_active,
        c.separator: p.line,
        c.separator_hovered: p.accent,
        c.separator_active: p.accent,
        c.resize_grip: p.line + "00",
        c.resize_grip_hovered: p.accent_soft,
        c.resize_grip_active: p.accent,
        c.input_text_cursor: p.text,
        c.tab: p.ground,
        c.tab_hovered: p.frame_hovered,
        c.tab_selected: p.panel,
        c.tab_selected_overline: p.accent,
        c.tab_dimmed: p.ground,
        c.tab_dimmed_selected: p.panel,
        c.tab_dimmed_selected_overline: p.line,
        c.docking_preview: p.accent_soft,
        c.docking_empty_bg: p.ground,
        c.plot_lines: p.accent,
        c.plot_lines_hovered: p.text,
        c.plot_histogram: p.accent,
        c.plot_histogram_hovered: p.accent,
        c.table_header_bg: p.frame,
        c.table_border_strong: p.line,
        c.table_border_light: p.line,
        c.table_row_bg: p.panel + "00",
        c.table_row_bg_alt: p.frame + "50",
        c.text_link: p.accent,
        c.text_selected_bg: p.accent_soft,
        c.tree_lines: p.line,
        c.drag_drop_target: p.accent,
        c.drag_drop_target_bg: p.accent_soft,
        c.unsaved_marker: p.accent,
        c.nav_cursor: p.accent,
        c.nav_windowing_highlight: p.accent,
        c.nav_windowing_dim_bg: "#00000060",
        c.modal_window_dim_bg: "#00000080",
    }
    return {role: rgba(color) for role, color in named.items()}


assert all(getattr(DARK, f.name).startswith("#") for f in fields(Palette))
