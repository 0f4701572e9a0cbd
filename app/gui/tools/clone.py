"""Copy skin from one place to another."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.brush_settings import brush_of
from app.gui import marks
from app.gui.painter import Painter, set_source

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.ground import Ground
    from app.gui.tools.base import Pointer
    from avatars.edits.strokes import Tool as EngineTool


class CloneTool(Painter):
    """Ctrl-click says where to copy from; left drag copies."""

    id = "clone"
    title = "Clone"
    icon = icons.ICON_FA_STAMP
    hint = "Hold Ctrl and click what to copy, then paint with it"

    def engine_tool(self, editor: "Editor") -> "EngineTool":
        """What the engine is told to do."""
        return "clone"

    def pointer(self, event: "Pointer", editor: "Editor") -> None:
        """Set the source, or paint."""
        if event.phase == "press" and event.ctrl and event.ground is not None:
            set_source(editor, event.ground.aim(event.x, event.y))
            return
        super().pointer(event, editor)

    def mark(self, editor: "Editor", ground: "Ground", pointer: tuple[float, float] | None) -> None:
        """Draw the brush, and a cross at the source."""
        super().mark(editor, ground, pointer)
        source, avatar = brush_of(editor).source, editor.shown.avatar
        if source is not None and avatar is not None and source.avatar.head is avatar.head:
            marks.dot(ground, source.points)


TOOL = CloneTool()
