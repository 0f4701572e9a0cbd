"""Colour maps painted in another program: read as a layer, and again whenever the file changes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.hand import Hand
from app.notices import Notice

if TYPE_CHECKING:
    from app.editor import Editor
    from avatars.edits.stack import Layers
    from avatars.progress import Progress

EVERY = 1.0
"""Seconds between two looks at the files."""

_Mark = tuple[int, int]  # nanoseconds of the last change, bytes


@dataclass(eq=False)
class _Watched:
    mark: _Mark | None  # as it was read last
    seen: _Mark | None  # as it was at the last look: one that is being written changes still
    is_reading: bool = False


class MapWatch:
    """The files of a document's imported maps.

    Args:
        editor: whose layers come from them.
        hand: looks at the files, which a slow disk may keep waiting.
        clock: seconds; another one in tests.
    """

    def __init__(
        self, editor: "Editor", hand: Hand, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._editor, self._hand, self._clock = editor, hand, clock
        self._watched: dict[Path, _Watched] = {}
        self._looked_at = float("-inf")

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files watched."""
        return tuple(self._watched)

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until the next look; None where nothing is watched."""
        if not self._watched:
            return None
        return max(0.0, self._looked_at + EVERY - self._clock())

    def bring(self, path: Path) -> None:
        """Start reading a map as the top layer, or again into the layer it was read into."""
        path = path.absolute()
        watched = self._watched.get(path)
        if watched is not None and watched.is_reading:
            return
        avatar, known = self._editor.document.avatar, watched is not None
        if avatar is None:
            return
        document = self._editor.document

        def read(progress: "Progress") -> "tuple[Layers, tuple[str, ...], _Mark | None]":
            from avatars.edits.actions import import_map

            progress.report(0.0, f"Reading {path.name}")
            mark = mark_of(path)
            layers, notices = import_map(avatar, document.layers, path)
            return layers, notices, mark

        def apply(made: "tuple[Layers, tuple[str, ...], _Mark | None]") -> None:
            self._take(path, *made, known=known)

        if watched is not None:
            watched.is_reading = True
        title = f"Read {path.name}"
        self._editor.start(read, title, apply, "light", False, quiet=known, keeps_document=True)

    def stop(self, path: Path) -> None:
        """Do not look at a file any more."""
        self._watched.pop(path.absolute(), None)

    def forget(self) -> None:
        """Watch nothing: another document is open."""
        self._watched = {}

    def tick(self) -> None:
        """Look at the files if it is time; once per frame."""
        if not self._watched or self.seconds_until_due:
            return
        self._looked_at = self._clock()
        paths = tuple(self._watched)

        def look() -> "dict[Path, _Mark | None]":
            return {path: mark_of(path) for path in paths}

        self._hand.do(look, self._compare, newest="watch")

    def _compare(self, marks: "dict[Path, _Mark | None]") -> None:
        for path, mark in marks.items():
            watched = self._watched.get(path)
            if watched is None:
                continue
            is_still = mark == watched.seen
            watched.seen = mark
            if mark is not None and mark != watched.mark and is_still:
                watched.mark = mark
                self.bring(path)

    def _take(
        self,
        path: Path,
        layers: "Layers",
        notices: tuple[str, ...],
        mark: _Mark | None,
        *,
        known: bool,
    ) -> None:
        from app.editing_layers import add, commit
        from avatars.edits.stack import changed

        editor = self._editor
        self._watched[path] = _Watched(mark, mark)
        fresh = [layer for layer in layers if layer.note == f"imported map {path.name}"]
        if not fresh or editor.document.avatar is None:
            return
        layer, now = fresh[-1], editor.document.layers
        # The stack may have changed while the file was read: only this layer is exchanged.
        if any(each.id == layer.id and each.note == layer.note for each in now):
            commit(editor, f"Reload {path.name}", changed(now, layer.id, image=layer.image))
        elif not known:
            add(editor, layer, f"Import map {path.name}")
        else:
            self.stop(path)
            return
        words = f"{path.name} has changed: its layer shows the new picture."
        editor.notify(Notice(words) if known else Notice(f"{path.name} is watched for changes."))
        for each in notices:
            editor.notify(Notice(each))


def mark_of(path: Path) -> _Mark | None:
    """What tells one state of a file from another; None where it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
