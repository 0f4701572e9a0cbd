"""Preferences: each choice acts at once and is kept."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import theme
from app.gui.panels.base import Panel
from app.gui.shortcut_forms import shortcuts
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.weights import Weights

PANEL = Panel("preferences", "Preferences", "right", visible=False)
DEVICES = (("Auto", "auto"), ("CPU", "cpu"), ("GPU", "cuda"))
THEMES = (("Dark", "dark"), ("Light", "light"))
SCALES = (0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5)
BUDGETS = (128, 256, 512, 1024, 2048, 4096)
AUTOSAVES = (10.0, 30.0, 60.0, 120.0, 300.0)


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    with ui.scope("Preferences"):
        _looks(ui, editor)
        _work(ui, editor)
        _weights(ui, editor)
        if ui.section("Shortcuts", is_open=False)[0]:
            shortcuts(ui, editor)


def _looks(ui: Ui, editor: "Editor") -> None:
    if not ui.section("Window")[0]:
        return
    settings = editor.settings
    _one_of(ui, editor, "Theme", "theme", THEMES)
    number = nearest(SCALES, settings.ui_scale)
    words = [f"{scale:.0%}" for scale in SCALES]
    chosen = ui.combo("Size", number, words, "Size of text and buttons")
    if chosen != number:
        editor.change_settings(ui_scale=SCALES[chosen])
    tip = "Lets the bare window (F8) be seen through, after the next start"
    _switch(ui, editor, "Transparent", "transparent", tip)
    _switch(ui, editor, "Demo", "show_demo", "Show the demo avatar while nothing is open")
    _switch(ui, editor, "Idle motion", "idle_motion", "The demo blinks until it is touched")


def _work(ui: Ui, editor: "Editor") -> None:
    if not ui.section("Work")[0]:
        return
    settings = editor.settings
    _one_of(ui, editor, "Device", "device", DEVICES)
    budget = nearest(BUDGETS, settings.undo_mb)
    words = [f"{size} MB" if size < 1024 else f"{size // 1024} GB" for size in BUDGETS]
    chosen = ui.combo("Undo memory", budget, words, "Beyond it the oldest steps are forgotten")
    if chosen != budget:
        editor.change_settings(undo_mb=BUDGETS[chosen])
    every = nearest(AUTOSAVES, settings.autosave_seconds)
    words = [f"every {s:.0f} s" if s < 90 else f"every {s / 60:.0f} min" for s in AUTOSAVES]
    tip = "How often unsaved work is copied, so that a crash loses little"
    chosen = ui.combo("Autosave", every, words, tip)
    if chosen != every:
        editor.change_settings(autosave_seconds=AUTOSAVES[chosen])


def nearest(values: tuple[float, ...], value: float) -> int:
    """Index of the value that comes closest."""
    return min(range(len(values)), key=lambda number: abs(values[number] - value))


def _one_of(
    ui: Ui, editor: "Editor", label: str, field: str, items: tuple[tuple[str, str], ...]
) -> None:
    now = [value for _, value in items].index(getattr(editor.settings, field))
    chosen = ui.segmented(label, now, [words for words, _ in items])
    if chosen != now:
        editor.change_settings(**{field: items[chosen][1]})


def _switch(ui: Ui, editor: "Editor", label: str, field: str, tip: str) -> None:
    changed, value = ui.toggle(label, getattr(editor.settings, field), tooltip=tip)
    if changed:
        editor.change_settings(**{field: value})


def _weights(ui: Ui, editor: "Editor") -> None:
    if not ui.section("Downloads")[0]:
        return
    from app.editing_methods import weights_folder
    from avatars.weights import WEIGHTS

    usual = str(editor.places.data / "weights")
    folder = ui.edit_text("Folder", editor.settings.weights_folder, usual)
    ui.tooltip(f"Where downloaded files lie; empty means {usual}")
    if folder.finished:
        editor.change_settings(weights_folder=folder.value.strip())
    for weights in WEIGHTS:
        with ui.scope(weights.name):
            _download(ui, editor, weights, weights_folder(editor))


def _download(ui: Ui, editor: "Editor", weights: "Weights", folder: Path) -> None:
    p = theme.colors()
    is_here = weights.is_present(folder)
    title = f"Download {weights.file}"
    jobs = [job for job in editor.jobs if job.is_active and job.title == title]
    with ui.card("download"):
        ui.heading(weights.file)
        ui.muted(f"For {weights.gives}. {weights.size / 1e6:.1f} MB, {weights.licence}.")
        if is_here:
            imgui.push_style_color(imgui.Col_.text, theme.rgba(p.good))
            imgui.text_unformatted(f"{icons.ICON_FA_CIRCLE_CHECK}  On this machine")
            imgui.pop_style_color()
        elif jobs:
            ui.progress(jobs[0].fraction)
            if ui.button("Cancel"):
                editor.cancel(jobs[0])
        elif ui.button(f"{icons.ICON_FA_DOWNLOAD}  Download##Download"):
            editor.start(_fetching(weights, folder), title, None, "light", keeps_document=True)
    ui.space(px(2))


def _fetching(weights: "Weights", folder: Path) -> Any:
    from avatars.weights import fetch

    return partial(fetch, weights, folder)
