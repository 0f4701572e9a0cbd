"""One long piece of work, as panels show it."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.notices import Notice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JobState = Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
Lane = Literal["heavy", "light"]
LOG_LINES = 400
_ETA_FROM = 0.03  # share done before which a guess would only jump about


@dataclass(eq=False)
class Job:
    """A piece of work; changed on the main thread only, by the runner's ``poll`` and ``cancel``.

    Attributes:
        id: number, from 1.
        title: what it does, a few words.
        lane: which queue it is in.
        quiet: the program's own errand, not listed for people.
        state: where it is in its life.
        fraction: share that is done, 0..1.
        note: what it is doing.
        preview: [H, W, 3 or 4] uint8 picture of the result so far, or None.
        losses: what is being minimised, one value per report that said it.
        log: lines of what it did, the newest last.
        started: moment it began to run, or None.
        ended: moment it was over, or None.
        error: what went wrong, if it failed.
        result: what it returned, until somebody has taken it.
        can_retry: whether it can be started again.
    """

    id: int
    title: str
    lane: Lane = "heavy"
    quiet: bool = False
    state: JobState = "queued"
    fraction: float = 0.0
    note: str = ""
    preview: "NDArray[np.uint8] | None" = None
    losses: list[float] = field(default_factory=list)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    started: float | None = None
    ended: float | None = None
    error: Notice | None = None
    result: Any = None
    can_retry: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def is_active(self) -> bool:
        """Whether it runs or waits for its turn."""
        return not self.is_over

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        if self.started is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.started

    @property
    def eta_seconds(self) -> float | None:
        """Seconds it will probably still take; None while nobody can say."""
        if self.state != "running" or self.fraction < _ETA_FROM:
            return None
        return self.seconds * (1 - self.fraction) / self.fraction

    def add_line(self, text: str) -> None:
        """Put a line with the time since the start into the log."""
        self.log.append(f"{self.seconds:7.1f} s  {text}")
