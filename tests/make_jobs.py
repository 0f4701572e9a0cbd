"""Work to run, and waiting for it."""

import time
from collections.abc import Callable

import numpy as np

from app.jobs.job import Job
from app.jobs.runner import Runner
from avatars.progress import Progress

PATIENCE = 20.0  # seconds after which a test gives up; nothing here takes that long


def until(runner: Runner, done: Callable[[], bool]) -> list[Job]:
    """Poll until something is so; the jobs that ended meanwhile."""
    ended, end = [], time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, [job.state for job in runner.jobs]
        ended += runner.poll()
        time.sleep(0.002)
    return ended


def finished(runner: Runner, job: Job) -> Job:
    """The job, once it is over."""
    until(runner, lambda: job.is_over)
    return job


def work(progress: Progress) -> str:
    """Four steps with pictures and losses."""
    for step in range(1, 5):
        progress.report(step / 4, f"Step {step}", np.full((2, 2, 3), step, np.uint8), loss=1 / step)
    return "made"
