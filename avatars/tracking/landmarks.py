"""FaceMesh on stills and on video, and the 52 scores of the task model where it is present."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from avatars.errors import MissingWeights
from avatars.tracking.closing import Closing
from avatars.tracking.graphs import Floats, Mesh, Pixels
from avatars.tracking.likeness import FACE_POINTS, Likeness, likeness, mirrored
from avatars.tracking.view import View, look

_SIZE = 256  # px; the mesh network itself takes 192, larger crops measured no steadier
_FIRST_REACH = (2.0, 1.5, 3.0)  # side of the first crop over that of the detector's box
_REACH = 1.9  # side of the upright crop over the extent of the landmarks

_NO_ANSWER = 30.0  # % of the eye distance that a pass without an answer counts as


@dataclass(frozen=True)
class _Pass:
    """One more look at the same face: crop moved by shares of its side, scaled, turned, mirrored.

    `tint` multiplies red, green and blue; `grey` drops the colour first.
    """

    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0
    roll: float = 0.0
    mirror: bool = False
    tint: tuple[float, float, float] | None = None
    grey: bool = False


# Other looks at a human face agree within 2 %; on a monkey, whose landmarks fit a face almost as
# well, those in darker colours and in grey do not. Of 26 tried, these eight separate best.
_DARKER = (0.55, 0.42, 0.36)
_MOVED = (
    _Pass(scale=1.15, right=0.04, roll=0.1, mirror=True),
    _Pass(scale=0.88, right=-0.04, down=0.03, roll=-0.1),
    _Pass(roll=0.3, mirror=True),
    _Pass(roll=-0.3),
)
_RECOLOURED = (
    _Pass(tint=_DARKER),
    _Pass(tint=_DARKER, mirror=True),
    _Pass(grey=True),
    _Pass(grey=True, mirror=True),
)


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The mesh of one face.

    Attributes:
        points: [478, 3] pixels of the picture, mean of five passes.
        view: the upright crop they were found in.
        spread: mean over passes of the median distance that visible points move between them, in
            percent of the eye distance.
    """

    points: Floats
    view: View
    spread: float

    @cached_property
    def likeness(self) -> Likeness:
        """The points laid over the mean face."""
        return likeness(self.points)


def mesh_at(mesh: Mesh, rgb: Pixels, box: tuple[float, float, float, float]) -> Landmarks | None:
    """Landmarks of the face in a detector's box; None where the mesh network sees none.

    First on a crop twice the box, then on one turned upright and centred on the landmarks, then in
    eight variations of it. The mean of the first five halves the noise of one pass (from 0.6-1.2 %
    of the eye distance to 0.3-0.6).

    Args:
        mesh: FaceMesh for stills.
        rgb: [H, W, 3].
        box: x, y, width, height, pixels.
    """
    x, y, width, height = box
    points = None
    for reach in _FIRST_REACH:
        view = View(x + width / 2, y + height / 2, reach * max(width, height), _SIZE)
        points = _seen(mesh, rgb, view, _Pass())
        if points is not None:
            break
    for _ in range(2):
        if points is None:
            return None
        view = upright_view(points)
        points = _seen(mesh, rgb, view, _Pass())
    if points is None:
        return None
    moved = [_seen(mesh, rgb, view, look_again) for look_again in _MOVED]
    recoloured = [_seen(mesh, rgb, view, look_again) for look_again in _RECOLOURED]
    steady = [points, *(found for found in moved if found is not None)]
    spread = _spread(points, [*moved, *recoloured])
    return Landmarks(np.mean(steady, axis=0), view, spread)


def upright_view(points: Floats, size: int = _SIZE) -> View:
    """The crop around landmarks [478, 3] in which the face stands upright."""
    face = points[:FACE_POINTS, :2]
    low, high = face.min(axis=0), face.max(axis=0)
    centre = (low + high) / 2
    # The roll of the eyes' line would do; the whole fit also stands a face that is half hidden.
    roll = likeness(points).roll
    return View(float(centre[0]), float(centre[1]), float(_REACH * (high - low).max()), size, roll)


def _seen(mesh: Mesh, rgb: Pixels, view: View, how: _Pass) -> Floats | None:
    again = View(
        view.x + how.right * view.side,
        view.y + how.down * view.side,
        view.side * how.scale,
        view.size,
        view.roll + how.roll,
    )
    crop = look(rgb, again)
    if how.grey:
        grey = crop @ np.array([0.299, 0.587, 0.114])
        crop = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    if how.tint is not None:
        crop = (crop * np.array(how.tint)).astype(np.uint8)
    if how.mirror:
        crop = crop[:, ::-1]
    points = mesh.points_in(crop)
    if points is None:
        return None
    if how.mirror:
        points = mirrored(points, view.size)
    return again.out_of(points)


def _spread(first: Floats, others: list[Floats | None]) -> float:
    """How far apart the passes are, in percent of the eye distance."""
    fit = likeness(first)
    every = np.array([first, *(found for found in others if found is not None)])
    middle = np.median(every[:, :FACE_POINTS, :2], axis=0)
    seen = fit.seen
    off = np.linalg.norm(every[:, :FACE_POINTS, :2] - middle, axis=2)[:, seen]
    percents = np.minimum(100 * np.median(off, axis=1) / fit.eye_distance, _NO_ANSWER)
    missing = [_NO_ANSWER] * sum(found is None for found in others)
    return float(np.mean([*percents[1:], *missing]))


class VideoMesh(Closing):
    """Landmarks of one person through the frames of a video, in order.

    The face is tracked from frame to frame, so that this is faster and steadier than stills, and
    frames must come from one shot; `restart` forgets the frames before. Any thread may close it.
    """

    def __init__(self) -> None:
        self._mesh = Mesh(video=True, least_detection=0.3)

    def points_in(self, rgb: Pixels) -> Floats | None:
        """[478, 3] landmarks of the next frame [H, W, 3], pixels; None without a face."""
        return self._mesh.points_in(rgb)

    def restart(self) -> None:
        """Forget the frames before, as after a cut."""
        self._mesh.close()
        self._mesh = Mesh(video=True, least_detection=0.3)

    def close(self) -> None:
        """End the graph; waits for a frame in work."""
        self._mesh.close()


def scores_from_task(rgb: Pixels, task: Path | None) -> dict[str, float] | None:
    """The 52 scores (0..1; `_neutral` and 51 expressions) of the face in a crop.

    None without a model, or where it sees no face.

    Args:
        rgb: [H, W, 3] crop about twice as wide as the face.
        task: mediapipe's `face_landmarker.task`; it does not ship with this program.

    Raises:
        MissingWeights: a file was named and is no such model.
    """
    if task is None:
        return None
    from renderer.disk import open_input, shown

    with open_input(task) as handle:
        model = handle.read()
    try:
        answer = _run_task(model, rgb)
    except (RuntimeError, ValueError) as error:
        raise MissingWeights(
            f"{shown(task)} is not a face landmarker model.",
            "Get face_landmarker.task from mediapipe's model page, or leave it out.",
        ) from error
    if not answer.face_blendshapes:
        return None
    return {str(c.category_name): float(c.score) for c in answer.face_blendshapes[0]}


def _run_task(model: bytes, rgb: Pixels) -> Any:
    import mediapipe
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model),
        output_face_blendshapes=True,
        min_face_detection_confidence=0.2,
        min_face_presence_confidence=0.2,
    )
    with FaceLandmarker.create_from_options(options) as landmarker:
        image = mediapipe.Image(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)
        )
        return landmarker.detect(image)
