"""Any avatar that can be posed -> attribute maps, so that it can be painted on.

First every place of the skin takes the looks of the splats nearest to it. Then the maps learn to
render as the avatar does, over random faces and views: free maps, compared in the idea with the
neural baking of FATE (Zhang et al. 2025), which lets a decoder network draw them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from avatars.avatar import Avatar
from avatars.head.arkit import state_from_arkit
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.maps import AttributeMaps
from avatars.progress import Progress
from avatars.resources import Resources
from avatars.sampling import QUICK, sample_table
from avatars.training.losses import ssim_map
from renderer import rotations, sh
from renderer.camera import Camera, look_at
from renderer.gaussians import Gaussians
from renderer.rasterizer import Rasterizer

NEAR = 8  # splats that a place of the skin is mixed of
FARTHEST = 0.03  # metres between a place and the splats it takes the looks of
RATES = {"rgb": 0.02, "opacity": 0.05, "scales": 0.02, "quats": 0.01, "offset": 0.2e-3}
"""Adam's step: colour, logit, logarithm, quaternion, metres."""
SSIM_SHARE, ALPHA_SHARE = 0.2, 0.5
REFERENCE_DB = 28.0
"""What an avatar reaches against its own video (FATE's table); the loss in dB counts from there."""
HELD_OUT = 8  # views that nothing learns from
MEAN_FACES = 5  # shapes at once in a random face


@dataclass(frozen=True)
class BakeOptions:
    """How much work to do.

    Attributes:
        size: R of the maps.
        splats: number of splats of the result.
        steps: of learning; 0 leaves what the scatter gives.
        picture: side of the pictures that are compared, pixels.
    """

    size: int = 512
    splats: int = QUICK
    steps: int = 400
    picture: int = 384


@dataclass(frozen=True, eq=False)
class Baked:
    """An avatar with maps and how close it comes to the one it was made of.

    Attributes:
        avatar: on the rasteriser's device.
        scatter_db: PSNR of the quick start against the original, on views nothing learnt from.
        psnr_db: PSNR of the result, on the same views.
    """

    avatar: UvAvatar
    scatter_db: float
    psnr_db: float

    @property
    def loss_db(self) -> float:
        """What baking costs an avatar that reaches 28 dB against its video, dB."""
        return 10 * math.log10(1 + 10 ** ((REFERENCE_DB - self.psnr_db) / 10))


def bake(
    avatar: Avatar,
    options: BakeOptions,
    res: Resources,
    progress: Progress,
    motion: HeadState | None = None,
) -> Baked:
    """The avatar on attribute maps.

    Args:
        avatar: of any kind, on the rasteriser's device.
        options: how much work.
        res: the machine.
        progress: told after each step; cancels.
        motion: [T] states that it was made for; half the faces are taken from there.

    Raises:
        HeadMismatch: the head has no texture coordinates.
        Cancelled: the user asked to stop.
    """
    progress.report(0.0, "Reading the looks off the splats")
    head, device = avatar.head, res.device
    table = sample_table(head, options.splats)
    maps = initial_maps(head, table, options.size)
    start = UvAvatar(head, avatar.identity, maps, table, avatar.method_id)
    start = replace(start, maps=scattered(avatar, start))
    random = np.random.default_rng(res.seed)
    shots = _shots(avatar, motion, options.picture, random)
    held_out = [next(shots) for _ in range(HELD_OUT)]
    scatter_db = _psnr(avatar, start, held_out, res.rasterizer)
    progress.report(0.1, f"Learning from {options.steps} pictures")
    learnt = _learnt(avatar, start, shots, options.steps, res, progress.part(0.1, 0.97))
    psnr_db = _psnr(avatar, learnt, held_out, res.rasterizer)
    if psnr_db < scatter_db:  # a few steps may make it worse before it gets better
        learnt, psnr_db = start, scatter_db
    progress.report(1.0, f"{psnr_db:.1f} dB against the original")
    return Baked(learnt.to(device), scatter_db, psnr_db)


def remapped(avatar: UvAvatar, size: int, res: Resources) -> Baked:
    """An avatar that has maps, on maps of another size.

    Args:
        avatar: on the rasteriser's device.
        size: R of the new maps.
        res: the machine.
    """
    changed = replace(avatar, maps=avatar.maps.resized(size))
    shots = _shots(avatar, None, 384, np.random.default_rng(res.seed))
    psnr = _psnr(avatar, changed, [next(shots) for _ in range(HELD_OUT)], res.rasterizer)
    return Baked(changed, psnr, psnr)


