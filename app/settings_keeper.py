"""Saves the settings when they have changed, on another thread: the disk may be slow."""

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.notices import notice_of
from app.settings import Settings, save_settings
from avatars.progress import Progress
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job

log = logging.getLogger(__name__)


class SettingsKeeper:
    """Knows which settings are on the disk.

    Args:
        settings: as they were loaded.
    """

    def __init__(self, settings: Settings) -> None:
        self._kept = settings
        self._job: Job | None = None

    def tick(self, editor: "Editor") -> None:
        """Start saving, if something changed and nothing is being saved."""
        if self._job is not None and self._job.is_over:
            self._job = None
        wanted = editor.settings
        if self._job is not None or wanted == self._kept:
            return
        self._kept = wanted  # if that fails, not again before the next change

        def saved(problem: UserError | None) -> None:
            if problem is not None:
                editor.notify(notice_of(problem))

        write = partial(_write, editor.places.config, wanted)
        self._job = editor.start(
            write, "Save settings", saved, "light", False, quiet=True, keeps_document=True
        )

    def close(self, editor: "Editor") -> None:
        """Save what is not saved yet, at once; also what a cancelled job may have left undone."""
        if self._job is None and editor.settings == self._kept:
            return
        problem = _write(editor.places.config, editor.settings, Progress())
        if problem is not None:
            log.warning("the settings were not saved: %s", problem)


def _write(folder: Path, settings: Settings, progress: Progress) -> UserError | None:
    """Save them; what went wrong is returned, for a notice instead of a failed job."""
    progress.report(0.0, "Saving settings")
    try:
        save_settings(folder, settings)
    except UserError as error:
        return error
    return None
