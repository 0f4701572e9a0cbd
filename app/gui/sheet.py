"""The sheet of shortcuts (F1) and the command palette; both read the action table."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.guard import attempt
from app.gui.menu import MENUS
from app.gui.modal import close, enter_pressed, escape_pressed, modal
from app.gui.pieces import accent_button, at_the_right, bold, colored, muted, to_the_right
from app.gui.shortcuts import keys_of
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.actions import Action
    from app.editor import Editor

Rows = tuple[tuple[str, str], ...]
Group = tuple[str, Rows]

MOUSE: Rows = (
    ("Orbit", "Left drag, Alt + drag in any tool"),
    ("Pan", "Middle or right drag"),
    ("Zoom to the pointer", "Wheel"),
    ("Set the pivot", "Double click"),
    ("Reset a slider", "Right click"),
)


def shortcut_sheet(ui: Ui, editor: "Editor") -> bool:
    """Draw all shortcuts; returns whether the sheet stays open."""
    from app.actions import ACTIONS

    groups: list[Group] = [("Mouse", MOUSE)]
    for name in (*MENUS, ""):
        rows = tuple((a.label, _keys(a, editor)) for a in ACTIONS if a.menu == name)
        groups.append((name or "Faces", tuple(row for row in rows if row[1])))
    stays = True
    screen = imgui.get_main_viewport().size
    count = 3 if screen.x > px(1140) else 2
    with modal("##shortcuts", "Shortcuts", 1080 if count == 3 else 800), ui.scope("Shortcuts"):
        columns = _columns(groups, count)
        lines = max(_length(column) for column in columns) + 0.5
        wanted = lines * imgui.get_text_line_height_with_spacing()
        tall = min(wanted, screen.y * 0.9 - px(130))
        imgui.begin_child("##groups", ImVec2(0, tall))
        _table(columns)
        imgui.end_child()
        to_the_right("Close")
        if accent_button(ui, "Close") or escape_pressed() or imgui.is_key_pressed(imgui.Key.f1):
            stays = False
            close()
    return stays


def _columns(groups: "list[Group]", count: int) -> "list[list[Group]]":
    """The groups shared out among columns, each to the shortest so far."""
    columns: list[list[Group]] = [[] for _ in range(count)]
    for group in groups:
        min(columns, key=_length).append(group)
    return columns


def _table(columns: "list[list[Group]]") -> None:
    if not imgui.begin_table("##sheet", len(columns), imgui.TableFlags_.sizing_stretch_same):
        return
    imgui.table_next_row()
    for column in columns:
        imgui.table_next_column()
        for name, rows in column:
            _group(name, rows)
    imgui.end_table()


def _length(groups: "list[Group]") -> float:
    return sum(len(rows) + 1.7 for _, rows in groups)


def _keys(action: "Action", editor: "Editor") -> str:
    return "  or  ".join(keys_of(action, editor)).replace("Keypad", "Num ")


def _group(name: str, rows: Rows) -> None:
    if not rows:
        return
    with bold(), colored(theme.colors().accent):
        imgui.text(name)
    for label, keys in rows:
        imgui.text(label.rstrip("."))
        at_the_right(keys + "   ")
    imgui.dummy(ImVec2(0, px(6)))


class Palette:
    """Type a few letters of a command, press Enter."""

    def __init__(self) -> None:
        self.is_open = False
        self._typed = ""
        self._at = 0
        self._fresh = False

    def show(self) -> None:
        """Open it with nothing typed."""
        self.is_open, self._typed, self._at, self._fresh = True, "", 0, True

    def draw(self, ui: Ui, editor: "Editor") -> None:
        """Draw it while it is open."""
        if not self.is_open:
            return
        chosen = None
        with modal("##palette", "", 540), ui.scope("Palette"):
            if self._fresh:
                imgui.set_keyboard_focus_here()
            imgui.set_next_item_width(-1)
            before = self._typed
            self._typed = ui.text_input("##command", self._typed, "Type a command")
            self._at = 0 if self._typed != before else self._at
            found = matching(self._typed, editor)
            self._move(len(found))
            chosen = self._rows(ui, editor, found)
            if chosen is not None or escape_pressed():
                self.is_open = False
                close()
            self._fresh = False
        if chosen is not None:
            attempt(editor, chosen.run)

    def _move(self, count: int) -> None:
        for key, step in ((imgui.Key.down_arrow, 1), (imgui.Key.up_arrow, -1)):
            if imgui.is_key_pressed(key) and count:
                self._at = (self._at + step) % count

    def _rows(self, ui: Ui, editor: "Editor", found: "list[Action]") -> "Action | None":
        chosen = found[self._at] if found and enter_pressed() else None
        padded = imgui.ChildFlags_.always_use_window_padding
        imgui.push_style_var(imgui.StyleVar_.window_padding, ImVec2(px(4), px(6)))
        imgui.begin_child("##found", ImVec2(0, px(316)), padded)
        imgui.pop_style_var()
        for number, action in enumerate(found):
            pressed, _ = imgui.selectable(action.label, number == self._at)
            ui.record(action.label)
            keys = keys_of(action, editor)
            if keys:
                at_the_right(keys[0])
            chosen = action if pressed else chosen
        if not found:
            muted("No command is called that.")
        imgui.end_child()
        return chosen


def matching(typed: str, editor: "Editor") -> "list[Action]":
    """The enabled actions whose letters follow those typed, the closest first."""
    from app.actions import ACTIONS

    wanted = typed.lower().replace(" ", "")
    ranked = [
        (rank, number, action)
        for number, action in enumerate(ACTIONS)
        if action.enabled(editor) and (rank := _rank(wanted, action.label.lower())) is not None
    ]
    return [action for _, _, action in sorted(ranked, key=lambda each: each[:2])]


def _rank(wanted: str, label: str) -> int | None:
    """How far apart the letters lie in the label; None if one is missing."""
    at, spread = -1, 0
    for letter in wanted:
        found = label.find(letter, at + 1)
        if found < 0:
            return None
        spread += found - at - 1
        at = found
    return spread