def scattered(avatar: Avatar, target: UvAvatar) -> AttributeMaps:
    """Maps of the target whose places have the looks of the avatar's nearest splats at rest."""
    rest = avatar.head.neutral()
    with torch.no_grad():
        splats = avatar.pose(rest)
        places = target.surface(rest)
    looks = _looks(splats, places.positions, places.quats)
    maps = target.maps
    texel = _texels(target)  # [N] the texel nearest to each sample
    size = maps.size

    def put(values: Tensor, name: str) -> Tensor:
        field: Tensor = getattr(maps, name)
        flat = field.flatten(0, 1)
        sums = torch.zeros_like(flat).index_add_(0, texel, values)
        ones = torch.ones_like(texel, dtype=values.dtype)
        counts = torch.zeros_like(flat[..., 0] if flat.ndim > 1 else flat)
        counts = counts.index_add_(0, texel, ones).clamp_min(1e-9)
        return sums / (counts[:, None] if flat.ndim > 1 else counts)

    known = torch.zeros(size * size, dtype=torch.bool, device=maps.device)
    known[texel] = True
    known = known.view(size, size)
    changed = replace(
        maps,
        rgb=put(looks["rgb"], "rgb").view(size, size, 3),
        opacity=put(looks["opacity"], "opacity").view(size, size),
        offset=put(looks["offset"], "offset").view(size, size, 3),
        valid=known,
    )
    # What no sample lies on repeats what is nearest, as the borders of islands do.
    return replace(changed.padded(), valid=maps.valid, scales=maps.scales)


def _looks(splats: Gaussians, positions: Tensor, quats: Tensor) -> dict[str, Tensor]:
    """Looks [N] at places [N, 3] with frames [N, 4]: a mixture of the nearest splats."""
    centres = splats.means.detach().cpu().numpy()
    near_few = list(range(1, min(NEAR, len(centres)) + 1))
    distance, index = cKDTree(centres).query(positions.detach().cpu().numpy(), k=near_few)
    near = torch.from_numpy(np.asarray(index)).to(positions.device)  # [N, k]
    apart = torch.from_numpy(np.asarray(distance)).to(positions)
    spread = splats.scales.amax(dim=-1)[near]
    opacity = splats.opacities[near]
    weight = opacity * torch.exp(-0.5 * (apart / (spread + 1e-4)).square()) + 1e-6 * opacity
    weight = weight / (apart + 1e-4)
    weight = weight / weight.sum(dim=1, keepdim=True).clamp_min(1e-12)  # [N, k]
    outward = rotations.rotate(quats, positions.new_tensor([0.0, 0, 1]).expand(len(quats), 3))
    # As the skin is seen from straight ahead.
    colour = sh.colors(splats.sh[near.reshape(-1)], -outward.repeat_interleave(near.shape[1], 0))
    rgb = (colour.view(*near.shape, 3) * weight[..., None]).sum(dim=1).clamp(0, 1)
    moved = ((splats.means[near] - positions[:, None]) * weight[..., None]).sum(dim=1)
    offset = rotations.rotate(rotations.inverse(quats), moved)
    length = offset.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    offset = offset * (FARTHEST / length).clamp_max(1.0)
    covered = 1 - torch.prod(1 - opacity * torch.exp(-0.5 * (apart / spread).square()), dim=1)
    seen = torch.where(apart[:, 0] < FARTHEST, covered, torch.zeros_like(covered))
    return {"rgb": rgb, "opacity": seen.clamp(0.02, 0.98), "offset": offset}


def _texels(target: UvAvatar) -> Tensor:
    size = target.maps.size
    uv = target.table.uv
    column = (uv[:, 0] * size).long().clamp(0, size - 1)
    row = ((1 - uv[:, 1]) * size).long().clamp(0, size - 1)
    return row * size + column


class _Raw:
    """What learns: the maps before activation."""

    def __init__(self, maps: AttributeMaps) -> None:
        self.start = maps
        values = {
            "rgb": maps.rgb,
            "opacity": torch.logit(maps.opacity.clamp(1e-3, 1 - 1e-3)),
            "scales": maps.scales.log(),
            "quats": maps.quats,
            "offset": maps.offset,
        }
        self.values = {
            name: each.detach().clone().requires_grad_() for name, each in values.items()
        }
        self.low = maps.scales.log() - 1.2
        self.high = maps.scales.log() + 1.2
        self.optimizer = torch.optim.Adam(
            [{"params": [self.values[name]], "lr": rate} for name, rate in RATES.items()],
            betas=(0.9, 0.99),
            eps=1e-15,
        )

    def maps(self) -> AttributeMaps:
        values = self.values
        return replace(
            self.start,
            rgb=values["rgb"].clamp(0, 1),
            opacity=torch.sigmoid(values["opacity"]),
            scales=torch.minimum(torch.maximum(values["scales"], self.low), self.high).exp(),
            quats=torch.nn.functional.normalize(values["quats"], dim=-1),
            offset=values["offset"],
        )

    def step(self, share: float) -> None:
        """One step of Adam; its length falls to a tenth towards the end."""
        for group, rate in zip(self.optimizer.param_groups, RATES.values(), strict=True):
            group["lr"] = rate * 0.1**share
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)


