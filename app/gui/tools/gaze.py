"""Move both eyes by dragging."""

from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons

from app.gui.tools.base import Pointer

if TYPE_CHECKING:
    from app.editor import Editor

TURN = 2.2
"""Radians that a drag over the picture's whole height turns."""
SIDEWAYS, UP = 0.6, 0.45
"""Radians that eyes go at most."""
LABEL = "Move the gaze"


class GazeTool:
    """Left drag moves the gaze after the pointer. One drag is one undo step."""

    id = "gaze"
    title = "Gaze"
    icon = icons.ICON_FA_EYE
    hint = "Drag to move the eyes, double click to look ahead"

    def activate(self, editor: "Editor") -> None:
        """Nothing to begin."""

    def deactivate(self, editor: "Editor") -> None:
        """Keep what a drag has done so far."""
        if editor.draft is not None:
            editor.commit_draft(LABEL)

    def pointer(self, event: Pointer, editor: "Editor") -> None:
        """Move the eyes while dragged."""
        state = editor.shown.head_state
        if state is None:
            return
        if event.phase == "drag" and (event.dx or event.dy):
            eyes = {}
            for name in ("leye_pose", "reye_pose"):
                pose = getattr(state, name)
                down, aside, roll = pose.tolist()
                down = min(max(down + event.dy * TURN, -UP), UP)
                aside = min(max(aside + event.dx * TURN, -SIDEWAYS), SIDEWAYS)
                eyes[name] = pose.new_tensor([down, aside, roll])
            editor.set_head_state(replace(state, **eyes), LABEL, draft=True)
        elif event.phase == "release" and editor.draft is not None:
            editor.commit_draft(LABEL)
        elif event.phase == "double":
            ahead = {name: state.leye_pose.new_zeros(3) for name in ("leye_pose", "reye_pose")}
            editor.set_head_state(replace(state, **ahead), "Look ahead")


TOOL = GazeTool()
