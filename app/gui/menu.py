"""The menu bar, built from the action table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgui_bundle import hello_imgui, imgui

from app.gui.guard import attempt
from app.gui.shortcuts import keys_of

if TYPE_CHECKING:
    from app.actions import Action
    from app.editor import Editor

MENUS = ("File", "Edit", "View", "Avatar", "Layers", "Drive", "Help")

RULED = (
    *("save", "screenshot", "quit", "preferences", "palette", "about"),
    *("capture-neutral", "record", "frame-next", "trim-motion", "timeline"),
)
"""Actions with a line above them."""


def draw(editor: "Editor") -> None:
    """Draw all menus."""
    from app.actions import ACTIONS

    for name in MENUS:
        rows = [action for action in ACTIONS if action.menu == name]
        if not imgui.begin_menu(name):
            continue
        _rows(rows, editor)
        if name == "View":
            imgui.separator()
            _panels()
        imgui.end_menu()


def _rows(rows: "Sequence[Action]", editor: "Editor") -> None:
    for row in rows:
        if row.id in RULED:
            imgui.separator()
        keys = keys_of(row, editor)
        checked = row.checked(editor) if row.checked is not None else False
        pressed, _ = imgui.menu_item(
            row.label, keys[0] if keys else "", checked, row.enabled(editor)
        )
        if pressed:
            attempt(editor, row.run)
        if row.id == "open-last":
            _recent(editor)


def _recent(editor: "Editor") -> None:
    from app.actions import recent_actions

    rows = recent_actions(editor)
    if not imgui.begin_menu("Open recent", bool(rows)):
        return
    for row, text in zip(rows, editor.settings.recent, strict=True):
        if imgui.menu_item_simple(f"{row.label}##{row.id}"):
            attempt(editor, row.run)
        imgui.set_item_tooltip(text)
    imgui.end_menu()


def _panels() -> None:
    params = hello_imgui.get_runner_params().docking_params
    if imgui.begin_menu("Panels"):
        for window in params.dockable_windows:
            pressed, _ = imgui.menu_item(window.label, "", window.is_visible)
            if pressed:
                window.is_visible = not window.is_visible
        imgui.end_menu()
    if imgui.menu_item_simple("Reset layout"):
        params.layout_reset = True
