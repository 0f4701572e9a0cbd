"""What the editor does with a video and with a motion that is opened."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.driving.choice import choice_of
from app.driving.reel import Story
from app.editing_methods import CANCEL, choices
from app.jobs import tasks
from app.notices import Notice
from app.opening import Found
from app.prompt import Prompt, PromptChoice, first_enabled

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.document import Document
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.motion import Motion
    from avatars.progress import Progress

DRIVE, TRACK = "drive", "track"


def offer_video(editor: "Editor", found: Found, *, ask: bool) -> None:
    """Ask what to do with a video, or start the default method at once."""
    path = found.path
    methods = choices("video", editor)
    if not ask:
        _act(editor, path, first_enabled(methods) or DRIVE)
        return
    has_avatar = editor.document.avatar is not None
    whom = "this avatar" if has_avatar else "the demo avatar"
    driving = (
        PromptChoice(DRIVE, f"Drive {whom} with it (live)", "It plays in a camera's place."),
        PromptChoice(TRACK, "Track it into a motion", "Each frame is looked at; then it plays."),
    )
    offered = (*driving, *methods) if has_avatar else (*methods, *driving)
    editor.ask(
        Prompt(
            kind="choose",
            title="Use a video",
            text=f"What should become of {path.name}?",
            choices=(*offered, CANCEL),
            act=partial(_act, editor, path),
            path=path,
            default=first_enabled(offered),
        )
    )


def _act(editor: "Editor", path: Path, choice: str) -> None:
    if choice == DRIVE:
        drive_with(editor, path)
    elif choice == TRACK:
        track(editor, path)
    else:
        editor.reconstruct(path, choice, editor.settings.last_options.get(choice, {}))


def drive_with(editor: "Editor", path: Path) -> None:
    """Follow a video in a camera's place."""
    kept = editor.settings.last_options.get("source video", {})
    editor.driving.start(replace(choice_of("video", kept), video=str(path)), tell=True)
    editor.wants.add("panel:Drive")


# Motions.


def track(editor: "Editor", path: Path) -> "Job":
    """Start tracking a video into a motion, which is then played."""
    from app.driving.starting import landmarker

    task = partial(_track, path, landmarker(editor))

    def apply(made: "Tracked") -> None:
        for warning in made.warnings:
            editor.notify(Notice(warning, severity="warning"))
        _play(editor, made.motion, f"Track {path.stem}", Story(path.stem, video=path))

    return editor.start(task, f"Track {path.name}", apply, keeps_document=True)


@dataclass(frozen=True, eq=False)
class Tracked:
    """A motion and sentences about what it was tracked from."""

    motion: "Motion"
    warnings: tuple[str, ...]


def _track(path: Path, task: Path | None, progress: "Progress") -> Tracked:
    """The motion in a video.

    Raises:
        UserError: it cannot be read, or shows nobody.
        Cancelled: the user asked to stop.
    """
    from app.demo import builtin_head
    from app.jobs.cores import leave_one_core
    from avatars.tracking.clip import track_video

    leave_one_core()
    clip = track_video(path, builtin_head(), progress, task=task)
    return Tracked(clip.motion, clip.warnings)


def open_motion(editor: "Editor", path: Path) -> None:
    """Start reading a motion, which is then played on the open avatar, else on the demo."""
    avatar = editor.document.avatar
    task = partial(tasks.load_motion, path, None if avatar is None else avatar.head)

    def apply(motion: "Motion") -> None:
        _play(editor, motion, f"Load motion {path.stem}", Story(path.stem))

    editor.start(task, f"Open {path.name}", apply, "light", keeps_document=True)


def _play(editor: "Editor", motion: "Motion", label: str, story: Story) -> None:
    with_avatar(editor, lambda: editor.driving.reel.put(motion, label, story))


def with_avatar(editor: "Editor", go_on: "Callable[[], None]") -> None:
    """Go on with an avatar open: the demo where there is none."""
    if editor.document.avatar is not None:
        go_on()
        return

    def apply(document: "Document") -> None:
        if editor.document.avatar is None:
            editor.open_document(document)
            editor.demo = document
        go_on()

    editor.start(
        tasks.demo, "Open the demo", apply, "light", False, quiet=True, keeps_document=True
    )
