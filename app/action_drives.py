"""The commands that drive the face and play motions, as rows of the table of actions."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.action_runs import always, has_avatar, wants

if TYPE_CHECKING:
    from app.editor import Editor

Run = Callable[["Editor"], None]


def camera(editor: "Editor") -> None:
    """Begin to follow the camera, or end it."""
    driving = editor.driving
    if is_camera(editor):
        driving.stop()
        return
    driving.choose_kind("camera")
    driving.start(tell=True)


def is_camera(editor: "Editor") -> bool:
    """Whether the camera drives the face."""
    return editor.driving.is_live and editor.driving.choice.kind == "camera"


def source(editor: "Editor") -> None:
    """Begin to follow the chosen source, or end it."""
    if editor.driving.is_live:
        editor.driving.stop()
    else:
        editor.driving.start(tell=True)


def is_live(editor: "Editor") -> bool:
    """Whether a live source drives the face."""
    return editor.driving.is_live


def neutral(editor: "Editor") -> None:
    """Collect the face at rest once more."""
    follower = editor.driver.follower
    if follower is not None:
        follower.capture_neutral()


def can_capture(editor: "Editor") -> bool:
    """Whether there is a source whose face at rest can be collected."""
    return editor.driver.follower is not None


def can_record(editor: "Editor") -> bool:
    """Whether something moves that could be recorded, or is."""
    return editor.driving.reel.is_recording or (editor.driver.is_active and has_avatar(editor))


def is_recording(editor: "Editor") -> bool:
    """Whether what is shown is being recorded."""
    return editor.driving.reel.is_recording


def has_motion(editor: "Editor") -> bool:
    """Whether there is a motion to play, and somebody to play it on."""
    return editor.driving.reel.motion is not None and has_avatar(editor)


def has_film(editor: "Editor") -> bool:
    """Whether the motion was tracked from a film."""
    return has_motion(editor) and editor.driving.reel.story.video is not None


def has_cut(editor: "Editor") -> bool:
    """Whether only a part of the motion is played."""
    player = editor.driving.reel.player
    return player is not None and player.range != (0, len(player.motion) - 1)


def step(frames: int) -> Run:
    """A command that goes some frames on or back."""
    return lambda editor: editor.driving.reel.step(frames)


def to_end(*, last: bool) -> Run:
    """A command that goes to an end of the motion's range."""
    return lambda editor: editor.driving.reel.go_to_end(last=last)


def loop(editor: "Editor") -> None:
    """Play over and over, or once."""
    player = editor.driving.reel.player
    if player is not None:
        player.loop = not player.loop


def is_looping(editor: "Editor") -> bool:
    """Whether the motion plays over and over."""
    player = editor.driving.reel.player
    return player is not None and player.loop


def mirror(editor: "Editor") -> None:
    """Take the face over as in a mirror, or as it is."""
    driving = editor.driving
    again = driving.is_live
    wanted = replace(driving.choice, mirror=not driving.choice.mirror)
    if again:
        driving.start(wanted)
    else:
        driving.choose(mirror=wanted.mirror)


def has_pictures(editor: "Editor") -> bool:
    """Whether the chosen source sends pictures, which can be mirrored."""
    return not editor.driving.choice.is_network


# fmt: off
ROWS: tuple[tuple[Any, ...], ...] = (
    ("drive-source", "Follow the source", ("T",), source, always, is_live),
    ("drive-camera", "Follow the camera", ("C",), camera, always, is_camera),
    ("drive-video", "Follow a video...", (), wants("drive-video-dialog")),
    ("drive-stop", "Back to the resting face", (), lambda editor: editor.driving.stop(),
     lambda editor: editor.driver.is_active or editor.driving.is_live),
    ("capture-neutral", "Capture the neutral face", ("K",), neutral, can_capture),
    ("mirror", "Mirror the camera", (), mirror, has_pictures,
     lambda editor: editor.driving.choice.mirror),
    ("record", "Record", ("F9",), lambda editor: editor.driving.reel.record(), can_record,
     is_recording),
    ("play", "Play", ("Space",), lambda editor: editor.driving.reel.toggle(), has_motion,
     lambda editor: editor.driving.reel.is_playing),
    ("loop", "Loop", (), loop, has_motion, is_looping),
    ("frame-next", "Next frame", (".", "Right"), step(1), has_motion),
    ("frame-back", "Frame before", (",", "Left"), step(-1), has_motion),
    ("frame-first", "First frame", ("Home",), to_end(last=False), has_motion),
    ("frame-last", "Last frame", ("End",), to_end(last=True), has_motion),
    ("trim-motion", "Keep only the range", (), lambda editor: editor.driving.reel.trim(), has_cut),
    ("save-motion", "Save the motion...", (), wants("motion-dialog"), has_motion),
    ("export-motion", "Video of the driven avatar...", (), wants("motion-clip-dialog"),
     has_motion),
    ("export-motion-beside", "Video beside the driver...", (), wants("motion-beside-dialog"),
     has_film),
    ("export-motion-pictures", "Pictures of the driven avatar...", (),
     wants("motion-pictures-dialog"), has_motion),
    ("bare-window", "Bare window for streaming", ("F8",), wants("bare-window"), always,
     lambda editor: bool(editor.panel.get("bare window"))),
    ("timeline", "Timeline", ("Ctrl+T",), wants("toggle-panel:Timeline")),
)
# fmt: on
"""id, label, keys, run and, where there are any, enabled and checked."""
