"""The log: a rotating file, its level set by ``AVATAR_GUI_LOG`` (default INFO).

Libraries that write straight to the terminal (TFLite, absl, CUDA) are sent to the same file, so
that stdout stays the result and stderr stays ours.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

OURS = "avatar-gui"
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start_logging(file: Path) -> None:
    """Send all log records to ``file``; where that cannot be written, only errors, to stderr."""
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if handler.get_name() == OURS]:
        root.removeHandler(old)
        old.close()
    handler: logging.Handler
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=2_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.ERROR)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.set_name(OURS)
    root.addHandler(handler)
    logging.captureWarnings(True)  # libraries warn developers, not users
    level = os.environ.get("AVATAR_GUI_LOG", "INFO").upper()
    root.setLevel(level if level in logging.getLevelNamesMapping() else "INFO")


@contextmanager
def library_noise_to(file: Path) -> Iterator[None]:
    """Within, what C libraries write to file descriptor 2 goes to ``file``.

    Python's own ``sys.stderr`` keeps writing to the terminal.
    """
    sink = _opened(file)
    if sink is None:  # nowhere to put it: then it stays on the terminal
        yield
        return
    terminal = os.dup(2)
    before = sys.stderr
    with os.fdopen(terminal, "w", encoding="utf-8", errors="replace", buffering=1) as speaker:
        os.dup2(sink, 2)
        os.close(sink)
        # Only a real stderr is replaced: a test's capture already is its own.
        if before is sys.__stderr__:
            sys.stderr = speaker
        try:
            yield
        finally:
            sys.stderr = before
            speaker.flush()
            os.dup2(terminal, 2)


def _opened(file: Path) -> int | None:
    """A descriptor that appends to a file, or None where it cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError:
        return None
