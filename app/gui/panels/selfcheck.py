"""Self-check: what runs on this machine, and what to do about what does not."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import theme
from app.gui.panels.base import Panel
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.doctor import Check
    from app.editor import Editor
    from app.jobs.job import Job
    from avatars.progress import Progress

PANEL = Panel("selfcheck", "Self-check", "bottom", visible=False)
FOUND, JOB = "selfcheck.found", "selfcheck.job"


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel; the checks are made when it is first seen."""
    job = editor.panel.get(JOB)
    if job is None:
        job = _start(editor)
    found: list[Check] | None = editor.panel.get(FOUND)
    with ui.scope("Self-check"):
        again = f"{icons.ICON_FA_ROTATE_RIGHT}  Check again##Check again"
        if ui.button(again, enabled=job.is_over):
            _start(editor)
        ui.beside("Copy")
        if ui.button("Copy", enabled=found is not None):
            imgui.set_clipboard_text(as_text(found or []))
        if job.state == "failed" and job.error is not None:
            ui.tinted(job.error.text, theme.colors().error)
        elif found is None:
            ui.muted("Looking at this machine...")
        else:
            ui.muted(summary(found))
        for check in found or ():
            _row(ui, check)


def _start(editor: "Editor") -> "Job":
    def task(progress: "Progress") -> "list[Check]":
        from app.doctor import checks

        progress.report(0.0, "Looking at this machine")
        return checks(opengl="in use by this window")

    def apply(found: "list[Check]") -> None:
        editor.panel[FOUND] = found

    job = editor.start(task, "Self-check", apply, "light", quiet=True, keeps_document=True)
    editor.panel[JOB] = job
    return job


def summary(found: "list[Check]") -> str:
    """How it looks altogether, in one sentence."""
    if any(check.needed and not check.ok for check in found):
        return "Something that is needed does not work; see below."
    failing = [check.name for check in found if not check.ok]
    if not failing:
        return "Everything works."
    return f"Works; not to be had here: {', '.join(failing)}."


def as_text(found: "list[Check]") -> str:
    """The checks as lines of text."""
    lines = []
    for check in found:
        lines.append(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.detail}")
        lines += [f"      -> {check.remedy}"] if check.remedy else []
    return "\n".join(lines)


def _row(ui: Ui, check: "Check") -> None:
    p = theme.colors()
    color = p.good if check.ok else p.error if check.needed else p.warning
    icon = icons.ICON_FA_CIRCLE_CHECK if check.ok else icons.ICON_FA_TRIANGLE_EXCLAMATION
    start = imgui.get_cursor_pos_x()
    imgui.push_style_color(imgui.Col_.text, theme.rgba(color))
    imgui.text_unformatted(icon)
    imgui.pop_style_color()
    imgui.same_line(start + px(26))
    ui.heading(check.name[:1].upper() + check.name[1:])
    if imgui.get_content_region_avail().x > px(360):
        imgui.same_line(start + px(150))
    else:
        imgui.set_cursor_pos_x(start + px(26))
    imgui.begin_group()
    ui.muted(check.detail)
    if check.remedy:
        ui.text(check.remedy)
    imgui.end_group()
    ui.record(f"##{check.name}", value=check.ok)
