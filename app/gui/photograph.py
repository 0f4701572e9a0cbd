"""Pictures of the window itself: `--screenshot`, and what tests leave behind."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import hello_imgui, imgui
from numpy.typing import NDArray

from app.window_flags import WindowFlags
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.gui.loop import Loop

log = logging.getLogger(__name__)
SETTLED = 4
"""Frames in a row in which nothing is on its way any more."""
_IMPORTED = time.perf_counter()


class Photographer:
    """Takes pictures of finished frames."""

    def __init__(self, flags: WindowFlags) -> None:
        self.wakes_in = float("inf")
        self._flags = flags
        self._asked: list[Path] = []
        self._listeners: list[Callable[[], None]] = []
        self._shown_at: float | None = None
        self._problem: UserError | None = None
        self._taken = False
        self._settled = 0
        self._has_picture = False

    def first_frame(self) -> None:
        """Start the clock."""
        self._shown_at = time.monotonic()
        _trace("first frame")

    def first_picture(self) -> None:
        """A picture of a head is on its way to the screen."""
        if not self._has_picture:
            self._has_picture = True
            _trace("first picture")

    def ask(self, path: Path) -> None:
        """Save a picture of this frame."""
        self._asked.append(path)

    def listen(self, call: Callable[[], None]) -> None:
        """Call something once when all of this frame is drawn and nothing shown yet."""
        self._listeners.append(call)

    @property
    def is_waiting(self) -> bool:
        """Whether a picture that was asked for is not taken yet."""
        return bool(self._asked)

    def look(self, loop: "Loop") -> None:
        """See whether the picture of `--screenshot` is due, and leave after it."""
        flags = self._flags
        if flags.screenshot is None or self._shown_at is None:
            return
        params = hello_imgui.get_runner_params()
        if self._taken:
            params.app_shall_exit = True
            return
        self._problem = self._problem or _problem(loop)
        if self._problem is not None and flags.files:
            params.app_shall_exit = True
            return
        passed = time.monotonic() - self._shown_at
        self.wakes_in = 0.05
        late = passed >= flags.timeout
        # A few frames more: windows find their size, the line at the bottom learns of the picture.
        self._settled = self._settled + 1 if _is_settled(loop) else 0
        if late or (passed >= flags.after and self._settled > SETTLED):
            self.ask(flags.screenshot)
            self._taken = True

    def take(self) -> None:
        """Take the pictures that were asked for; called when all of a frame is drawn."""
        listeners, self._listeners = self._listeners, []
        for call in listeners:
            call()
        asked, self._asked = self._asked, []
        if not asked:
            return
        from app.pictures import write_picture

        pixels = grab()
        for path in asked:
            write_picture(path, pixels)

    def finish(self) -> int:
        """The exit code.

        Raises:
            UserError: the file given could not be used.
        """
        if self._problem is not None and self._flags.files:
            raise self._problem
        return 0


def grab() -> NDArray[np.uint8]:
    """The window's pixels [H, W, 3] as they will be shown."""
    from OpenGL import GL

    io = imgui.get_io()
    width = int(io.display_size.x * io.display_framebuffer_scale.x)
    height = int(io.display_size.y * io.display_framebuffer_scale.y)
    GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
    raw = GL.glReadPixels(0, 0, width, height, GL.GL_RGB, GL.GL_UNSIGNED_BYTE)
    return np.frombuffer(raw, np.uint8).reshape(height, width, 3)[::-1].copy()


def _problem(loop: "Loop") -> UserError | None:
    for notice in loop.editor.notices:
        if notice.severity == "error":
            return UserError(notice.message, notice.remedy)
    return None


def _is_settled(loop: "Loop") -> bool:
    """Whether nothing is on its way any more: no job, no picture."""
    jobs: Sequence[object] = [job for job in loop.editor.runner.jobs if job.is_active]
    worker = loop.worker
    if jobs or worker is None:
        return False
    if worker.error is not None or loop.editor.shown.is_empty:
        return True
    if loop.viewport.picture is None:
        return False
    return loop.editor.idle.is_running or not worker.busy


def _trace(what: str) -> None:
    passed, worked = _since_start(), time.process_time()
    log.info("%s after %.2f s (%.2f s of processor time)", what, passed, worked)
    if os.environ.get("AVATAR_GUI_TRACE"):
        os.write(1, f"{what} {passed:.3f} {worked:.3f}\n".encode())


def _since_start() -> float:
    """Seconds since the process began, where the system tells; else since this was imported."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks
    except (OSError, ValueError, IndexError, AttributeError):
        return time.perf_counter() - _IMPORTED
