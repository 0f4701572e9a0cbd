"""Drive: a camera, a film or a phone moves the face; how it is taken over and sent on."""

from typing import TYPE_CHECKING, Any

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.driving.choice import TITLES, SourceKind
from app.driving.options import MOST_DEAD_ZONE, MOST_SMOOTHING, MOST_STRENGTH
from app.gui.drive_outputs import outputs, record
from app.gui.drive_picture import live_picture
from app.gui.drive_sources import camera_form, film_form, network_form, task_hint
from app.gui.monitor import monitor
from app.gui.panels.base import Panel
from app.gui.theme import colors, px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from app.sources.base import SourceStatus

PANEL = Panel("drive", "Drive", "right")
_PARTS = (("All", "all"), ("Pose", "pose"), ("Face", "expression"))
_GROUPS = (
    ("Head", "pose", "Turn and place of the head"),
    ("Mouth", "mouth", "Lips and cheeks"),
    ("Jaw", "jaw", "How far the mouth opens"),
    ("Lids", "eyes", "Blinks and squints"),
    ("Gaze", "gaze", "Where the eyes look"),
    ("Brows", "brows", "Brows and the wrinkles of the nose"),
)


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    with ui.scope("Drive"):
        if editor.document.avatar is not None and editor.document.avatar.head.arkit is None:
            ui.sentence(
                icons.ICON_FA_CIRCLE_INFO,
                "This head has no ARKit table, so no source can move its face.",
                colors().warning,
                "Motions made on such a head can be played.",
            )
        _source(ui, editor)
        _how(ui, editor)
        _strengths(ui, editor)
        if ui.section("Monitor", is_open=False)[0]:
            monitor(ui, editor.driver.weights)
        if ui.section("Output")[0]:
            outputs(ui, editor)


def _source(ui: Ui, editor: "Editor") -> None:
    driving = editor.driving
    kinds: list[SourceKind] = list(TITLES)
    now = kinds.index(driving.choice.kind)
    chosen = ui.combo("Source", now, [TITLES[kind] for kind in kinds])
    if chosen != now:
        driving.choose_kind(kinds[chosen])
    choice = driving.choice
    if choice.kind == "camera":
        camera_form(ui, editor)
    elif choice.kind == "video":
        film_form(ui, editor)
    else:
        network_form(ui, editor)
    _start(ui, editor)
    live_picture(ui, editor)
    _status(ui, editor)
    _neutral(ui, editor)
    record(ui, editor)
    if not choice.is_network:
        task_hint(ui, editor)
    ui.space(2)


def _start(ui: Ui, editor: "Editor") -> None:
    driving = editor.driving
    if driving.is_live:
        if ui.button(f"{icons.ICON_FA_STOP}  Stop##Stop", width=-1, tooltip="T"):
            driving.stop()
        return
    reason = driving.choice.problem()
    label = f"{icons.ICON_FA_PLAY}  Start##Start"
    if ui.button(label, not reason, reason or "T", width=-1, accent=True):
        driving.start()


def _status(ui: Ui, editor: "Editor") -> None:
    """How the source is: a lamp, a sentence and what to do."""
    driving, p = editor.driving, colors()
    problem = driving.problem or editor.driver.failure
    if problem is not None:
        icon = icons.ICON_FA_CIRCLE_EXCLAMATION
        ui.sentence(icon, problem.message, p.error, problem.remedy)
        return
    if driving.is_starting:
        ui.sentence(icons.ICON_FA_HOURGLASS_HALF, "Starting...", p.muted)
        return
    status = editor.driver.status()
    if status is None:
        if editor.driving.reel.is_shown:
            words = "The motion of the timeline drives the face."
            ui.sentence(icons.ICON_FA_FILM, words, p.muted)
        return
    lamp, color = _lamp(status, getattr(driving.source, "quality", None))
    ui.sentence(lamp, status.sentence, color, status.remedy)
    facts = [f"{status.per_second:.0f} per second"] if status.per_second else []
    quality = getattr(driving.source, "quality", None)
    if quality is not None and status.state == "live":
        facts.append(f"tracking {quality:.0%}")
    if status.ignored:
        facts.append(f"{status.ignored:,} ignored")
    if facts:
        ui.muted(", ".join(facts))


def _lamp(status: "SourceStatus", quality: float | None) -> tuple[str, str]:
    p = colors()
    if status.state == "failed":
        return icons.ICON_FA_CIRCLE_EXCLAMATION, p.error
    if status.state == "waiting":
        return icons.ICON_FA_HOURGLASS_HALF, p.warning
    is_good = status.state == "live" and (quality is None or quality > 0.5)
    return icons.ICON_FA_CIRCLE, p.good if is_good else p.warning


