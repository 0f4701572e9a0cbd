"""What the window looks at and how: a frozen value, not part of the document, never undone."""

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from avatars.head.state import HeadState
    from renderer.camera import Camera

Point = tuple[float, float, float]
Color = tuple[float, float, float]

FOV_Y = 2 * math.atan(256 / 1200)
"""Radians: 1200 pixels of focal length at 512, as the pictures that commands draw."""

NEAREST, FARTHEST = 0.02, 1e4  # metres between the camera and what it looks at
STEEPEST = math.radians(89.9)


@dataclass(frozen=True)
class ViewOrbit:
    """A camera that circles a point.

    Attributes:
        target: what it looks at, metres.
        distance: to the target, metres.
        azimuth: radians that the camera goes to the subject's left; 0 stands on +z.
        elevation: radians that it goes up.
        roll: radians that it turns clockwise about its axis.
        fov_y: radians from the lower to the upper border of the picture.
    """

    target: Point = (0.0, 0.0, 0.0)
    distance: float = 0.75
    azimuth: float = 0.0
    elevation: float = 0.0
    roll: float = 0.0
    fov_y: float = FOV_Y

    def camera(self, width: int, height: int) -> "Camera":
        """The camera for a picture of this size; imports torch."""
        return _camera(self, width, height)

    def orbited(self, dx: float, dy: float) -> "ViewOrbit":
        """Gone ``dx`` radians to the subject's left and ``dy`` up; it stops over the crown."""
        azimuth = math.remainder(self.azimuth + dx, 2 * math.pi)
        elevation = min(max(self.elevation + dy, -STEEPEST), STEEPEST)
        return replace(self, azimuth=azimuth, elevation=elevation)

    def panned(self, dx: float, dy: float) -> "ViewOrbit":
        """Moved so that what lies at the target's depth follows the pointer.

        Args:
            dx: motion of the pointer to the right, shares of the picture's height.
            dy: the same downwards.
        """
        right, down, _ = self.axes()
        reach = self._reach()
        moved = (self.target[i] - reach * (dx * right[i] + dy * down[i]) for i in range(3))
        x, y, z = moved
        return replace(self, target=(x, y, z))

    def zoomed(self, factor: float, toward: tuple[float, float] = (0.0, 0.0)) -> "ViewOrbit":
        """Come closer by a factor (above 1), what lies under the pointer staying there.

        Args:
            factor: by which things become larger.
            toward: pointer right of and below the picture's middle, shares of its height.
        """
        distance = min(max(self.distance / max(factor, 1e-6), NEAREST), FARTHEST)
        left = 1 - distance / self.distance  # share of the way that is gone
        closer = self.panned(-toward[0] * left, -toward[1] * left)
        return replace(closer, distance=distance)

    def framed(self, target: Point, distance: float) -> "ViewOrbit":
        """From the same direction, looking at a point from a distance (metres)."""
        return replace(self, target=target, distance=min(max(distance, NEAREST), FARTHEST))

    def axes(self) -> tuple[Point, Point, Point]:
        """Unit vectors of the picture in the world: right, down and forward."""
        sin_a, cos_a = math.sin(self.azimuth), math.cos(self.azimuth)
        sin_e, cos_e = math.sin(self.elevation), math.cos(self.elevation)
        right = (cos_a, 0.0, -sin_a)
        down = (sin_a * sin_e, -cos_e, cos_a * sin_e)
        forward = (-sin_a * cos_e, -sin_e, -cos_a * cos_e)
        cos_r, sin_r = math.cos(self.roll), math.sin(self.roll)
        turned = [cos_r * right[i] + sin_r * down[i] for i in range(3)]
        lower = [cos_r * down[i] - sin_r * right[i] for i in range(3)]
        return (turned[0], turned[1], turned[2]), (lower[0], lower[1], lower[2]), forward

    @property
    def eye(self) -> Point:
        """Where the camera stands, metres."""
        _, _, forward = self.axes()
        x, y, z = (self.target[i] - self.distance * forward[i] for i in range(3))
        return x, y, z

    def _reach(self) -> float:
        """Metres at the target's depth that the picture's height shows."""
        return 2 * self.distance * math.tan(self.fov_y / 2)


CameraChoice = Literal["free", "source"]


@dataclass(frozen=True)
class RenderOptions:
    """How the picture is drawn.

    Attributes:
        background: colour 0..1; None is transparent (the window shows a chequerboard).
        background_picture: a file to show behind the head, or None.
        mesh_overlay: whether the head's triangles are drawn over the splats.
        wipe: share of the width, from the left, that shows the source photo; None for no wipe.
        camera: ``free``, or ``source`` for that of the photo.
        resolution_cap: longest side that is drawn, pixels; larger views are scaled up.
    """

    background: Color | None = (0.169, 0.176, 0.192)
    background_picture: str | None = None
    mesh_overlay: bool = False
    wipe: float | None = None
    camera: CameraChoice = "free"
    resolution_cap: int = 2048


@dataclass(frozen=True, eq=False)
class View:
    """All of how the document is looked at.

    Attributes:
        orbit: the free camera.
        options: how it is drawn.
        live_state: shown in place of the resting face (driving, playback, idle motion), or None.
        tool: what the pointer does in the picture.
        selected_layer: id of the layer that tools work on, or None.
        brush: settings of the brush, or None.
    """

    orbit: ViewOrbit = field(default_factory=ViewOrbit)
    options: RenderOptions = field(default_factory=RenderOptions)
    live_state: "HeadState | None" = None
    tool: str = "orbit"
    selected_layer: str | None = None
    brush: Any | None = None


def fitted_square(width: int, height: int) -> tuple[int, int, int]:
    """(x, y, side) of the largest square in the middle of a view, pixels."""
    side = max(1, min(width, height))
    return (width - side) // 2, (height - side) // 2, side


def fitted_camera(camera: "Camera", width: int, height: int) -> "Camera":
    """A photo's square camera for a view of any size, the photo filling ``fitted_square``."""
    x, y, side = fitted_square(width, height)
    scaled = camera.scaled(side / camera.width)
    K = scaled.K.clone()
    K[0, 2] += x
    K[1, 2] += y
    return replace(scaled, K=K, width=max(1, width), height=max(1, height))


@lru_cache(maxsize=8)
def _camera(orbit: ViewOrbit, width: int, height: int) -> "Camera":
    from renderer.camera import look_at

    _, down, _ = replace(orbit, roll=0.0).axes()
    return look_at(
        orbit.eye,
        orbit.target,
        focal=height / 2 / math.tan(orbit.fov_y / 2),
        width=max(1, width),
        height=max(1, height),
        up=(-down[0], -down[1], -down[2]),
        roll=orbit.roll,
    )


def background_of(text: str) -> Color | None:
    """A background of settings, #rrggbb or ``transparent``, as colour; the usual one if neither."""
    if text == "transparent":
        return None
    digits = text.removeprefix("#")
    try:
        red, green, blue = bytes.fromhex(digits if len(digits) == 6 else "")
    except ValueError:
        return RenderOptions().background
    return red / 255, green / 255, blue / 255
