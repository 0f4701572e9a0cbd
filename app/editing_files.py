"""How the editor opens, saves and leaves; functions that its methods call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.document import EMPTY, Document
from app.editing_methods import INPUTS, offer_methods
from app.editing_stickers import looks_like_sticker
from app.editing_video import offer_video, open_motion
from app.jobs import tasks
from app.jobs.job import Job
from app.notices import Notice, notice_of
from app.opening import Found, look
from app.prompt import Prompt, PromptChoice
from avatars.progress import Progress
from renderer.disk import shown

if TYPE_CHECKING:
    from app.aim import Aim
    from app.editor import Editor

SUFFIX = ".avatar"
MOST_DROPPED = 1000


@dataclass(eq=False)
class Saving:
    """A save under way.

    Attributes:
        job: that writes the file.
        document: that is being written.
        then: what happens once it is saved; nothing of it if that fails.
    """

    job: Job
    document: Document
    then: list[Callable[[], None]]


def open_paths(
    editor: "Editor", paths: Sequence[Path], *, ask: bool, at: "Aim | None" = None
) -> None:
    """Look at paths on another thread, then open the first that can be opened."""
    if not paths:
        return
    some = list(paths[:MOST_DROPPED])

    def classify(progress: Progress) -> list[Found]:
        found: list[Found] = []
        for path in some:
            progress.report(len(found) / len(some), "Looking at files")
            one = look(path)
            if one.kind == "photo" and one.problem is None:
                one = replace(one, is_cut_out=looks_like_sticker(one.path))
            found.append(one)
        return found

    editor.start(
        classify,
        "Look at files",
        partial(_opened, editor, ask, at),
        "light",
        False,
        quiet=True,
        keeps_document=True,
    )


def _opened(editor: "Editor", ask: bool, at: "Aim | None", found: list[Found]) -> None:
    """Act on the first path that can be used and tell what happens to the others."""
    usable = [each for each in found if each.problem is None]
    refused = [each.problem for each in found if each.problem is not None]
    for problem in refused[:3]:
        editor.notify(notice_of(problem))
    if not usable:
        return
    # A face or an avatar is what people mean when they drop it together with other things.
    order = ("photo", "avatar", "video", "splats", "motion", "head")
    first = next((each for each in usable if each.kind in order[:2]), usable[0])
    left = len(usable) - 1
    if left:
        others = "the other file was" if left == 1 else f"the {left} other files were"
        editor.notify(
            Notice(f"{first.path.name} is used; {others} left out.", "Drop them one at a time.")
        )
    _use(editor, first, ask=ask, at=at)


def _use(editor: "Editor", found: Found, *, ask: bool, at: "Aim | None") -> None:
    if found.kind == "video":
        offer_video(editor, found, ask=ask)
    elif found.kind in INPUTS:
        offer_methods(editor, found, ask=ask, at=at)
    elif found.kind in ("avatar", "splats"):
        unless_unsaved(editor, partial(_load, editor, found.path))
    elif found.kind == "rigged":
        unless_unsaved(editor, partial(_bake, editor, found.path))
    elif found.kind == "motion":
        open_motion(editor, found.path)
    else:
        editor.notify(
            Notice(
                f"{shown(found.path)} is a head model.",
                f'Bring it in with `avatar-gui head import "{found.path}"`.',
                "warning",
            )
        )


# Avatars and splats.


def _load(editor: "Editor", path: Path) -> None:
    """Start opening a file in the place of what is open."""
    task = partial(tasks.open_any, path)

    def apply(document: Document) -> None:
        # Splats are only looked at: what is saved is a file of its own.
        editor.open_document(document, path if document.avatar is not None else None)
        editor.change_settings(recent=editor.settings.with_recent(path).recent)

    editor.start(task, f"Open {path.name}", apply, "light")


def _bake(editor: "Editor", path: Path) -> None:
    """Start baking splats that ride on triangles, and show them in the place of what is open."""
    task = partial(tasks.open_rigged, path, device=editor.settings.device)
    editor.notify(
        Notice(
            f"{path.name} is baked onto maps, so that it moves and can be painted on.",
            "This takes about a minute; the Jobs panel shows how far it is.",
        )
    )
    editor.start(task, f"Bake {path.name}", partial(editor.open_document, unsaved=True))


def greet(editor: "Editor") -> None:
    """Start showing the demo avatar, if nothing else is open when it is ready."""

    def apply(document: Document) -> None:
        if editor.document is EMPTY:
            _show_demo(editor, document)

    editor.start(
        tasks.demo, "Open the demo", apply, "light", False, quiet=True, keeps_document=True
    )


def open_demo(editor: "Editor") -> None:
    """Start showing the demo avatar, after asking about unsaved work."""

    def load() -> None:
        editor.start(tasks.demo, "Open the demo", partial(_show_demo, editor), "light")

    unless_unsaved(editor, load)


def _show_demo(editor: "Editor", document: Document) -> None:
    editor.open_document(document)
    editor.demo = document
    if editor.settings.idle_motion:
        editor.idle.start()


# Saving and leaving.


def save(editor: "Editor", path: Path | None, then: Callable[[], None] | None) -> None:
    """Start saving; without a path the window is asked for one."""
    if editor.document.avatar is None:
        editor.notify(
            Notice("There is no avatar to save.", "Drop a photo, or open an avatar.", "warning")
        )
        return
    if then is not None:
        editor.after_save = then
    target = path or editor.path
    if target is None:
        editor.wants.add("save-dialog")
        return
    if target.suffix.lower() != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    document, device = editor.document, editor.settings.device
    following = [] if editor.after_save is None else [editor.after_save]
    editor.after_save = None

    def write(progress: Progress) -> Document:
        return tasks.save_document(document, target, progress, device)

    def apply(saved: Document) -> None:
        editor.mark_saved(saved, target)
        editor.change_settings(recent=editor.settings.with_recent(target).recent)
        editor.notify(Notice(f"Saved {target.name}."))
        if editor.saving is not None and editor.saving.document is saved:
            editor.saving = None
        for go_on in following:
            go_on()

    title = f"Save {target.name}"
    job = editor.start(write, title, apply, "light", False, keeps_document=True)
    editor.saving = Saving(job, document, following)


def unless_unsaved(editor: "Editor", go_on: Callable[[], None]) -> None:
    """Go on, after asking about unsaved work if there is any.

    Where just that work is being saved, it goes on when that is done.
    """
    if not editor.has_work:
        go_on()
        return
    saving = editor.saving
    if saving is not None and saving.job.is_active and saving.document is editor.document:
        saving.then.append(go_on)
        return

    def act(choice: str) -> None:
        if choice == "save":
            editor.save(then=go_on)
        else:
            go_on()

    name = editor.document.name
    editor.ask(
        Prompt(
            kind="unsaved",
            title="Unsaved work",
            text=f"{name} has changes that are not saved.",
            choices=(
                PromptChoice("save", "Save"),
                PromptChoice("discard", "Discard", "The changes are lost."),
                PromptChoice("cancel", "Cancel"),
            ),
            act=act,
            path=editor.path,
            default="save",
        )
    )


def leave(editor: "Editor") -> None:
    """Leave the program when nothing is unsaved any more."""
    unless_unsaved(editor, lambda: editor.wants.add("quit"))
