"""What lies under a place of a picture."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from app.frame_request import RenderRequest

Point = tuple[float, float, float]

CONE = 0.01
"""Half width of the ray that splats are looked for along, per metre of distance."""


def surface_point(request: "RenderRequest", u: float, v: float) -> Point | None:
    """The point of the head or of the splats under a place of the picture, metres; None beside it.

    Takes some ten milliseconds: for a click, not for each motion of the pointer.

    Args:
        request: what is shown.
        u: share of the picture's width, from the left.
        v: share of its height, from the top.
    """
    import torch

    from app.view import fitted_camera

    width, height = request.width, request.height
    camera = request.camera or request.orbit.camera(width, height)
    if (camera.width, camera.height) != (width, height):
        camera = fitted_camera(camera, width, height)
    origin, direction = camera.to("cpu").rays(torch.tensor([u * width, v * height]))
    avatar: Any = request.avatar  # of any kind
    if avatar is None:
        scene = request.splats
        return None if scene is None else _splat_point(scene.means.cpu(), origin, direction)
    from avatars.head.picking import pick
    from avatars.kinds.uv_avatar import UvAvatar

    head, identity = avatar.head, avatar.identity
    state = head.neutral() if request.state is None else request.state.to(head.device)
    if isinstance(avatar, UvAvatar):
        vertices = avatar.skin(state)  # on the CPU it was posed for the picture
    else:
        with torch.no_grad():
            vertices = head.pose(state, identity.betas, identity.offsets)
    hit = pick((origin, direction), vertices, head)
    return None if hit is None else hit.position


def _splat_point(means: "Tensor", origin: "Tensor", direction: "Tensor") -> Point | None:
    """Where the ray first meets more than a few splats."""
    offsets = means - origin
    depth = offsets @ direction
    aside = (offsets - depth[:, None] * direction).norm(dim=1)
    near = depth[(depth > 0) & (aside < CONE * depth)]
    if len(near) == 0:
        return None
    # The closest tenth may be specks in front of the thing itself.
    chosen = near.sort().values[len(near) // 10]
    x, y, z = (origin + chosen * direction).tolist()
    return x, y, z
