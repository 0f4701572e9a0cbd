"""What happens when a job ends: its result is applied, waits, or its failure is told."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.document import Document
from app.jobs.job import Job
from app.notices import Notice

if TYPE_CHECKING:
    from app.editor import Editor

Apply = Callable[[Any], None]
SHOW = "show-result:"


@dataclass(eq=False)
class _Expected:
    apply: Apply | None
    guarded: bool  # whether it is for the document it was started with, and for no other
    snapshot: "weakref.ref[Document]"

    def fits(self, document: Document) -> bool:
        return not self.guarded or self.snapshot() is document


def is_result(notice: Notice) -> bool:
    """Whether a notice stands for a result that waits."""
    return notice.action_id is not None and notice.action_id.startswith(SHOW)


class Pending:
    """The jobs whose results somebody waits for."""

    def __init__(self) -> None:
        self._expected: dict[int, _Expected] = {}
        self._ready: list[tuple[Job, _Expected]] = []
        self._kept: dict[str, tuple[Apply, Any]] = {}

    def add(self, job: Job, apply: Apply | None, document: Document, *, guarded: bool) -> None:
        """Expect a job's result; a guarded one is for this very document."""
        self._expected[job.id] = _Expected(apply, guarded, weakref.ref(document))

    def move(self, job: Job, again: Job, document: Document) -> None:
        """Expect of another try what was expected of a job, for the document that is open now."""
        expected = self._expected.pop(job.id, None)
        if expected is not None:
            self.add(again, expected.apply, document, guarded=expected.guarded)

    def ended(self, job: Job, editor: "Editor") -> None:
        """Take note of a job that ended; a failure changes nothing but is told."""
        if job.state == "done" or not job.can_retry:
            expected = self._expected.pop(job.id, None)
            if job.state == "done" and expected is not None:
                self._ready.append((job, expected))
        if job.state == "failed" and job.error is not None:
            error = job.error
            told = error if job.quiet else replace(error, message=f"{job.title}: {error.message}")
            editor.notify(told)

    def serve(self, editor: "Editor") -> None:
        """Apply the results that are there, unless something is being dragged just now."""
        # Only when all that ended together were noted: quiet ones are listed no more by then.
        listed = {each.id for each in editor.runner.jobs}
        self._expected = {k: v for k, v in self._expected.items() if k in listed}
        if editor.draft is not None:
            return
        ready, self._ready = self._ready, []
        for job, expected in ready:
            result, job.result = job.result, None
            if expected.apply is None:
                continue
            if expected.fits(editor.document):
                expected.apply(result)
                continue
            name = f"{SHOW}{job.id}"
            self._kept[name] = (expected.apply, result)
            editor.notify(
                Notice(
                    f"{job.title}: done.",
                    "You have gone on meanwhile, so the result waits.",
                    action_id=name,
                    action_label="Show",
                )
            )

    def show(self, action_id: str, editor: "Editor") -> bool:
        """Apply a result that waits, if the action means one; whether it does."""
        if not action_id.startswith(SHOW):
            return False
        kept = self._kept.pop(action_id, None)
        editor.notices = [each for each in editor.notices if each.action_id != action_id]
        if kept is not None:
            kept[0](kept[1])
        return True

    def forget_results(self) -> None:
        """Let go of results that wait for a document which is closed now."""
        self._kept.clear()
