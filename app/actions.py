"""Every command: menus, shortcuts, the command palette and the sheet of keys read this table."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import action_drives, action_layers
from app import action_runs as runs
from app.action_runs import Check, Run, always
from app.presets import PRESETS
from app.settings import Settings

if TYPE_CHECKING:
    from app.editor import Editor

MENUS = ("File", "Edit", "View", "Avatar", "Layers", "Drive", "Help")

_Row = tuple[Any, ...]  # id, label, keys, run and, where there are any, enabled and checked


@dataclass(frozen=True)
class Action:
    """A command.

    Attributes:
        id: short name, for shortcuts in settings.
        label: name for people.
        menu: the menu it stands in; empty for those of the palette and of keys alone.
        shortcuts: keys, such as ``Ctrl+Shift+Z``; the first is shown.
        run: carries it out.
        enabled: whether it can be run now.
        checked: for commands that switch something, whether it is on; else None.
    """

    id: str
    label: str
    menu: str
    shortcuts: tuple[str, ...]
    run: Run
    enabled: Check = always
    checked: Check | None = None


def action(action_id: str) -> Action:
    """The command of an id.

    Raises:
        KeyError: there is none.
    """
    return _BY_ID[action_id]


def shortcuts_of(each: Action, settings: Settings) -> tuple[str, ...]:
    """The keys of a command, those of the settings in place of its own where there are any."""
    changed = settings.shortcuts.get(each.id)
    return each.shortcuts if changed is None else tuple(changed.split())


def for_shortcut(keys: str, settings: Settings) -> Action | None:
    """The command that keys mean, or None; one that settings gave the keys to comes first."""
    wanted = normal(keys)
    for each in sorted(ACTIONS, key=lambda one: one.id not in settings.shortcuts):
        if any(normal(text) == wanted for text in shortcuts_of(each, settings)):
            return each
    return None


def conflicts(settings: Settings) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Keys that mean more than one command, with the ids of those."""
    users: dict[str, list[str]] = {}
    for each in ACTIONS:
        for text in shortcuts_of(each, settings):
            users.setdefault(normal(text), []).append(each.id)
    return tuple((keys, tuple(ids)) for keys, ids in users.items() if len(ids) > 1)


def normal(keys: str) -> str:
    """Keys with their modifiers in one order and spelling, for comparing."""
    parts = keys.strip().split("+")
    # "Ctrl++" is the plus key itself.
    key = parts[-1] or "+"
    held = {"cmd": "ctrl", "control": "ctrl", "option": "alt"}
    modifiers = {held.get(part.lower(), part.lower()) for part in parts[:-1] if part}
    order = [name for name in ("ctrl", "alt", "shift") if name in modifiers]
    return "+".join([*order, key.lower()])


def recent_actions(editor: "Editor") -> tuple[Action, ...]:
    """One command per recent file, the newest first."""

    def opens(name: str) -> Run:
        return lambda each: each.open_path(Path(name))

    return tuple(
        Action(f"recent-{number}", Path(name).name, "File", (), opens(name))
        for number, name in enumerate(editor.settings.recent)
    )


def _has_draft_or_past(editor: "Editor") -> bool:
    return editor.history.can_undo or editor.draft is not None


