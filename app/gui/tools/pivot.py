"""Choose the point that the camera turns about."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.tools.base import Pointer

if TYPE_CHECKING:
    from app.editor import Editor


class PivotTool:
    """One click sets the pivot and gives the orbit tool back."""

    id = "pivot"
    title = "Pivot"
    icon = icons.ICON_FA_CROSSHAIRS
    hint = "Click the point to turn about"

    def activate(self, editor: "Editor") -> None:
        """Nothing to begin."""

    def deactivate(self, editor: "Editor") -> None:
        """Nothing to end."""

    def pointer(self, event: Pointer, editor: "Editor") -> None:
        """Set the pivot where the button goes down."""
        if event.phase == "press":
            from app.gui.orbit import pivoted

            if pivoted(editor, event):
                editor.set_tool("orbit")


TOOL = PivotTool()
