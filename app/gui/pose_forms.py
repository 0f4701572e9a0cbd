"""Sliders of the head state itself: neck, whole head, gaze, jaw and raw coefficients."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.ui import Ui
from app.head_angles import Angles, angles_of, axis_angle_of

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.head.state import HeadState

NECK, HEAD, LOOK, JAW = 60.0, 90.0, 35.0, 30.0
"""Degrees that sliders reach."""
COEFFICIENT = 3.0
EYES = ("leye_pose", "reye_pose")
_PARTS = (
    ("turn", "Turn", "To the subject's left"),
    ("nod", "Nod", "Up"),
    ("tilt", "Tilt", "With the crown to the subject's right"),
)


def head_turn(ui: Ui, editor: "Editor") -> None:
    """Draw how the head is turned."""
    state = editor.shown.head_state
    assert state is not None
    is_open, reset = ui.section(
        "Head", action=_reset_icon(state, ("neck_pose",)), tooltip="Turn the head to the front"
    )
    if reset:
        _set(editor, state, {"neck_pose": (0.0, 0.0, 0.0)}, "Reset the head's turn", final=True)
    if is_open:
        with ui.dense():
            _joint(ui, editor, "neck_pose", "Turn the head", NECK)
    if editor.view.options.camera != "source":
        return
    # The free camera always shows the head upright, so there this would change nothing.
    with ui.scope("Photo"):
        if ui.section("Head in the photo", is_open=False)[0]:
            with ui.dense():
                _joint(ui, editor, "global_orient", "Turn the head in the photo", HEAD)


def gaze(ui: Ui, editor: "Editor") -> None:
    """Draw where the eyes look; both are turned by the same angle."""
    state = editor.shown.head_state
    assert state is not None
    is_open, reset = ui.section(
        "Gaze", action=_reset_icon(state, EYES), tooltip="Look straight ahead"
    )
    if reset:
        _set(editor, state, dict.fromkeys(EYES, (0.0, 0.0, 0.0)), "Reset the gaze", final=True)
    if not is_open:
        return
    both = [angles_of(getattr(state, eye).tolist()) for eye in EYES]
    rows = (("turn", "Sideways", "To the subject's left"), ("nod", "Up", "Up or down"))
    with ui.dense(), ui.scope("Gaze"):
        for part, label, tip in rows:
            middle = (getattr(both[0], part) + getattr(both[1], part)) / 2
            drag = ui.slider(label, middle, -LOOK, LOOK, format="%.0f°", reset=0.0, tooltip=tip)
            if not drag.is_edited:
                continue
            change = drag.value - middle
            poses = {
                eye: axis_angle_of(replace(angles, **{part: getattr(angles, part) + change}))
                for eye, angles in zip(EYES, both, strict=True)
            }
            _set(editor, state, poses, "Turn the eyes", final=drag.finished)


def coefficients(ui: Ui, editor: "Editor") -> None:
    """Draw the head's own parameters: jaw angles and expression coefficients."""
    avatar, state = editor.shown.avatar, editor.shown.head_state
    assert avatar is not None
    assert state is not None
    is_flame = "flame" in avatar.head.version.lower()
    title = "FLAME coefficients" if is_flame else "Coefficients of the head"
    if not ui.section(title, is_open=editor.shown.arkit is None)[0]:
        return
    with ui.dense():
        with ui.scope("Jaw"):
            _joint(ui, editor, "jaw_pose", "Turn the jaw", JAW, prefix="Jaw ")
        values = state.expression.tolist()
        for number, value in enumerate(values):
            name = f"expr_{number:03d}"
            drag = ui.slider(name, value, -COEFFICIENT, COEFFICIENT, reset=0.0)
            if drag.is_edited:
                changed = state.expression.clone()
                changed[number] = drag.value
                moved = replace(state, expression=changed)
                editor.set_head_state(moved, f"Set {name}", draft=not drag.finished)


def _joint(ui: Ui, editor: "Editor", field: str, label: str, most: float, prefix: str = "") -> None:
    state = editor.shown.head_state
    assert state is not None
    angles = angles_of(getattr(state, field).tolist())
    for part, words, tip in _PARTS:
        shown = f"{prefix}{words.lower()}" if prefix else words
        value = getattr(angles, part)
        drag = ui.slider(shown, value, -most, most, format="%.0f°", reset=0.0, tooltip=tip)
        if drag.is_edited:
            turned: Angles = replace(angles, **{part: drag.value})
            _set(editor, state, {field: axis_angle_of(turned)}, label, final=drag.finished)


def _set(
    editor: "Editor",
    state: "HeadState",
    poses: Mapping[str, Sequence[float]],
    label: str,
    *,
    final: bool,
) -> None:
    changed: dict[str, Any] = {
        name: getattr(state, name).new_tensor(list(pose)) for name, pose in poses.items()
    }
    editor.set_head_state(replace(state, **changed), label, draft=not final)


def _reset_icon(state: "HeadState", names: Sequence[str]) -> str:
    moved = any(abs(value) > 1e-6 for name in names for value in getattr(state, name).tolist())
    return icons.ICON_FA_ROTATE_LEFT if moved else ""
