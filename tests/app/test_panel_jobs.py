"""The job list: progress, cancel, retry, and failures that explain themselves."""

import pytest

from app.gui.job_parts import duration
from app.gui.panels import jobs
from app.jobs.runner import Runner
from app.notices import Notice
from renderer.errors import UserError
from tests.gui_driver import Driver
from tests.make_editor import editor, settle


@pytest.fixture
def made(tmp_path):
    return editor(tmp_path)


@pytest.fixture
def gui(made):
    with Driver(lambda ui: jobs.draw(ui, made)) as driver:
        yield driver


def fails(progress):
    raise UserError("The disk is full.", "Free some space.")


def test_an_empty_list_offers_nothing_to_press(gui):
    assert gui.names() == []
    assert gui.says("Nothing is running")


def test_cancel_ends_a_waiting_job(made, gui):
    job = made.start(lambda progress: None, "Wait")
    gui.step()
    gui.click(f"Jobs/{job.id}/Cancel")
    settle(made)
    assert job.state == "cancelled"


def test_cancel_reaches_a_job_that_runs(tmp_path):
    made = editor(tmp_path, Runner())

    def work(progress):
        while True:
            progress.report(0.5, "Working")

    job = made.start(work, "Work")
    try:
        with Driver(lambda ui: jobs.draw(ui, made), before=made.poll) as gui:
            while job.state != "running":
                gui.step()
            gui.click(f"Jobs/{job.id}/Cancel")
            assert job.state in ("cancelling", "cancelled")
            settle(made)
            gui.step()
            assert job.state == "cancelled"
            assert f"Jobs/{job.id}/Cancel" not in gui
    finally:
        assert made.close()


def test_a_failed_job_explains_itself_and_is_tried_again(made, gui):
    job = made.start(fails, "Save Ada")
    settle(made)
    gui.step()
    assert {"Save Ada", "The disk is full.", "Free some space."} <= set(gui.texts)
    gui.click(f"Jobs/{job.id}/Try again")
    assert made.jobs[-1].title == "Save Ada"
    assert made.jobs[-1] is not job
    gui.step()
    assert f"Jobs/{job.id}/Try again" not in gui


def test_the_report_of_a_bug_can_be_copied(made, gui):
    job = made.start(lambda progress: None, "Compute")
    settle(made)
    job.state, job.error = "failed", Notice("Oh.", "Send it.", "error", detail="Traceback: 1/0")
    gui.step()
    gui.click(f"Jobs/{job.id}/Copy report")
    assert gui.copied == "Traceback: 1/0"


def test_finished_jobs_are_cleared_and_others_stay(made, gui):
    made.start(lambda progress: None, "Done")
    settle(made)
    waiting = made.start(lambda progress: None, "Waits")
    gui.step()
    gui.click("Jobs/Clear finished")
    assert made.jobs == [waiting]
    gui.step()
    assert not gui["Jobs/Clear finished"].enabled


def test_the_log_of_a_job_opens_and_closes(made, gui):
    job = made.start(lambda progress: progress.report(0.5, "Half"), "Work")
    settle(made)
    gui.step()
    gui.click(f"Jobs/{job.id}/Log")
    gui.step()
    assert f"Jobs/{job.id}/Copy log" in gui
    gui.click(f"Jobs/{job.id}/Log")
    gui.step()
    assert f"Jobs/{job.id}/Copy log" not in gui


def test_a_running_job_shows_phase_share_and_time_left(made, gui):
    job = made.start(lambda progress: None, "Refine")
    job.state, job.fraction, job.note = "running", 0.5, "Refining"
    job.started, job.ended = 0.0, 10.0  # a clock that stands still
    job.losses = [0.5, 0.2, 0.1]
    gui.step(2)
    assert gui.says("50%  Refining, about 10 s left")
    job.state = "queued"
    gui.step()
    assert gui.says("Waits for its turn")
    settle(made)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.84, "0.8 s"), (9.96, "10 s"), (75, "75 s"), (200, "3 min"), (7200, "2.0 h")],
)
def test_times_are_said_as_people_do(seconds, words):
    assert duration(seconds) == words