@dataclass(frozen=True, eq=False)
class _Shot:
    """A face and a camera to compare pictures from."""

    state: HeadState
    camera: Camera


def _learnt(
    avatar: Avatar,
    start: UvAvatar,
    shots: "Iterator[_Shot]",
    steps: int,
    res: Resources,
    progress: Progress,
) -> UvAvatar:
    raw = _Raw(start.maps)
    for step in range(steps):
        shot = next(shots)
        with torch.no_grad():
            wanted = res.rasterizer.rasterize(avatar.pose(shot.state), shot.camera)
        drawn = res.rasterizer.rasterize(start.pose(shot.state, raw.maps()), shot.camera)
        ours, theirs = (each.rgb.permute(2, 0, 1).contiguous() for each in (drawn, wanted))
        loss = (1 - SSIM_SHARE) * (ours - theirs).abs().mean()
        loss = loss + SSIM_SHARE * (1 - ssim_map(ours, theirs).mean())
        loss = loss + ALPHA_SHARE * (drawn.alpha - wanted.alpha).abs().mean()
        loss.backward()
        raw.step(step / max(1, steps))
        note = f"Baking, picture {step + 1} of {steps}"
        progress.report((step + 1) / max(1, steps), note, loss=float(loss.detach()))
    with torch.no_grad():
        maps = raw.maps()
    maps = replace(maps, **{item.name: getattr(maps, item.name).detach() for item in fields(maps)})
    return replace(start, maps=maps)


def _shots(
    avatar: Avatar, motion: HeadState | None, size: int, random: np.random.Generator
) -> "Iterator[_Shot]":
    """Random faces and views without end."""
    device = avatar.head.device
    rest = avatar.head.neutral()
    with torch.no_grad():
        means = avatar.pose(rest).means
    low, high = means.quantile(means.new_tensor([0.01, 0.99]), dim=0)
    centre = (low + high) / 2
    reach = float((high - low).norm()) / 2
    while True:
        if motion is not None and random.random() < 0.5:
            state = motion.at(int(random.integers(motion.frames or 1))).to(device)
            still = torch.zeros_like(state.transl)
            state = replace(state, global_orient=still, transl=still)
        else:
            state = _random_face(avatar.head, random)
        yaw, pitch = random.normal(0, 0.7), random.normal(0, 0.25)
        distance = 4.2 * reach
        away = np.array(
            [math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)]
        )
        target = (float(centre[0]), float(centre[1]), float(centre[2]))
        eye = tuple(float(c + distance * a) for c, a in zip(target, away, strict=True))
        camera = look_at(
            (eye[0], eye[1], eye[2]), target, focal=1.7 * size, width=size, height=size
        )
        yield _Shot(state, camera.to(device))


def _random_face(head: HeadModel, random: np.random.Generator) -> HeadState:
    rest = head.neutral()
    if head.arkit is None:
        count = min(head.expression_count, 20)
        values = torch.zeros(head.expression_count)
        values[:count] = torch.from_numpy(random.normal(0, 0.6, count)).float()
        return replace(rest, expression=values.to(rest.expression))
    weights = torch.zeros(len(ARKIT_NAMES))
    chosen = random.choice(len(ARKIT_NAMES), MEAN_FACES, replace=False)
    weights[chosen] = torch.from_numpy(random.uniform(0, 0.9, MEAN_FACES)).float()
    return state_from_arkit(head, weights.to(rest.expression))


def _psnr(avatar: Avatar, baked: UvAvatar, shots: list[_Shot], rasterizer: Rasterizer) -> float:
    """PSNR over the pixels that either avatar covers, white behind both, dB."""
    squares, count = 0.0, 0
    with torch.no_grad():
        for shot in shots:
            one, other = (
                rasterizer.rasterize(each.pose(shot.state), shot.camera) for each in (avatar, baked)
            )
            covered = torch.maximum(one.alpha, other.alpha) > 0.05
            pictures = [each.rgb + 1 - each.alpha[..., None] for each in (one, other)]
            squares += float((pictures[0] - pictures[1])[covered].square().sum())
            count += 3 * int(covered.sum())
    return -10 * math.log10(max(squares / max(count, 1), 1e-10))
