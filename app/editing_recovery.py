"""What the editor does with copies of unsaved work that a crash left."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.autosave import Copy, recoverable, remove_copy
from app.document import Document
from app.jobs import tasks
from app.prompt import Prompt, PromptChoice
from avatars.progress import Progress

if TYPE_CHECKING:
    from app.editor import Editor

MOST_OFFERED = 5


def look_for_copies(editor: "Editor") -> None:
    """Look for copies on another thread, and ask if there are any."""
    folder = editor.autosave.folder

    def look(progress: Progress) -> tuple[Copy, ...]:
        progress.report(0.0, "Looking for copies")
        return recoverable(folder)

    editor.start(
        look,
        "Look for unsaved work",
        partial(_ask, editor),
        "light",
        False,
        quiet=True,
        keeps_document=True,
    )


def _ask(editor: "Editor", copies: tuple[Copy, ...]) -> None:
    if not copies:
        return
    offered = copies[:MOST_OFFERED]
    choices = tuple(
        PromptChoice(copy.file.name, f"Restore {copy.name}", _when(copy)) for copy in offered
    )

    def act(choice: str) -> None:
        if choice == "discard":
            for copy in copies:
                remove_copy(copy.file)
            return
        chosen = next((copy for copy in offered if copy.file.name == choice), None)
        if chosen is not None:
            _restore(editor, chosen)

    editor.ask(
        Prompt(
            kind="restore",
            title="Unsaved work was found",
            text="avatar-gui did not end properly last time. Copies of what was not saved:",
            choices=(
                *choices,
                PromptChoice("discard", "Delete the copies", "They cannot be brought back."),
                PromptChoice("cancel", "Later", "You will be asked again at the next start."),
            ),
            act=act,
            path=offered[0].path,
            default=choices[0].id,
        )
    )


def _restore(editor: "Editor", copy: Copy) -> None:
    def apply(document: Document) -> None:
        editor.open_document(document, copy.path, unsaved=True)
        editor.autosave.adopt(copy)

    editor.start(
        partial(tasks.open_any, copy.file),
        f"Restore {copy.name}",
        apply,
        "light",
        keeps_document=True,
    )


def _when(copy: Copy) -> str:
    moment = time.strftime("%d %B %Y, %H:%M", time.localtime(copy.written))
    place = "never saved" if copy.path is None else f"of {Path(copy.path).name}"
    return f"{moment}, {place}"
