"""Making colour maps of an avatar that has none, so that it can be edited."""

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.document import Document
    from app.editor import Editor
    from app.jobs.job import Job


def can_bake(editor: "Editor") -> bool:
    """Whether what is open has no maps and can be given some."""
    return _subject(editor.document) is not None and _task() is not None


def bake_for_editing(editor: "Editor") -> "Job | None":
    """Start baking; the result is one undo step. None where nothing can be baked."""
    task = _task()
    if task is None or _subject(editor.document) is None:
        return None

    def apply(made: "Document") -> None:
        editor.apply_avatar(made, "Bake for editing")

    return editor.start(partial(task, editor.document), "Bake for editing", apply)


def _subject(document: "Document") -> Any | None:
    """The avatar, if it can be posed but has no maps."""
    avatar: Any = document.avatar
    return avatar if avatar is not None and getattr(avatar, "maps", None) is None else None


def _task() -> Any | None:
    return getattr(import_module("app.jobs.tasks"), "bake", None)
