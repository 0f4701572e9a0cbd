"""How layers change splats that belong to no texel: the wisps of hair round the outline."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avatars.edits.adjust import Floats, adjusted
from avatars.edits.blend import over
from avatars.edits.lab import to_lab
from avatars.edits.layer import Layer
from avatars.edits.layout import Layout, layout_of
from avatars.edits.masks import hair_weights, region_weights
from avatars.edits.points import Indices, Points
from avatars.edits.tiles import TiledImage
from avatars.errors import HeadMismatch
from avatars.head.regions import REGIONS
from avatars.kinds.uv_avatar import UvAvatar
from avatars.remembered import Remembered

_HAIR = ("hair", "scalp")
_SKIN = tuple(name for name in REGIONS if name not in _HAIR)


@dataclass(frozen=True, eq=False)
class Over:
    """A layer as loose splats see it.

    Attributes:
        layer: the layer.
        picture: on the map, or None.
        weights: [R, R] of its region, or None.
        middle: [3] Lab of its region.
    """

    layer: Layer
    picture: TiledImage | None
    weights: Floats | None
    middle: Floats


@dataclass(frozen=True, eq=False)
class _Known:
    texel: Indices  # [K] flat position under each splat
    hair: Floats  # [K] how much it is hair by its colour
    likeness: Floats  # [K] how much what lies under it is the same thing
    rgb: Floats
    opacity: Floats


_known: Remembered[_Known] = Remembered(2)


def looks(
    avatar: UvAvatar, colors: list[Over], shapes: list[Over]
) -> tuple[Tensor | None, Tensor | None]:
    """Colours [K, 3] and opacities [K] of an avatar's loose splats under layers; None: their own.

    A splat takes from a layer what the texel under it takes, as far as both are hair or both are
    not; a change of the hair's colour takes all that is hair.
    """
    loose = avatar.loose
    if loose is None or not len(loose) or not (colors or shapes):
        return None, None
    layout = layout_of(avatar.head, avatar.maps.size)
    known = _known.get((loose, avatar.maps, layout), lambda: _found(avatar, layout))
    rgb, opacity = known.rgb, known.opacity
    for one in colors:
        share = _share(one, known)
        if share.any():
            rgb = over(rgb, _source(one, known, rgb), share, one.layer.blend)
    for one in shapes:
        share = _share(one, known) * np.float32(one.layer.reshape.opacity)
        opacity = np.clip(opacity * (1 + share), 0, 1).astype(np.float32)
    device = avatar.device
    return (
        None if rgb is known.rgb else torch.from_numpy(np.ascontiguousarray(rgb)).to(device),
        None if opacity is known.opacity else torch.from_numpy(opacity).to(device),
    )


def _share(one: Over, known: _Known) -> Floats:
    """[K] how much of the layer reaches each splat."""
    layer = one.layer
    share = np.full(len(known.texel), layer.opacity, np.float32)
    for image in (one.picture, layer.mask):
        if image is not None:
            share *= image.read(known.texel)[:, 3].astype(np.float32) / np.float32(255)
    if layer.kind == "adjust":
        if layer.region in _HAIR:
            return share * known.hair
        if layer.region is None:
            return share
        if layer.region == "skin":
            return share * (1 - known.hair)
    if one.weights is not None:
        share *= one.weights.reshape(-1)[known.texel]
    return share * known.likeness


def _source(one: Over, known: _Known, rgb: Floats) -> Floats:
    if one.picture is None:
        changed: Floats = adjusted(rgb[None], one.layer.adjustment, one.middle)[0]
        return changed
    return one.picture.read(known.texel)[:, :3].astype(np.float32) / np.float32(255)


def _found(avatar: UvAvatar, layout: Layout) -> _Known:
    loose = avatar.loose
    assert loose is not None
    places = Points(
        loose.face.cpu().numpy(), loose.barycentrics.detach().cpu().numpy().astype(np.float64)
    )
    uv = layout.uv_at(places)
    column, row = (
        np.clip(axis * layout.size, 0, layout.size - 1).astype(np.int64)
        for axis in (uv[:, 0], 1 - uv[:, 1])
    )
    rgb = np.ascontiguousarray(np.clip(loose.rgb.detach().cpu().numpy(), 0, 1), np.float32)
    texel = row * layout.size + column
    hair = _hairness(avatar, layout, rgb)
    try:
        under = region_weights(layout, avatar.maps, "hair").reshape(-1)[texel]
    except HeadMismatch:
        under = hair
    opacity = loose.opacity.detach().cpu().numpy()
    return _Known(texel, hair, (1 - np.abs(hair - under)).astype(np.float32), rgb, opacity)


def _hairness(avatar: UvAvatar, layout: Layout, rgb: Floats) -> Floats:
    """[K] how much nearer a colour is to the hair's than to the skin's, 0..1."""
    try:
        weights = hair_weights(layout, avatar.maps).reshape(-1)[layout.index]
    except HeadMismatch:
        return np.ones(len(rgb), np.float32)
    own = avatar.maps.rgb.detach().cpu().numpy().reshape(-1, 3)[layout.index]
    own = np.ascontiguousarray(np.clip(own, 0, 1), np.float32)
    lab, mine = to_lab(own), to_lab(rgb)
    hair, skin = weights > 0.8, (weights < 0.1) & (layout.part == 0)
    if not hair.any() or not skin.any():
        return np.ones(len(rgb), np.float32)
    gap = [
        np.linalg.norm((mine - np.median(lab[chosen], axis=0)) * (0.6, 1.3, 1.3), axis=1)
        for chosen in (hair, skin)
    ]
    # Round the outline nearly all of it is hair: what is undecided counts as hair.
    share = 1 / (1 + np.exp(np.clip((gap[0] - gap[1] - 8) / 4, -30, 30)))
    return np.asarray(share, np.float32)
