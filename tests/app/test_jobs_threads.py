"""Lanes as threads: waking the window, giving way to it, closing, sharing the cores."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from app.jobs import cores
from app.jobs.gate import Gate
from app.jobs.runner import Runner
from avatars.progress import Progress
from tests.make_jobs import PATIENCE, finished, until, work


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    assert made.close(PATIENCE)


def test_the_window_is_woken_from_the_thread():
    woken = threading.Event()
    runner = Runner(wake=woken.set)
    runner.start(lambda progress: None, "Work")
    assert woken.wait(PATIENCE)
    assert runner.close(PATIENCE)


def test_many_reports_do_not_wake_the_window_each_time():
    calls: list[int] = []
    runner = Runner(wake=lambda: calls.append(1))

    def task(progress: Progress) -> None:
        for step in range(2000):
            progress.report(step / 2000)

    finished(runner, runner.start(task, "Work"))
    assert len(calls) < 1000
    assert runner.close(PATIENCE)


def test_work_waits_while_a_frame_is_drawn_but_not_for_ever():
    gate = Gate()
    assert gate.wait_clear(0)
    with gate.drawing():
        assert gate.is_set()
        assert not gate.wait_clear(0.01)
    assert not gate.is_set()
    runner = Runner()
    runner.giving_way.set()
    assert finished(runner, runner.start(work, "Work")).state == "done"
    assert runner.close(PATIENCE)


def test_closing_cancels_what_runs_and_what_waits():
    runner = Runner()

    def task(progress: Progress) -> None:
        while True:
            progress.report(0.5)
            time.sleep(0.001)

    jobs = [runner.start(task, "Work") for _ in range(3)]
    until(runner, lambda: jobs[0].state == "running")
    assert runner.close(PATIENCE)
    assert [job.state for job in jobs] == ["cancelled"] * 3
    with pytest.raises(RuntimeError, match="closed"):
        runner.start(task, "Late")


def test_closing_leaves_work_behind_that_does_not_listen():
    runner, go = Runner(), threading.Event()
    job = runner.start(lambda progress: go.wait(PATIENCE), "Deaf")
    until(runner, lambda: job.state == "running")
    assert not runner.close(0.05)
    go.set()
    assert runner.close(PATIENCE)


def test_work_that_never_reports_does_not_keep_the_program_from_leaving():
    script = """
import time
from app.jobs.runner import Runner
runner = Runner()
job = runner.start(lambda progress: time.sleep(600), "Deaf")
while job.state != "running":
    runner.poll()
    time.sleep(0.01)
assert not runner.close(0.1)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_job_leaves_one_core_to_the_window_and_others_keep_theirs():
    script = """
import threading
import numba
import torch
from app.jobs import cores
cores.job_threads = lambda: 1
before, most = torch.get_num_threads(), numba.get_num_threads()
seen = {}
def look(name):
    torch.ones(8) @ torch.ones(8)
    seen[name] = (torch.get_num_threads(), numba.get_num_threads())
def job():
    cores.leave_one_core()
    look("job")
old, ready, go = None, threading.Event(), threading.Event()
def waiting():
    look("waiting before"); ready.set(); go.wait(); look("waiting after")
thread = threading.Thread(target=waiting); thread.start(); ready.wait()
for target in (job, lambda: look("new")):
    each = threading.Thread(target=target); each.start(); each.join()
go.set(); thread.join(); look("main")
assert seen["job"] == (1, 1), seen
for name in ("waiting before", "waiting after", "new", "main"):
    assert seen[name] == (before, most), seen
cores.leave_one_core()
look("main")
assert seen["main"] == (before, most), seen
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert cores.job_threads() >= 1
