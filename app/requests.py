"""From document and view to what the render worker should draw."""

from typing import TYPE_CHECKING

from app.face_edits import upright
from app.view import View, fitted_camera

if TYPE_CHECKING:
    from app.document import Document
    from app.frame_request import RenderRequest
    from avatars.head.state import HeadState
    from renderer.camera import Camera

KEPT = 4  # faces made upright, so that undo and redo find theirs again


class Requests:
    """Makes requests, and the same object again while nothing changes.

    What is derived on the way is kept for the objects it was made from, so that a worker which
    compares by identity sees that nothing changed.

    Attributes:
        newest: the request asked for last, or None.
    """

    def __init__(self) -> None:
        self._number = 0
        self._last: dict[bool, RenderRequest] = {}  # by whether something was moving
        self.newest: RenderRequest | None = None
        self._upright: list[tuple[HeadState, HeadState]] = []
        self._camera: tuple[Camera, int, int, Camera] | None = None

    def next(
        self, document: "Document", view: View, width: int, height: int, *, moving: bool
    ) -> "RenderRequest":
        """What a viewport should show.

        Args:
            document: what is shown.
            view: how.
            width: of the viewport, pixels.
            height: of the viewport, pixels.
            moving: something is being dragged, so that a coarser picture will do.
        """
        from app.frame_request import RenderRequest

        cap = min(1.0, view.options.resolution_cap / max(width, height, 1))
        width, height = max(1, round(width * cap)), max(1, round(height * cap))
        request = RenderRequest(
            id=self._number + 1,
            avatar=document.avatar,
            layers=document.layers if document.avatar is not None else (),
            splats=document.splats,
            state=self._state(document, view),
            orbit=view.orbit,
            width=width,
            height=height,
            options=view.options,
            scale=0.5 if moving else 1.0,
            camera=self._source_camera(document, view, width, height),
        )
        last = self._last.get(moving)
        if last is not None and last.options is view.options and request.same_picture(last):
            self.newest = last
            return last
        self._number += 1
        self._last[moving] = self.newest = request
        return request

    def _state(self, document: "Document", view: View) -> "HeadState | None":
        if view.live_state is not None:
            return view.live_state
        state = document.head_state
        if state is None or _is_source(document, view):
            return state
        for known, made in self._upright:
            if known is state:
                return made
        made = upright(state)
        self._upright = [*self._upright[-KEPT:], (state, made)]
        return made

    def _source_camera(
        self, document: "Document", view: View, width: int, height: int
    ) -> "Camera | None":
        if not _is_source(document, view) or document.origin is None:
            return None
        camera = document.origin.camera
        assert camera is not None
        kept = self._camera
        if kept is None or kept[0] is not camera or kept[1:3] != (width, height):
            kept = camera, width, height, fitted_camera(camera, width, height)
            self._camera = kept
        return kept[3]


def _is_source(document: "Document", view: View) -> bool:
    """Whether the photo's own camera is looked through."""
    origin = document.origin
    return view.options.camera == "source" and origin is not None and origin.camera is not None
