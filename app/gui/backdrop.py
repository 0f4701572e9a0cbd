"""What lies behind the head: a colour, a picture, or the chequerboard of a transparent one."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px

if TYPE_CHECKING:
    from app.gui.still import Stills
    from app.gui.viewport import Area
    from app.view import RenderOptions

SQUARE = 12
"""Side of a square of the chequerboard, pixels at scale 1."""


def draw(options: "RenderOptions", stills: "Stills", area: "Area") -> None:
    """Draw it over the whole area."""
    start, end = ImVec2(area.x, area.y), area.end
    canvas = imgui.get_window_draw_list()
    if options.background_picture is not None:
        found = stills.of_file(options.background_picture)
        if found is not None:
            _covering(canvas, found[0], found[1], area)
            return
    if options.background is None:
        _checkers(canvas, area)
        return
    red, green, blue = options.background
    canvas.add_rect_filled(start, end, int(imgui.get_color_u32((red, green, blue, 1.0))))


def _covering(
    canvas: imgui.ImDrawList, texture: imgui.ImTextureRef, size: tuple[int, int], area: "Area"
) -> None:
    """A picture that covers the area, cut where it is longer."""
    wanted, has = area.width / max(area.height, 1), size[0] / max(size[1], 1)
    u = min(1.0, wanted / has) / 2
    v = min(1.0, has / wanted) / 2
    canvas.add_image(
        texture,
        ImVec2(area.x, area.y),
        area.end,
        ImVec2(0.5 - u, 0.5 - v),
        ImVec2(0.5 + u, 0.5 + v),
    )


def _checkers(canvas: imgui.ImDrawList, area: "Area") -> None:
    p = theme.colors()
    canvas.add_rect_filled(ImVec2(area.x, area.y), area.end, theme.u32(p.checker_a))
    canvas.push_clip_rect(ImVec2(area.x, area.y), area.end, True)
    side, light = px(SQUARE), theme.u32(p.checker_b)
    for row in range(int(area.height / side) + 1):
        for column in range(row % 2, int(area.width / side) + 1, 2):
            x, y = area.x + column * side, area.y + row * side
            canvas.add_rect_filled(ImVec2(x, y), ImVec2(x + side, y + side), light)
    canvas.pop_clip_rect()
