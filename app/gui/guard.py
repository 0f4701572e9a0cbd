"""A mistake in one part of the window must not take the rest, or anybody's work, with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from app.notices import notice_of

if TYPE_CHECKING:
    from app.editor import Editor

MOST = 3
"""Mistakes after which a part is no longer drawn: one each frame would flood the log."""


class Guard:
    """Draws parts of the window; tells of their mistakes instead of letting them through."""

    def __init__(self, editor: "Editor") -> None:
        self._editor = editor
        self._mistakes: dict[str, int] = {}

    def draw(self, name: str, part: Callable[[], None]) -> None:
        """Draw a part; if it fails, close what it left open and say so."""
        if self._mistakes.get(name, 0) >= MOST:
            imgui.text_wrapped("This part is switched off after an error. Restart to use it again.")
            return
        state = imgui.internal.ErrorRecoveryState()
        imgui.internal.error_recovery_store_state(state)
        try:
            part()
        except Exception as error:  # noqa: BLE001  (told to the person, with a report)
            imgui.internal.error_recovery_try_to_recover_state(state)
            self._mistakes[name] = self._mistakes.get(name, 0) + 1
            self._editor.notify(notice_of(error))


def attempt(editor: "Editor", call: "Callable[[Editor], object]") -> None:
    """Carry out a command; a mistake in it is told, not raised."""
    try:
        call(editor)
    except Exception as error:  # noqa: BLE001  (told to the person, with a report)
        editor.notify(notice_of(error))
