"""What the pointer does on the picture; one file per tool, listed here in the order people see."""

from importlib import import_module

from app.gui.tools.base import SkinTool, Tool

TOOLS = (
    *("orbit", "head", "gaze", "pivot"),
    *("sticker", "brush", "eraser", "smudge", "clone", "eyedropper"),
)
SKIN_TOOLS = ("sticker", "brush", "eraser", "smudge", "clone", "eyedropper")
"""Those that work on the skin, on the picture and on the map alike."""


def tool(name: str) -> Tool:
    """The tool of a name; the orbit tool for a name that is not known."""
    module = import_module(f"app.gui.tools.{name if name in TOOLS else TOOLS[0]}")
    found: Tool = module.TOOL
    return found


def skin_tool(name: str) -> SkinTool | None:
    """The tool of a name if it works on the skin."""
    if name not in SKIN_TOOLS:
        return None
    found: SkinTool = import_module(f"app.gui.tools.{name}").TOOL
    return found
