"""How the brush is set; kept in the view, so that tools and panels see the same."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from app.session import Session
    from avatars.edits.points import Points
    from avatars.edits.strokes import Brush, Tool
    from avatars.kinds.uv_avatar import UvAvatar

Color = tuple[float, float, float]
Smear = Literal["smudge", "blur"]

SMALLEST, LARGEST = 0.002, 0.4
"""Diameters in u."""
STEP = 1.15
"""Factor of one press of a bracket."""
RECENT = 10


@dataclass(frozen=True, eq=False)
class CloneSource:
    """Where a clone brush copies from.

    Attributes:
        avatar: whose head.
        points: one point of it.
    """

    avatar: "UvAvatar"
    points: "Points"


@dataclass(frozen=True)
class BrushSettings:
    """What the person has set.

    Attributes:
        color: (r, g, b) 0..1.
        recent: colours used before, the newest first.
        size: diameter in units of u.
        hardness: share of the radius that is covered fully, 0..1.
        opacity: of a whole stroke, 0..1.
        flow: share of what is missing that each dab adds, 0..1.
        symmetry: paint the other side of the face as well.
        region: name of the region that paint keeps to, or None.
        smear: what the smudge tool does.
        source: of the clone tool, or None.
    """

    color: Color = (0.72, 0.16, 0.22)
    recent: tuple[Color, ...] = ()
    size: float = 0.04
    hardness: float = 0.5
    opacity: float = 1.0
    flow: float = 1.0
    symmetry: bool = False
    region: str | None = None
    smear: Smear = "smudge"
    source: CloneSource | None = None

    def engine(self, tool: "Tool") -> "Brush":
        """The brush that paints so."""
        from avatars.edits.strokes import Brush

        flow = self.flow if tool in ("brush", "erase") else 1.0
        color = self.color
        return Brush(tool, color, self.size, self.hardness, self.opacity, flow, self.symmetry)


def brush_of(session: "Session") -> BrushSettings:
    """The brush as it is set."""
    found = session.view.brush
    return found if isinstance(found, BrushSettings) else BrushSettings()


def set_brush(session: "Session", **changes: Any) -> None:
    """Set the brush otherwise, by the field names of ``BrushSettings``."""
    if "size" in changes:
        changes["size"] = min(max(changes["size"], SMALLEST), LARGEST)
    session.view = replace(session.view, brush=replace(brush_of(session), **changes))


def resize(session: "Session", steps: int) -> None:
    """Make the brush larger by steps, or smaller."""
    set_brush(session, size=brush_of(session).size * STEP**steps)


def harden(session: "Session", steps: int) -> None:
    """Make its rim harder by tenths, or softer."""
    hardness = min(max(brush_of(session).hardness + 0.1 * steps, 0.0), 1.0)
    set_brush(session, hardness=round(hardness, 3))


def remember_color(session: "Session") -> None:
    """Keep the colour in use among the recent ones."""
    brush = brush_of(session)
    others = [each for each in brush.recent if each != brush.color]
    set_brush(session, recent=(brush.color, *others)[:RECENT])
