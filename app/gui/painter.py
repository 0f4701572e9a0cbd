"""What all tools that paint have in common: strokes, the circle of their size, sampling."""

from typing import TYPE_CHECKING

from app.brush_settings import CloneSource, brush_of, remember_color, set_brush
from app.gui import marks

if TYPE_CHECKING:
    from app.aim import Aim
    from app.editor import Editor
    from app.gui.ground import Ground
    from app.gui.tools.base import Pointer
    from avatars.edits.strokes import Tool as EngineTool


class Painter:
    """Left drag paints a stroke; a stroke is one undo step."""

    def engine_tool(self, editor: "Editor") -> "EngineTool":
        """What the engine is told to do."""
        return "brush"

    def activate(self, editor: "Editor") -> None:
        """Have the canvas ready by the first stroke."""
        if editor.shown.avatar is not None:
            editor.easel.canvas(editor.shown.avatar)

    def deactivate(self, editor: "Editor") -> None:
        """Keep what was painted so far."""
        editor.easel.strokes.release()

    def pointer(self, event: "Pointer", editor: "Editor") -> None:
        """Paint while dragged; a click with Alt takes up a colour."""
        if event.ground is None:
            return
        strokes = editor.easel.strokes
        if event.phase == "sample":
            sample(editor, event.ground.aim(event.x, event.y))
        elif event.phase == "press":
            strokes.press(self.engine_tool(editor), event.ground.aim(event.x, event.y))
        elif event.phase == "drag":
            strokes.move(event.ground.aim(event.x, event.y))
        elif event.phase == "release":
            strokes.release()

    def mark(self, editor: "Editor", ground: "Ground", pointer: tuple[float, float] | None) -> None:
        """Draw the brush's true size on the skin under the pointer."""
        avatar = editor.shown.avatar
        if pointer is None or avatar is None:
            return
        point = editor.easel.under(ground.aim(*pointer))
        canvas = editor.easel.canvas(avatar)
        if point is None or canvas is None:
            return
        brush = brush_of(editor)
        radius = brush.size * canvas.unit_length / 2
        marks.circle(editor, ground, point, radius, brush.hardness)
        if brush.symmetry:
            marks.circle(editor, ground, canvas.mirrored(point), radius)


def sample(editor: "Editor", aim: "Aim") -> None:
    """Make the colour of the skin at an aim that of the brush."""
    shown = editor.shown
    avatar, layers = shown.avatar, shown.layers
    if avatar is None:
        return

    def look() -> tuple[float, float, float] | None:
        from avatars.edits.actions import shown_colors
        from avatars.edits.canvas import canvas_for

        canvas = canvas_for(avatar)
        point = aim.point(canvas)
        if point is None:
            return None
        u, v = canvas.uv_at(point)[0]
        size = canvas.size
        row, column = (min(max(int(share * size), 0), size - 1) for share in (1 - v, u))
        red, green, blue = shown_colors(avatar, layers)[row, column].clip(0, 1).tolist()
        return red, green, blue

    def take(color: tuple[float, float, float] | None) -> None:
        if color is not None:
            remember_color(editor)
            set_brush(editor, color=color)

    editor.easel.hand.do(look, take, newest="sample")


def set_source(editor: "Editor", aim: "Aim") -> None:
    """Have the clone brush copy from a point of the skin."""
    avatar = editor.shown.avatar
    point = editor.easel.under(aim)
    if avatar is not None and point is not None:
        set_brush(editor, source=CloneSource(avatar, point))
