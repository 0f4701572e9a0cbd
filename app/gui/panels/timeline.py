"""Timeline: plays a motion, cuts it, writes it, and draws the avatar it drives."""

from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.driving.player import SPEEDS
from app.gui import theme
from app.gui.job_parts import duration
from app.gui.panels.base import Panel
from app.gui.scrubber import scrubber
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.driving.player import Player
    from app.editor import Editor
    from app.jobs.job import Job

PANEL = Panel("timeline", "Timeline", "bottom", visible=False)
_GAP = "    "
_EXPORTS = (
    ("Video (.mp4)", "export-motion"),
    ("Video beside the driver", "export-motion-beside"),
    ("Pictures with alpha (.png)", "export-motion-pictures"),
)


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    player = editor.driving.reel.player
    with ui.scope("Timeline"):
        if player is None:
            _empty(ui, editor)
            return
        _transport(ui, editor, player)
        with ui.enabled(editor.document.avatar is not None):
            scrubber(ui, editor, player)
        _work(ui, editor)
        failure = editor.driver.failure
        if failure is not None and editor.driving.reel.is_shown:
            icon, color = icons.ICON_FA_CIRCLE_EXCLAMATION, theme.colors().error
            ui.sentence(icon, failure.message, color, failure.remedy)


def _empty(ui: Ui, editor: "Editor") -> None:
    ui.empty(
        icons.ICON_FA_FILM,
        "No motion yet",
        "Record a driven face with F9, or drop a video, a motion (.npz), a Live Link take (.csv) "
        "or a folder of FLAME parameters on the window.",
    )
    if ui.button(f"{icons.ICON_FA_FOLDER_OPEN}  Open a motion...##Open"):
        editor.wants.add("motion-open-dialog")


def _transport(ui: Ui, editor: "Editor", player: "Player") -> None:
    reel = editor.driving.reel
    playing = reel.is_playing
    rows = (
        (icons.ICON_FA_BACKWARD_FAST, "First", "frame-first", "First frame   Home", False),
        (icons.ICON_FA_BACKWARD_STEP, "Back", "frame-back", "Frame before   ,", False),
        (
            icons.ICON_FA_PAUSE if playing else icons.ICON_FA_PLAY,
            *("Play", "play", "Pause   Space" if playing else "Play   Space", False),
        ),
        (icons.ICON_FA_FORWARD_STEP, "Next", "frame-next", "Next frame   .", False),
        (icons.ICON_FA_FORWARD_FAST, "Last", "frame-last", "Last frame   End", False),
        (icons.ICON_FA_REPEAT, "Loop", "loop", "Over and over", player.loop),
    )
    side = px(34)
    for icon, name, action, tip, pressed in rows:
        if ui.icon_button(icon, name, tip, _can(editor, action), pressed=pressed, width=side):
            editor.do(action)
        ui.same_line(2)
    tip = "Back to the resting face"
    if ui.icon_button(icons.ICON_FA_STOP, "Stop", tip, reel.is_shown, width=side):
        editor.driving.stop()
    ui.same_line(10)
    imgui.push_item_width(px(120))
    drag = ui.slider(
        "##Speed", player.speed, *SPEEDS, format="%.2f×", reset=1.0, tooltip="Speed", width=px(150)
    )
    imgui.pop_item_width()
    ui.tooltip("Speed; right-click for its own")
    if drag.changed:
        player.speed = drag.value


def _readout(ui: Ui, editor: "Editor", player: "Player") -> None:
    """Time, frame and name at the right edge, as much as there is room for."""
    motion, frame = player.motion, int(player.frame)
    time = f"{_clock(frame / motion.fps)} / {_clock(motion.seconds)}"
    name = editor.driving.reel.story.name
    parts = [time, f"frame {frame + 1} / {len(motion)}", f"{motion.fps:g} fps", name]
    imgui.same_line()
    free = imgui.get_content_region_avail().x
    if imgui.calc_text_size(time).x > free:
        imgui.new_line()
        free = imgui.get_content_region_avail().x
    while len(parts) > 1 and imgui.calc_text_size(_GAP.join(parts)).x > free:
        parts.pop()
    words = _GAP.join(parts)
    start = imgui.get_cursor_pos_x() + max(free - imgui.calc_text_size(words).x, 0.0)
    imgui.set_cursor_pos_x(start)
    imgui.align_text_to_frame_padding()
    imgui.text_unformatted(time)
    imgui.same_line(0, 0)
    imgui.push_style_color(imgui.Col_.text, theme.rgba(theme.colors().muted))
    imgui.text_unformatted(words.removeprefix(time))
    imgui.pop_style_color()
    ui.record("readout", value=(frame, time))


def _clock(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes}:{seconds - 60 * minutes:05.2f}"


def _work(ui: Ui, editor: "Editor") -> None:
    """What is made of the motion."""
    rows = (
        (f"{icons.ICON_FA_SCISSORS}  Keep the range##Trim", "trim-motion", "Cut off the rest"),
        (f"{icons.ICON_FA_FLOPPY_DISK}  Save motion...##Save", "save-motion", "As an .npz file"),
    )
    for label, action, tip in rows:
        if ui.button(label, _can(editor, action), tip):
            editor.do(action)
        ui.same_line()
    label = f"{icons.ICON_FA_FILM}  Export##Export"
    if ui.button(label, _can(editor, "export-motion"), "The avatar as this motion drives it"):
        imgui.open_popup("##exports")
    if imgui.begin_popup("##exports"):
        with ui.scope("Export"):
            for words, action in _EXPORTS:
                pressed, _ = imgui.menu_item(words, "", False, _can(editor, action))
                ui.record(words, _can(editor, action))
                if pressed:
                    editor.do(action)
        imgui.end_popup()
    job = _exporting(editor)
    if job is not None:
        ui.same_line(16)
        _job(ui, editor, job)
    elif editor.driving.reel.player is not None:
        _readout(ui, editor, editor.driving.reel.player)


def _exporting(editor: "Editor") -> "Job | None":
    """The job that draws the motion, if one runs."""
    active = [job for job in editor.jobs if job.is_active and job.title.startswith("Export")]
    return active[-1] if active else None


def _job(ui: Ui, editor: "Editor", job: "Job") -> None:
    imgui.align_text_to_frame_padding()
    left = job.eta_seconds
    words = f"{job.fraction:.0%}" + (f", about {duration(left)} left" if left else "")
    ui.muted(words)
    ui.same_line()
    label = f"{icons.ICON_FA_XMARK}  Cancel##Cancel"
    if ui.button(label, job.state != "cancelling"):
        editor.cancel(job)


def _can(editor: "Editor", action_id: str) -> bool:
    from app.actions import action

    return action(action_id).enabled(editor)
