"""Log, self-check and the performance overlay: what they say and what can be copied."""

import pytest

from app import doctor
from app.doctor import Check
from app.gui import performance
from app.gui.panels import log, selfcheck
from tests.gui_driver import Driver
from tests.make_editor import editor

LINES = [
    "2026-01-02 10:00:00,000 INFO app.jobs: job 1 began",
    "2026-01-02 10:00:01,000 WARNING app.editor: the disk is slow",
    "2026-01-02 10:00:02,000 ERROR app.jobs: job 1 failed",
]


@pytest.fixture
def made(tmp_path):
    made = editor(tmp_path)
    made.places.log_file.parent.mkdir(parents=True)
    made.places.log_file.write_text("\n".join(LINES) + "\n")
    return made


def test_the_log_is_shown_filtered_and_copied(made):
    with Driver(lambda ui: log.draw(ui, made), size=(900, 600)) as gui:
        assert [line for line in gui.texts if line in LINES] == LINES
        gui.click("Log/Warnings")
        gui.step()
        gui.type("Log/Filter", "disk slow")
        gui.click("Log/Copy")
        assert gui.copied == LINES[1]
        gui.type("Log/Filter", "nowhere")
        assert gui.says("No line fits")
        gui.click("Log/Open file")
    assert made.wants == {"open-log"}


def test_the_log_follows_its_file(made):
    with Driver(lambda ui: log.draw(ui, made), size=(900, 600)) as gui:
        with made.places.log_file.open("a") as file:
            file.write("2026-01-02 10:00:03,000 INFO app: more\n")
        gui.step()
        assert any(line.endswith("more") for line in gui.texts)


def test_a_log_that_is_missing_or_huge_is_no_trouble(made, tmp_path):
    path = tmp_path / "huge.log"
    path.write_bytes(b"x" * 150 + b"\n" + b"\xff" * 300_000 + b"\nlast line\n")
    assert log.read_tail(path) == ["last line"]
    path.write_text("".join(f"line {number}\n" for number in range(50_000)))
    assert log.read_tail(path)[-1] == "line 49999"
    assert len(log.read_tail(path)) == log.MOST_LINES
    assert log.read_tail(tmp_path / "gone.log") == []
    made.places.log_file.unlink()
    with Driver(lambda ui: log.draw(ui, made)) as gui:
        assert gui.says("The log is empty")


def test_the_self_check_is_made_beside_the_window_and_again_on_request(made, monkeypatch):
    made_checks = []

    def checks(*, opengl):
        assert opengl  # else the check would open and close a window of its own
        made_checks.append(1)
        return [
            Check("python", True, "3.11", needed=True),
            Check("CUDA", False, "No GPU.", "Install a driver."),
        ]

    monkeypatch.setattr(doctor, "checks", checks)
    with Driver(lambda ui: selfcheck.draw(ui, made), before=made.poll) as gui:
        gui.step()
        assert gui.says("Works; not to be had here: CUDA.")
        assert gui.says("Install a driver.")
        gui.click("Self-check/Copy")
        assert "FAIL  CUDA: No GPU." in gui.copied
        gui.click("Self-check/Check again")
        gui.step(2)
    assert len(made_checks) == 2
    assert made.jobs == []


def test_known_opengl_is_not_tried_out_again(monkeypatch):
    monkeypatch.setattr(doctor, "_opengl", lambda: pytest.fail("a window was opened"))
    found = {check.name: check for check in doctor.checks(opengl="in use")}
    assert found["OpenGL"].detail == "in use"


def test_a_summary_names_what_does_not_work():
    broken = [Check("packages", False, "missing", needed=True)]
    assert "needed" in selfcheck.summary(broken)
    assert selfcheck.summary([Check("a", True, "")]) == "Everything works."


def test_the_overlay_shows_and_copies_what_a_picture_cost():
    numbers = performance.Numbers(
        splats=49862, width=1024, height=768, device="cuda", pose_ms=0.12, raster_ms=0.31,
        upload_ms=0.08, ui_ms=1.5, frames=58.2, gpu_mb=312,
    )  # fmt: skip
    with Driver(lambda ui: performance.draw(ui, numbers, 10, 10), size=(600, 500)) as gui:
        assert gui["Performance/Splats"].value == "49,862"
        assert gui["Performance/Together"].value == "0.51 ms"
        assert gui["Performance/GPU memory"].value == "312 MB"
        gui.click("Performance/Copy")
        assert "Frames/s: 58" in gui.copied.splitlines()


def test_before_the_first_picture_the_overlay_has_the_window_alone():
    numbers = performance.numbers_of(None, 0.0, 2.0, 0.2)
    rows = dict(numbers.rows)
    assert rows["Window"] == "2.00 ms"
    assert rows["Frames/s"] == "idle"
    assert "GPU memory" not in rows
