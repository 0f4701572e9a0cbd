"""What the window asks the render worker for; plain values and references, no torch."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.view import RenderOptions, ViewOrbit

if TYPE_CHECKING:
    from avatars.edits.layer import Layer
    from avatars.head.state import HeadState
    from avatars.kinds.uv_avatar import UvAvatar
    from avatars.maps import AttributeMaps
    from renderer.camera import Camera
    from renderer.gaussians import Gaussians


@dataclass(frozen=True, eq=False)
class RenderRequest:
    """What the window wants to see.

    Attributes:
        id: number of the request.
        avatar: the avatar, or None.
        maps: shown in place of the avatar's own, or None.
        layers: lie over the avatar's maps, the lowest first; the worker composes them.
        splats: a plain scene, shown where there is no avatar.
        state: the face; None rests.
        orbit: the free camera.
        width: of the view, pixels.
        height: of the view, pixels.
        options: how it is drawn; the wipe and a background picture are the window's part, the
            latter is drawn over transparently.
        scale: pixels drawn per pixel of the view, per side; below 1 it says that something is
            moving, so that fewer pixels will do if all of them take too long.
        camera: the source photo's camera, used in place of the orbit; None for the orbit.
    """

    id: int = 0
    avatar: "UvAvatar | None" = None
    maps: "AttributeMaps | None" = None
    layers: "tuple[Layer, ...]" = ()
    splats: "Gaussians | None" = None
    state: "HeadState | None" = None
    orbit: ViewOrbit = field(default_factory=ViewOrbit)
    width: int = 512
    height: int = 512
    options: RenderOptions = field(default_factory=RenderOptions)
    scale: float = 1.0
    camera: "Camera | None" = None

    def same_picture(self, other: "RenderRequest | None") -> bool:
        """Whether both show the same, whatever their scale.

        Objects are compared by identity, plain values by value.
        """
        if other is None:
            return False
        objects = ("avatar", "maps", "splats", "state", "camera")
        if any(getattr(self, name) is not getattr(other, name) for name in objects):
            return False
        pairs = zip(self.layers, other.layers, strict=False)
        if len(self.layers) != len(other.layers) or any(a is not b for a, b in pairs):
            return False
        if (self.width, self.height) != (other.width, other.height):
            return False
        if self.camera is None and self.orbit != other.orbit:
            return False
        return self.options is other.options or _drawn(self.options) == _drawn(other.options)


def _drawn(options: RenderOptions) -> tuple[object, ...]:
    """The options that the worker draws by."""
    return options.background, options.background_picture is None, options.mesh_overlay
