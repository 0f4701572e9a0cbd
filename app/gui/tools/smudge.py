"""Drag colour along the skin, or soften it."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.brush_settings import brush_of
from app.gui.painter import Painter

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.strokes import Tool as EngineTool


class SmudgeTool(Painter):
    """Left drag drags colour along, or blurs, as the brush is set."""

    id = "smudge"
    title = "Smudge and blur"
    icon = icons.ICON_FA_HAND_POINT_UP
    hint = "Drag colour along, or soften it; the Texture panel says which"

    def engine_tool(self, editor: "Editor") -> "EngineTool":
        """What the engine is told to do."""
        return brush_of(editor).smear


TOOL = SmudgeTool()
