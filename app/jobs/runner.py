"""Carries out long work beside the window: two lanes, one thread each, results fetched by ``poll``.

Threads see only their work, with its frozen inputs; ``Job`` objects belong to the main thread.
"""

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from app.jobs.gate import Gate
from app.jobs.job import Job, Lane
from app.jobs.work import Task as Task
from app.jobs.work import Work
from avatars.progress import Progress, Report

log = logging.getLogger(__name__)

LANES: tuple[Lane, ...] = ("heavy", "light")
KEPT = 30
"""Finished jobs that stay listed."""
LONGEST_GIVING_WAY = 0.1
"""Seconds that one report waits for a frame at most."""
WAKE_EVERY = 0.05
"""Seconds between two reports that wake the window."""


class Runner:
    """Two lanes of work.

    Args:
        lanes: names; each gets a thread of its own when it is first used.
        wake: called from the threads when there is something to poll.

    Attributes:
        jobs: all that run, wait, or ended lately, oldest first.
        giving_way: the frame worker sets it while it draws.
    """

    def __init__(
        self, lanes: Sequence[Lane] = LANES, *, wake: Callable[[], None] | None = None
    ) -> None:
        self.jobs: list[Job] = []
        self.giving_way = Gate()
        self.wake = wake
        self._queues: dict[Lane, queue.SimpleQueue[Work | None]] = {
            lane: queue.SimpleQueue() for lane in lanes
        }
        self._threads: dict[Lane, threading.Thread] = {}
        self._works: dict[int, Work] = {}
        self._tasks: dict[int, Task[Any]] = {}  # for another try
        self._numbers = itertools.count(1)
        self._closed = False

    def start(
        self,
        task: Task[Any],
        title: str,
        lane: Lane = "heavy",
        *,
        quiet: bool = False,
        retry: bool = True,
    ) -> Job:
        """A job that will run when those before it in its lane are done.

        Args:
            task: called on the lane's thread; reports to the progress it is given and may return
                anything.
            title: a few words for people.
            lane: ``heavy`` for work of minutes, ``light`` for files.
            quiet: an errand of the program's own, not shown in lists.
            retry: whether it can be started again after it failed or was cancelled; its inputs
                are kept for that.

        Raises:
            RuntimeError: the runner was closed.
        """
        if self._closed:
            raise RuntimeError("the runner is closed")
        job = Job(next(self._numbers), title, lane, quiet, can_retry=retry)
        work = Work(job.id, task, Progress(lambda report: self._heard(work, report)))
        self.jobs.append(job)
        self._works[job.id] = work
        if retry:
            self._tasks[job.id] = task
        self._submit(lane, work)
        return job

    def poll(self) -> list[Job]:
        """The jobs that ended since the last call, after bringing all jobs up to date."""
        ended = []
        for job in [job for job in self.jobs if job.is_active]:
            work = self._works[job.id]
            waited = job.started is None
            work.tell(job)
            if waited and job.started is not None:
                log.info("job %d began: %s", job.id, job.title)
            if job.is_over:
                log.info("job %d %s after %.1f s: %s", job.id, job.state, job.seconds, job.title)
                ended.append(job)
                del self._works[job.id]
                if job.state == "done":
                    self._tasks.pop(job.id, None)
                    job.can_retry = False
        self._forget_old()
        return ended

    def cancel(self, job: Job) -> None:
        """Ask a job to stop: at once if it waits, else at its next report."""
        work = self._works.get(job.id)
        if work is None or job.is_over:
            return
        work.cancel()
        job.state = "cancelling"
        if self.wake is not None:
            self.wake()

    def retry(self, job: Job) -> Job:
        """A new job that does what a failed or cancelled one was to do.

        Raises:
            ValueError: the job cannot be started again.
        """
        task = self._tasks.pop(job.id, None)
        if task is None or not job.is_over:
            raise ValueError(f"job {job.id} cannot be tried again")
        job.can_retry = False
        return self.start(task, job.title, job.lane, quiet=job.quiet)

    def forget(self, job: Job) -> None:
        """Take a finished job out of the list."""
        if job.is_over and job in self.jobs:
            self.jobs.remove(job)
            self._tasks.pop(job.id, None)

    @property
    def is_busy(self) -> bool:
        """Whether any job runs or waits."""
        return any(job.is_active for job in self.jobs)

    def close(self, timeout: float = 2.0) -> bool:
        """Cancel everything and wait; whether all threads ended in time (seconds)."""
        self._closed = True
        for job in self.jobs:
            if job.is_active:
                self.cancel(job)
        for lane in self._threads:
            self._queues[lane].put(None)
        until = time.monotonic() + timeout
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        self.poll()
        return not any(thread.is_alive() for thread in self._threads.values())

    def _submit(self, lane: Lane, work: Work) -> None:
        self._queues[lane].put(work)
        if lane not in self._threads:
            # A daemon, so that work which never reports cannot keep the program from leaving.
            thread = threading.Thread(
                target=self._run_lane, args=(lane,), name=f"{lane} lane", daemon=True
            )
            self._threads[lane] = thread
            thread.start()

    def _run_lane(self, lane: Lane) -> None:
        while True:
            work = self._queues[lane].get()
            if work is None:
                return
            self._carry_out(work)
            del work  # else its result would live until the next one comes

    def _carry_out(self, work: Work) -> None:
        task = work.begin()
        if task is not None:
            self._wake(work, force=True)
            work.carry_out(task)
            self._wake(work, force=True)

    def _heard(self, work: Work, report: Report) -> None:
        """Keep a report; on the lane's thread. Wait while a frame is drawn."""
        work.heard(report)
        self._wake(work)
        self.giving_way.wait_clear(LONGEST_GIVING_WAY)

    def _wake(self, work: Work, *, force: bool = False) -> None:
        now = time.monotonic()
        if self.wake is not None and (force or now - work.woken >= WAKE_EVERY):
            work.woken = now
            self.wake()

    def _forget_old(self) -> None:
        quiet = [job for job in self.jobs if job.is_over and job.quiet and job.state != "failed"]
        over = [job for job in self.jobs if job.is_over and job not in quiet]
        for job in quiet + over[: max(0, len(over) - KEPT)]:
            self.forget(job)


class InlineRunner(Runner):
    """A runner without threads, for tests: ``poll`` carries out what was started.

    Args:
        cancel_at: number of the report, from 1, at which every job is cancelled; 0 for never.
    """

    def __init__(self, *, cancel_at: int = 0) -> None:
        super().__init__()
        self.cancel_at = cancel_at
        self._waiting: list[Work] = []
        self._reports = 0

    def poll(self) -> list[Job]:
        """Carry out all that waits, then as ``Runner.poll``."""
        while self._waiting:
            self._carry_out(self._waiting.pop(0))
        return super().poll()

    def _submit(self, lane: Lane, work: Work) -> None:
        self._reports = 0
        self._waiting.append(work)

    def _heard(self, work: Work, report: Report) -> None:
        super()._heard(work, report)
        self._reports += 1
        if self._reports == self.cancel_at:
            work.progress.cancel()
