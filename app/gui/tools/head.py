"""Turn the head itself by dragging it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.tools.base import Pointer

if TYPE_CHECKING:
    from app.editor import Editor

TURN = 2.0
"""Radians that a drag over the picture's whole height turns."""
MOST = 0.9
"""Radians; beyond that a neck breaks."""
LABEL = "Turn the head"


class HeadTool:
    """Left drag nods and shakes the head; with Shift it tilts. One drag is one undo step."""

    id = "head"
    title = "Turn head"
    icon = icons.ICON_FA_USER
    hint = "Drag to turn the head, Shift to tilt, double click to straighten it"

    def activate(self, editor: "Editor") -> None:
        """Nothing to begin."""

    def deactivate(self, editor: "Editor") -> None:
        """Keep what a drag has done so far."""
        if editor.draft is not None:
            editor.commit_draft(LABEL)

    def pointer(self, event: Pointer, editor: "Editor") -> None:
        """Turn while dragged."""
        state = editor.shown.head_state
        if state is None:
            return
        if event.phase == "drag" and (event.dx or event.dy):
            neck = state.neck_pose.tolist()
            step = (
                (0.0, 0.0, -event.dx * TURN)
                if event.shift
                else (event.dy * TURN, event.dx * TURN, 0.0)
            )
            turned = [min(max(a + b, -MOST), MOST) for a, b in zip(neck, step, strict=True)]
            changed = replace(state, neck_pose=state.neck_pose.new_tensor(turned))
            editor.set_head_state(changed, LABEL, draft=True)
        elif event.phase == "release" and editor.draft is not None:
            editor.commit_draft(LABEL)
        elif event.phase == "double":
            straight = replace(state, neck_pose=state.neck_pose.new_zeros(3))
            editor.set_head_state(straight, "Straighten the head")


TOOL = HeadTool()
