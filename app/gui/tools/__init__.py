"""What the pointer does on the picture; one file per tool, listed here in the order people see."""

from importlib import import_module

from app.gui.tools.base import Tool

TOOLS = ("orbit", "head", "gaze", "pivot")


def tool(name: str) -> Tool:
    """The tool of a name; the orbit tool for a name that is not known."""
    module = import_module(f"app.gui.tools.{name if name in TOOLS else TOOLS[0]}")
    found: Tool = module.TOOL
    return found
