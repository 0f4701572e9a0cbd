"""What a lane's thread works on, and what the main thread learns of it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.jobs.job import Job
from app.notices import Notice, notice_of
from avatars.progress import Cancelled, Progress, Report

T = TypeVar("T")
Task = Callable[[Progress], T]
LONGEST_STOPPING = 0.4
"""Seconds after which a cancelled job counts as cancelled though its work has not stopped yet."""


@dataclass(eq=False)
class Work:
    """What a lane's thread works on; guarded by ``lock`` where both threads touch it."""

    job_id: int
    task: Task[Any] | None
    progress: Progress
    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float | None = None
    ended: float | None = None
    latest: Report | None = None
    preview: Any = None
    notes: list[tuple[float, str]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    result: Any = None
    error: Notice | None = None
    cancelled: bool = False
    asked: float | None = None
    woken: float = 0.0

    def cancel(self) -> None:
        """Stop: at once if it has not begun, else at its next report."""
        self.progress.cancel()
        with self.lock:
            self.asked = self.asked or time.monotonic()
            if self.began is None:
                self.cancelled, self.ended = True, time.monotonic()

    def begin(self) -> Task[Any] | None:
        """The task, if it is to be carried out now; None if it was cancelled before."""
        with self.lock:
            task, self.task = self.task, None
            if not self.cancelled:
                self.began = time.monotonic()
            return None if self.cancelled else task

    def carry_out(self, task: Task[Any]) -> None:
        """Do it; whatever comes of it is kept."""
        result, error, cancelled = None, None, False
        try:
            result = task(self.progress)
            cancelled = self.progress.is_cancelled
        except Cancelled:
            cancelled = True
        except Exception as problem:  # noqa: BLE001  (the edge of a thread: told as a notice)
            error = notice_of(_ours(problem))
        with self.lock:
            if self.ended is not None:  # nobody waits for it any more
                return
            self.result = None if cancelled else result
            self.error, self.cancelled = error, cancelled
            self.ended = time.monotonic()

    def heard(self, report: Report) -> None:
        """Keep a report."""
        with self.lock:
            if self.latest is None or report.note != self.latest.note:
                self.notes.append((time.monotonic(), report.note))
            self.latest = report
            if report.preview is not None:
                self.preview = report.preview
            if report.loss is not None:
                self.losses.append(report.loss)

    def tell(self, job: Job) -> None:
        """Bring a job up to date; on the main thread."""
        with self.lock:
            if self.began is not None and job.started is None:
                job.started = self.began
                job.state = "running" if job.state == "queued" else job.state
            if self.latest is not None:
                job.fraction, job.note = self.latest.fraction, self.latest.note
            if self.preview is not None:
                job.preview, self.preview = self.preview, None
            job.losses += self.losses
            self.losses.clear()
            for when, note in self.notes:
                job.log.append(f"{when - (job.started or when):7.1f} s  {note}")
            self.notes.clear()
            if self.ended is None and self._is_overdue():
                # Nothing will come of it any more, so nobody has to wait for it either.
                self.cancelled, self.ended = True, time.monotonic()
                job.add_line("Still at work; the next job in line begins at its next report")
            if self.ended is not None:
                self._tell_end(job)

    def _is_overdue(self) -> bool:
        """Whether it was asked to stop and has not for longer than a person likes to wait."""
        return self.asked is not None and time.monotonic() - self.asked > LONGEST_STOPPING

    def _tell_end(self, job: Job) -> None:
        job.ended, job.result, job.error = self.ended, self.result, self.error
        self.result = None  # whoever takes the job's result is the only one to hold it
        job.state = "failed" if self.error else "cancelled" if self.cancelled else "done"
        job.preview = None
        if job.error is not None:
            job.add_line(job.error.text)
            job.log.extend(job.error.detail.splitlines())
        elif job.state == "done":
            job.fraction = 1.0
            job.add_line("Done")
        else:
            job.add_line("Cancelled")


def _ours(error: Exception) -> Exception:
    """CUDA's own error for a full GPU as one of ours; anything else as it is."""
    if type(error).__name__ == "OutOfMemoryError" and type(error).__module__.startswith("torch"):
        from renderer.errors import OutOfGpuMemory

        return OutOfGpuMemory(
            "The GPU has no room left for this.",
            "Close other programs that use it, or choose the quick quality or the CPU.",
        )
    return error
