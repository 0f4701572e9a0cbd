"""Turn around the head with the left button."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.tools.base import Pointer

if TYPE_CHECKING:
    from app.editor import Editor


class OrbitTool:
    """Left drag turns the camera."""

    id = "orbit"
    title = "Orbit"
    icon = icons.ICON_FA_ARROWS_ROTATE
    hint = "Drag to turn around the head"

    def activate(self, editor: "Editor") -> None:
        """Nothing to begin."""

    def deactivate(self, editor: "Editor") -> None:
        """Nothing to end."""

    def pointer(self, event: Pointer, editor: "Editor") -> None:
        """Turn while dragged."""
        if event.phase == "drag":
            from app.gui.orbit import orbited

            orbited(editor, event)


TOOL = OrbitTool()
