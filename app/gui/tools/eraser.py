"""Rub out what is on a layer."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.painter import Painter

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.strokes import Tool as EngineTool


class EraserTool(Painter):
    """Left drag rubs out; from what has no picture of its own by its mask."""

    id = "eraser"
    title = "Eraser"
    icon = icons.ICON_FA_ERASER
    hint = "Rub out from the chosen layer (E)"

    def engine_tool(self, editor: "Editor") -> "EngineTool":
        """What the engine is told to do."""
        return "erase"


TOOL = EraserTool()
