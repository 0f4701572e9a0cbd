"""Log: the end of the log file, filtered, to be copied."""

from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.panels.base import Panel
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor

PANEL = Panel("log", "Log", "bottom", visible=False)
FILTER, LEVEL, TAIL = "log.filter", "log.level", "log.tail"
MOST_BYTES, MOST_LINES = 200_000, 1000
LEVELS = ("All", "Warnings")


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    with ui.scope("Log"):
        lines = _tail(editor)
        shown = _bar(ui, editor, lines)
        if not lines:
            ui.empty(icons.ICON_FA_FILE_LINES, "The log is empty", "What happens is written here.")
            return
        if not shown:
            ui.empty(
                icons.ICON_FA_MAGNIFYING_GLASS,
                "No line fits",
                "Clear the filter to see the whole log.",
            )
            return
        _lines(shown)


def _bar(ui: Ui, editor: "Editor", lines: list[str]) -> list[str]:
    """Draw filter and buttons; the lines that pass."""
    words = str(editor.panel.get(FILTER, ""))
    level = int(editor.panel.get(LEVEL, 0))
    room = imgui.get_content_region_avail().x
    editor.panel[FILTER] = ui.search("Filter", words, "Filter", width=max(px(120), room * 0.3))
    for number, name in enumerate(LEVELS):
        ui.beside(name)
        if ui.button(name, pressed=number == level):
            editor.panel[LEVEL] = number
    shown = passing(lines, editor.panel[FILTER], warnings=editor.panel.get(LEVEL, 0) == 1)
    ui.beside("Copy")
    if ui.button("Copy", bool(shown), "Copy the lines that are shown"):
        imgui.set_clipboard_text("\n".join(shown))
    ui.beside("Open file")
    if ui.button("Open file", bool(lines), str(editor.places.log_file)):
        editor.wants.add("open-log")
    return shown


def passing(lines: list[str], words: str, *, warnings: bool) -> list[str]:
    """The lines that hold all the words and, if wished, are warnings or worse."""
    wanted = words.lower().split()
    return [
        line
        for line in lines
        if all(word in line.lower() for word in wanted) and (not warnings or _severity(line) > 0)
    ]


def _tail(editor: "Editor") -> list[str]:
    """The last lines of the log, read again when the file has grown."""
    path = editor.places.log_file
    try:
        known = path.stat()
    except OSError:
        return []
    stamp = (known.st_size, known.st_mtime_ns)
    kept = editor.panel.get(TAIL)
    if kept is None or kept[0] != stamp:
        kept = stamp, read_tail(path)
        editor.panel[TAIL] = kept
    lines: list[str] = kept[1]
    return lines


def read_tail(path: Path) -> list[str]:
    """The last lines of a file; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST_BYTES))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    whole = lines if size <= MOST_BYTES else lines[1:]  # the first may be half a line
    return whole[-MOST_LINES:]


def _severity(line: str) -> int:
    head = line[:60]
    if " ERROR " in head or " CRITICAL " in head:
        return 2
    return 1 if " WARNING " in head else 0


def _lines(shown: list[str]) -> None:
    p = theme.colors()
    colors = (p.muted, p.warning, p.error)
    imgui.begin_child("##lines", ImVec2(0, 0), imgui.ChildFlags_.borders)
    at_end = imgui.get_scroll_y() >= imgui.get_scroll_max_y() - px(4)
    clipper = imgui.ListClipper()
    clipper.begin(len(shown))
    while clipper.step():
        for line in shown[clipper.display_start : clipper.display_end]:
            imgui.push_style_color(imgui.Col_.text, theme.rgba(colors[_severity(line)]))
            imgui.text_unformatted(line)
            imgui.pop_style_color()
    if at_end:
        imgui.set_scroll_here_y(1.0)
    imgui.end_child()
