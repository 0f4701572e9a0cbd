"""The editor: the one object that changes, on the main thread only."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import editing_exports, editing_files, editing_methods, editing_recovery
from app.autosave import Autosave
from app.document import Document
from app.easel import Easel
from app.editing_driving import Driving
from app.jobs.job import Job, Lane
from app.jobs.runner import Runner, Task
from app.notices import Notice
from app.paths import Paths, paths
from app.pending import Pending, is_result
from app.prompt import Prompt as Prompt
from app.prompt import PromptChoice as PromptChoice
from app.session import Session
from app.settings import Settings
from app.settings_keeper import SettingsKeeper

if TYPE_CHECKING:
    from app.aim import Aim

log = logging.getLogger(__name__)

NOTICES = 100  # kept


class Editor(Session):
    """What is open, how it is looked at, and what is going on.

    Everything in it is replaced, never changed in place; panels read its attributes and call its
    methods. Not safe for threads: all calls come from the main thread.

    Args:
        settings: what the person has chosen.
        places: folders of the program.
        runner: carries out long work; one with threads by default.
        wake: called from other threads when ``poll`` has something to do.

    Attributes:
        places: folders of the program.
        runner: carries out long work.
        notices: what was said lately, the newest last.
        prompt: a question to the person, or None.
        wants: what only the window can do, such as ``open-dialog`` and ``quit``; it takes away what
            it has done.
        autosave: copies of unsaved work.
        after_save: what happens once the document has a name and is saved, or None.
        saving: the save under way, or None.
        driving: live sources and motion that move the face.
        easel: what editing layers by hand needs at once.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        places: Paths | None = None,
        runner: Runner | None = None,
        wake: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(settings or Settings())
        self.places = places or paths()
        self.runner = runner or Runner(wake=wake)
        self.notices: list[Notice] = []
        self.prompt: Prompt | None = None
        self.wants: set[str] = set()
        self.autosave = Autosave(self.places.data / "autosave")
        self.after_save: Callable[[], None] | None = None
        self.saving: editing_files.Saving | None = None
        self.easel = Easel(self, wake)
        self._pending = Pending()
        self._keeper = SettingsKeeper(self.settings)
        self.driving = Driving(self)
        self.driver = self.driving.driver

    # What happens to the document beside what a session does.

    def open_document(
        self, document: Document, path: Path | None = None, *, unsaved: bool = False
    ) -> None:
        """Put another document in the place of this one, with a history of its own.

        Args:
            document: the new one.
            path: its file, or None.
            unsaved: whether it holds work that no file has (a copy restored after a crash).
        """
        super().open_document(document, path, unsaved=unsaved)
        self.after_save = self.saving = None
        self._pending.forget_results()
        self.easel.forget()
        self.notices = [each for each in self.notices if not is_result(each)]
        self.autosave.restart()

    def mark_saved(self, document: Document, path: Path) -> None:
        """A file holds this document now; the dot goes out if nothing has changed since."""
        super().mark_saved(document, path)
        if not self.is_dirty:
            self.autosave.restart()

    def _show(self, document: Document) -> None:
        super()._show(document)
        self.autosave.changed()

    # Work, notices and questions.

    @property
    def jobs(self) -> list[Job]:
        """The jobs a person should see, oldest first."""
        return [job for job in self.runner.jobs if not job.quiet]

    def start(
        self,
        task: Task[Any],
        title: str,
        apply: Callable[[Any], None] | None = None,
        lane: Lane = "heavy",
        retry: bool = True,
        *,
        quiet: bool = False,
        keeps_document: bool = False,
    ) -> Job:
        """Start long work.

        Args:
            task: called on another thread with a progress; it sees only what it was given.
            title: a few words for people.
            apply: called by ``poll`` with what the task returned.
            lane: ``heavy`` for minutes, ``light`` for files.
            retry: whether it can be tried again; its inputs are kept for that.
            quiet: not listed for people.
            keeps_document: ``apply`` does not replace the document, so it is called even if that
                has changed meanwhile.
        """
        job = self.runner.start(task, title, lane, quiet=quiet, retry=retry)
        self._pending.add(job, apply, self.document, guarded=not keeps_document)
        return job

    def cancel(self, job: Job) -> None:
        """Ask a job to stop."""
        self.runner.cancel(job)

    def retry(self, job: Job) -> Job:
        """Start a failed or cancelled job again.

        Raises:
            ValueError: it cannot be tried again.
        """
        again = self.runner.retry(job)
        self._pending.move(job, again, self.document)
        return again

    def poll(self) -> None:
        """Bring everything up to date: jobs, autosave, what moves the face. Once per frame."""
        for job in self.runner.poll():
            self._pending.ended(job, self)
        self._pending.serve(self)
        self.easel.poll()
        self.autosave.tick(self)
        self._keeper.tick(self)
        live = self.driving.poll() or self.idle.next(self.document)
        if live is not None:
            self.view = replace(self.view, live_state=live)

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until ``poll`` has something to do by itself; None if it waits for events."""
        due = (
            self.idle.seconds_until_due,
            self.autosave.seconds_until_due(self),
            self.driving.seconds_until_due,
            self.easel.seconds_until_due,
        )
        return min((seconds for seconds in due if seconds is not None), default=None)

    def notify(self, notice: Notice) -> None:
        """Tell the person something."""
        self.notices = [*self.notices[1 - NOTICES :], notice]
        log.info("notice: %s", notice.text)

    def dismiss(self, notice: Notice) -> None:
        """Take a notice away."""
        self.notices = [each for each in self.notices if each is not notice]

    def do(self, action_id: str) -> bool:
        """Run a command by its id if it can be run; whether it was."""
        if self._pending.show(action_id, self):
            return True
        from app.actions import action

        found = action(action_id)
        if not found.enabled(self):
            return False
        found.run(self)
        return True

    def ask(self, prompt: Prompt) -> None:
        """Put a question to the person; one that was open is not answered any more."""
        self.prompt = prompt

    def answer(self, choice_id: str | None) -> None:
        """Answer the open question; None (Escape) leaves everything as it is."""
        prompt = self.prompt
        if prompt is None:
            return
        if choice_id is None or choice_id == "cancel":
            self.prompt, self.after_save = None, None
        elif prompt.choice(choice_id) is not None:
            self.prompt = None
            prompt.act(choice_id)

    def change_settings(self, **changes: Any) -> None:
        """Change settings, by the field names of ``Settings``; ``poll`` has them saved."""
        self.settings = replace(self.settings, **changes)
        self.history.byte_budget = self.settings.undo_mb << 20

    # Files.

    def open_demo(self) -> None:
        """Show the demo avatar in the place of what is open, after asking about unsaved work."""
        editing_files.open_demo(self)

    def greet(self) -> None:
        """Show the demo avatar, if nothing else is open by the time it is there."""
        editing_files.greet(self)

    def look_for_copies(self) -> None:
        """Ask about copies of unsaved work that a crash left, if there are any."""
        editing_recovery.look_for_copies(self)

    def open_path(self, path: Path, *, ask: bool = True) -> None:
        """Open whatever a path leads to.

        Args:
            path: a file or folder.
            ask: offer the methods for a photo or video; else the default one starts at once.
        """
        editing_files.open_paths(self, [path], ask=ask)

    def drop(self, paths: Sequence[Path], at: "Aim | None" = None) -> None:
        """Take files that were dropped on the window, on a place of the picture if known."""
        editing_files.open_paths(self, list(paths), ask=True, at=at)

    def reconstruct(
        self,
        path: Path,
        method_id: str,
        values: Mapping[str, Any],
        face: int | None = None,
        landmarks: tuple[tuple[float, float], ...] | None = None,
    ) -> Job:
        """Start making an avatar of a photo or video.

        Args:
            path: the file.
            method_id: how.
            values: options of the method by name; others keep their defaults.
            face: which one, from 1, left to right; None is the largest.
            landmarks: 478 points put right by hand, pixels of the file; None has them found.
        """
        return editing_methods.start_reconstruction(self, path, method_id, values, face, landmarks)

    def save(self, path: Path | None = None, then: Callable[[], None] | None = None) -> None:
        """Save to a file, by default the document's own; without any the window asks for one.

        Args:
            path: the file.
            then: called when it is saved.
        """
        editing_files.save(self, path, then)

    def save_cancelled(self) -> None:
        """The person gave no name to save under: what was to happen afterwards does not."""
        self.after_save = None

    def export_ply(self, path: Path) -> Job:
        """Start writing the splats of what is shown."""
        return editing_exports.export_ply(self, path)

    def export_uv(self, path: Path) -> Job:
        """Start writing the UV colour map."""
        return editing_exports.export_uv(self, path)

    def export_png(self, path: Path, width: int, height: int, **how: Any) -> Job:
        """Start drawing a picture of what is shown; see ``editing_exports.export_png``."""
        return editing_exports.export_png(self, path, width, height, **how)

    def turntable(self, path: Path, **how: Any) -> Job:
        """Start drawing a clip once round the head; see ``editing_exports.turntable``."""
        return editing_exports.turntable(self, path, **how)

    def request_quit(self) -> None:
        """Leave, after asking about unsaved work; ``wants`` holds ``quit`` when it is time."""
        editing_files.leave(self)

    def close(self) -> bool:
        """End all work; whether it ended in time. Unsaved work is given up: ask before."""
        in_time = self.runner.close()
        in_time = self.easel.close() and in_time
        self.driving.close()
        self.autosave.close()
        self._keeper.close(self)
        return in_time
