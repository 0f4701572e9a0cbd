"""One photo's details into attribute maps, by differentiable rendering.

Only what the photo sees learns, and squarely seen texels learn most: at the edge of the face every
mistake of the matte would be burnt in. Opacity is left alone (pushed down on skin it makes holes),
scales and offsets stay close to where they start, and the number of steps is small: more of them
only help the view of the photo and spoil the turned head.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from avatars.head.state import HeadState
from avatars.kinds.uv_avatar import UvAvatar
from avatars.maps import AttributeMaps
from avatars.progress import Progress
from avatars.training.losses import ssim_map, weighted_mean
from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.rasterizer import Rasterizer

RATES = {"rgb": 0.04, "scales": 0.04, "offset": 0.12e-3}
"""Adam's step per texel: colour, log scale, metres."""
LONGEST_OFFSET = 1.5e-3
SCALE_RANGE = (-0.35, 0.4)  # of the logarithm
PULL = {"scales": 0.02, "offset": 0.01}
SSIM_SHARE = 0.2
ALPHA_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class PhotoTarget:
    """The photo, on the rasteriser's device.

    Attributes:
        camera: its camera, of the picture's size.
        state: the head as it is in the photo.
        rgb: [H, W, 3] 0..1, with everything outside the person replaced by the nearest of it.
        alpha: [H, W] the person.
        weight: [H, W] 0..1 where a pixel counts.
        trust: [R, R] 0..1 how squarely and surely each texel of the map is seen.
        facing: [R, R] cosine between its normal and the view.
    """

    camera: Camera
    state: HeadState
    rgb: Tensor
    alpha: Tensor
    weight: Tensor
    trust: Tensor
    facing: Tensor


def refine(
    avatar: UvAvatar,
    target: PhotoTarget,
    rasterizer: Rasterizer,
    steps: int,
    progress: Progress,
    preview: Callable[[AttributeMaps], object] | None = None,
) -> AttributeMaps:
    """Maps whose rendering comes close to the photo.

    Args:
        avatar: on the rasteriser's device; its maps are where learning starts.
        target: the photo.
        rasterizer: draws, and carries gradients.
        steps: how many; about 30 is best for the turned head.
        progress: told after every step; cancels.
        preview: makes what is shown with the progress now and then.
    """
    learning = _Learning(avatar.maps, target)
    surface = avatar.surface(target.state)
    for step in range(steps):
        maps = learning.maps()
        splats = avatar.splats(surface, avatar.attributes(maps))
        loss = _loss(splats, target, rasterizer) + learning.regulariser()
        learning.step(loss, 0.55 + 0.45 * _cosine(step / max(1, steps)))
        shown = preview(learning.maps().detach()) if preview and step % 8 == 7 else None
        progress.report((step + 1) / steps, f"Refining, step {step + 1} of {steps}", shown)
    return learning.maps().detach()


def _loss(splats: Gaussians, target: PhotoTarget, rasterizer: Rasterizer) -> Tensor:
    drawn = rasterizer.rasterize(splats, target.camera)
    # Premultiplied against the target under the drawing's own alpha: where mesh and matte disagree
    # colours could otherwise only learn the background.
    wanted = target.rgb * drawn.alpha.detach()[..., None]
    ours, theirs = drawn.rgb.permute(2, 0, 1), wanted.permute(2, 0, 1)
    color = weighted_mean((ours - theirs).abs(), target.weight)
    structure = 1 - weighted_mean(ssim_map(ours, theirs), target.weight)
    outline = weighted_mean((drawn.alpha - target.alpha).abs(), target.weight)
    return (1 - SSIM_SHARE) * color + SSIM_SHARE * structure + ALPHA_SHARE * outline


def _cosine(share: float) -> float:
    from math import cos, pi

    return cos(pi * share)


def smoothstep(x: Tensor, low: float, high: float) -> Tensor:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


class _Learning:
    """Raw values, their bounds, and Adam with a rate per texel."""

    def __init__(self, start: AttributeMaps, target: PhotoTarget) -> None:
        self.start = start
        squarely = smoothstep(target.facing, 0.15, 0.5) * (0.1 + 0.9 * target.trust)
        geometry = smoothstep(target.facing, 0.25, 0.5) * (target.trust > 0.02)
        self.shares = {
            "rgb": ((0.2 + 0.8 * squarely) * (target.trust > 0.01))[..., None],
            "scales": geometry[..., None],
            "offset": geometry[..., None],
        }
        self.room = (0.12 + smoothstep(target.trust, 0.1, 0.6))[..., None]
        size = start.size
        zeros = {"rgb": 3, "scales": 2, "offset": 3}
        self.raw = {
            name: torch.zeros(size, size, width, device=start.device, requires_grad=True)
            for name, width in zeros.items()
        }
        self.moments = {
            name: (torch.zeros_like(raw), torch.zeros_like(raw)) for name, raw in self.raw.items()
        }
        self.steps = 0

    def maps(self) -> AttributeMaps:
        """The maps as they are now."""
        rgb = (self.start.rgb + self.raw["rgb"]).clamp(0, 1)
        growth = self.raw["scales"].exp()
        scales = torch.cat(
            [self.start.scales[..., :2] * growth, self.start.scales[..., 2:]], dim=-1
        )
        offset = self.start.offset + self.raw["offset"]
        return replace(self.start, rgb=rgb, scales=scales, offset=offset)

    def regulariser(self) -> Tensor:
        """Pull back to the start, per texel that learns."""
        scale = PULL["scales"] * self.raw["scales"].square().mean()
        offset = PULL["offset"] * (self.raw["offset"] / 1e-3).square().mean()
        return scale + offset

    def step(self, loss: Tensor, pace: float) -> None:
        """One step of Adam (0.9, 0.99), then back inside the bounds."""
        names = list(self.raw)
        grads = torch.autograd.grad(loss, [self.raw[name] for name in names])
        self.steps += 1
        with torch.no_grad():
            for name, grad in zip(names, grads, strict=True):
                raw, (first, second) = self.raw[name], self.moments[name]
                first.lerp_(grad, 0.1)
                second.lerp_(grad * grad, 0.01)
                mean = first / (1 - 0.9**self.steps)
                spread = (second / (1 - 0.99**self.steps)).sqrt_()
                move = mean / (spread + 1e-12)
                raw -= RATES[name] * pace * self.shares[name] * move
            self.raw["rgb"].clamp_(-1, 1)
            self.raw["rgb"].copy_(
                torch.maximum(torch.minimum(self.raw["rgb"], self.room), -self.room)
            )
            self.raw["scales"].clamp_(*SCALE_RANGE)
            length = self.raw["offset"].norm(dim=-1, keepdim=True)
            self.raw["offset"].mul_((LONGEST_OFFSET / length.clamp_min(1e-12)).clamp_max(1.0))
