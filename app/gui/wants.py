"""What only the window can do for the editor: file dialogs, full screen, the sheets, leaving."""

import logging
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import hello_imgui, imgui

from app import reconstruct_state
from app.gui import dialogs, layer_dialogs, motions, outputs, sheet
from app.gui.files import FileDialogs
from app.gui.full_screen import FullScreen

if TYPE_CHECKING:
    from app.gui.loop import Loop
    from app.gui.ui import Ui

log = logging.getLogger(__name__)

PICTURES = (".jpg", ".jpeg", ".png", ".bmp")
PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif")
OPENABLE = (
    ".avatar", ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif",
    ".mp4", ".mov", ".mkv", ".webm", ".avi", ".ply", ".npz", ".csv",
)  # fmt: skip


class Wants:
    """Takes from ``editor.wants`` what it can do, and does it."""

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop
        self.files = FileDialogs()
        self.palette = sheet.Palette()
        self._full_screen = FullScreen()
        self._sheet = self._about = False

    @property
    def waits_outside(self) -> bool:
        """Whether a dialog of the system waits for its answer."""
        return self.files.waits_outside

    def serve(self) -> None:
        """Do what is wanted."""
        editor = self._loop.editor
        wanted, editor.wants = editor.wants, set()
        for name in sorted(wanted):
            self._do(name)

    def draw(self, ui: "Ui") -> None:
        """Draw what is open."""
        editor = self._loop.editor
        self.files.draw(ui)
        self.palette.draw(ui, editor)
        if self._sheet:
            self._sheet = sheet.shortcut_sheet(ui, editor)
        if self._about:
            self._about = dialogs.about(ui)

    def _do(self, name: str) -> None:
        editor = self._loop.editor
        doers = {
            "open-dialog": self._open,
            "save-dialog": self._save,
            "palette": self.palette.show,
            "shortcuts": self._show_sheet,
            "about": self._show_about,
            "screenshot": self._screenshot,
            "photo-dialog": self._photo,
            "background-dialog": self._background,
            "copy-report": self._copy_report,
            "turntable-dialog": lambda: outputs.clip(editor, self.files),
            "ply-dialog": lambda: outputs.splats(editor, self.files),
            "uv-dialog": lambda: outputs.colours(editor, self.files),
            "motion-dialog": lambda: motions.save(editor, self.files),
            "motion-clip-dialog": lambda: motions.clip(editor, self.files),
            "motion-beside-dialog": lambda: motions.clip(editor, self.files, beside=True),
            "motion-pictures-dialog": lambda: motions.pictures(editor, self.files),
            "motion-open-dialog": lambda: motions.choose(editor, self.files),
            "drive-video-dialog": lambda: motions.film(editor, self.files),
            "preferences": lambda: show_panel("Preferences"),
            "self-check": lambda: show_panel("Self-check"),
            "fullscreen": self._full_screen.toggle,
            "bare-window": self._bare,
            "open-log": lambda: open_outside(editor.places.log_file),
            "quit": _leave,
        }
        doers |= layer_dialogs.doers(editor, self.files)
        if name in doers:
            doers[name]()
        elif name.startswith("panel:"):
            show_panel(name.removeprefix("panel:"))
        elif name.startswith("toggle-panel:"):
            toggle_panel(name.removeprefix("toggle-panel:"))
        else:
            log.warning("nobody knows how to %s", name)

    def _open(self) -> None:
        editor = self._loop.editor
        self.files.open_files(OPENABLE, editor.drop, title="Open")

    def _photo(self) -> None:
        editor = self._loop.editor

        def look(chosen: list[Path]) -> None:
            # Whoever browses from the panel wants to look at the photo there, not to be asked.
            if not reconstruct_state.take(editor, chosen[0]):
                editor.drop(chosen)

        self.files.open_files(PHOTOS, look, title="Choose a photo")

    def _save(self) -> None:
        editor = self._loop.editor
        name = f"{editor.document.name}.avatar"

        def save(chosen: list[Path]) -> None:
            editor.save(chosen[0])

        self.files.save_file(name, ".avatar", save, title="Save avatar")

    def _background(self) -> None:
        editor = self._loop.editor

        def choose(chosen: list[Path]) -> None:
            editor.set_options(background_picture=str(chosen[0]), background=None)

        self.files.open_files(PICTURES, choose, title="Background picture")

    def _copy_report(self) -> None:
        bugs = [notice for notice in self._loop.editor.notices if notice.is_bug]
        if bugs:
            imgui.set_clipboard_text(bugs[-1].detail)

    def _screenshot(self) -> None:
        area = self._loop.viewport.area
        outputs.screenshot(self._loop.editor, int(area.width), int(area.height))

    def _bare(self) -> None:
        self._loop.bare.toggle()
        if not self._loop.bare.is_on:
            self._loop.style()  # the grounds come back

    def _show_sheet(self) -> None:
        self._sheet = True

    def _show_about(self) -> None:
        self._about = True


def show_panel(title: str) -> None:
    """Open a panel by its title and bring it to the front."""
    params = hello_imgui.get_runner_params().docking_params
    for window in params.dockable_windows:
        if window.label.lower() == title.lower():
            window.is_visible = True
            window.focus_window_at_next_frame = True
            return
    log.warning("there is no panel %s", title)


def toggle_panel(title: str) -> None:
    """Open a panel by its title, or close it."""
    params = hello_imgui.get_runner_params().docking_params
    for window in params.dockable_windows:
        if window.label == title and window.is_visible:
            window.is_visible = False
            return
    show_panel(title)


def open_outside(path: Path) -> None:
    """Show a file in the program the system has for it."""
    if path.exists():
        webbrowser.open(path.as_uri())


def _leave() -> None:
    hello_imgui.get_runner_params().app_shall_exit = True
