"""What a tool is, and what the pointer tells it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from app.editor import Editor
    from app.gui.ground import Ground

Phase = Literal["press", "drag", "release", "hover", "double", "sample"]


@dataclass(frozen=True)
class Pointer:
    """One thing the pointer did over the picture.

    Attributes:
        phase: what happened; ``sample`` is a click with Alt held, which is no orbit.
        u, v: where, as a share of the picture's width and height from its top left corner.
        dx, dy: since the last event, as a share of the picture's **height**, so that both axes
            measure alike.
        width, height: of the picture on the screen, pixels.
        alt, ctrl, shift: keys held.
        ground: the picture or the map it happened on, for tools that work on the skin.
        x, y: where on the screen, pixels.
    """

    phase: Phase
    u: float
    v: float
    dx: float
    dy: float
    width: float
    height: float
    alt: bool = False
    ctrl: bool = False
    shift: bool = False
    ground: "Ground | None" = None
    x: float = 0.0
    y: float = 0.0


class Tool(Protocol):
    """A way to use the left button on the picture."""

    id: str
    title: str
    icon: str
    hint: str

    def activate(self, editor: "Editor") -> None:
        """Take over."""

    def deactivate(self, editor: "Editor") -> None:
        """Give back; whatever was begun is finished or dropped."""

    def pointer(self, event: Pointer, editor: "Editor") -> None:
        """Answer to the pointer."""


class SkinTool(Tool, Protocol):
    """A tool that works on the skin and draws marks over it."""

    def mark(self, editor: "Editor", ground: "Ground", pointer: tuple[float, float] | None) -> None:
        """Draw marks; ``pointer`` is where it hovers over this ground, pixels, or None."""
