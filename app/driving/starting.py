"""Live sources are opened on another thread: cameras and files may keep somebody waiting."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.driving.choice import SIZES, SourceChoice
from app.sources.base import Source
from avatars.progress import Progress
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.editor import Editor
    from app.sources.udp import Protocol

Make = Callable[[], Source]


class Starting:
    """A source on its way. ``run`` is called on a job's thread, the rest on the main thread.

    Args:
        choice: what is wanted.
        make: opens it.

    Attributes:
        choice: what is wanted.
        problem: why it could not be opened, or None.
    """

    def __init__(self, choice: SourceChoice, make: Make) -> None:
        self.choice = choice
        self.problem: UserError | None = None
        self._make = make
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._is_unwanted = False

    def run(self, progress: Progress) -> None:
        """Open it; what goes wrong in the world is kept as the problem."""
        progress.report(0.0, "Starting the source")
        try:
            source = self._make()
        except UserError as problem:
            self.problem = problem
            return
        with self._lock:
            if not self._is_unwanted:
                self._source = source
                return
        source.close()

    def take(self) -> Source | None:
        """The source, which belongs to the caller now; None if it is not open (yet)."""
        with self._lock:
            source, self._source = self._source, None
        return source

    def drop(self) -> None:
        """It is not wanted any more: it is closed, at once or as soon as it is open."""
        with self._lock:
            self._is_unwanted = True
            source, self._source = self._source, None
        if source is not None:
            source.close()


def landmarker(editor: "Editor") -> Path | None:
    """MediaPipe's expression model where the folder of weights holds it."""
    from app.editing_methods import weights_folder
    from avatars.weights import FACE_LANDMARKER

    folder = weights_folder(editor)
    return FACE_LANDMARKER.path(folder) if FACE_LANDMARKER.is_present(folder) else None


def maker(choice: SourceChoice, task: Path | None, wake: Callable[[], None]) -> Make:
    """What opens a source; to be called on another thread.

    Args:
        choice: what is wanted.
        task: MediaPipe's ``face_landmarker.task``, or None.
        wake: called after each face, from the source's thread.
    """
    if choice.is_network:
        return partial(_network, choice, wake)
    return partial(_pictures, choice, task, wake)


def _pictures(choice: SourceChoice, task: Path | None, wake: Callable[[], None]) -> Source:
    from app.demo import builtin_head
    from app.sources.camera import CameraSource

    origin = choice.camera if choice.kind == "camera" else Path(choice.video)
    # Faces are handed on by ARKit names, so whoever is shown, the head that is measured most
    # closely follows the camera.
    return CameraSource(
        origin,
        builtin_head(),
        task=task,
        size=SIZES[choice.size],
        mirror=choice.mirror,
        wake=wake,
    )


def _network(choice: SourceChoice, wake: Callable[[], None]) -> Source:
    from app.sources.udp import UdpSource

    protocol: Protocol = choice.kind  # type: ignore[assignment]  # cameras were sorted out
    phone = choice.phone if choice.kind == "ifacialmocap" else ""
    return UdpSource(protocol, choice.host, choice.port or None, phone=phone, wake=wake)
