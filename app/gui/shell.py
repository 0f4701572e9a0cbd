"""What the outside asks of the window between two frames."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Requests:
    """What was asked since the last frame; served by the loop.

    Attributes:
        dropped: files let go over the window.
        dropped_at: where, pixels of the window.
    """

    dropped: list[Path] = field(default_factory=list)
    dropped_at: tuple[float, float] | None = None
