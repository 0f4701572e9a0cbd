"""The camera that goes with the driven head, so that it stays in the middle of the picture."""

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.head.state import HeadState

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)


class CameraFollow:
    """Shifts what the camera looks at as far as the head goes; the person still turns it freely.

    Args:
        editor: whose camera it is.
    """

    def __init__(self, editor: "Editor") -> None:
        self._editor = editor
        self._at = ORIGIN
        self._avatar: object = None

    def follow(self, state: "HeadState") -> None:
        """Go where the head is now."""
        if self._editor.document.avatar is not self._avatar:
            # Another avatar was framed as it rests.
            self._avatar, self._at = self._editor.document.avatar, ORIGIN
        x, y, z = state.transl.tolist()
        self._go((x, y, z))

    def let_go(self) -> None:
        """Go back by as far as the head had gone."""
        self._go(ORIGIN)

    def _go(self, place: Point) -> None:
        if place == self._at:
            return
        step = [new - old for new, old in zip(place, self._at, strict=True)]
        self._at = place
        view = self._editor.view
        x, y, z = (now + by for now, by in zip(view.orbit.target, step, strict=True))
        self._editor.view = replace(view, orbit=replace(view.orbit, target=(x, y, z)))
