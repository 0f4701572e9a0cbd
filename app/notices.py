"""What a person is told when something happens: in the terminal, and as notices in the window."""

import errno
import logging
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from app import __version__
from app.paths import paths
from renderer.errors import UserError

DONE, USER_ERROR, BUG, INTERRUPTED = 0, 2, 70, 130

Severity = Literal["info", "warning", "error"]
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Notice:
    """Something a person should know; shown as a toast, a job's row or a dialog.

    Attributes:
        message: one sentence that says what happened.
        remedy: one sentence that says what to do now, or nothing.
        severity: how much it matters.
        action_id: the command a button on it runs, or None.
        action_label: what that button says.
        detail: further text for a report, such as a traceback.
        created: moment, seconds since the epoch.
    """

    message: str
    remedy: str = ""
    severity: Severity = "info"
    action_id: str | None = None
    action_label: str = ""
    detail: str = ""
    created: float = field(default_factory=time.time)

    @property
    def is_bug(self) -> bool:
        """Whether it tells of a mistake of the program."""
        return bool(self.detail)

    @property
    def text(self) -> str:
        """Message and remedy together."""
        return f"{self.message} {self.remedy}".strip()


def notice_of(error: BaseException) -> Notice:
    """What to tell of an error; a bug is written to the folder of reports and to the log."""
    if isinstance(error, UserError):
        return Notice(error.message, error.remedy, "error")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Notice(
            "There is no room left to write.",
            "Free some space or choose another disk.",
            "error",
        )
    if isinstance(error, MemoryError):
        return Notice(
            "There is not enough memory for this.",
            "Close other programs, or choose the quick quality.",
            "error",
        )
    log.error("unforeseen error", exc_info=error)
    report = write_report(error, paths().reports, ["window"])
    where = "" if report is None else f" It is kept in {report}."
    return Notice(
        "Something went wrong that should not have. Your work is safe.",
        f"Please send us the report.{where}",
        "error",
        action_id="copy-report",
        action_label="Copy report",
        detail=report_text(error, ["window"]),
    )


def say(text: str) -> None:
    """A line of progress or a notice on stderr."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.stderr.flush()


def report_user_error(error: UserError) -> int:
    """Say what happened and what to do; returns the exit code."""
    say(f"avatar-gui: {error.message}")
    if error.remedy:
        say(f"  {error.remedy}")
    return USER_ERROR


def report_bug(error: BaseException, folder: Path, arguments: list[str]) -> int:
    """Write a report of an unforeseen error and say where it is; returns the exit code."""
    say("avatar-gui: something went wrong that should not have. Your files were not changed.")
    name = write_report(error, folder, arguments)
    if name is None:  # no place to put it: better on the terminal than lost
        say(report_text(error, arguments))
    else:
        say(f"  Please send us this report: {name}")
    return BUG


def report_text(error: BaseException, arguments: Sequence[str]) -> str:
    """A report of an unforeseen error: program, machine and traceback."""
    lines = [
        f"avatar-gui {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {list(arguments)}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(lines)


def write_report(error: BaseException, folder: Path, arguments: Sequence[str]) -> Path | None:
    """The file a report was written to; None where it cannot be written."""
    moment = time.strftime("%Y%m%d-%H%M%S")
    text = report_text(error, arguments)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(100):
            name = folder / (f"report-{moment}-{number}.txt" if number else f"report-{moment}.txt")
            try:
                with name.open("x", encoding="utf-8") as handle:
                    handle.write(text)
            except FileExistsError:  # another one in the same second
                continue
            return name
    except OSError:
        log.warning("no report can be written to %s", folder, exc_info=True)
    return None
