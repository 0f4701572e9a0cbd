"""View: where the camera stands, what lies behind the head and over it."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.panels.base import Panel
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.editor import Editor
    from app.view import RenderOptions, ViewOrbit

PANEL = Panel("view", "View", "right")
NARROW, WIDE = 8.0, 90.0
"""Degrees of the field of view."""
CAPS = (512, 1024, 2048, 4096)
SIDES = (
    ("Front", "view-front"),
    ("Left", "view-left"),
    ("Right", "view-right"),
    ("Back", "view-back"),
    ("Angled", "view-three-quarter"),
    ("Frame", "frame-face"),
)
_USUAL = (0.169, 0.176, 0.192)


def draw(ui: Ui, editor: "Editor") -> None:
    """Draw the panel."""
    with ui.scope("View"):
        if editor.shown.is_empty:
            ui.empty(
                icons.ICON_FA_VIDEO,
                "Nothing to look at yet",
                "Drop a photo on the window or open an avatar; camera and background are set here.",
            )
            return
        _camera(ui, editor)
        _background(ui, editor)
        _over(ui, editor)


def _camera(ui: Ui, editor: "Editor") -> None:
    tip = "Look at the whole head from the front"
    is_open, reset = ui.section("Camera", action=icons.ICON_FA_ROTATE_LEFT, tooltip=tip)
    if reset:
        editor.do("reset-camera")
    if not is_open:
        return
    source = editor.view.options.camera == "source"
    usable = (True, _can(editor, "source-camera"))
    if ui.segmented("Look through", int(source), ("Free", "Photo"), usable) != int(source):
        editor.do("source-camera")
    pressed = ui.button_grid([label for label, _ in SIDES], 3)
    for label, action in SIDES:
        if label == pressed:
            editor.do(action)
    orbit = editor.view.orbit
    drag = ui.slider(
        "Field of view",
        math.degrees(orbit.fov_y),
        NARROW,
        WIDE,
        format="%.0f°",
        reset=_usual_fov(),
        tooltip="A wide field stands near and bends the face; the head keeps its size",
    )
    if drag.changed:
        editor.set_orbit(with_fov(orbit, math.radians(drag.value)))


def with_fov(orbit: "ViewOrbit", fov_y: float) -> "ViewOrbit":
    """The camera with another field of view, so far away that the head keeps its size."""
    distance = orbit.distance * math.tan(orbit.fov_y / 2) / math.tan(fov_y / 2)
    return replace(orbit, fov_y=fov_y, distance=distance)


def _usual_fov() -> float:
    from app.view import FOV_Y

    return math.degrees(FOV_Y)


def _background(ui: Ui, editor: "Editor") -> None:
    if not ui.section("Background")[0]:
        return
    options = editor.view.options
    now = _kind(options)
    kind = ui.segmented("Behind", now, ("Colour", "Picture", "Clear"))
    if kind != now:
        _choose(editor, kind)
    options = editor.view.options
    if _kind(options) == 0:
        drag = ui.color("Colour", options.background or _USUAL)
        if drag.changed:
            editor.set_options(background=drag.value)
        if drag.finished:
            editor.change_settings(background=_hex(drag.value))
    elif options.background_picture is not None:
        ui.muted(options.background_picture)
        if ui.button("Choose another..."):
            editor.wants.add("background-dialog")
    else:
        ui.muted("Screenshots have no background then.")


def _kind(options: "RenderOptions") -> int:
    if options.background_picture is not None:
        return 1
    return 0 if options.background is not None else 2


def _choose(editor: "Editor", kind: int) -> None:
    if kind == 0:
        editor.set_options(background=_USUAL, background_picture=None)
        editor.change_settings(background=_hex(_USUAL))
    elif kind == 1:
        editor.wants.add("background-dialog")  # the picture that is chosen there switches over
    else:
        editor.set_options(background=None, background_picture=None)
        editor.change_settings(background="transparent")


def _hex(color: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(min(max(part, 0), 1) * 255):02x}" for part in color)


def _over(ui: Ui, editor: "Editor") -> None:
    if not ui.section("Picture")[0]:
        return
    options = editor.view.options
    for label, action, value, tip in (
        ("Mesh", "mesh-overlay", options.mesh_overlay, "Draw the head's triangles over it"),
        ("Compare", "wipe", options.wipe is not None, "Lay the photo over it, with a divider"),
    ):
        changed, _ = ui.toggle(label, value, enabled=_can(editor, action), tooltip=tip)
        if changed:
            editor.do(action)
    wipe = editor.view.options.wipe
    if wipe is not None:
        drag = ui.slider("Photo's share", wipe * 100, 0.0, 100.0, format="%.0f %%", reset=50.0)
        if drag.changed:
            editor.set_options(wipe=drag.value / 100)
    nearest = min(range(len(CAPS)), key=lambda n: abs(CAPS[n] - options.resolution_cap))
    tip = "Longest side that is drawn; larger views are scaled up"
    chosen = ui.combo("Resolution", nearest, [f"{cap} px" for cap in CAPS], tip)
    if chosen != nearest:
        editor.set_options(resolution_cap=CAPS[chosen])


def _can(editor: "Editor", action_id: str) -> bool:
    from app.actions import action

    return action(action_id).enabled(editor)
