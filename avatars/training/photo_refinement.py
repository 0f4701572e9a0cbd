"""One photo's details into attribute maps, by differentiable rendering.

Only what the photo sees learns, and squarely seen texels learn most: at the edge of the face every
mistake of the matte would be burnt in. Opacity is left alone (pushed down on skin it makes holes),
scales and offsets stay close to where they start, and the number of steps is small: more of them
only help the view of the photo and spoil the turned head.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, max_pool2d

from avatars.head.state import HeadState
from avatars.kinds.attributes import SplatAttributes
from avatars.kinds.uv_avatar import UvAvatar
from avatars.maps import AttributeMaps
from avatars.progress import Progress
from avatars.training.losses import ssim_map, weighted_mean
from avatars.training.map_values import Reading, part_of
from renderer import sh
from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.rasterizer import Rasterizer

RATES = {"rgb": 0.04, "scales": 0.04, "offset": 0.12e-3}
"""Adam's step per texel: colour, log scale, metres."""
LONGEST_OFFSET = 1.5e-3
WIDEST_OFFSET = 0.35  # of a splat's width
SCALE_RANGE = (-0.1, 0.4)  # of the logarithm
PULL = {"scales": 0.02, "offset": 0.01}
SSIM_SHARE = 0.2
ALPHA_SHARE = 0.3
COARSE_STEPS = 0.5  # of the steps, at half the picture's resolution
CLOSED = 0.97  # alpha from which skin counts as closed
BEHIND = -0.15  # cosine between normal and view from which splats are drawn at all
FAINT = 0.1  # of the usual gradient: texels that feel less hardly move
EDGE = 5  # px over which the weight of a picture's counted part is believed less


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
        facing: [R, R] cosine between its normal and the view; -1 for texels of nothing.
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
    preview: Callable[[AttributeMaps], NDArray[np.uint8]] | None = None,
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
    learning = _Learning(avatar, target)
    fine = _View.of(target, learning.splats(None), rasterizer)
    coarse = fine.halved()
    for step in range(steps):
        view = coarse if step < COARSE_STEPS * steps else fine
        slopes, loss = learning.slopes(view, rasterizer)
        learning.step(slopes, 0.55 + 0.45 * cos(pi * step / max(1, steps)))
        shown = preview(learning.maps()) if preview and step % 8 == 7 else None
        note = f"Refining, step {step + 1} of {steps}"
        progress.report((step + 1) / steps, note, shown, loss=loss)
    return learning.maps()


def smoothstep(x: Tensor, low: float, high: float) -> Tensor:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


