"""UV map: the composed colours laid flat; tools for the skin work here as on the head."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme, tools
from app.gui.ground import Box, MapGround
from app.gui.panels.base import Panel
from app.gui.theme import px
from app.gui.tools.base import Phase, Pointer
from app.gui.ui import Ui
from app.region_names import regions_of
from app.uv_overlay import borders, wireframe

if TYPE_CHECKING:
    from app.editor import Editor

PANEL = Panel("uv", "UV map", "left", visible=False)
STATE = "uv.view"
ZOOM = 1.15
_SMALLEST, _LARGEST = 0.5, 40.0


@dataclass(frozen=True)
class _Look:
    """How the map is looked at: kept in ``editor.panel``."""

    zoom: float = 1.0
    u: float = 0.5
    v: float = 0.5
    wires: bool = False
    regions: bool = False
    pressed: int | None = None


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    avatar = editor.shown.avatar
    with ui.scope("UV map"):
        if avatar is None:
            words = "Open an avatar; its colours are laid flat here."
            ui.empty(icons.ICON_FA_MAP, "No map yet", words)
            return
        found = editor.panel.get(STATE)
        look = found if isinstance(found, _Look) else _Look()
        look = _bar(ui, editor, look)
        corner, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail()
        area = Box(corner.x, corner.y, max(room.x, px(60)), max(room.y, px(60)))
        box = _box(area, look)
        look = _pointer(ui, editor, area, box, look)
        box = _box(area, look)
        _map(ui, editor, area, box, look)
        editor.panel[STATE] = look


def _bar(ui: Ui, editor: "Editor", look: _Look) -> _Look:
    if ui.icon_button(icons.ICON_FA_EXPAND, "Fit", "Show all of the map"):
        look = replace(look, zoom=1.0, u=0.5, v=0.5)
    imgui.same_line(0, px(4))
    tip = "Triangles of the head"
    if ui.icon_button(icons.ICON_FA_CIRCLE_NODES, "Wires", tip, pressed=look.wires):
        look = replace(look, wires=not look.wires)
    imgui.same_line(0, px(4))
    tip = "Borders of the regions"
    if ui.icon_button(icons.ICON_FA_DRAW_POLYGON, "Regions", tip, pressed=look.regions):
        look = replace(look, regions=not look.regions)
    imgui.same_line(0, px(4))
    if ui.icon_button(icons.ICON_FA_FILE_EXPORT, "Export", "Write the map as a PNG"):
        editor.do("export-uv")
    imgui.same_line(0, px(10))
    avatar = editor.shown.avatar
    size = 0 if avatar is None else avatar.maps.size
    imgui.align_text_to_frame_padding()
    ui.muted(f"{size} × {size}   {look.zoom:.0%}")
    return look


def _box(area: Box, look: _Look) -> Box:
    """Where all of the map would be on the screen."""
    side = min(area.width, area.height) * look.zoom
    x = area.x + area.width / 2 - look.u * side
    y = area.y + area.height / 2 - (1 - look.v) * side
    return Box(x, y, side, side)


def _map(ui: Ui, editor: "Editor", area: Box, box: Box, look: _Look) -> None:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    low, high = ImVec2(area.x, area.y), ImVec2(area.x + area.width, area.y + area.height)
    canvas.add_rect_filled(low, high, theme.u32(p.ground), px(6))
    canvas.push_clip_rect(low, high, True)
    start, stop = ImVec2(box.x, box.y), ImVec2(box.x + box.width, box.y + box.height)
    canvas.add_rect_filled(start, stop, theme.u32(p.checker_a))
    pixels = editor.easel.colors()
    pictures = [] if pixels is None else [pixels]
    avatar = editor.shown.avatar
    assert avatar is not None
    if look.regions:
        names = tuple(name for name in regions_of(avatar) if name not in ("skin", "face"))
        lines = editor.easel.made(
            "uv regions", (avatar.maps, avatar.identity), lambda: borders(avatar, names)
        )
        pictures += [] if lines is None else [lines]
    if look.wires:
        lines = editor.easel.made("uv wires", (avatar.head,), lambda: wireframe(avatar))
        pictures += [] if lines is None else [lines]
    if ui.textures is not None:
        white = imgui.get_color_u32(imgui.ImVec4(1, 1, 1, 1))
        for each in pictures:
            ref, _ = ui.textures.of_array(each)
            canvas.add_image(ref, start, stop, ImVec2(0, 0), ImVec2(1, 1), white)
    tool = tools.skin_tool(editor.view.tool)
    if tool is not None:
        mouse = imgui.get_io().mouse_pos
        over = imgui.is_item_hovered() or look.pressed == 0
        tool.mark(editor, MapGround(editor, box), (mouse.x, mouse.y) if over else None)
    canvas.pop_clip_rect()


# The pointer.


def _pointer(ui: Ui, editor: "Editor", area: Box, box: Box, look: _Look) -> _Look:
    b = imgui.ButtonFlags_
    buttons = b.mouse_button_left | b.mouse_button_right | b.mouse_button_middle
    imgui.invisible_button("##map", ImVec2(area.width, area.height), buttons)
    ui.record("map")
    io = imgui.get_io()
    if imgui.is_item_hovered() and io.mouse_wheel:
        look = _zoomed(area, box, look, io.mouse_wheel)
    tool = tools.skin_tool(editor.view.tool)
    ground = MapGround(editor, box)
    if look.pressed is None and imgui.is_item_activated():
        down = [number for number in (0, 1, 2) if imgui.is_mouse_down(number)]
        look = replace(look, pressed=down[0] if down else None)
        editor.touch()
        if look.pressed == 0 and tool is not None:
            phase: Phase = "sample" if io.key_alt else "press"
            tool.pointer(_event(phase, ground, area), editor)
    elif look.pressed is not None:
        if not imgui.is_mouse_down(look.pressed):
            if look.pressed == 0 and tool is not None:
                tool.pointer(_event("release", ground, area), editor)
            return replace(look, pressed=None)
        delta = io.mouse_delta
        if not (delta.x or delta.y):
            return look
        if look.pressed == 0 and tool is not None:
            tool.pointer(_event("drag", ground, area), editor)
        else:
            u, v = look.u - delta.x / box.width, look.v + delta.y / box.height
            look = replace(look, u=min(max(u, 0.0), 1.0), v=min(max(v, 0.0), 1.0))
    return look


def _zoomed(area: Box, box: Box, look: _Look, notches: float) -> _Look:
    """Larger or smaller, what lies under the pointer staying there."""
    mouse = imgui.get_io().mouse_pos
    zoom = min(max(look.zoom * ZOOM**notches, _SMALLEST), _LARGEST)
    u, v = (mouse.x - box.x) / box.width, 1 - (mouse.y - box.y) / box.height
    share = 1 - look.zoom / zoom
    return replace(
        look, zoom=zoom, u=look.u + (u - look.u) * share, v=look.v + (v - look.v) * share
    )


def _event(phase: Phase, ground: MapGround, area: Box) -> Pointer:
    io = imgui.get_io()
    return Pointer(
        phase,
        (io.mouse_pos.x - area.x) / area.width,
        (io.mouse_pos.y - area.y) / area.height,
        io.mouse_delta.x / area.height,
        io.mouse_delta.y / area.height,
        area.width,
        area.height,
        io.key_alt,
        io.key_ctrl,
        io.key_shift,
        ground,
        io.mouse_pos.x,
        io.mouse_pos.y,
    )
