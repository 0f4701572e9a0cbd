"""Where the pointer aims: a place of the picture or of the map, and the point of the head there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from app.frame_request import RenderRequest
    from avatars.edits.canvas import Canvas
    from avatars.edits.points import Points
    from renderer.camera import Camera


@dataclass(frozen=True, eq=False)
class Aim:
    """A place that the pointer was at.

    Attributes:
        x: share of the picture's width, from the left; on the map the texture coordinate u.
        y: share of its height, from the top; on the map the texture coordinate v.
        request: what the picture shows; None for a place on the map.
    """

    x: float
    y: float
    request: "RenderRequest | None" = None

    @property
    def is_on_map(self) -> bool:
        """Whether it is a place of the map and not of the picture."""
        return self.request is None

    def point(self, canvas: "Canvas") -> "Points | None":
        """The point of the head under it, or None beside the head.

        Poses the head if nobody has for this face: not for the main thread.
        """
        if self.request is not None:
            return self.point_on(None)
        import numpy as np

        points, on = canvas.points_at_uv(np.array([[self.x, self.y]]))
        return points if on[0] else None

    def point_on(self, skin: "Tensor | None") -> "Points | None":
        """The point of a posed head under a place of the picture, or None beside it.

        Args:
            skin: [V, 3] posed vertices, metres; None poses the request's face.
        """
        import torch

        from avatars.edits.points import point
        from avatars.head.picking import pick

        request = self.request
        if request is None or request.avatar is None or request.state is None:
            return None
        camera = camera_of(request)
        place = torch.tensor([self.x * camera.width, self.y * camera.height])
        ray = camera.to("cpu").rays(place)
        vertices = request.avatar.skin(request.state) if skin is None else skin
        hit = pick(ray, vertices, request.avatar.head)
        return None if hit is None else point(hit.face, hit.barycentric)


def camera_of(request: "RenderRequest") -> "Camera":
    """The camera a request is drawn with, at full size."""
    return request.camera or request.orbit.camera(request.width, request.height)


def between(start: Aim, end: Aim, step: float) -> list[Aim]:
    """The aims on the way from one to the next, ``end`` with them, ``start`` not.

    Args:
        start: where the pointer was.
        end: where it is.
        step: largest distance of two, in shares of the height (of the map's side).
    """
    if start.is_on_map != end.is_on_map:
        return [end]
    wide = 1.0
    if end.request is not None:
        wide = end.request.width / max(end.request.height, 1)
    away = float((((end.x - start.x) * wide) ** 2 + (end.y - start.y) ** 2) ** 0.5)
    count = max(1, min(64, int(away / step) + 1))
    return [
        Aim(
            start.x + (end.x - start.x) * number / count,
            start.y + (end.y - start.y) * number / count,
            end.request,
        )
        for number in range(1, count + 1)
    ]
