"""The free camera under the mouse: orbit, pan, zoom, pivot, and the named views."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from app.gui.tools.base import Pointer
from app.view import ViewOrbit, fitted_camera

if TYPE_CHECKING:
    from app.editor import Editor
    from renderer.camera import Camera

TURN = math.pi
"""Radians that a drag over the picture's whole height turns."""
ZOOM = 1.12
"""Factor of one notch of the wheel."""


def orbited(editor: "Editor", event: Pointer) -> None:
    """Turn so that the front of the head follows the pointer."""
    _free(editor)
    editor.set_orbit(editor.view.orbit.orbited(-event.dx * TURN, event.dy * TURN))


def panned(editor: "Editor", event: Pointer) -> None:
    """Move so that the target follows the pointer."""
    _free(editor)
    editor.set_orbit(editor.view.orbit.panned(event.dx, event.dy))


def zoomed(editor: "Editor", notches: float, event: Pointer) -> None:
    """Zoom by notches of the wheel, towards the pointer."""
    _free(editor)
    aspect = event.width / max(event.height, 1)
    toward = ((event.u - 0.5) * aspect, event.v - 0.5)
    editor.set_orbit(editor.view.orbit.zoomed(ZOOM**notches, toward))


def pivoted(editor: "Editor", event: Pointer) -> bool:
    """Turn about what lies under the pointer; whether anything does."""
    point = point_under(editor, event)
    if point is None:
        return False
    _free(editor)
    orbit = editor.view.orbit
    away = math.dist(orbit.eye, point)
    editor.set_orbit(orbit.framed(point, away))
    return True


def point_under(editor: "Editor", event: Pointer) -> tuple[float, float, float] | None:
    """The point of the head or the splats under the pointer, metres; None beside them."""
    import torch

    request = editor.request(max(1, int(event.width)), max(1, int(event.height)), moving=False)
    camera = _camera(editor, event)
    x, y = event.u * camera.width, event.v * camera.height
    along = torch.linalg.inv(camera.K) @ torch.tensor([x, y, 1.0])
    direction = camera.viewmat[:3, :3].mT @ along
    origin = camera.position
    if request.avatar is not None and request.state is not None:
        from avatars.head.picking import pick

        avatar = request.avatar
        vertices = avatar.head.pose(
            request.state.to("cpu"), avatar.identity.betas, avatar.identity.offsets
        )
        hit = pick((origin, direction), vertices, avatar.head)
        return None if hit is None else hit.position
    if request.splats is None:
        return None
    return _nearest_splat(request.splats.means, origin, direction / direction.norm())


def _camera(editor: "Editor", event: Pointer) -> "Camera":
    width, height = max(1, int(event.width)), max(1, int(event.height))
    request = editor.request(width, height, moving=False)
    if request.camera is not None:
        if (request.camera.width, request.camera.height) == (width, height):
            return request.camera
        return fitted_camera(request.camera, width, height)
    return request.orbit.camera(width, height)


def _nearest_splat(
    means: object, origin: object, direction: object
) -> tuple[float, float, float] | None:
    import torch

    assert isinstance(means, torch.Tensor)
    assert isinstance(origin, torch.Tensor)
    assert isinstance(direction, torch.Tensor)
    offsets = means.cpu() - origin
    depth = offsets @ direction
    aside = (offsets - depth[:, None] * direction).norm(dim=1)
    near = (depth > 0) & (aside < 0.01 * depth)
    if not bool(near.any()):
        return None
    # The closest tenth may be specks in front of the thing itself; their median is not.
    depths = depth[near].sort().values
    chosen = depths[len(depths) // 10]
    x, y, z = (origin + chosen * direction).tolist()
    return x, y, z


def _free(editor: "Editor") -> None:
    """Leave the photo's camera, which cannot be moved."""
    if editor.view.options.camera == "source":
        editor.set_options(camera="free", wipe=None)


def shown_from(orbit: ViewOrbit, azimuth: float, elevation: float) -> ViewOrbit:
    """The same distance and target, from another side (radians)."""
    return replace(orbit, azimuth=azimuth, elevation=elevation, roll=0.0)
