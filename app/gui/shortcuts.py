"""Keys: the shortcuts of actions as ImGui understands them, and what a pressed one does."""

from functools import lru_cache
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from app.gui.guard import attempt

if TYPE_CHECKING:
    from app.actions import Action
    from app.editor import Editor

_NAMED = {
    ",": "comma", ".": "period", "[": "left_bracket", "]": "right_bracket", "-": "minus",
    "=": "equal", "+": "equal", "/": "slash", "?": "slash", ";": "semicolon", "'": "apostrophe",
    "`": "grave_accent", "\\": "backslash", "esc": "escape", "escape": "escape", "space": "space",
    "enter": "enter", "return": "enter", "delete": "delete", "backspace": "backspace",
    "tab": "tab", "home": "home", "end": "end", "left": "left_arrow", "right": "right_arrow",
    "up": "up_arrow", "down": "down_arrow", "pageup": "page_up", "pagedown": "page_down",
    "insert": "insert",
}  # fmt: skip
_FIRST, _BEHIND = int(imgui.Key.named_key_begin), int(imgui.Key.named_key_end)
_MODIFIERS = {
    "ctrl": imgui.Key.mod_ctrl,
    "cmd": imgui.Key.mod_ctrl,
    "shift": imgui.Key.mod_shift,
    "alt": imgui.Key.mod_alt,
}


@lru_cache(maxsize=256)
def chord(text: str) -> int | None:
    """The key chord of a text such as ``Ctrl+Shift+Z``; None if it names no key."""
    *held, last = _words(text)
    keys = 0
    for word in held:
        modifier = _MODIFIERS.get(word.lower())
        if modifier is None:
            return None
        keys |= int(modifier)
    if last == "?":  # sits on another key than its unshifted self
        keys |= int(imgui.Key.mod_shift)
    key = _key(last)
    return None if key is None else keys | key


def _words(text: str) -> list[str]:
    if text.endswith("++"):
        return [*text[:-2].split("+"), "+"]
    return text.split("+") if text != "+" else ["+"]


def _key(word: str) -> int | None:
    name = _NAMED.get(word.lower(), word.lower())
    if len(name) == 1 and name.isdigit():
        name = f"_{name}"
    key = imgui.Key.__members__.get(name)
    return None if key is None or not _FIRST <= int(key) < _BEHIND else int(key)


def keys_of(action: "Action", editor: "Editor") -> tuple[str, ...]:
    """The shortcuts of an action as texts, remapped by the settings where they say so."""
    from app.actions import shortcuts_of

    return shortcuts_of(action, editor.settings)


def handle(editor: "Editor") -> None:
    """Run the action whose keys were pressed; nothing while a field is typed in."""
    from app.actions import ACTIONS

    if imgui.get_io().want_text_input or imgui.is_popup_open(
        "", imgui.PopupFlags_.any_popup_id | imgui.PopupFlags_.any_popup_level
    ):
        return
    for action in ACTIONS:
        for text in keys_of(action, editor):
            keys = chord(text)
            if keys is not None and imgui.is_key_chord_pressed(keys) and action.enabled(editor):
                attempt(editor, action.run)
                return
