"""Long work: two lanes, queues, progress, cancelling, failures that explain themselves."""

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from app.jobs.job import Job
from app.jobs.runner import KEPT, InlineRunner, Runner
from avatars.progress import Progress
from renderer.errors import OutOfGpuMemory, UserError
from tests.make_jobs import PATIENCE, finished, until, work


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    assert made.close(PATIENCE)


def test_a_job_reports_and_returns():
    runner = InlineRunner()
    job = runner.start(work, "Work")
    assert (job.state, job.id, job.fraction) == ("queued", 1, 0.0)
    assert runner.poll() == [job]
    assert (job.state, job.result, job.fraction, job.note) == ("done", "made", 1.0, "Step 4")
    assert job.losses == [1.0, 0.5, 1 / 3, 0.25]
    assert [line.split("  ")[-1] for line in job.log] == [
        *("Step 1", "Step 2", "Step 3", "Step 4"),
        "Done",
    ]
    assert runner.poll() == []
    assert not job.can_retry
    runner.close()


def test_the_thread_does_what_the_inline_runner_does(runner):
    job = finished(runner, runner.start(work, "Work"))
    assert (job.state, job.result, job.losses[-1]) == ("done", "made", 0.25)


def test_previews_are_shown_while_the_job_runs_and_gone_after(runner):
    go = threading.Event()

    def task(progress: Progress) -> None:
        progress.report(0.1, "A", np.zeros((2, 2, 3), np.uint8))
        progress.report(0.2, "B")
        go.wait(PATIENCE)

    job = runner.start(task, "Work")
    until(runner, lambda: job.note == "B")
    assert job.state == "running"
    assert job.preview is not None
    go.set()
    assert finished(runner, job).preview is None


def test_one_lane_takes_one_job_at_a_time_in_order_and_the_other_lane_goes_on(runner):
    go, order = threading.Event(), []

    def heavy(name: str):
        def task(progress: Progress) -> None:
            order.append(name)
            go.wait(PATIENCE)

        return task

    first = runner.start(heavy("first"), "First")
    second = runner.start(heavy("second"), "Second")
    light = runner.start(lambda progress: order.append("light"), "Light", "light")
    finished(runner, light)
    until(runner, lambda: first.state == "running")
    assert second.state == "queued"
    assert runner.is_busy
    go.set()
    finished(runner, second)
    assert [name for name in order if name != "light"] == ["first", "second"]
    assert not runner.is_busy


@pytest.mark.parametrize("report", [1, 2, 3, 4])
def test_a_job_stops_at_whichever_report_it_is_cancelled(report):
    runner = InlineRunner(cancel_at=report)
    job = runner.start(work, "Work")
    assert runner.poll() == [job]
    assert (job.state, job.result, job.error) == ("cancelled", None, None)
    assert job.note == f"Step {report}"
    runner.close()


def test_a_running_job_is_cancelled_at_its_next_report(runner):
    def task(progress: Progress) -> None:
        while True:
            progress.report(0.5, "Turning")
            time.sleep(0.001)

    job = runner.start(task, "Work")
    until(runner, lambda: job.state == "running" and job.note == "Turning")
    runner.cancel(job)
    assert job.state == "cancelling"
    assert finished(runner, job).state == "cancelled"


def test_a_queued_job_is_cancelled_without_ever_running(runner):
    go, ran = threading.Event(), []
    first = runner.start(lambda progress: go.wait(PATIENCE), "First")
    second = runner.start(lambda progress: ran.append(1), "Second")
    until(runner, lambda: first.state == "running")
    runner.cancel(second)
    until(runner, lambda: second.is_over)
    assert second.state == "cancelled"
    assert first.state == "running"
    go.set()
    finished(runner, first)
    finished(runner, runner.start(lambda progress: None, "Third"))
    assert not ran