# fmt: off
_FILE = (
    ("open", "Open...", ("Ctrl+O",), runs.wants("open-dialog")),
    ("open-last", "Open the last file", ("Ctrl+Shift+O",), runs.open_last,
     lambda editor: bool(editor.settings.recent)),
    ("demo", "Open the demo avatar", (), lambda editor: editor.open_demo()),
    ("save", "Save", ("Ctrl+S",), lambda editor: editor.save(), runs.has_avatar),
    ("save-as", "Save as...", ("Ctrl+Shift+S",), runs.wants("save-dialog"), runs.has_avatar),
    ("screenshot", "Screenshot", ("F12",), runs.wants("screenshot"), runs.has_something),
    ("turntable", "Turntable clip...", ("Ctrl+Shift+T",), runs.wants("turntable-dialog"),
     runs.has_something),
    ("export-ply", "Export posed splats...", ("Ctrl+Shift+E",), runs.wants("ply-dialog"),
     runs.has_something),
    ("export-uv", "Export UV colours...", (), runs.wants("uv-dialog"), runs.has_avatar),
    ("quit", "Quit", ("Ctrl+Q",), lambda editor: editor.request_quit()),
)
_EDIT = (
    ("undo", "Undo", ("Ctrl+Z",), lambda editor: editor.undo(), _has_draft_or_past),
    ("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), lambda editor: editor.redo(),
     lambda editor: editor.history.can_redo),
    ("preferences", "Preferences...", ("Ctrl+,",), runs.wants("panel:Preferences")),
    ("palette", "Command palette...", ("Ctrl+P", "Ctrl+Shift+P"), runs.wants("palette")),
)
_VIEW = (
    ("frame-face", "Frame the face", ("F",), runs.frame, runs.has_something),
    ("reset-camera", "Reset the camera", ("Shift+F",), runs.reset_camera, runs.has_something),
    ("view-front", "From the front", ("Ctrl+1",), runs.look_from(0.0), runs.has_something),
    ("view-left", "Subject's left side", ("Ctrl+2",), runs.look_from(pi / 2), runs.has_something),
    ("view-right", "Subject's right side", ("Ctrl+3",), runs.look_from(-pi / 2),
     runs.has_something),
    ("view-back", "From behind", ("Ctrl+4",), runs.look_from(pi), runs.has_something),
    ("view-three-quarter", "Three quarters", ("Ctrl+5",), runs.look_from(pi / 5, pi / 24),
     runs.has_something),
    ("source-camera", "Camera of the photo", ("Ctrl+0",), runs.source_camera, runs.has_camera,
     lambda editor: editor.view.options.camera == "source"),
    ("wipe", "Compare with the photo (A/B)", ("A",), runs.wipe, runs.has_photo,
     lambda editor: editor.view.options.wipe is not None),
    ("mesh-overlay", "Mesh overlay", ("M",), runs.mesh, runs.has_avatar,
     lambda editor: editor.view.options.mesh_overlay),
    ("fullscreen", "Full screen", ("F11",), runs.wants("fullscreen")),
    ("theme", "Light theme", (), runs.theme, always,
     lambda editor: editor.settings.theme == "light"),
    ("performance", "Performance overlay", ("F10",), runs.toggle("performance"), always,
     runs.is_on("performance")),
)
_AVATAR = (
    ("reset-face", "Reset the face", ("Ctrl+R",), lambda editor: editor.reset_face(),
     runs.has_avatar),
    ("randomise-face", "Random face", ("Ctrl+Shift+R",), runs.randomise, runs.has_arkit),
    ("reset-shape", "Reset the shape", (), lambda editor: editor.reset_shape(), runs.has_avatar),
    ("cancel-jobs", "Cancel all jobs", ("Ctrl+.",), runs.cancel_jobs,
     lambda editor: any(job.is_active for job in editor.jobs)),
)
_HELP = (
    ("shortcuts", "Shortcuts", ("F1", "?"), runs.wants("shortcuts")),
    ("log", "Log", ("Ctrl+L",), runs.wants("panel:Log")),
    ("self-check", "Self-check", (), runs.wants("panel:Self-check")),
    ("about", "About avatar-gui", (), runs.wants("about")),
)
_PALETTE = (
    ("copy-report", "Copy the last report", (), runs.wants("copy-report"),
     lambda editor: any(notice.is_bug for notice in editor.notices)),
)
# fmt: on

# On the number block, as streaming programs have them; 0 is the face at rest.
_KEYPAD = (
    *("neutral", "smile", "laugh", "surprise", "sad", "angry", "disgust", "fear", "wink"),
    "eyes-closed",
)


def _actions() -> Iterator[Action]:
    menus: tuple[tuple[str, tuple[_Row, ...]], ...] = (
        ("File", _FILE),
        ("Edit", _EDIT),
        ("View", _VIEW),
        ("Avatar", _AVATAR),
        ("Layers", action_layers.ROWS),
        ("Drive", action_drives.ROWS),
        ("Help", _HELP),
        ("", _PALETTE),
    )
    for menu, rows in menus:
        for action_id, label, keys, run, *checks in rows:
            yield Action(action_id, label, menu, keys, run, *checks)
    for each in PRESETS:
        key = (f"Keypad{_KEYPAD.index(each.id)}",) if each.id in _KEYPAD else ()
        run = runs.make_face(each.id)
        yield Action(f"face-{each.id}", f"Face: {each.label}", "", key, run, runs.has_arkit)


ACTIONS: tuple[Action, ...] = tuple(_actions())
"""All commands, in the order of the menus."""

_BY_ID = {each.id: each for each in ACTIONS}
