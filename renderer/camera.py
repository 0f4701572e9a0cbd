"""A pinhole camera in OpenCV's axes, and the few things done with one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Camera:
    """Where the picture is taken from.

    Attributes:
        viewmat: [4, 4] world to camera: +x right, +y down, +z forward, metres.
        K: [3, 3] intrinsics in pixels; the centre of the first pixel is at (0.5, 0.5).
        width: picture width in pixels.
        height: picture height in pixels.
        near: what is closer than this is not drawn, metres.
        far: what is farther than this is not drawn, metres.

    Raises:
        ValueError: wrong shapes, an empty picture, or ``near`` not between 0 and ``far``.
    """

    viewmat: Tensor
    K: Tensor
    width: int
    height: int
    near: float = 0.01
    far: float = 1e10

    def __post_init__(self) -> None:
        if self.viewmat.shape != (4, 4) or self.K.shape != (3, 3):
            raise ValueError(
                f"viewmat must be [4, 4] and K [3, 3], not {list(self.viewmat.shape)} "
                f"and {list(self.K.shape)}"
            )
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture of {self.width} x {self.height} pixels is empty")
        if not 0 < self.near < self.far:
            raise ValueError(f"near ({self.near}) must lie between 0 and far ({self.far})")

    @property
    def position(self) -> Tensor:
        """[3] centre of projection, world space, metres."""
        return -self.viewmat[:3, :3].mT @ self.viewmat[:3, 3]

    def to(self, device: torch.device | str) -> "Camera":
        """The same camera with its matrices on another device; itself if they are there already."""
        if self.viewmat.device == torch.device(device) == self.K.device:
            return self
        # One transfer instead of two: both matrices are tiny and the launch is what costs.
        both = torch.cat([self.viewmat.flatten(), self.K.flatten()]).to(device, non_blocking=True)
        return replace(self, viewmat=both[:16].view(4, 4), K=both[16:].view(3, 3))

    def scaled(self, factor: float) -> "Camera":
        """The same view drawn with ``factor`` times as many pixels per side (at least one)."""
        width = max(1, round(self.width * factor))
        height = max(1, round(self.height * factor))
        K = self.K.clone()
        K[0] *= width / self.width
        K[1] *= height / self.height
        return replace(self, K=K, width=width, height=height)

    def project(self, points: Tensor) -> Tensor:
        """Pixel positions [..., 2] of world points [..., 3]; points at depth 0 give infinities."""
        seen = points @ self.viewmat[:3, :3].mT + self.viewmat[:3, 3]
        pixels: Tensor = seen @ self.K.mT
        return pixels[..., :2] / pixels[..., 2:]

    def depths(self, points: Tensor) -> Tensor:
        """Distance [...] of world points [..., 3] along the viewing axis, metres."""
        depths: Tensor = points @ self.viewmat[2, :3] + self.viewmat[2, 3]
        return depths

    def rays(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Origin [3] and unit world directions [..., 3] through pixel positions [..., 2]."""
        ones = torch.ones_like(pixels[..., :1])
        seen = torch.cat([pixels, ones], dim=-1) @ torch.linalg.inv(self.K).mT
        directions = seen @ self.viewmat[:3, :3]
        return self.position, torch.nn.functional.normalize(directions, dim=-1)

    def unproject(self, pixels: Tensor, depths: Tensor) -> Tensor:
        """World points [..., 3] at pixel positions [..., 2] and viewing depths [...], metres."""
        ones = torch.ones_like(pixels[..., :1])
        seen = torch.cat([pixels, ones], dim=-1) @ torch.linalg.inv(self.K).mT
        seen = seen * depths[..., None]
        points: Tensor = (seen - self.viewmat[:3, 3]) @ self.viewmat[:3, :3]
        return points


def look_at(
    eye: Sequence[float],
    target: Sequence[float],
    *,
    focal: float,
    width: int,
    height: int,
    up: Sequence[float] = (0.0, 1.0, 0.0),
    roll: float = 0.0,
) -> Camera:
    """A camera at ``eye`` (metres) whose axis goes through ``target``, centred, square pixels.

    Args:
        eye: camera position, world space, metres.
        target: a point on the optical axis, metres.
        focal: focal length in pixels.
        width: picture width in pixels.
        height: picture height in pixels.
        up: world direction that is up in the picture.
        roll: turn about the viewing axis, radians; positive turns the camera clockwise.

    Raises:
        ValueError: the eye is on the target.
    """
    origin = torch.tensor(eye, dtype=torch.float64)
    forward = torch.tensor(target, dtype=torch.float64) - origin
    if float(forward.norm()) < 1e-12:
        raise ValueError("the camera cannot look at the point it is in")
    forward = forward / forward.norm()
    upward = torch.tensor(up, dtype=torch.float64)
    right = torch.linalg.cross(forward, upward)
    if float(right.norm()) < 1e-9:  # looking straight along `up`: any right-hand side will do
        right = torch.linalg.cross(forward, torch.tensor([0.0, 0.0, -1.0], dtype=torch.float64))
    right = right / right.norm()
    down = torch.linalg.cross(forward, right)
    cos, sin = math.cos(roll), math.sin(roll)
    right, down = cos * right + sin * down, cos * down - sin * right
    viewmat = torch.eye(4, dtype=torch.float64)
    viewmat[:3, :3] = torch.stack([right, down, forward])
    viewmat[:3, 3] = -viewmat[:3, :3] @ origin
    K = torch.tensor([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    return Camera(viewmat.float(), K.float(), width, height)
