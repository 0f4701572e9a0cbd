"""How far a long piece of work is, and whether it should stop: one call for both."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Cancelled(Exception):
    """The user asked to stop. Not an error: nobody needs to be told."""


@dataclass(frozen=True, eq=False)
class Report:
    """What work says about itself.

    Attributes:
        fraction: share that is done, 0..1; never less than before.
        note: what it is doing, a few words.
        preview: [H, W, 3 or 4] uint8 picture of the result so far, or None.
        loss: what is being minimised, where something is; finite, or None.
    """

    fraction: float
    note: str
    preview: "NDArray[np.uint8] | None" = None
    loss: float | None = None


Listener = Callable[[Report], None]


class Progress:
    """Handed into long work, which reports to it every now and then.

    Args:
        listen: called with each report, on the thread that works; it may wait, which lets a
            frame be drawn meanwhile.
    """

    def __init__(self, listen: Listener | None = None) -> None:
        self._whole = _Whole(listen)
        self._start, self._length = 0.0, 1.0

    def report(
        self,
        fraction: float,
        note: str = "",
        preview: "NDArray[np.uint8] | None" = None,
        *,
        loss: float | None = None,
    ) -> None:
        """Say how far the work is; who shows progress can be cancelled.

        Args:
            fraction: share of this part that is done, 0..1; what lies outside is cut.
            note: what is being done; empty keeps the last one.
            preview: [H, W, 3 or 4] uint8 picture so far.
            loss: what is being minimised, for a curve; NaN and infinity are not passed on.

        Raises:
            Cancelled: the user asked to stop.
        """
        share = min(max(float(fraction), 0.0), 1.0) if fraction == fraction else 0.0
        if loss is not None and not isfinite(loss):
            loss = None
        self._whole.report(self._start + share * self._length, note, preview, loss)

    def part(self, start: float, end: float) -> "Progress":
        """A progress whose 0..1 is ``start``..``end`` of this one, for one stage of the work.

        Raises:
            ValueError: not 0 <= start <= end <= 1.
        """
        if not 0 <= start <= end <= 1:
            raise ValueError(f"{start}..{end} is no part of 0..1")
        stage = Progress()
        stage._whole = self._whole
        stage._start = self._start + start * self._length
        stage._length = (end - start) * self._length
        return stage

    def cancel(self) -> None:
        """Ask the work to stop at its next report; from any thread, of the whole or any part."""
        self._whole.stop.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._whole.stop.is_set()


class _Whole:
    """What a progress and its parts share."""

    def __init__(self, listen: Listener | None) -> None:
        self.listen = listen
        self.stop = threading.Event()
        self.furthest = 0.0
        self.note = ""

    def report(
        self,
        fraction: float,
        note: str,
        preview: "NDArray[np.uint8] | None",
        loss: float | None,
    ) -> None:
        if self.stop.is_set():
            raise Cancelled
        self.furthest = max(self.furthest, fraction)
        self.note = note or self.note
        if self.listen is not None:
            self.listen(Report(self.furthest, self.note, preview, loss))
        if self.stop.is_set():  # the listener may have asked for it
            raise Cancelled
