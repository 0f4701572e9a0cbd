"""File dialogs: the system's own where there is one, ours where there is none."""

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.gui.browser import Browser
from app.gui.ui import Ui

PROGRAMS = ("zenity", "kdialog", "qarma", "matedialog")
"""What draws file dialogs on Linux; any one of them will do."""

Answer = Callable[[list[Path]], object]


class FileDialogs:
    """The dialog that is open, if one is."""

    def __init__(self) -> None:
        self._native: Any = None
        self._browser: Browser | None = None
        self._answer: Answer | None = None
        self._suffixes: tuple[str, ...] = ()
        self._last: Path | None = None

    @property
    def is_open(self) -> bool:
        """Whether a dialog waits for its answer."""
        return self._answer is not None

    @property
    def waits_outside(self) -> bool:
        """Whether it is the system's, so that nothing wakes the loop when it is answered."""
        return self._native is not None

    def open_files(self, suffixes: tuple[str, ...], answer: Answer, *, title: str) -> None:
        """Ask for files to open; ``answer`` is called with them, not at all on cancel."""
        if self.is_open:
            return
        self._answer, self._suffixes = answer, ()
        if has_native():
            from imgui_bundle import portable_file_dialogs as pfd

            kinds = " ".join(f"*{suffix}" for suffix in suffixes)
            self._native = pfd.open_file(
                title, str(self._folder()), [title, kinds, "All files", "*"], pfd.opt.multiselect
            )
        else:
            self._browser = Browser(title, self._folder(), suffixes)

    def save_file(self, name: str, suffix: str, answer: Answer, *, title: str) -> None:
        """Ask for a file to write; ``answer`` is called with it, not at all on cancel."""
        if self.is_open:
            return
        self._answer, self._suffixes = answer, (suffix,)
        if has_native():
            from imgui_bundle import portable_file_dialogs as pfd

            self._native = pfd.save_file(title, str(self._folder() / name), [title, f"*{suffix}"])
        else:
            self._browser = Browser(title, self._folder(), (suffix,), saves=True, name=name)

    def draw(self, ui: Ui) -> None:
        """Draw ours, or look whether the system's was answered."""
        if self._native is not None and self._native.ready(0):
            result = self._native.result()
            names = [result] if isinstance(result, str) else list(result)
            self._finish([Path(name) for name in names if name])
        elif self._browser is not None:
            self._browser.draw(ui)
            if self._browser.is_done:
                picked = self._browser.picked
                self._finish([] if picked is None else [picked])

    def _finish(self, chosen: list[Path]) -> None:
        answer, self._answer = self._answer, None
        self._native = self._browser = None
        if self._suffixes:
            chosen = [
                path if path.suffix.lower() in self._suffixes
                else path.with_name(path.name + self._suffixes[0])
                for path in chosen
            ]  # fmt: skip
        if chosen and answer is not None:
            self._last = chosen[0].parent
            answer(chosen)

    def _folder(self) -> Path:
        for folder in (self._last, Path.cwd(), Path.home()):
            if folder is not None and folder.is_dir():
                return folder
        return Path("/")


def has_native() -> bool:
    """Whether the system brings file dialogs."""
    if platform.system() != "Linux":
        return True
    if os.environ.get("AVATAR_GUI_OWN_DIALOGS"):
        return False
    return any(shutil.which(program) for program in PROGRAMS)
