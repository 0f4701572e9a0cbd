"""Reconstruct: a photo, whether it will do, how to make a head of it, and watching it."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app import reconstruct_state as state
from app.gui import theme
from app.gui.forms import form
from app.gui.job_parts import duration, loss_curve, progress_of
from app.gui.panels.base import Panel
from app.gui.photo_check import photo
from app.gui.theme import px
from app.gui.ui import Ui
from app.reconstruct_state import Input
from avatars.options import describe

if TYPE_CHECKING:
    from app.editor import Editor
    from app.jobs.input_check import InputCheck
    from app.jobs.job import Job
    from app.prompt import PromptChoice

PANEL = Panel("reconstruct", "Reconstruct", "left")


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    state.follow(editor)
    given = state.input_of(editor)
    with ui.scope("Reconstruct"):
        job = state.running(editor)
        if given is None:
            if job is not None:
                _watch(ui, editor, job)
            else:
                _area(ui, editor)
            return
        _file(ui, editor, given)
        if job is not None:
            _watch(ui, editor, job)
            return
        if given.kind == "photo":
            _check(ui, editor, given)
        _start(ui, editor, given)


def _area(ui: Ui, editor: "Editor") -> None:
    """Where a photo is dropped, while there is none."""
    corner, wide = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
    imgui.begin_group()
    ui.empty(
        icons.ICON_FA_IMAGE,
        "Drop a photo here",
        "One person who looks towards the camera, the whole head in the picture, in even light.",
    )
    label = f"{icons.ICON_FA_FOLDER_OPEN}  Browse...##Browse"
    width = px(150)
    imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + max(0.0, (wide - width) / 2))
    if ui.button(label, width=width):
        editor.wants.add("photo-dialog")
    ui.space(14)
    imgui.end_group()
    low, high = corner, ImVec2(corner.x + wide, imgui.get_item_rect_max().y)
    ui.record_at("drop area", (low.x, low.y, high.x, high.y))
    _dashed(low, high)
    last = state.last(editor)
    if last is not None:
        _outcome(ui, editor, last)


def _dashed(low: ImVec2, high: ImVec2) -> None:
    canvas, color = imgui.get_window_draw_list(), theme.u32(theme.colors().muted, 0.5)
    step, dash = px(9), px(5)
    for x0, y0, x1, y1 in (
        (low.x, low.y, high.x, low.y),
        (low.x, high.y, high.x, high.y),
        (low.x, low.y, low.x, high.y),
        (high.x, low.y, high.x, high.y),
    ):
        length = max(abs(x1 - x0), abs(y1 - y0))
        count = max(1, int(length / step))
        for number in range(count):
            a, b = number / count, min(1.0, number / count + dash / length)
            start = ImVec2(x0 + (x1 - x0) * a, y0 + (y1 - y0) * a)
            end = ImVec2(x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)
            canvas.add_line(start, end, color, px(1.25))


def _file(ui: Ui, editor: "Editor", given: Input) -> None:
    icon = icons.ICON_FA_IMAGE if given.kind == "photo" else icons.ICON_FA_FILM
    imgui.align_text_to_frame_padding()
    ui.muted(icon)
    imgui.same_line(0, px(8))
    room = imgui.get_content_region_avail().x - 2 * px(34)
    ui.fitted(given.path.name, room)
    ui.tooltip(str(given.path))
    imgui.same_line(imgui.get_window_width() - imgui.get_style().window_padding.x - px(64))
    if ui.icon_button(icons.ICON_FA_FOLDER_OPEN, "Browse", "Choose another file"):
        editor.wants.add("photo-dialog")
    imgui.same_line(0, px(2))
    if ui.icon_button(icons.ICON_FA_XMARK, "Clear", "Put it away"):
        state.clear(editor)


def _check(ui: Ui, editor: "Editor", given: Input) -> None:
    """The photo, what was found in it and what is wrong with it."""
    check, job = given.check, given.job
    if check is None:
        if job is not None and job.state == "failed" and job.error is not None:
            p = theme.colors()
            icon = icons.ICON_FA_CIRCLE_EXCLAMATION
            ui.sentence(icon, job.error.message, p.error, job.error.remedy)
        else:
            ui.muted("Looking at the photo...")
            ui.progress(0.0 if job is None else job.fraction)
        return
    points = given.points if given.points is not None else check.landmarks
    face, moved = photo(ui, check, points, edits=given.edits)
    if face is not None:
        state.choose_face(editor, face)
    if moved is not None:
        state.move_points(editor, moved)
    if check.landmarks is not None:
        _points_bar(ui, editor, given)
    _findings(ui, check)


def _points_bar(ui: Ui, editor: "Editor", given: Input) -> None:
    label = "Done##Move points" if given.edits else "Move points"
    tip = "Put the points right where they miss the face"
    if ui.button(label, tooltip=tip, pressed=given.edits):
        state.edit_points(editor, edits=not given.edits)
    if given.points is not None:
        ui.same_line()
        if ui.button("Reset points"):
            state.move_points(editor, None)
        ui.same_line()
        imgui.align_text_to_frame_padding()
        ui.muted("Moved by hand")


def _findings(ui: Ui, check: "InputCheck") -> None:
    p = theme.colors()
    count = len(check.boxes)
    if check.problem is not None:
        icon = icons.ICON_FA_CIRCLE_EXCLAMATION
        ui.sentence(icon, check.problem.message, p.error, check.problem.remedy)
    elif not check.warnings:
        ui.sentence(icons.ICON_FA_CIRCLE_CHECK, "This photo will do well.", p.good)
    for warning in check.warnings:
        ui.sentence(icons.ICON_FA_TRIANGLE_EXCLAMATION, warning, p.warning)
    if count > 1:
        ui.muted(f"{count} faces; click on the one to use.")


def _start(ui: Ui, editor: "Editor", given: Input) -> None:
    choices = state.methods(editor, given)
    if not choices:
        words = f"No method that is installed makes an avatar of a {given.kind}."
        ui.sentence(icons.ICON_FA_CIRCLE_INFO, words, theme.colors().muted, "Choose a photo.")
        return
    chosen = state.chosen(editor, given, choices)
    if ui.section("Method")[0]:
        for choice in choices:
            if _method(ui, choice, selected=choice is chosen):
                state.choose_method(editor, given, choice.id)
    values = _options(ui, editor, chosen)
    ui.space(2)
    refused = given.check is not None and given.check.problem is not None
    waits = given.kind == "photo" and given.check is None
    ready = chosen.enabled and not refused and not waits
    label = f"{icons.ICON_FA_WAND_MAGIC_SPARKLES}  Make the avatar##Start"
    if ui.button(label, ready, chosen.why_not, width=-1, accent=True):
        state.start(editor, given, chosen.id, values)
    last = state.last(editor)
    if last is not None:
        _outcome(ui, editor, last)


def _method(ui: Ui, choice: "PromptChoice", *, selected: bool) -> bool:
    """Draw a method with what it needs; whether it was chosen."""
    p = theme.colors()
    with ui.card(f"method {choice.id}", p.accent_soft if selected else ""):
        imgui.push_style_color(imgui.Col_.check_mark, theme.rgba(p.accent))
        pressed = imgui.radio_button(f"{choice.label}##{choice.id}", selected)
        imgui.pop_style_color()
        ui.record(f"##{choice.id}", value=selected)
        ui.muted(choice.detail)
        if not choice.enabled:
            ui.tinted(choice.why_not, p.warning)
    return pressed and not selected


def _options(
    ui: Ui, editor: "Editor", choice: "PromptChoice"
) -> "dict[str, bool | int | float | str]":
    described = describe(state.method(choice.id).Options)
    values = state.options(editor, choice.id)
    changed = any(values.get(each.name, each.default) != each.default for each in described)
    icon = icons.ICON_FA_ROTATE_LEFT if changed else ""
    is_open, reset = ui.section("Options", action=icon, tooltip="Back to the usual ones")
    if reset:
        values = {}
    if is_open:
        values = form(ui, described, values)
    state.set_options(editor, choice.id, values)
    return {name: value for name, value in values.items()}


def _watch(ui: Ui, editor: "Editor", job: "Job") -> None:
    """A job that runs: how far it is, how it looks, and how to stop it."""
    ui.space(2)
    with ui.card("job"):
        ui.heading(job.title)
        progress_of(ui, job)
        if job.preview is not None:
            ui.picture_wide("preview", job.preview, px(220))
        if len(job.losses) > 1:
            loss_curve(job.losses, px(80))
        label = f"{icons.ICON_FA_XMARK}  Cancel##Cancel"
        if ui.button(label, job.state != "cancelling", width=-1):
            editor.cancel(job)


def _outcome(ui: Ui, editor: "Editor", job: "Job") -> None:
    """How the last one ended."""
    p = theme.colors()
    ui.space(2)
    if job.state == "failed" and job.error is not None:
        ui.sentence(icons.ICON_FA_CIRCLE_EXCLAMATION, job.error.message, p.error, job.error.remedy)
        if job.can_retry and ui.button("Try again"):
            editor.retry(job)
    elif job.state == "done":
        words = f"{job.title}: done after {duration(job.seconds)}."
        ui.sentence(icons.ICON_FA_CIRCLE_CHECK, words, p.good)
    else:
        ui.sentence(icons.ICON_FA_BAN, f"{job.title}: cancelled.", p.muted)
