"""Paint on the skin."""

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.painter import Painter


class BrushTool(Painter):
    """Left drag paints with the colour of the brush."""

    id = "brush"
    title = "Brush"
    icon = icons.ICON_FA_PAINTBRUSH
    hint = "Paint on the skin (B); [ ] change the size, Alt-click takes up a colour"


TOOL = BrushTool()
