"""A stroke from press to release: aims go to the hand, pictures come back as drafts, one step."""

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.aim import Aim, between
from app.brush_settings import BrushSettings, brush_of, remember_color
from app.painting_target import Target, usable_target
from app.selection import select

if TYPE_CHECKING:
    from app.document import Document
    from app.editor import Editor
    from avatars.edits.brush import Painting
    from avatars.edits.strokes import Tool
    from avatars.edits.tiles import TiledImage
    from avatars.kinds.uv_avatar import UvAvatar

_STEP = 0.02  # shares of the picture's height between two places that are looked up


class StrokeInProgress:
    """One stroke; begins with a press and ends with ``finish`` or ``drop``.

    Args:
        editor: whose document is painted on.
        target: what it paints on.
        tool: with what.
        first: where the button went down.
    """

    def __init__(self, editor: "Editor", target: Target, tool: "Tool", first: Aim) -> None:
        self._editor, self.target = editor, target
        self._document = editor.document
        self._draft: Document | None = editor.draft
        self._aims: deque[Aim] = deque([first])  # filled here, emptied on the hand's thread
        self._last = first
        self._is_over = False
        self._brush, self._tool = brush_of(editor), tool
        avatar = editor.document.avatar
        assert avatar is not None
        self._work = _Path(avatar, self._document, target, tool, self._brush, self._aims)
        self._go_on()

    def to(self, aim: Aim) -> None:
        """The pointer has moved on."""
        self._aims.extend(between(self._last, aim, _STEP))
        self._last = aim
        self._go_on()

    def finish(self) -> None:
        """The button was released: what is painted becomes a step once all of it is there."""
        self._editor.easel.hand.do(lambda: None, lambda _: self._commit())

    def drop(self) -> None:
        """Leave no trace."""
        self._is_over = True
        self._editor.easel.strokes.ended(self)
        if self._draft is not None and self._editor.draft is self._draft:
            self._editor.set_draft(None)

    def _go_on(self) -> None:
        self._editor.easel.hand.do(self._work.go_on, self._show, newest="stroke")

    def _is_current(self) -> bool:
        """Whether nothing has come between: an undo, another document, another drag."""
        editor = self._editor
        return (
            not self._is_over and editor.document is self._document and editor.draft is self._draft
        )

    def _show(self, image: "TiledImage | None") -> None:
        if not self._is_current():
            self.drop()
            return
        if image is None or image is self.target.picture:
            return
        from avatars.edits.stack import place_of

        target = self.target
        layers = self._document.layers
        layer = target.with_picture(image)
        if target.is_new:
            chosen = self._editor.view.selected_layer
            at = len(layers)
            if any(each.id == chosen for each in layers):
                at = place_of(layers, chosen or "") + 1
            layers = (*layers[:at], layer, *layers[at:])
        else:
            layers = tuple(layer if each.id == layer.id else each for each in layers)
        self._editor.set_draft(replace(self._document, layers=layers))
        self._draft = self._editor.draft

    def _commit(self) -> None:
        editor = self._editor
        if not self._is_current():
            self.drop()
            return
        if editor.draft is not None:
            editor.commit(self.target.label, editor.draft)
            select(editor, self.target.layer.id)
            if self._tool == "brush" and self.target.field == "image":
                remember_color(editor)
        self._is_over = True
        editor.easel.strokes.ended(self)


class _Path:
    """The part of a stroke that is done on the hand's thread."""

    def __init__(
        self,
        avatar: "UvAvatar",
        document: "Document",
        target: Target,
        tool: "Tool",
        settings: BrushSettings,
        aims: deque[Aim],
    ) -> None:
        self._avatar, self._layers, self._target = avatar, document.layers, target
        self._tool, self._settings, self._aims = tool, settings, aims
        self._painting: Painting | None = None

    def go_on(self) -> "TiledImage | None":
        """The picture with the brush gone through all aims so far; None if it met no skin yet."""
        from avatars.edits.canvas import canvas_for
        from avatars.edits.points import joined

        canvas = canvas_for(self._avatar)
        painting = self._painting or self._begun()
        self._painting = painting
        on_skin = []
        while self._aims:
            found = self._aims.popleft().point(canvas)
            if found is not None:
                on_skin.append(found)
                continue
            if on_skin:
                painting.extend(joined(on_skin))
            on_skin = []
            painting.lift()
        if on_skin:
            painting.extend(joined(on_skin))
        return painting.image

    def _begun(self) -> "Painting":
        from avatars.edits.actions import shown_colors
        from avatars.edits.brush import Painting
        from avatars.edits.canvas import canvas_for
        from avatars.edits.masks import region_weights

        canvas, settings = canvas_for(self._avatar), self._settings
        beneath = lock = source = None
        if self._tool in ("blur", "smudge", "clone"):
            beneath = shown_colors(self._avatar, self._layers)
        if settings.region is not None:
            lock = region_weights(canvas.layout, self._avatar.maps, settings.region)
        if self._tool == "clone" and settings.source is not None:
            source = settings.source.points
        return Painting(
            self._target.picture,
            settings.engine(self._tool),
            canvas,
            beneath=beneath,
            lock=lock,
            source=source,
        )


@dataclass(eq=False)
class _Asked:
    """A stroke as the pointer made it, until it can begin."""

    tool: "Tool"
    aims: list[Aim]
    is_released: bool = False


class Strokes:
    """The strokes of an editor, one after the other; quick ones wait for the one before.

    Attributes:
        current: the one being worked out, or None.
    """

    def __init__(self, editor: "Editor") -> None:
        self._editor = editor
        self.current: StrokeInProgress | None = None
        self._asked: deque[_Asked] = deque()
        self._held: _Asked | StrokeInProgress | None = None  # what the pressed button draws

    @property
    def is_busy(self) -> bool:
        """Whether a stroke is being painted or worked out."""
        return self.current is not None or bool(self._asked)

    def press(self, tool: "Tool", aim: Aim) -> None:
        """The button went down."""
        asked = _Asked(tool, [aim])
        self._asked.append(asked)
        self._held = asked
        self.advance()

    def move(self, aim: Aim) -> None:
        """The pointer moved with the button down."""
        if isinstance(self._held, _Asked):
            self._held.aims.append(aim)
        elif self._held is not None:
            self._held.to(aim)

    def release(self) -> None:
        """The button was released."""
        held, self._held = self._held, None
        if isinstance(held, _Asked):
            held.is_released = True
        elif held is not None:
            held.finish()

    def drop(self) -> None:
        """Give up what has not become a step."""
        self._asked.clear()
        self._held = None
        if self.current is not None:
            self.current.drop()

    def ended(self, stroke: StrokeInProgress) -> None:
        """A stroke is over; the next one may begin."""
        if self.current is stroke:
            self.current = None
        if self._held is stroke:
            self._held = None

    def advance(self) -> None:
        """Begin the stroke that waits, if the one before is over."""
        while self.current is None and self._asked:
            asked = self._asked.popleft()
            target = usable_target(self._editor, asked.tool)
            if target is None:
                self._held = None if self._held is asked else self._held
                continue
            self.current = StrokeInProgress(self._editor, target, asked.tool, asked.aims[0])
            if self._held is asked:
                self._held = self.current
            for aim in asked.aims[1:]:
                self.current.to(aim)
            if asked.is_released:
                self.current.finish()
