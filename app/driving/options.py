"""How a driver's face is taken over: plain values that settings keep per source and avatar."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from avatars.reenact import Retargeting

Plain = bool | int | float | str
Only = Literal["all", "pose", "expression"]

MOST_STRENGTH = 2.0
MOST_SMOOTHING = 0.5  # seconds
MOST_DEAD_ZONE = 0.3


@dataclass(frozen=True)
class DriveOptions:
    """How a face is taken over.

    Attributes:
        relative: relative to the source's neutral; else as the source says.
        pose, mouth, jaw, eyes, gaze, brows: strengths by group, 0..2; 1 is as it is.
        dead_zone: ARKit weight up to which nothing moves.
        smoothing: seconds that the face is smoothed over, which is the delay it adds.
        only: what is taken over.
        follow_place: whether the head's place moves too; else it only turns.
        hold: seconds that a lost face is kept.
        fade: seconds in which it then goes back to rest.
    """

    relative: bool = True
    pose: float = 1.0
    mouth: float = 1.0
    jaw: float = 1.0
    eyes: float = 1.0
    gaze: float = 1.0
    brows: float = 1.0
    dead_zone: float = 0.0
    smoothing: float = 0.0
    only: Only = "all"
    follow_place: bool = False
    hold: float = 1.0
    fade: float = 0.7

    @property
    def delay_ms(self) -> float:
        """Milliseconds that smoothing adds."""
        return 1000 * self.smoothing

    def retargeting(self) -> "Retargeting":
        """The same as the retargeting of a motion."""
        from avatars.reenact import Retargeting, Strengths

        strengths = Strengths(self.pose, self.mouth, self.jaw, self.eyes, self.gaze, self.brows)
        return Retargeting(
            relative=self.relative,
            strengths=strengths,
            dead_zone=self.dead_zone,
            only=None if self.only == "all" else self.only,
        )


def to_plain(options: DriveOptions) -> dict[str, Plain]:
    """The options as settings keep them."""
    return {item.name: getattr(options, item.name) for item in fields(options)}


def from_plain(values: Mapping[str, Plain]) -> DriveOptions:
    """Options of what settings kept; what is unknown or makes no sense is left at its default."""
    known: dict[str, Any] = {}
    usual = DriveOptions()
    for item in fields(DriveOptions):
        value, default = values.get(item.name), getattr(usual, item.name)
        if isinstance(default, bool) and isinstance(value, bool):
            known[item.name] = value
        elif isinstance(default, float) and isinstance(value, int | float):
            low, high = _BOUNDS.get(item.name, (0.0, MOST_STRENGTH))
            known[item.name] = min(max(float(value), low), high)
        elif item.name == "only" and value in ("all", "pose", "expression"):
            known["only"] = value
    return DriveOptions(**known)


_BOUNDS = {
    "dead_zone": (0.0, MOST_DEAD_ZONE),
    "smoothing": (0.0, MOST_SMOOTHING),
    "hold": (0.0, 10.0),
    "fade": (0.05, 10.0),
}
