"""The list of commands with their keys, to be changed."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import theme
from app.gui.shortcuts import chord, keys_of
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.actions import Action
    from app.editor import Editor

SEARCH = "preferences.search"


def shortcuts(ui: Ui, editor: "Editor") -> None:
    """Draw search and list; keys are typed, such as Ctrl+Shift+Z, several set apart by spaces."""
    from app.actions import ACTIONS, conflicts

    words = str(editor.panel.get(SEARCH, ""))
    editor.panel[SEARCH] = words = ui.search("Find", words, "Find a command")
    shared = {name for _, names in conflicts(editor.settings) for name in names}
    found = [each for each in ACTIONS if words.strip().lower() in each.label.lower()]
    if not found:
        ui.muted("No command is called that.")
    with ui.dense(), ui.scope("Shortcuts"):
        for action in found:
            _row(ui, editor, action, has_rival=action.id in shared)


def _row(ui: Ui, editor: "Editor", action: "Action", *, has_rival: bool) -> None:
    room = imgui.get_content_region_avail().x
    own = action.id in editor.settings.shortcuts
    label = action.label.removesuffix("...")
    with ui.labels((room * 0.5) / px(1)):
        ui.label(label)
    width = imgui.get_content_region_avail().x - (px(30) if own else 0.0)
    text = " ".join(keys_of(action, editor))
    drag = ui.edit_text(f"##{action.id}", text, "no keys", width=width)
    if has_rival:
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        warning = theme.u32(theme.colors().warning)
        imgui.get_window_draw_list().add_rect(low, high, warning, px(6), px(1.5))
        ui.tooltip("Another command has these keys too")
    if drag.finished:
        _remap(editor, action, drag.value)
    if own:
        imgui.same_line(0, px(4))
        icon = icons.ICON_FA_ROTATE_LEFT
        if ui.icon_button(icon, f"{action.id} reset", "Back to the usual keys"):
            kept = {k: v for k, v in editor.settings.shortcuts.items() if k != action.id}
            editor.change_settings(shortcuts=kept)


def _remap(editor: "Editor", action: "Action", text: str) -> None:
    from app.notices import Notice

    wrong = [word for word in text.split() if chord(word) is None]
    if wrong:
        remedy = "Write keys such as Ctrl+Shift+Z, F5 or Space."
        editor.notify(Notice(f"There is no key '{wrong[0][:20]}'.", remedy, "warning"))
        return
    text = " ".join(text.split())
    changed = {**editor.settings.shortcuts, action.id: text}
    if text == " ".join(action.shortcuts):
        changed.pop(action.id)
    editor.change_settings(shortcuts=changed)
