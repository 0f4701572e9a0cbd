"""Move, turn, scale and mirror stickers on the skin."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.editing_layers import set_layer
from app.editing_stickers import finish_move, move_to
from app.gui import marks
from app.selection import select, selected

if TYPE_CHECKING:
    from app.aim import Aim
    from app.editor import Editor
    from app.gui.ground import Ground
    from app.gui.tools.base import Pointer
    from avatars.edits.layer import Layer, Placement

SMALLEST, LARGEST = 0.004, 1.0
"""Widths of a sticker in u."""
_SNAP = math.radians(15)
_LABELS = {"move": "Move sticker", "turn": "Turn sticker", "scale": "Scale sticker"}


@dataclass(frozen=True, eq=False)
class _Grab:
    """What the pressed button holds on to."""

    handle: marks.Handle
    layer_id: str
    placement: "Placement"
    middle: tuple[float, float]
    x: float
    y: float


class StickerTool:
    """Left drag moves what is under the pointer; handles turn, scale and mirror it."""

    id = "sticker"
    title = "Stickers"
    icon = icons.ICON_FA_NOTE_STICKY
    hint = "Move, turn, scale and mirror stickers (S); Shift turns in steps"

    def __init__(self) -> None:
        self._grab: _Grab | None = None
        self._pressed = False

    def activate(self, editor: "Editor") -> None:
        """Have the canvas ready by the first drag."""
        if editor.shown.avatar is not None:
            editor.easel.canvas(editor.shown.avatar)

    def deactivate(self, editor: "Editor") -> None:
        """Keep what a drag has done so far."""
        self._end(editor)

    def pointer(self, event: "Pointer", editor: "Editor") -> None:
        """Hold on to what lies under the pointer, and move it."""
        if event.ground is None:
            return
        if event.phase == "press":
            self._press(event, editor)
        elif event.phase == "drag" and self._grab is not None:
            self._drag(event, editor, self._grab)
        elif event.phase == "release":
            self._pressed = False
            self._end(editor)

    def mark(self, editor: "Editor", ground: "Ground", pointer: tuple[float, float] | None) -> None:
        """Draw the frame of the chosen sticker."""
        layer = _chosen(editor)
        frame = None if layer is None else marks.frame_of(editor, ground, layer)
        if frame is not None:
            hot = self._grab.handle if self._grab is not None else None
            if hot is None and pointer is not None:
                hot = frame.handle_at(*pointer)
            marks.draw_frame(frame, hot)

    def _press(self, event: "Pointer", editor: "Editor") -> None:
        assert event.ground is not None
        self._pressed = True
        layer = _chosen(editor)
        frame = None if layer is None else marks.frame_of(editor, event.ground, layer)
        handle = None if frame is None else frame.handle_at(event.x, event.y)
        if layer is None or frame is None or handle is None or layer.placement is None:
            self._find(event, editor)
            return
        if handle == "mirror":
            place = replace(layer.placement, mirror=not layer.placement.mirror)
            set_layer(editor, layer.id, "Mirror sticker", final=True, placement=place)
            return
        middle = (float(frame.middle[0]), float(frame.middle[1]))
        self._grab = _Grab(handle, layer.id, layer.placement, middle, event.x, event.y)

    def _drag(self, event: "Pointer", editor: "Editor", grab: _Grab) -> None:
        assert event.ground is not None
        if grab.handle == "move":
            # The middle goes as far as the pointer: what was taken hold of stays under it.
            x, y = grab.middle[0] + event.x - grab.x, grab.middle[1] + event.y - grab.y
            move_to(editor, grab.layer_id, event.ground.aim(x, y))
            return
        x, y = grab.middle
        if grab.handle == "turn":
            before = math.atan2(y - grab.y, grab.x - x)
            angle = grab.placement.angle + math.atan2(y - event.y, event.x - x) - before
            angle = math.remainder(angle, 2 * math.pi)
            if event.shift:
                angle = round(angle / _SNAP) * _SNAP
            place = replace(grab.placement, angle=angle)
        else:
            before = max(math.hypot(grab.x - x, grab.y - y), 1.0)
            size = grab.placement.size * math.hypot(event.x - x, event.y - y) / before
            place = replace(grab.placement, size=min(max(size, SMALLEST), LARGEST))
        if any(each.id == grab.layer_id for each in editor.document.layers):
            label = _LABELS[grab.handle]
            set_layer(editor, grab.layer_id, label, final=False, placement=place)

    def _end(self, editor: "Editor") -> None:
        grab, self._grab = self._grab, None
        if grab is not None:
            finish_move(editor, _LABELS[grab.handle])

    def _find(self, event: "Pointer", editor: "Editor") -> None:
        """Choose the sticker under the pointer, and hold on to it if the button is still down."""
        assert event.ground is not None
        ground, shown = event.ground, editor.shown
        aim, avatar = ground.aim(event.x, event.y), shown.avatar
        layers = tuple(each for each in shown.layers if each.kind == "sticker" and each.visible)
        if avatar is None or not layers:
            return

        def look() -> "Layer | None":
            return _under(aim, layers, avatar)

        def take(layer: "Layer | None") -> None:
            if layer is None or layer.placement is None:
                return
            select(editor, layer.id)
            point = editor.easel.under(aim)
            found = None if point is None else ground.places(point)
            if self._pressed and found is not None:
                middle = (float(found[0][0, 0]), float(found[0][0, 1]))
                centre = _middle(editor, ground, layer)
                middle = centre or middle
                self._grab = _Grab("move", layer.id, layer.placement, middle, event.x, event.y)

        editor.easel.hand.do(look, take, newest="find sticker")


def _chosen(editor: "Editor") -> "Layer | None":
    layer = selected(editor)
    return layer if layer is not None and layer.kind == "sticker" and layer.visible else None


def _middle(editor: "Editor", ground: "Ground", layer: "Layer") -> tuple[float, float] | None:
    """Where a sticker's middle is on the screen."""
    import numpy as np

    avatar = editor.shown.avatar
    canvas = None if avatar is None else editor.easel.canvas(avatar)
    if canvas is None or layer.placement is None:
        return None
    points, on = canvas.points_at_uv(np.array([layer.placement.uv]))
    found = ground.places(points) if on[0] else None
    return None if found is None else (float(found[0][0, 0]), float(found[0][0, 1]))


def _under(aim: "Aim", layers: "tuple[Layer, ...]", avatar: object) -> "Layer | None":
    """The highest of the stickers that shows at an aim."""
    from avatars.edits.canvas import canvas_for
    from avatars.edits.drawn import layer_picture
    from avatars.kinds.uv_avatar import UvAvatar

    assert isinstance(avatar, UvAvatar)
    canvas = canvas_for(avatar)
    point = aim.point(canvas)
    if point is None:
        return None
    texel = canvas.index[canvas.nearest_rows(canvas.positions_at(point))]
    for layer in reversed(layers):
        picture = layer_picture(layer, canvas)
        if picture is not None and picture.read(texel)[0, 3] > 12:
            return layer
    return None


TOOL = StickerTool()