def test_a_job_that_ends_although_it_was_cancelled_gives_no_result(runner):
    go = threading.Event()
    job = runner.start(lambda progress: go.wait(PATIENCE), "Deaf")
    until(runner, lambda: job.state == "running")
    runner.cancel(job)
    go.set()
    assert finished(runner, job).state == "cancelled"
    assert job.result is None


def test_nobody_waits_for_work_that_does_not_hear_that_it_was_cancelled(runner):
    go = threading.Event()

    def deaf(progress: Progress) -> str:
        go.wait(PATIENCE)
        return "made"

    job = runner.start(deaf, "Deaf")
    following = runner.start(lambda progress: "next", "Next")
    until(runner, lambda: job.state == "running")
    runner.cancel(job)
    assert finished(runner, job).state == "cancelled"
    assert not go.is_set()
    assert following.state == "queued"
    go.set()
    assert finished(runner, following).result == "next"
    assert job.result is None


def test_a_failed_job_keeps_its_notice_and_its_log(runner):
    def task(progress: Progress) -> None:
        progress.report(0.2, "Looking for a face")
        raise UserError("No face was found.", "Use another photo.")

    job = finished(runner, runner.start(task, "Work"))
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error.message, job.error.remedy) == ("No face was found.", "Use another photo.")
    assert job.error.severity == "error"
    assert not job.error.is_bug
    assert "Looking for a face" in job.log[0]
    assert "No face was found. Use another photo." in job.log[-1]


def test_a_bug_in_a_job_is_reported_with_its_traceback(runner, tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))

    def task(progress: Progress) -> None:
        raise ZeroDivisionError("by nothing")

    job = finished(runner, runner.start(task, "Work"))
    assert job.error is not None
    assert job.error.is_bug
    assert "ZeroDivisionError: by nothing" in job.error.detail
    assert "ZeroDivisionError: by nothing" in "\n".join(job.log)
    assert list((tmp_path / "logs" / "reports").iterdir())


def test_a_full_gpu_is_told_in_a_sentence(runner):
    import torch

    def task(progress: Progress) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")

    job = finished(runner, runner.start(task, "Work"))
    assert job.error is not None
    assert not job.error.is_bug
    assert "GPU" in job.error.message
    assert issubclass(OutOfGpuMemory, UserError)


def test_a_failed_job_can_be_tried_again_and_a_done_one_cannot(runner):
    outcomes = iter([UserError("Not now.", "Later."), None])

    def task(progress: Progress) -> str:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return "made"

    job = finished(runner, runner.start(task, "Work", "light"))
    assert job.can_retry
    again = runner.retry(job)
    assert again is not job
    assert (again.title, again.lane) == ("Work", "light")
    assert not job.can_retry
    assert finished(runner, again).result == "made"
    for each in (job, again):
        with pytest.raises(ValueError, match="cannot be tried again"):
            runner.retry(each)


def test_the_rest_of_a_job_is_guessed_from_what_is_done():
    job = Job(1, "Work", started=time.monotonic() - 10, state="running", fraction=0.25)
    assert job.eta_seconds == pytest.approx(30, rel=0.1)
    job.fraction = 0.0
    assert job.eta_seconds is None
    job.state, job.fraction = "done", 1.0
    assert job.eta_seconds is None


def test_results_and_tasks_are_let_go():
    class Thing:
        pass

    thing = Thing()
    gone = weakref.ref(thing)
    runner = InlineRunner()
    job = runner.start(lambda progress, kept=thing: kept, "Work")
    del thing
    runner.poll()
    assert job.result is gone()
    job.result = None
    gc.collect()
    assert gone() is None
    runner.close()


def test_old_jobs_leave_the_list_and_quiet_ones_at_once():
    runner = InlineRunner()
    for number in range(KEPT + 5):
        runner.start(lambda progress: None, str(number))
        runner.start(lambda progress: None, "errand", quiet=True)
        runner.poll()
    assert [job.title for job in runner.jobs] == [str(number) for number in range(5, KEPT + 5)]
    runner.close()
