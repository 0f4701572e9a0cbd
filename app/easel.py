"""What hands-on editing needs at once: the canvas, the posed skin, outlines, the composed colours.

All of it takes longer than a frame may, so it is made beside the window and kept for the objects
it was made from; what is asked for is what is there by now, and a newer one is on its way.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from app.hand import Hand
from app.jobs.runner import InlineRunner
from app.map_watch import MapWatch
from app.notices import notice_of
from app.painting import Strokes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from app.aim import Aim
    from app.editor import Editor
    from app.frame_request import RenderRequest
    from avatars.edits.canvas import Canvas
    from avatars.edits.layer import Layer
    from avatars.edits.outline import Outline
    from avatars.edits.points import Points
    from avatars.kinds.uv_avatar import UvAvatar

log = logging.getLogger(__name__)

T = TypeVar("T")


class _Slot:
    """The newest result of one kind, what it was made from, and what is being made."""

    def __init__(self) -> None:
        self.keys: tuple[object, ...] | None = None
        self.value: Any = None
        self.asked: tuple[object, ...] | None = None


class Easel:
    """What is at hand while layers are edited.

    Called from the main thread.

    Args:
        editor: whose document is edited.

    Attributes:
        hand: does the work.
        strokes: what is being painted.
        watch: files that layers are read from again when they change.
    """

    def __init__(self, editor: "Editor", wake: Callable[[], None] | None = None) -> None:
        self._editor = editor
        self.hand = Hand(wake, threaded=not isinstance(editor.runner, InlineRunner))
        self.strokes = Strokes(editor)
        self.watch = MapWatch(editor, self.hand)
        self._slots: dict[str, _Slot] = {}

    def poll(self) -> None:
        """Take over what is done."""
        self.hand.poll(self._trouble)
        self.strokes.advance()
        self.watch.tick()

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until ``poll`` has something to do by itself; None if it waits for events."""
        return self.watch.seconds_until_due

    def close(self) -> bool:
        """End all work; whether it ended in time."""
        return self.hand.close()

    # What there is.

    def canvas(self, avatar: "UvAvatar") -> "Canvas | None":
        """The canvas of an avatar; None until it is prepared."""

        def prepare() -> "Canvas":
            from avatars.edits.canvas import canvas_for

            made = canvas_for(avatar)
            _ = made.tree, made.edges, made.normals  # what the first stroke would wait for
            return made

        found: Canvas | None = self._get(
            "canvas", (avatar.head, avatar.identity, avatar.maps.size), prepare, stale=False
        )
        return found

    def skin(self, request: "RenderRequest | None") -> "Tensor | None":
        """The posed vertices [V, 3] of what is shown, or of the face before it; None without any.

        Where the render worker has posed this face already, nothing is computed.
        """
        if request is None or request.avatar is None or request.state is None:
            return None
        avatar, state = request.avatar, request.state
        known = avatar.known_skin(state)
        if known is not None:
            slot = self._slots.setdefault("skin", _Slot())
            slot.keys, slot.value = (avatar.head, avatar.identity, state), known
            return known
        keys = (avatar.head, avatar.identity, state)
        found: Tensor | None = self._get("skin", keys, lambda: avatar.skin(state))
        return found if found is not None and len(found) == avatar.head.vertex_count else None

    def under(self, aim: "Aim") -> "Points | None":
        """The point of the head at an aim by the skin that is known; None beside the head."""
        avatar = self._editor.shown.avatar
        if avatar is None:
            return None
        if aim.is_on_map:
            canvas = self.canvas(avatar)
            return None if canvas is None else aim.point(canvas)
        skin = self.skin(aim.request)
        return None if skin is None else aim.point_on(skin)

    def outline(self, layer: "Layer") -> "Outline | None":
        """The border of a sticker on the skin; None until it is known, or off the head."""
        avatar = self._editor.shown.avatar
        if avatar is None or layer.picture is None or layer.placement is None:
            return None
        picture, placement = layer.picture, layer.placement

        def find() -> "Outline | None":
            from avatars.edits.canvas import canvas_for
            from avatars.edits.outline import outline

            return outline(picture, placement, canvas_for(avatar))

        keys = (layer.id, picture, placement, avatar.head, avatar.identity)
        slot = self._slots.get("outline")
        if slot is not None and slot.keys is not None and slot.keys[0] != layer.id:
            slot.keys = slot.value = None  # the border of another sticker says nothing
        found: Outline | None = self._get("outline", keys, find)
        return found

    def colors(self) -> "NDArray[np.uint8] | None":
        """The composed colours [R, R, 4] of what is shown, alpha 0 off the islands, or older."""
        shown = self._editor.shown
        avatar, layers = shown.avatar, shown.layers
        if avatar is None:
            return None

        def compose() -> "NDArray[np.uint8]":
            from avatars.edits.actions import uv_picture

            return uv_picture(avatar, layers)

        keys = (avatar.maps, avatar.loose, avatar.identity, *layers)
        found: NDArray[np.uint8] | None = self._get("colors", keys, compose)
        return found

    def made(self, name: str, keys: tuple[object, ...], make: Callable[[], T]) -> T | None:
        """The newest result of ``make`` of this name; made again for other objects."""
        found: T | None = self._get(name, keys, make)
        return found

    def forget(self) -> None:
        """Let go of everything, as another document is opened."""
        self.strokes.drop()
        self.watch.forget()
        self._slots = {}

    # How it is made.

    def _get(
        self,
        name: str,
        keys: tuple[object, ...],
        make: Callable[[], Any],
        *,
        stale: bool = True,
    ) -> Any:
        slot = self._slots.setdefault(name, _Slot())
        if slot.keys is not None and _same(slot.keys, keys):
            return slot.value
        if slot.asked is None or not _same(slot.asked, keys):
            slot.asked = keys

            def keep(value: Any) -> None:
                if self._slots.get(name) is slot:
                    slot.keys, slot.value = keys, value

            self.hand.do(make, keep, newest=name)
            if not self.hand.is_threaded:
                self.poll()
                if slot.keys is not None and _same(slot.keys, keys):
                    return slot.value
        return slot.value if stale else None

    def _trouble(self, error: Exception) -> None:
        self.strokes.drop()
        log.debug("what the hand did failed", exc_info=error)
        notice = notice_of(error)
        if all(each.text != notice.text for each in self._editor.notices[-3:]):
            self._editor.notify(notice)


def _same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    return len(first) == len(second) and all(
        a is b or (isinstance(a, str | int) and a == b) for a, b in zip(first, second, strict=True)
    )
