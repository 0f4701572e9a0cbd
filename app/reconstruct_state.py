"""What the reconstruct panel holds in ``editor.panel``: input, what was found, what is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.editing_methods import INPUTS, choices
from app.jobs import tasks
from app.opening import look
from app.photo_points import as_pairs
from avatars.methods import find_methods, named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.editor import Editor
    from app.jobs.input_check import InputCheck
    from app.jobs.job import Job
    from app.prompt import PromptChoice
    from avatars.methods.base import Method
    from avatars.options import Value

INPUT, METHOD, OPTIONS = "reconstruct.input", "reconstruct.method", "reconstruct.options"
PROMPT = "reconstruct.prompt"
TITLE = "Reconstruct "
"""How titles of such jobs begin, wherever they were started."""


@dataclass(frozen=True, eq=False)
class Input:
    """A photo or video that is to become an avatar.

    Attributes:
        path: its file.
        kind: ``photo`` or ``video``.
        face: which face was asked for, from 1; None is the largest.
        job: the look at it, once it has begun.
        check: what was found, once it is.
        points: [478, 2] landmarks put right by hand, pixels of the check's picture, or None.
        edits: whether points are being moved.
    """

    path: Path
    kind: str
    face: int | None = None
    job: "Job | None" = None
    check: "InputCheck | None" = None
    points: "NDArray[np.float64] | None" = None
    edits: bool = False


def input_of(editor: "Editor") -> Input | None:
    """What is to be reconstructed, or None."""
    found: Input | None = editor.panel.get(INPUT)
    return found


def take(editor: "Editor", path: Path) -> bool:
    """Make a file the input and look at it; whether it is a photo or video."""
    found = look(path)
    if found.kind not in INPUTS:
        return False
    _look(editor, Input(found.path, found.kind))
    return True


def clear(editor: "Editor") -> None:
    """Put the input away."""
    given = input_of(editor)
    if given is not None and given.job is not None and given.job.is_active:
        editor.cancel(given.job)
    editor.panel.pop(INPUT, None)


def follow(editor: "Editor") -> None:
    """Take the file that the editor asks about, so that it is here when the question is put off."""
    prompt = editor.prompt
    if prompt is None or prompt.kind != "choose-method" or prompt.path is None:
        return
    if editor.panel.get(PROMPT) is prompt or prompt.default == "sticker":
        return
    editor.panel[PROMPT] = prompt
    given = input_of(editor)
    if given is None or given.path != prompt.path:
        take(editor, prompt.path)


def choose_face(editor: "Editor", face: int) -> None:
    """Use another face of the photo."""
    given = input_of(editor)
    if given is not None:
        _look(editor, replace(given, face=face, points=None, edits=False))


def edit_points(editor: "Editor", *, edits: bool) -> None:
    """Begin or end moving points."""
    given = input_of(editor)
    if given is not None:
        editor.panel[INPUT] = replace(given, edits=edits)


def move_points(editor: "Editor", points: "NDArray[np.float64] | None") -> None:
    """Put the points elsewhere; None puts them back where they were found."""
    given = input_of(editor)
    if given is not None:
        editor.panel[INPUT] = replace(given, points=points)


def _look(editor: "Editor", given: Input) -> None:
    if given.kind != "photo":
        editor.panel[INPUT] = given
        return
    if given.job is not None and given.job.is_active:
        editor.cancel(given.job)

    def apply(check: "InputCheck") -> None:
        now = input_of(editor)
        if now is not None and (now.path, now.face) == (given.path, given.face):
            editor.panel[INPUT] = replace(now, check=check)

    task = partial(tasks.check_photo, given.path, given.face)
    title = f"Look at {given.path.name}"
    job = editor.start(task, title, apply, "light", False, quiet=True, keeps_document=True)
    editor.panel[INPUT] = replace(given, job=job)


# The choice of a method and its options.


def methods(editor: "Editor", given: Input) -> "tuple[PromptChoice, ...]":
    """The methods for this input, each with what it needs."""
    return choices(given.kind, editor)


def method(method_id: str) -> "Method":
    """The method of an id."""
    return named(method_id, find_methods())


def chosen(editor: "Editor", given: Input, offered: "tuple[PromptChoice, ...]") -> "PromptChoice":
    """The method in use: the one chosen here, else the first that works."""
    wanted = editor.panel.get(f"{METHOD}.{given.kind}")
    found = [each for each in offered if each.id == wanted]
    return (found or [each for each in offered if each.enabled] or list(offered))[0]


def choose_method(editor: "Editor", given: Input, method_id: str) -> None:
    """Use another method."""
    editor.panel[f"{METHOD}.{given.kind}"] = method_id


def options(editor: "Editor", method_id: str) -> "Mapping[str, Value]":
    """Options of a method as they are here, at first those of last time."""
    kept: Mapping[str, Value] | None = editor.panel.get(f"{OPTIONS}.{method_id}")
    return editor.settings.last_options.get(method_id, {}) if kept is None else kept


def set_options(editor: "Editor", method_id: str, values: "Mapping[str, Value]") -> None:
    """Keep options of a method."""
    editor.panel[f"{OPTIONS}.{method_id}"] = dict(values)


def start(editor: "Editor", given: Input, method_id: str, values: Mapping[str, Any]) -> "Job":
    """Start making the avatar."""
    points = None
    if given.points is not None and given.check is not None:
        points = as_pairs(given.points, given.check.scale)
    face = given.face if given.check is None else given.check.face
    if len(given.check.boxes if given.check is not None else ()) < 2:
        face = given.face
    editor.panel[INPUT] = replace(given, edits=False)
    return editor.reconstruct(given.path, method_id, values, face, points)


# Jobs.


def running(editor: "Editor") -> "Job | None":
    """The reconstruction that runs, else the first one that waits."""
    active = [job for job in _jobs(editor) if job.is_active]
    return next((job for job in active if job.state != "queued"), active[0] if active else None)


def last(editor: "Editor") -> "Job | None":
    """The reconstruction that ended last, or None."""
    over = [job for job in _jobs(editor) if job.is_over]
    return over[-1] if over else None


def _jobs(editor: "Editor") -> "list[Job]":
    return [job for job in editor.jobs if job.title.startswith(TITLE)]
