"""Take up a colour from the skin."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.brush_settings import brush_of
from app.gui import marks
from app.gui.painter import sample

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.ground import Ground
    from app.gui.tools.base import Pointer


class EyedropperTool:
    """A click takes up the colour under the pointer and gives the brush back."""

    id = "eyedropper"
    title = "Eyedropper"
    icon = icons.ICON_FA_EYE_DROPPER
    hint = "Take up a colour from the skin; Alt-click does it in any brush"

    def activate(self, editor: "Editor") -> None:
        """Have the canvas ready by the first click."""
        if editor.shown.avatar is not None:
            editor.easel.canvas(editor.shown.avatar)

    def deactivate(self, editor: "Editor") -> None:
        """Nothing to end."""

    def pointer(self, event: "Pointer", editor: "Editor") -> None:
        """Take up the colour."""
        if event.ground is None or event.phase not in ("press", "drag", "sample", "release"):
            return
        sample(editor, event.ground.aim(event.x, event.y))
        if event.phase == "release":
            editor.set_tool("brush")

    def mark(self, editor: "Editor", ground: "Ground", pointer: tuple[float, float] | None) -> None:
        """Draw the colour in use beside the pointer."""
        if pointer is not None:
            marks.swatch(*pointer, brush_of(editor).color)


TOOL = EyedropperTool()
