"""Where tools work: the picture of the head, or the map laid flat; both know the skin's points."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from app.aim import Aim, camera_of

if TYPE_CHECKING:
    from app.editor import Editor
    from app.frame_request import RenderRequest
    from avatars.edits.points import Points
    from renderer.camera import Camera

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

RING = 48
"""Corners of a circle."""


class Ground(Protocol):
    """A place on the screen that shows the skin."""

    def aim(self, x: float, y: float) -> Aim:
        """What lies under a point of the screen, pixels."""

    def places(self, points: "Points") -> tuple[Array, Mask] | None:
        """Where points of the skin are on the screen [K, 2], pixels, and which can be seen."""

    def ring(self, point: "Points", radius: float) -> Array | None:
        """A circle [K, 2] of a radius (metres) around a point of the skin, on the screen."""


@dataclass(frozen=True)
class Box:
    """A rectangle of the screen, pixels."""

    x: float
    y: float
    width: float
    height: float


class ViewGround:
    """The picture: points move with the posed skin.

    Args:
        editor: what is shown.
        box: where its picture is on the screen.
        request: what the picture shows.
    """

    def __init__(self, editor: "Editor", box: Box, request: "RenderRequest") -> None:
        self._editor, self._box, self._request = editor, box, request

    def aim(self, x: float, y: float) -> Aim:
        """What lies under a point of the screen, pixels."""
        box = self._box
        across, down = (x - box.x) / max(box.width, 1), (y - box.y) / max(box.height, 1)
        return Aim(across, down, self._request)

    def places(self, points: "Points") -> tuple[Array, Mask] | None:
        """Where points of the skin are on the screen, and which of them face the eye."""
        skin = self._skin()
        if skin is None or self._request.avatar is None:
            return None
        corners = skin[self._request.avatar.head.faces_numpy[points.face]]  # [K, 3, 3]
        world = (corners * points.barycentrics[..., None]).sum(axis=1)
        out = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        eye = _eye(camera_of(self._request))
        facing = ((eye.position - world) * out).sum(axis=1) > 0
        screen, in_front = self._projected(world, eye)
        return screen, facing & in_front

    def ring(self, point: "Points", radius: float) -> Array | None:
        """A circle around a point of the skin, flat on it."""
        skin = self._skin()
        if skin is None or self._request.avatar is None:
            return None
        corners = skin[self._request.avatar.head.faces_numpy[point.face[0]]]
        middle = point.barycentrics[0] @ corners
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        normal /= max(float(np.linalg.norm(normal)), 1e-12)
        along = corners[1] - corners[0]
        along -= normal * (along @ normal)
        along /= max(float(np.linalg.norm(along)), 1e-12)
        world = middle + radius * (_CIRCLE @ np.stack([along, np.cross(normal, along)]))
        screen, in_front = self._projected(world, _eye(camera_of(self._request)))
        return screen if in_front.all() else None

    def _projected(self, world: Array, eye: "_Eye") -> tuple[Array, Mask]:
        seen = world @ eye.rotation.T + eye.shift
        depth = np.maximum(seen[:, 2:], 1e-6)
        pixels = (seen @ eye.K.T)[:, :2] / depth
        share = pixels / np.array([eye.width, eye.height])
        box = self._box
        screen = share * np.array([box.width, box.height]) + np.array([box.x, box.y])
        return screen, seen[:, 2] > 1e-4

    def _skin(self) -> Array | None:
        found = self._editor.easel.skin(self._request)
        return None if found is None else found.numpy().astype(np.float64)


class MapGround:
    """The colour map laid flat.

    Args:
        editor: what is shown.
        box: where all of it would be on the screen, square.
    """

    def __init__(self, editor: "Editor", box: Box) -> None:
        self._editor, self._box = editor, box

    def aim(self, x: float, y: float) -> Aim:
        """What lies under a point of the screen, pixels."""
        box = self._box
        return Aim((x - box.x) / max(box.width, 1), 1 - (y - box.y) / max(box.height, 1))

    def places(self, points: "Points") -> tuple[Array, Mask] | None:
        """Where points of the skin are on the screen; all can be seen."""
        avatar = self._editor.shown.avatar
        canvas = None if avatar is None else self._editor.easel.canvas(avatar)
        if canvas is None:
            return None
        return self._screen(canvas.uv_at(points)), np.ones(len(points), bool)

    def ring(self, point: "Points", radius: float) -> Array | None:
        """A circle as large as it is there on the map, about: it is stretched otherwise."""
        avatar = self._editor.shown.avatar
        canvas = None if avatar is None else self._editor.easel.canvas(avatar)
        if canvas is None:
            return None
        face = int(point.face[0])
        solid = canvas.vertices[canvas.head.faces_numpy[face]]
        flat = canvas.uvs[canvas.uv_faces[face]]
        around = np.cross(solid[1] - solid[0], solid[2] - solid[0])
        (ax, ay), (bx, by) = flat[1] - flat[0], flat[2] - flat[0]
        drawn, real = abs(ax * by - ay * bx), float(np.linalg.norm(around))
        if drawn < 1e-12 or real < 1e-12:
            return None
        uv = canvas.uv_at(point)[0] + radius * (drawn / real) ** 0.5 * _CIRCLE
        return self._screen(uv)

    def _screen(self, uv: Array) -> Array:
        box = self._box
        x, y = box.x + uv[:, 0] * box.width, box.y + (1 - uv[:, 1]) * box.height
        return np.stack([x, y], axis=1)


@dataclass(frozen=True, eq=False)
class _Eye:
    """A camera as numbers."""

    rotation: Array
    shift: Array
    position: Array
    K: Array
    width: int
    height: int


@lru_cache(maxsize=8)
def _eye(camera: "Camera") -> _Eye:
    view = camera.viewmat.detach().cpu().numpy().astype(np.float64)
    rotation, shift = view[:3, :3], view[:3, 3]
    K = camera.K.detach().cpu().numpy().astype(np.float64)
    return _Eye(rotation, shift, -rotation.T @ shift, K, camera.width, camera.height)


_TURNS = np.linspace(0, 2 * np.pi, RING, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
