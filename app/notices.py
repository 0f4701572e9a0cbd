"""What the terminal says when something goes wrong, and the exit code that goes with it."""

import platform
import sys
import time
import traceback
from pathlib import Path

from app import __version__
from renderer.errors import UserError

DONE, USER_ERROR, BUG, INTERRUPTED = 0, 2, 70, 130


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
    lines = [
        f"avatar-gui {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {arguments}",
        "",
        *traceback.format_exception(error),
    ]
    say("avatar-gui: something went wrong that should not have. Your files were not changed.")
    name = folder / f"report-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name.write_text("\n".join(lines), encoding="utf-8")
    except OSError:
        say("\n".join(lines))  # no place to put it: better on the terminal than lost
    else:
        say(f"  Please send us this report: {name}")
    return BUG
