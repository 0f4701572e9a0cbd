"""Copies of unsaved work, so that a crash loses little; and the copies that a crash left.

A copy is a pair of files: ``NAME.avatar``, and ``NAME.json`` that says whose it is. The writer's
process number and start time tell whether it is still running.
"""

import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.notices import Notice
from avatars.progress import Progress
from renderer.disk import make_folder, replacing
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.document import Document
    from app.editor import Editor
    from app.jobs.job import Job

log = logging.getLogger(__name__)

EARLY = 6.0
"""Seconds before the interval is over at which writing begins: what the window may sleep between
two polls, and the time that writing takes."""
_LARGEST_NOTE = 1 << 16


@dataclass(frozen=True)
class Copy:
    """A copy that a crash left.

    Attributes:
        file: the avatar file.
        name: of the document.
        path: the document's own file, or None.
        written: moment, seconds since the epoch.
    """

    file: Path
    name: str
    path: Path | None
    written: float


class Autosave:
    """Writes copies of an editor's unsaved work.

    Args:
        folder: where copies lie; made when the first is written.
        clock: seconds, for tests.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._since: float | None = None  # moment of the oldest change that no copy holds
        self._job: Job | None = None
        self._round = 0  # goes up whenever what was copied so far is of no use any more
        self._adopted: Copy | None = None
        self._complained = False

    @property
    def file(self) -> Path:
        """The copy of this very session."""
        return self.folder / f"{self._name}.avatar"

    def changed(self) -> None:
        """Take note that the document changed."""
        if self._since is None:
            self._since = self._clock()

    def restart(self) -> None:
        """Begin anew: another document is open, or this one was saved. The old copy goes."""
        self._since = None
        self._round += 1
        self._remove()

    def adopt(self, copy: Copy) -> None:
        """A copy was restored: it goes when this session has written or saved its own."""
        self._adopted = copy
        self._since = self._clock() - 1e9  # at once: the work hangs on a file of a dead session

    def tick(self, editor: "Editor") -> None:
        """Start writing a copy if it is time."""
        if self._job is not None and self._job.is_over:
            self._job = None
        due = self.seconds_until_due(editor)
        if due is None or due > 0:
            return
        document, path = editor.document, editor.path
        self._since, number = None, self._round

        def write(progress: Progress) -> UserError | None:
            progress.report(0.0, "Copying")
            try:
                write_copy(self.folder, self._name, document, path)
            except UserError as error:
                return error
            return None

        def written(problem: UserError | None) -> None:
            if problem is not None:
                self._failed(problem, editor)
            elif number != self._round:
                self._remove()
            else:
                self._complained = False
                self._drop_adopted()

        self._job = editor.start(
            write, "Autosave", written, "light", False, quiet=True, keeps_document=True
        )

    def seconds_until_due(self, editor: "Editor") -> float | None:
        """Seconds until a copy must be written; None if none must."""
        if self._since is None or self._job is not None:
            return None
        if editor.document.avatar is None or not editor.is_dirty:
            return None
        interval = editor.settings.autosave_seconds
        wait = max(interval - EARLY, interval / 2)
        return max(0.0, self._since + wait - self._clock())

    def close(self) -> None:
        """End without a crash: no copy is needed."""
        self._remove()

    def _failed(self, problem: UserError, editor: "Editor") -> None:
        self.changed()  # tried again after another interval
        if not self._complained:  # once is enough until it works again
            self._complained = True
            told = Notice(f"Autosave: {problem.message}", problem.remedy, "warning")
            editor.notify(told)

    def _drop_adopted(self) -> None:
        if self._adopted is not None:
            remove_copy(self._adopted.file)
            self._adopted = None

    def _remove(self) -> None:
        self._drop_adopted()
        remove_copy(self.file)


def write_copy(folder: Path, name: str, document: "Document", path: Path | None) -> None:
    """Write a copy of a document; what was there stays whole until the new one is complete.

    Raises:
        UserError: no room, or the folder cannot be written.
        ValueError: the document holds no avatar.
    """
    from app.document import stored_of
    from avatars.files.avatar_file import write_avatar

    make_folder(folder)
    note = {
        "pid": os.getpid(),
        "started": _started(os.getpid()),
        "name": document.name,
        "path": None if path is None else str(path),
        "written": time.time(),
    }
    # The note first: a copy without one would look as if its writer were gone.
    content = json.dumps(note).encode()
    with replacing(folder / f"{name}.json") as handle:
        handle.write(content)
    write_avatar(folder / f"{name}.avatar", stored_of(document))


def recoverable(folder: Path) -> tuple[Copy, ...]:
    """Copies whose writer is gone, the newest first."""
    found = []
    _sweep(folder)
    for file in sorted(folder.glob("*.avatar")):
        note = _note(file.with_suffix(".json"))
        if _is_running(note):
            continue
        path, written = note.get("path"), note.get("written")
        found.append(
            Copy(
                file,
                str(note.get("name") or file.stem),
                Path(path) if isinstance(path, str) and path else None,
                written if isinstance(written, int | float) else file.stat().st_mtime,
            )
        )
    return tuple(sorted(found, key=lambda copy: -copy.written))


def _sweep(folder: Path) -> None:
    """Delete what writers that were killed left half done."""
    for part in folder.glob(".*.part"):
        pid = part.name[1:].partition("-")[0]
        if pid.isdigit() and _start_of(int(pid)) is None:
            _delete(part)


def remove_copy(file: Path) -> None:
    """Delete a copy; where that fails it stays and is offered again."""
    _delete(file)
    _delete(file.with_suffix(".json"))


def _delete(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        log.warning("%s cannot be deleted", file, exc_info=True)


def _note(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as handle:
            note = json.loads(handle.read(_LARGEST_NOTE))
    except (OSError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def _is_running(note: dict[str, Any]) -> bool:
    pid, started = note.get("pid"), note.get("started")
    if not isinstance(pid, int) or not isinstance(started, int | float):
        return False
    now = _start_of(pid)
    return now is not None and abs(now - started) < 2.0


@cache
def _started(pid: int) -> float:
    return _start_of(pid) or 0.0


def _start_of(pid: int) -> float | None:
    """Moment a process began; None if there is none of this number."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None
