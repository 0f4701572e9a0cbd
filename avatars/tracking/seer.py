"""Landmarks of one person in frames that may show several: a part of the picture is watched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.closing import Closing
from avatars.tracking.faces import FoundFace
from avatars.tracking.graphs import Floats, Pixels
from avatars.tracking.landmarks import VideoMesh
from avatars.tracking.likeness import FACE_POINTS
from avatars.tracking.task_mesh import TaskMesh
from avatars.tracking.view import View, look

Seen = tuple[Floats, dict[str, float]]

_REACH = 2.6  # side of what is watched over the face's size
_SIZE = 512  # pixels of it, at most
_LARGE = 0.18  # share of the picture's shorter side from which a single face needs no crop
_DRIFT = 0.45  # of the free margin: farther off the middle, the watched part is moved


class Seer(Closing):
    """Finds landmarks in frame after frame.

    Args:
        task: ``face_landmarker.task`` where there is one.
    """

    def __init__(self, task: Path | None = None) -> None:
        self._task = None if task is None else TaskMesh(task)
        self._mesh = VideoMesh() if self._task is None else None
        self._view: View | None = None

    def close(self) -> None:
        """End the graphs; waits for a frame in work."""
        for graph in (self._task, self._mesh):
            if graph is not None:
                graph.close()

    def restart(self) -> None:
        """Forget what was watched, as after a cut."""
        self._view = None
        self._forget()

    def watch(self, face: FoundFace, others: int, size: tuple[int, int]) -> None:
        """Look only at this face from now on, unless it is alone and large.

        Args:
            face: whom to follow.
            others: how many further faces there are.
            size: (width, height) of the picture.
        """
        self._forget()
        _, _, width, height = face.box
        large = max(width, height) > _LARGE * min(size)
        self._view = None if large and not others else _around(face.landmarks)

    def seen(self, rgb: Pixels) -> Seen | None:
        """Landmarks [478, 3] in pixels of the frame, scores by name; None where nobody is."""
        view = self._view
        found = self._look(rgb if view is None else look(rgb, view))
        if found is None or view is None:
            return found
        points, scores = view.out_of(found[0]), found[1]
        if _is_off(points, view):
            self._view = _around(points)
            self._forget()
        return points, scores

    def _look(self, rgb: Pixels) -> Seen | None:
        if self._task is not None:
            return self._task.seen(rgb)
        assert self._mesh is not None
        points = self._mesh.points_in(rgb)
        return None if points is None else (points, {})

    def _forget(self) -> None:
        for graph in (self._task, self._mesh):
            if graph is not None:
                graph.restart()


def _around(points: NDArray[np.float64]) -> View:
    low, high = points[:FACE_POINTS, :2].min(axis=0), points[:FACE_POINTS, :2].max(axis=0)
    middle, side = (low + high) / 2, _REACH * float((high - low).max())
    return View(float(middle[0]), float(middle[1]), side, int(min(_SIZE, max(128, side))))


def _is_off(points: NDArray[np.float64], view: View) -> bool:
    """Whether a face has left the middle of what is watched, or changed its size."""
    now = _around(points)
    away = max(abs(now.x - view.x), abs(now.y - view.y))
    margin = (view.side - now.side / _REACH) / 2
    return away > _DRIFT * max(margin, 1.0) or not 0.6 < now.side / view.side < 1.6
