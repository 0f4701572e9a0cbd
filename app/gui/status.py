"""The line at the bottom: what draws, what works, what is shown."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, hello_imgui, imgui
from imgui_bundle import icons_fontawesome_6 as icons

from app.gui import theme
from app.gui.pieces import colored, quiet_buttons
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from app.frame_picture import Picture
    from app.frames import FrameWorker
    from app.jobs.job import Job

HEIGHT = 2.0
"""Lines of text."""


def options() -> hello_imgui.EdgeToolbarOptions:
    """How the runner is to place it."""
    made = hello_imgui.EdgeToolbarOptions()
    made.size_em = HEIGHT
    made.window_padding_em = ImVec2(0.6, 0.2)
    return made


def draw(ui: Ui, editor: "Editor", worker: "FrameWorker | None", picture: "Picture | None") -> None:
    """Draw the line."""
    corner, size = imgui.get_window_pos(), imgui.get_window_size()
    end = ImVec2(corner.x + size.x, corner.y + size.y)
    ground = theme.u32(theme.colors().ground)  # here, so that it follows the theme
    imgui.get_window_draw_list().add_rect_filled(corner, end, ground)
    imgui.push_style_var(imgui.StyleVar_.frame_padding, ImVec2(px(8), px(2)))
    imgui.set_cursor_pos_y((imgui.get_window_height() - imgui.get_frame_height()) / 2)
    with ui.scope("Status"), quiet_buttons():
        _device(ui, editor, worker)
        job = _current(editor)
        if job is not None:
            imgui.same_line(0, px(18))
            _job(ui, editor, job)
        else:
            _right(editor, picture)
    imgui.pop_style_var()


def _device(ui: Ui, editor: "Editor", worker: "FrameWorker | None") -> None:
    p = theme.colors()
    text = "starting" if worker is None else worker.state
    failed = worker is not None and worker.error is not None
    ready = text.startswith("ready")
    color = p.error if failed else p.good if ready else p.warning
    note = worker.rasterizer_note if worker is not None else ""
    tip = f"{note}\nPress for the self-check." if note else "Self-check: what runs on this machine"
    label = _upper(text.removeprefix("ready:").strip())
    with colored(color):
        imgui.align_text_to_frame_padding()
        imgui.text(icons.ICON_FA_CIRCLE if ready else icons.ICON_FA_HOURGLASS_HALF)
    imgui.same_line(0, px(4))
    if ui.button(f"{label}##self-check", tooltip=tip):
        editor.wants.add("panel:Self-check")


def _upper(text: str) -> str:
    return {"cpu": "CPU", "cuda": "GPU"}.get(text, text[:1].upper() + text[1:])


def _current(editor: "Editor") -> "Job | None":
    active = [job for job in editor.jobs if job.is_active]
    running = [job for job in active if job.state != "queued"]
    return next(iter(running or active), None)


def _job(ui: Ui, editor: "Editor", job: "Job") -> None:
    width, height = px(150), px(6)
    note = f"{job.title}: {job.note}" if job.note else job.title
    imgui.align_text_to_frame_padding()
    imgui.text(note if len(note) < 60 else note[:59] + "…")
    imgui.same_line(0, px(10))
    corner = imgui.get_cursor_screen_pos()
    top = corner.y + (imgui.get_frame_height() - height) / 2
    draw_list, p = imgui.get_window_draw_list(), theme.colors()
    end = ImVec2(corner.x + width, top + height)
    draw_list.add_rect_filled(ImVec2(corner.x, top), end, theme.u32(p.frame), height / 2)
    done = ImVec2(corner.x + max(height, width * job.fraction), top + height)
    draw_list.add_rect_filled(ImVec2(corner.x, top), done, theme.u32(p.accent), height / 2)
    imgui.dummy(ImVec2(width, imgui.get_frame_height()))
    imgui.same_line(0, px(6))
    left = job.eta_seconds
    if left is not None:
        with colored(p.muted):
            imgui.text(f"{left:.0f} s left")
        imgui.same_line()
    if ui.button(f"{icons.ICON_FA_XMARK}##cancel", tooltip="Cancel"):
        editor.cancel(job)


def _right(editor: "Editor", picture: "Picture | None") -> None:
    if picture is None or editor.shown.is_empty:
        return
    text = f"{picture.splats:,} splats    {picture.width} × {picture.height}"
    width = imgui.calc_text_size(text).x
    imgui.same_line(imgui.get_window_width() - width - px(14))
    with colored(theme.colors().muted):
        imgui.text(text)
