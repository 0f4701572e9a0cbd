"""Jobs: what runs, waits and has ended, each with its own row that explains itself."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import theme
from app.gui.job_parts import duration, loss_curve, progress_of
from app.gui.panels.base import Panel
from app.gui.pieces import button_width, to_the_right
from app.gui.theme import px
from app.gui.ui import Ui
from app.gui.ui_text import shortened

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.job import Job

PANEL = Panel("jobs", "Jobs", "bottom", visible=False)
OPEN_LOG = "jobs.log"
TAIL = 12
"""Lines of a job's log that are shown."""


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    jobs = list(reversed(editor.jobs))
    with ui.scope("Jobs"):
        if not jobs:
            ui.empty(
                icons.ICON_FA_LIST_CHECK,
                "Nothing is running",
                "Avatars in the making, exports and saved files are listed here.",
            )
            return
        _bar(ui, editor, jobs)
        for job in jobs:
            with ui.scope(str(job.id)), ui.card("job"):
                _job(ui, editor, job)


def _bar(ui: Ui, editor: "Editor", jobs: list["Job"]) -> None:
    running = sum(job.state in ("running", "cancelling") for job in jobs)
    waiting = sum(job.state == "queued" for job in jobs)
    words = [f"{running} running"] if running else []
    words += [f"{waiting} waiting"] if waiting else []
    over = [job for job in jobs if job.is_over]
    imgui.align_text_to_frame_padding()
    ui.muted(", ".join(words) or "Nothing is running")
    label = "Clear finished"
    style = imgui.get_style()
    width = imgui.calc_text_size(label).x + 2 * style.frame_padding.x
    imgui.same_line(imgui.get_window_width() - width - style.window_padding.x)
    if ui.button(label, bool(over)):
        for job in over:
            editor.runner.forget(job)


def _job(ui: Ui, editor: "Editor", job: "Job") -> None:
    icon, color = _look(job)
    imgui.push_style_color(imgui.Col_.text, theme.rgba(color))
    imgui.align_text_to_frame_padding()
    imgui.text_unformatted(icon)
    imgui.pop_style_color()
    imgui.same_line(0, px(8))
    labels = _labels(job)
    room = imgui.get_content_region_avail().x - (button_width(*labels) if labels else 0.0)
    ui.heading(shortened(job.title, (room - px(12)) * 0.95))  # bold letters are wider
    ui.tooltip(job.title)
    _buttons(ui, editor, job)
    if job.is_active:
        progress_of(ui, job)
        if len(job.losses) > 1:
            loss_curve(job.losses, px(90))
    elif job.state == "failed" and job.error is not None:
        ui.tinted(job.error.message, theme.colors().error)
        if job.error.remedy:
            ui.text(job.error.remedy)
    else:
        words = "Cancelled" if job.state == "cancelled" else "Done"
        ui.muted(f"{words} after {duration(job.seconds)}")
    if editor.panel.get(OPEN_LOG) == job.id:
        _log(ui, job)


def _look(job: "Job") -> tuple[str, str]:
    p = theme.colors()
    return {
        "queued": (icons.ICON_FA_HOURGLASS, p.muted),
        "running": (icons.ICON_FA_GEAR, p.accent),
        "cancelling": (icons.ICON_FA_GEAR, p.warning),
        "done": (icons.ICON_FA_CIRCLE_CHECK, p.good),
        "failed": (icons.ICON_FA_CIRCLE_EXCLAMATION, p.error),
        "cancelled": (icons.ICON_FA_BAN, p.muted),
    }[job.state]


def _labels(job: "Job") -> list[str]:
    """The buttons of a row."""
    labels = ["Log"] if job.log else []
    labels += ["Copy report"] if job.error is not None and job.error.is_bug else []
    return labels + (["Cancel"] if job.is_active else ["Try again"] if job.can_retry else [])


def _buttons(ui: Ui, editor: "Editor", job: "Job") -> None:
    labels = _labels(job)
    if not labels:
        return
    is_open = editor.panel.get(OPEN_LOG) == job.id
    imgui.same_line()
    to_the_right(*labels)
    for number, label in enumerate(labels):
        if number:
            ui.same_line()
        enabled = label != "Cancel" or job.state != "cancelling"
        if not ui.button(label, enabled, pressed=label == "Log" and is_open):
            continue
        if label == "Log":
            editor.panel[OPEN_LOG] = None if is_open else job.id
        elif label == "Cancel":
            editor.cancel(job)
        elif label == "Try again":
            editor.retry(job)
        elif job.error is not None:
            imgui.set_clipboard_text(job.error.detail)


def _log(ui: Ui, job: "Job") -> None:
    ui.separator()
    for line in list(job.log)[-TAIL:]:
        ui.muted(line)
    if ui.button("Copy log"):
        imgui.set_clipboard_text("\n".join(job.log))
