"""The render worker: the newest request becomes a picture, on a thread of its own.

Importing this imports no torch; the thread does, and chooses the rasteriser there.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from app.frame_picture import Picture, Sharing
from app.frame_request import RenderRequest
from app.jobs.gate import Gate
from app.notices import Notice, notice_of
from renderer.errors import NoGpu, OutOfGpuMemory

if TYPE_CHECKING:
    from app.frame_painter import Painter
    from renderer.rasterizer import Choice

__all__ = ["FrameWorker", "Picture", "RenderRequest"]

log = logging.getLogger(__name__)

BUDGET_MS = 33.0
"""A full picture may take this long; beyond it pictures have fewer pixels while something moves."""
SETTLE = 0.25
"""Seconds after which something that was to move but stands still is drawn in full."""
CLOSING = 5.0
"""Seconds that closing waits for a picture, or a compilation, to end."""


class FrameWorker:
    """Draws the newest request on a thread of its own; older ones that it did not get to are lost.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.
        wake: called on the thread when there is a picture or something to say.
        gate: shut while a picture is drawn, so that long work gives way.

    Attributes:
        state: what it is doing: ``starting``, a sentence about compiling, ``ready: cpu`` or
            ``ready: cuda``.
        error: why the newest request has no picture, or None.
        rasterizer_note: what a person should know about the choice of device, or nothing.
    """

    def __init__(
        self,
        device: "Choice" = "auto",
        wake: Callable[[], None] | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.state = "starting"
        self.error: Notice | None = None
        self.rasterizer_note = ""
        self._choice: Choice = device
        self._wake = wake or (lambda: None)
        self._gate = gate
        self._changed = threading.Condition()
        self._asked: RenderRequest | None = None
        self._drawn: tuple[RenderRequest, float] | None = None
        self._picture: Picture | None = None
        self._drawn_at = 0.0
        self._full_ms = 0.0
        self._drawing = True  # until it is ready
        self._closed = False
        self._sharing = Sharing()
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    def show(self, request: RenderRequest) -> None:
        """Draw this next; nothing happens if it shows what is drawn already."""
        with self._changed:
            if request is not self._asked:
                self._asked = request
                self._changed.notify()

    def newest(self) -> Picture | None:
        """The picture drawn last; None before the first."""
        return self._picture

    @property
    def busy(self) -> bool:
        """Whether a picture is being drawn or should be, or the thread is not ready yet."""
        with self._changed:
            return not self._closed and (self._drawing or self._next() is not None)

    def use(self, device: "Choice") -> None:
        """Draw on another device from the next picture on."""
        with self._changed:
            if device != self._choice:
                self._choice = device
                self._drawn = None
                self._changed.notify()

    def close(self, timeout: float = CLOSING) -> bool:
        """End the thread; whether it ended in time (seconds)."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # On the thread.

    def _run(self) -> None:
        choice = self._choice
        painter = self._prepared(choice)
        while painter is not None:
            with self._changed:
                self._drawing = False
                while (work := self._next()) is None and not self._is_called_off(choice):
                    self._changed.wait(self._settles_in())
                if self._closed:
                    break
                self._drawing = True
            if self._choice != choice:
                choice, painter = self._choice, None
                painter = self._prepared(choice)
            elif work is not None and self._draw(painter, *work) == "out of memory":
                painter = None
                painter = self._on_cpu()
        with self._changed:
            self._drawing = False
        self._wake()

    def _next(self) -> tuple[RenderRequest, float] | None:
        """What to draw now, with which scale; None if all is drawn. Called with the lock."""
        request = self._asked
        if request is None:
            return None
        scale = 1.0 if self._full_ms <= BUDGET_MS else min(1.0, request.scale)
        if self._drawn is None or not request.same_picture(self._drawn[0]):
            return request, scale
        if self._drawn[1] < scale or self._settles_in() == 0.0:
            return request, 1.0
        return None

    def _settles_in(self) -> float | None:
        """Seconds until a reduced picture is drawn in full; None where there is none."""
        if self._drawn is None or self._drawn[1] >= 1.0:
            return None
        return max(0.0, self._drawn_at + SETTLE - time.monotonic())

    def _is_called_off(self, choice: "Choice") -> bool:
        return self._closed or self._choice != choice

    def _prepared(self, choice: "Choice") -> "Painter | None":
        """A painter that has drawn once, so that the first picture comes as fast as the rest."""
        self._say("loading the renderer")
        self.rasterizer_note = ""
        try:
            from app.frame_painter import Painter

            try:
                painter = Painter(choice, self._say, self._sharing)
            except NoGpu as problem:
                painter = Painter("cpu", self._say, self._sharing)
                self.rasterizer_note = f"Drawing on the CPU: {problem.message} {problem.remedy}"
            painter.warm_up()
        except Exception as problem:  # noqa: BLE001  (the edge of a thread: told as a notice)
            self.error = notice_of(problem)
            self._say("cannot draw")
            return None
        self.rasterizer_note = self.rasterizer_note or painter.rasterizer.note
        self._say(f"ready: {painter.device}")
        return painter

    def _on_cpu(self) -> "Painter | None":
        """Another painter, after the GPU ran out of memory."""
        import torch

        gc.collect()
        torch.cuda.empty_cache()
        painter = self._prepared("cpu")
        self.rasterizer_note = (
            "The GPU has no memory left, so pictures are drawn on the CPU. Close other programs "
            "that use it, then choose the GPU again in Preferences."
        )
        self._wake()
        return painter

    def _draw(self, painter: "Painter", request: RenderRequest, scale: float) -> str:
        """Draw and publish; ``drawn``, ``failed`` or ``out of memory``."""
        begin = time.perf_counter()
        try:
            with nullcontext() if self._gate is None else self._gate.drawing():
                picture = painter.paint(request, scale)
        except Exception as problem:  # the edge of a thread: told as a notice
            if painter.device == "cuda" and _is_out_of_memory(problem):
                log.warning("the GPU ran out of memory", exc_info=True)
                return "out of memory"
            self.error = notice_of(problem)
            with self._changed:
                self._drawn = request, 1.0  # the same again would fail again
            self._wake()
            return "failed"
        with self._changed:
            self._picture, self._drawn = picture, (request, scale)
            self._drawn_at = time.monotonic()
            self.error = None
            if scale >= 1.0:
                self._full_ms = (time.perf_counter() - begin) * 1000
        self._wake()
        return "drawn"

    def _say(self, state: str) -> None:
        self.state = state.rstrip(".")
        self._wake()


def _is_out_of_memory(problem: BaseException) -> bool:
    """Whether the GPU is full: our own error, or torch's from where nobody has translated it."""
    return isinstance(problem, OutOfGpuMemory) or type(problem).__name__ == "OutOfMemoryError"
