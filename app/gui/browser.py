"""A file dialog of our own, for systems that bring none."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.modal import close, enter_pressed, escape_pressed, modal
from app.gui.pieces import accent_button, at_the_right, colored, muted, quiet_buttons, to_the_right
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)
MOST = 5000  # entries shown of one folder


@dataclass(frozen=True)
class Entry:
    """One line of a folder."""

    name: str
    is_folder: bool
    size: int


@dataclass
class Browser:
    """A dialog that is open: where it stands and what is chosen.

    Attributes:
        title: heading.
        folder: shown now.
        suffixes: of the files shown, with their dots; none for all files.
        saves: whether a name is asked for, not a file that is there.
        name: what is typed, or clicked.
        picked: answer, once there is one.
        is_done: whether it was answered or cancelled.
    """

    title: str
    folder: Path
    suffixes: tuple[str, ...] = ()
    saves: bool = False
    name: str = ""
    picked: Path | None = None
    is_done: bool = False
    replaces: Path | None = None
    _listed: Path | None = None
    _entries: list[Entry] = field(default_factory=list)
    _problem: str = ""

    def draw(self, ui: Ui) -> None:
        """Draw the dialog."""
        with modal("##browser", self.title, 760), ui.scope("Files"):
            if self.replaces is not None:
                self._ask(ui, self.replaces)
            else:
                self._places(ui)
                self._list(ui)
                self._foot(ui)
            if self.is_done:
                close()

    def go(self, folder: Path) -> None:
        """Show another folder."""
        self.folder = folder
        self._listed = None

    def accept(self) -> None:
        """Take what is typed: enter a folder, or answer with a file."""
        if not self.name.strip():
            return
        typed = Path(self.name.strip()).expanduser()
        path = typed if typed.is_absolute() else self.folder / typed
        if path.is_dir():
            self.go(path)
            self.name = ""
            return
        if self.saves:
            if self.suffixes and path.suffix.lower() not in self.suffixes:
                path = path.with_name(path.name + self.suffixes[0])
            if path.exists():
                self.replaces = path
                return
        elif not path.exists():
            self._problem = f"There is no {path.name} here."
            return
        self.picked, self.is_done = path, True

    def entries(self) -> "Sequence[Entry]":
        """What the folder holds, folders first."""
        if self._listed != self.folder:
            self._listed, self._problem = self.folder, ""
            try:
                self._entries = _read(self.folder, self.suffixes)
            except OSError as error:
                self._entries = []
                self._problem = f"{self.folder} cannot be read: {error.strerror}."
        return self._entries

    def _places(self, ui: Ui) -> None:
        with quiet_buttons():
            if ui.button(f"{icons.ICON_FA_ARROW_UP}##up", tooltip="Parent folder"):
                self.go(self.folder.parent)
            imgui.same_line()
            if ui.button(f"{icons.ICON_FA_HOUSE}##home", tooltip="Home"):
                self.go(Path.home())
            imgui.same_line()
            parts = [*reversed(self.folder.parents), self.folder][-4:]
            for part in parts:
                if ui.button(f"{part.name or part.anchor}##{part}"):
                    self.go(part)
                imgui.same_line(0, 2)
                with colored(theme.colors().muted):
                    imgui.text(icons.ICON_FA_ANGLE_RIGHT)
                imgui.same_line(0, 2)
        imgui.new_line()

    def _list(self, ui: Ui) -> None:
        imgui.begin_child("##entries", ImVec2(0, px(320)), imgui.ChildFlags_.borders)
        for entry in self.entries():
            icon = icons.ICON_FA_FOLDER if entry.is_folder else icons.ICON_FA_FILE
            with colored(theme.colors().accent if entry.is_folder else theme.colors().muted):
                imgui.text(icon)
            imgui.same_line(px(38))
            both = imgui.SelectableFlags_.allow_double_click
            pressed, _ = imgui.selectable(entry.name, self.name == entry.name, both)
            ui.record(entry.name)
            if pressed:
                self.name = entry.name
                if entry.is_folder or imgui.is_mouse_double_clicked(0):
                    self.accept()
                    break
            if not entry.is_folder:
                at_the_right(_readable(entry.size))
        if not self._entries:
            muted(self._problem or "Nothing to open here.")
        imgui.end_child()

    def _foot(self, ui: Ui) -> None:
        imgui.set_next_item_width(-1)
        self.name = ui.text_input("##name", self.name, "File name" if self.saves else "File")
        kinds = ", ".join(self.suffixes)
        muted(self._problem or (f"Shown: {kinds}" if kinds else "All files"))
        word = "Save" if self.saves else "Open"
        to_the_right("Cancel", word)
        if ui.button("Cancel") or escape_pressed():
            self.is_done = True
        imgui.same_line()
        if accent_button(ui, word, enabled=bool(self.name.strip())) or enter_pressed():
            self.accept()

    def _ask(self, ui: Ui, path: Path) -> None:
        imgui.text_wrapped(f"{path.name} is already there. Replace it?")
        to_the_right("Back", "Replace")
        if ui.button("Back") or escape_pressed():
            self.replaces = None
        imgui.same_line()
        if accent_button(ui, "Replace") or enter_pressed():
            self.picked, self.is_done = path, True


def _read(folder: Path, suffixes: tuple[str, ...]) -> list[Entry]:
    found = []
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        try:
            is_folder = path.is_dir()
            size = 0 if is_folder else path.stat().st_size
        except OSError:  # gone, or not ours to look at
            continue
        if is_folder or not suffixes or path.suffix.lower() in suffixes:
            found.append(Entry(path.name, is_folder, size))
    found.sort(key=lambda entry: (not entry.is_folder, entry.name.lower()))
    return found[:MOST]


def _readable(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
