"""The picture as tools for the skin see it, and what they draw over it."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui

from app.aim import Aim
from app.gui import tools
from app.gui.ground import Box, ViewGround

if TYPE_CHECKING:
    from app.editor import Editor


def ground(editor: "Editor", box: Box) -> ViewGround | None:
    """The picture as a ground for tools; None where no head is shown."""
    request = editor.newest_request
    if request is None or request.avatar is None:
        return None
    return ViewGround(editor, box, request)


def aim(editor: "Editor", box: Box, at: tuple[float, float] | None) -> Aim | None:
    """What lies under a point of the screen; None beside the picture or without a head."""
    found = ground(editor, box)
    if at is None or found is None:
        return None
    inside = 0 <= at[0] - box.x <= box.width and 0 <= at[1] - box.y <= box.height
    return found.aim(*at) if inside else None


def draw(editor: "Editor", box: Box, *, over: bool) -> None:
    """Draw the marks of the tool in use.

    Args:
        editor: what is shown.
        box: where its picture is.
        over: whether the pointer is over it.
    """
    tool, found = tools.skin_tool(editor.view.tool), ground(editor, box)
    if tool is None or found is None:
        return
    mouse, canvas = imgui.get_io().mouse_pos, imgui.get_window_draw_list()
    end = ImVec2(box.x + box.width, box.y + box.height)
    canvas.push_clip_rect(ImVec2(box.x, box.y), end, True)
    tool.mark(editor, found, (mouse.x, mouse.y) if over else None)
    canvas.pop_clip_rect()
