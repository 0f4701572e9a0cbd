"""What people are told: sentences with a remedy; bugs with a report."""

import errno

import pytest

from app.notices import Notice, notice_of, report_bug, report_text, write_report
from renderer.errors import UserError


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))


def test_an_error_people_can_mend_keeps_its_sentences(tmp_path):
    notice = notice_of(UserError("The file is gone.", "Open another."))
    assert (notice.message, notice.remedy, notice.severity) == (
        *("The file is gone.", "Open another."),
        "error",
    )
    assert notice.text == "The file is gone. Open another."
    assert not notice.is_bug
    assert not list(tmp_path.iterdir())


def test_a_full_disk_and_a_full_memory_are_no_bugs():
    for error in (OSError(errno.ENOSPC, "full"), MemoryError()):
        notice = notice_of(error)
        assert notice.remedy
        assert not notice.is_bug


def test_a_bug_is_written_down_and_can_be_copied(tmp_path):
    with pytest.raises(KeyError) as caught:
        _ = {}["missing"]
    notice = notice_of(caught.value)
    assert notice.is_bug
    assert "KeyError: 'missing'" in notice.detail
    assert "test_notices" in notice.detail
    assert "Your work is safe" in notice.message
    assert (notice.action_id, notice.action_label) == ("copy-report", "Copy report")
    (report,) = (tmp_path / "logs" / "reports").iterdir()
    assert report.read_text() == notice.detail
    assert str(report) in notice.remedy


def test_two_bugs_in_one_second_leave_two_reports(tmp_path):
    first = write_report(ValueError("one"), tmp_path / "r", [])
    second = write_report(ValueError("two"), tmp_path / "r", [])
    assert first is not None
    assert second is not None
    assert first != second
    assert "one" in first.read_text()


def test_where_no_report_can_be_written_it_is_said_all_the_same(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert write_report(ValueError("x"), tmp_path / "file", []) is None
    assert report_bug(ValueError("oops"), tmp_path / "file", ["a"]) == 70
    assert "ValueError: oops" in capsys.readouterr().err


def test_a_report_names_program_machine_and_arguments():
    text = report_text(ValueError("x"), ["render", "a.avatar"])
    assert text.startswith("avatar-gui ")
    assert "['render', 'a.avatar']" in text


def test_notices_are_themselves_and_not_their_text():
    assert Notice("a") != Notice("a")
    assert Notice("a").created <= Notice("b").created
