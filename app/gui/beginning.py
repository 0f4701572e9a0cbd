"""How the window begins: settings, the editor, and what is opened once the first frame is shown."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.editor import Editor
from app.paths import paths
from app.settings import Settings, load_settings
from app.window_flags import WindowFlags

if TYPE_CHECKING:
    from app.frames import FrameWorker


def make_editor(flags: WindowFlags, wake: Callable[[], None]) -> Editor:
    """The editor with its settings; in safe mode with the defaults, and none are saved."""
    places = paths()
    if flags.safe_mode:
        aside = Path(tempfile.mkdtemp(prefix="avatar-gui-safe-"))
        return Editor(Settings(), places=replace(places, config=aside), wake=wake)
    settings, notice = load_settings(places.config)
    editor = Editor(settings, places=places, wake=wake)
    if notice is not None:
        editor.notify(notice)
    return editor


def begin(editor: Editor, flags: WindowFlags, wake: Callable[[], None]) -> "FrameWorker":
    """Start what takes time: the render worker, the files given, the demo, the offer to restore."""
    from app.frames import FrameWorker

    gate = editor.runner.giving_way
    worker = FrameWorker(flags.device or editor.settings.device, wake, gate)
    if not flags.safe_mode and flags.screenshot is None:
        editor.look_for_copies()
    for path in flags.files:
        # What was named is what is wanted: the default method starts without a question.
        editor.open_path(path, ask=False)
    if not flags.files and flags.demo and editor.settings.show_demo:
        editor.greet()
    return worker