@dataclass(frozen=True, eq=False)
class _View:
    """The part of the picture that counts, channels first."""

    camera: Camera
    rgb: Tensor  # [3, h, w]
    alpha: Tensor  # [h, w]
    weight: Tensor  # [h, w]
    closed: Tensor  # [h, w] 1 where the skin is closed to begin with

    @classmethod
    def of(cls, target: PhotoTarget, splats: Gaussians, rasterizer: Rasterizer) -> "_View":
        """The rectangle around all splats, four pixels wider (as far as the picture goes)."""
        pixels = target.camera.project(splats.means)
        low = (pixels.amin(dim=0) - 4).floor().long().clamp_min(0).tolist()
        high = (pixels.amax(dim=0) + 5).ceil().long().tolist()
        height, width = target.alpha.shape
        left, top = min(low[0], width - 8), min(low[1], height - 8)
        # Even sides, so that halving is exact.
        wide = max(8, (min(high[0], width) - left) // 2 * 2)
        tall = max(8, (min(high[1], height) - top) // 2 * 2)
        K = target.camera.K.clone()
        K[0, 2] -= left
        K[1, 2] -= top
        rows, columns = slice(top, top + tall), slice(left, left + wide)
        camera = replace(target.camera, K=K, width=wide, height=tall)
        with torch.no_grad():
            drawn = rasterizer.rasterize(splats, camera).alpha
        return cls(
            camera,
            target.rgb[rows, columns].permute(2, 0, 1).contiguous(),
            target.alpha[rows, columns].contiguous(),
            target.weight[rows, columns].contiguous(),
            (drawn > CLOSED).to(drawn.dtype),
        )

    def halved(self) -> "_View":
        """The same at half the resolution."""
        single = torch.stack([self.alpha, self.weight, self.closed])
        small = avg_pool2d(torch.cat([self.rgb, single])[None], 2)[0]
        return _View(self.camera.scaled(0.5), small[:3].contiguous(), *small[3:])

    def loss(self, splats: Gaussians, rasterizer: Rasterizer) -> Tensor:
        """How far a drawing of the splats is from the picture."""
        drawn = rasterizer.rasterize(splats, self.camera)
        # Premultiplied against the target under the drawing's own alpha: where mesh and matte
        # disagree colours could otherwise only learn the background.
        ours = drawn.rgb.permute(2, 0, 1).contiguous()
        # Inside the closed skin they agree, and thin places must not be free.
        theirs = self.rgb * torch.maximum(drawn.alpha.detach(), self.closed)
        color = weighted_mean((ours - theirs).abs(), self.weight)
        structure = 1 - weighted_mean(ssim_map(ours, theirs), self.weight)
        outline = weighted_mean((drawn.alpha - self.alpha).abs(), self.weight)
        return (1 - SSIM_SHARE) * color + SSIM_SHARE * structure + ALPHA_SHARE * outline


class _Learning:
    """What learns (columns of ``raw``: colour 3, log scale 2, offset 3), its bounds, and Adam."""

    def __init__(self, avatar: UvAvatar, target: PhotoTarget) -> None:
        self.start = avatar.maps
        every = Reading.at(avatar.table.uv, self.start.size)
        facing = every.read(every.picked(target.facing)[:, None])[:, 0]
        chosen = (facing > BEHIND).nonzero()[:, 0]
        self.part = part_of(avatar, chosen)
        self.reading = Reading.at(self.part.table.uv, self.start.size)
        with torch.no_grad():
            self.surface = self.part.surface(target.state)
            self.base = self.part.attributes(self.start)
        pick = self.reading.picked
        self.rgb = pick(self.start.rgb)
        trust = pick(target.trust) * self._counted(target)
        facing = pick(target.facing)
        squarely = smoothstep(facing, 0.15, 0.5) * (0.1 + 0.9 * trust)
        squarely = (0.2 + 0.8 * squarely) * smoothstep(trust, 0.0, 0.05)
        geometry = smoothstep(facing, 0.25, 0.5) * smoothstep(trust, 0.02, 0.3)
        rates = torch.cat([torch.full((n,), RATES[name]) for name, n in _WIDTHS])
        shares = [squarely[:, None].expand(-1, 3), geometry[:, None].expand(-1, 5)]
        self.rates = torch.cat(shares, dim=1) * rates.to(trust.device)
        self.room = (0.12 + smoothstep(trust, 0.1, 0.6))[:, None]
        # Neighbours that part by more than their width leave a hole.
        width = pick(self.start.scales)[:, :2].amin(dim=1, keepdim=True)
        self.reach = (WIDEST_OFFSET * width).clamp_max(LONGEST_OFFSET)
        self.raw = torch.zeros(len(trust), 8, device=trust.device)
        self.first, self.second = torch.zeros_like(self.raw), torch.zeros_like(self.raw)
        self.steps = 0

    def _counted(self, target: PhotoTarget) -> Tensor:
        """[M] how much of the picture around each texel counts.

        Where the counted part ends gradients fade, and Adam makes full steps of the noise that is
        left: such texels must stand still.
        """
        weight = -max_pool2d(-target.weight[None, None], 2 * EDGE + 1, 1, EDGE)
        weight = avg_pool2d(weight, 2 * EDGE + 1, 1, EDGE)
        pixels = target.camera.project(self.surface.positions[: len(self.part.table)])
        size = pixels.new_tensor([target.camera.width, target.camera.height])
        grid = (2 * pixels / size - 1)[None, None]
        found = grid_sample(weight, grid, align_corners=False, padding_mode="zeros")
        return self.reading.spread(found[0, 0, 0])

    def splats(self, raw: Tensor | None) -> Gaussians:
        """The drawn splats, with what ``raw`` [M, 8] adds."""
        attributes = self.base
        if raw is not None:
            added = self.reading.read(raw)  # [N, 8]
            count = len(added)
            base = self.base
            changed = SplatAttributes(
                sh=base.sh[:count] + (added[:, :3] / sh.C0)[:, None],
                opacities=base.opacities[:count],
                scales=_grown(base.scales[:count], added[:, 3:5]),
                quats=None if base.quats is None else base.quats[:count],
                squares=base.squares,
                offset=added[:, 5:] if base.offset is None else base.offset + added[:, 5:],
            )
            attributes = self._with_loose(changed)
        return self.part.splats(self.surface, attributes)

    def _with_loose(self, changed: SplatAttributes) -> SplatAttributes:
        if self.part.loose is None:
            return changed
        from avatars.kinds.attributes import loose_attributes

        return loose_attributes(changed, self.part.loose)

    def slopes(self, view: _View, rasterizer: Rasterizer) -> tuple[Tensor, float]:
        """Gradient [M, 8] of the loss, and the loss."""
        raw = self.raw.detach().requires_grad_()
        loss = view.loss(self.splats(raw), rasterizer)
        (slopes,) = torch.autograd.grad(loss, raw)
        # The pull back to the start is a plain sum of squares.
        pull = 2 / len(raw) * self.raw
        slopes[:, 3:5] += PULL["scales"] / 2 * pull[:, 3:5]
        slopes[:, 5:] += PULL["offset"] / 3 * 1e6 * pull[:, 5:]
        return slopes, float(loss.detach())

    def step(self, slopes: Tensor, pace: float) -> None:
        """One step of Adam (0.9, 0.99), then back inside the bounds."""
        self.steps += 1
        self.first.lerp_(slopes, 0.1)
        self.second.lerp_(slopes * slopes, 0.01)
        mean = self.first / (1 - 0.9**self.steps)
        spread = (self.second / (1 - 0.99**self.steps)).sqrt_()
        usual = _usual(spread)
        self.raw -= pace * self.rates * mean / (spread + FAINT * usual + 1e-20)
        rgb, scales, offset = self.raw[:, :3], self.raw[:, 3:5], self.raw[:, 5:]
        rgb.copy_(torch.maximum(torch.minimum(rgb, self.room), -self.room))
        rgb.copy_((self.rgb + rgb).clamp(0, 1) - self.rgb)
        scales.clamp_(*SCALE_RANGE)
        length = offset.norm(dim=-1, keepdim=True)
        offset.mul_((self.reach / length.clamp_min(1e-12)).clamp_max(1.0))

    def maps(self) -> AttributeMaps:
        """The maps as they are now."""
        pick, put = self.reading.picked, self.reading.put
        scales = _grown(pick(self.start.scales), self.raw[:, 3:5])
        return replace(
            self.start,
            rgb=put(self.start.rgb, self.rgb + self.raw[:, :3]),
            scales=put(self.start.scales, scales),
            offset=put(self.start.offset, pick(self.start.offset) + self.raw[:, 5:]),
        )


_WIDTHS = (("rgb", 3), ("scales", 2), ("offset", 3))


def _grown(scales: Tensor, logarithms: Tensor) -> Tensor:
    return torch.cat([scales[:, :2] * logarithms.exp(), scales[:, 2:]], dim=1)


def _usual(spread: Tensor) -> Tensor:
    """[1, 8] typical size of the gradients that are felt at all."""
    felt = (spread > 0).sum(dim=0, keepdim=True).clamp_min(1)
    return spread.sum(dim=0, keepdim=True) / felt