def _neutral(ui: Ui, editor: "Editor") -> None:
    """The face at rest of whoever drives."""
    follower = editor.driver.follower
    if follower is None:
        return
    left = follower.capture_left
    if left is not None:
        ui.progress(1 - left / 3.0)
        ui.muted(f"Look ahead and relax your face... {left:.1f} s")
        return
    label = f"{icons.ICON_FA_FACE_MEH}  Capture neutral (3 s)##Capture neutral"
    tip = "Takes off what your face rests in. K"
    wide = imgui.get_content_region_avail().x - (px(36) if follower.has_neutral else 0)
    if ui.button(label, tooltip=tip, width=wide):
        follower.capture_neutral()
    if follower.has_neutral:
        ui.same_line(4)
        if ui.icon_button(icons.ICON_FA_XMARK, "Forget neutral", "Forget the captured one"):
            follower.forget_neutral()


def _how(ui: Ui, editor: "Editor") -> None:
    options, driving = editor.driver.options, editor.driving
    tip = "Back to the usual ones"
    is_open, reset = ui.section("Taking over", action=icons.ICON_FA_ROTATE_LEFT, tooltip=tip)
    if reset:
        driving.reset_options()
    if not is_open:
        return
    now = [part for _, part in _PARTS].index(options.only)
    chosen = ui.segmented("What", now, [label for label, _ in _PARTS])
    if chosen != now:
        driving.set_options(only=_PARTS[chosen][1])
    tip = "Relative to the neutral face of whoever drives, or as the source says"
    chosen = ui.segmented("How", int(not options.relative), ("Relative", "Absolute"), tooltip=tip)
    if chosen != int(not options.relative):
        driving.set_options(relative=chosen == 0)
    with ui.dense():
        tip = "Weights up to it move nothing"
        _slider(ui, editor, "Dead zone", "dead_zone", MOST_DEAD_ZONE, tip)
        if editor.driver.player is None:
            _smoothing(ui, editor)
            _slider(ui, editor, "Hold (s)", "hold", 10.0, "How long a lost face is kept", "%.1f")
            _slider(ui, editor, "Fade (s)", "fade", 5.0, "In which it then goes to rest", "%.1f")
    if editor.driver.player is None:
        tip = "Off, the head turns but stays where it is"
        changed, value = ui.toggle("Follow place", options.follow_place, tooltip=tip)
        if changed:
            driving.set_options(follow_place=value)
    follows = driving.kept.camera_follows
    tip = "On, the camera stands still; off, it goes with the head"
    changed, locked = ui.toggle("Lock camera", not follows, tooltip=tip)
    if changed:
        driving.kept.camera_follows = not locked


def _smoothing(ui: Ui, editor: "Editor") -> None:
    options = editor.driver.options
    drag = ui.slider(
        "Smoothing",
        options.delay_ms,
        0.0,
        1000 * MOST_SMOOTHING,
        format="%.0f ms",
        reset=0.0,
        tooltip="Calms the face and delays it by as much",
    )
    if drag.is_edited:
        editor.driving.set_options(smoothing=drag.value / 1000, final=drag.finished)


def _slider(
    ui: Ui, editor: "Editor", label: str, name: str, most: float, tip: str, format: str = "%.2f"
) -> None:
    from app.driving.options import DriveOptions

    usual = getattr(DriveOptions(), name)
    value = getattr(editor.driver.options, name)
    drag = ui.slider(label, value, 0.0, most, format=format, reset=usual, tooltip=tip)
    if drag.is_edited:
        changes: dict[str, Any] = {name: drag.value}
        editor.driving.set_options(final=drag.finished, **changes)


def _strengths(ui: Ui, editor: "Editor") -> None:
    options = editor.driver.options
    changed = any(getattr(options, name) != 1.0 for _, name, _ in _GROUPS)
    icon = icons.ICON_FA_ROTATE_LEFT if changed else ""
    is_open, reset = ui.section("Strength", action=icon, tooltip="All as they are")
    if reset:
        usual: dict[str, Any] = {name: 1.0 for _, name, _ in _GROUPS}
        editor.driving.set_options(**usual)
    if is_open:
        with ui.dense():
            for label, name, tip in _GROUPS:
                _slider(ui, editor, label, name, MOST_STRENGTH, tip)
