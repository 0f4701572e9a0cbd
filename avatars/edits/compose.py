"""Maps and layers into maps: pure, and quick where little changed.

A tile of the result depends on the same tile of the avatar's own map and of each layer alone. So
what was composed before, for the same avatar, is copied, and only the tiles are computed again
over which another layer, picture or setting lies. What comes out does not depend on the way there:
each tile is always computed from the avatar's own map up.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from avatars.edits import geometry, loose_looks
from avatars.edits.adjust import Floats, adjusted
from avatars.edits.blend import over
from avatars.edits.drawn import Drawn, base_values, drawn_layers, layer_picture, shown_layers
from avatars.edits.layer import Layer
from avatars.edits.tiles import tile_slices
from avatars.kinds.edited_maps import EditedMaps, Versions, edited_maps, tiles_across
from avatars.kinds.uv_avatar import UvAvatar
from avatars.maps import AttributeMaps

_KEPT = 6
Signature = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, eq=False)
class Composed:
    """An avatar's maps with layers over them.

    Attributes:
        maps: to be shown in place of the avatar's own: ``avatar.pose(state, composed.maps)``.
        layers: what lies over them.
        changed: numbers of the tiles that were computed for it, by the name of the map.
    """

    maps: EditedMaps
    layers: tuple[Layer, ...]
    changed: dict[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class _Made:
    """A composed map with what each of its tiles was made of."""

    values: Floats | None  # on the CPU; None: the avatar's own
    tensor: Tensor
    signature: Signature
    versions: Versions


@dataclass(frozen=True, eq=False)
class _Entry:
    avatar: UvAvatar
    composed: Composed
    made: dict[str, _Made]
    # Signatures hold ids of pictures: as long as these live no other object has them.
    alive: tuple[object, ...]


def compose(avatar: UvAvatar, layers: tuple[Layer, ...]) -> Composed:
    """The maps of an avatar with layers over them, on the avatar's device.

    The same object for the same avatar's maps and the same layers; with no layer that shows, the
    avatar's own tensors.

    Args:
        avatar: the avatar.
        layers: the lowest first.

    Raises:
        HeadMismatch: a layer names a region that the head does not have.
        OffTheHead: a sticker's centre is not on the head.
    """
    return _composer.get(avatar, layers)


def composed_avatar(avatar: UvAvatar, layers: tuple[Layer, ...]) -> UvAvatar:
    """The avatar as it looks with layers over it, as an avatar of its own; itself without any.

    Raises:
        HeadMismatch: as ``compose``.
        OffTheHead: as ``compose``.
    """
    if not layers:
        return avatar
    maps = compose(avatar, layers).maps
    loose = avatar.loose
    if loose is not None and (maps.loose_rgb is not None or maps.loose_opacity is not None):
        loose = replace(
            loose,
            rgb=loose.rgb if maps.loose_rgb is None else maps.loose_rgb,
            opacity=loose.opacity if maps.loose_opacity is None else maps.loose_opacity,
        )
    plain = AttributeMaps(maps.rgb, maps.opacity, maps.scales, maps.quats, maps.offset, maps.valid)
    return replace(avatar, maps=plain, loose=loose)


class _Composer:
    """The last compositions; the nearest one is the start of the next."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def get(self, avatar: UvAvatar, layers: tuple[Layer, ...]) -> Composed:
        with self._lock:
            mine = [
                (number, entry)
                for number, entry in self._entries.items()
                if entry.avatar.maps is avatar.maps and entry.avatar.loose is avatar.loose
            ]
            for number, entry in mine:
                if _alike(entry.composed.layers, layers) and _same_face(entry.avatar, avatar):
                    self._entries.move_to_end(number)
                    return entry.composed
        entry = _composed(avatar, layers, mine[-1][1] if mine else None)
        with self._lock:
            self._count += 1
            self._entries[self._count] = entry
            while len(self._entries) > _KEPT:
                self._entries.popitem(last=False)
        return entry.composed


_composer = _Composer()


def _same_face(first: UvAvatar, second: UvAvatar) -> bool:
    """Whether stickers and regions lie alike on both."""
    if first.head is not second.head:
        return False
    mine, theirs = first.identity, second.identity
    return mine.betas is theirs.betas and mine.offsets is theirs.offsets


def _alike(first: tuple[Layer, ...], second: tuple[Layer, ...]) -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))


def _composed(avatar: UvAvatar, layers: tuple[Layer, ...], before: _Entry | None) -> _Entry:
    base = avatar.maps
    drawn = drawn_layers(avatar, shown_layers(layers))
    colors = [one for one in drawn if one.layer.kind != "geometry"]
    shapes = [one for one in drawn if one.layer.kind == "geometry"]
    made, changed = {}, {}
    for name in ("rgb", *geometry.MAPS):
        acting = colors if name == "rgb" else _acting(shapes, name)
        earlier = None if before is None else before.made[name]
        made[name], changed[name] = _map(base, name, acting, earlier)
    looks = loose_looks.looks(avatar, colors_of(colors), colors_of(shapes))
    maps = AttributeMaps(
        made["rgb"].tensor,
        made["opacity"].tensor,
        made["scales"].tensor,
        base.quats,
        made["offset"].tensor,
        base.valid,
    )
    versions = {name: one.versions for name, one in made.items()}
    composed = Composed(edited_maps(maps, versions, *looks), layers, changed)
    alive = (*(one.picture for one in drawn), *(one.weights for one in drawn), *layers)
    return _Entry(avatar, composed, made, alive)


def colors_of(drawn: list[Drawn]) -> list["loose_looks.Over"]:
    """The layers as loose splats see them."""
    return [loose_looks.Over(one.layer, one.picture, one.weights, one.middle) for one in drawn]


def _acting(shapes: list[Drawn], name: str) -> list[Drawn]:
    return [one for one in shapes if geometry.acts_on(one.layer.reshape, name)]


def _map(
    base: AttributeMaps, name: str, acting: list[Drawn], before: _Made | None
) -> tuple[_Made, tuple[int, ...]]:
    """One composed map and the tiles that were computed for it."""
    size = base.size
    count = tiles_across(size) ** 2
    own: Tensor = getattr(base, name)
    if before is None:
        tokens = tuple(object() for _ in range(count))
        before = _Made(None, own, ((),) * count, tokens)
    parts = ([one.part(number, size) for one in acting] for number in range(count))
    signature = tuple(tuple(part for part in tile if part is not None) for tile in parts)
    changed = [n for n in range(count) if signature[n] != before.signature[n]]
    versions = list(before.versions)
    for number in changed:
        versions[number] = object()
    if not changed:
        return before, ()
    if not any(signature):
        # Every tile is the avatar's own again: so is the map.
        return _Made(None, own, signature, tuple(versions)), tuple(changed)
    source = base_values(base, name)
    values = (source if before.values is None else before.values).copy()
    for number in changed:
        rows, columns = tile_slices(number, size)
        tile = source[rows, columns]
        for one in acting:
            if one.part(number, size) is not None:
                tile = _laid(one, tile, number, size, name)
        values[rows, columns] = tile
    tensor = _tensor(values, before.tensor, changed, own.device)
    return _Made(values, tensor, signature, tuple(versions)), tuple(changed)


def _laid(one: Drawn, tile: Floats, number: int, size: int, name: str) -> Floats:
    """A tile of a map with one layer over it."""
    share = one.share(number, size)
    if one.layer.kind == "geometry":
        return geometry.reshaped(tile, one.layer.reshape, share, name)
    if one.layer.kind == "adjust":
        return over(tile, adjusted(tile, one.layer.adjustment, one.middle), share, one.layer.blend)
    assert one.picture is not None
    pixels = one.picture.tiles[number][: tile.shape[0], : tile.shape[1], :3]
    return over(tile, pixels.astype(np.float32) / np.float32(255), share, one.layer.blend)


def _tensor(values: Floats, before: Tensor, changed: list[int], device: torch.device) -> Tensor:
    """The map on its device; of a GPU's only the changed tiles travel."""
    size = values.shape[0]
    if device.type == "cpu":
        return torch.from_numpy(values)
    if 2 * len(changed) > tiles_across(size) ** 2:
        return torch.from_numpy(values).to(device)
    places = np.arange(size * size).reshape(size, size)
    texels = np.concatenate([places[tile_slices(n, size)].reshape(-1) for n in changed])
    there = torch.from_numpy(texels).to(device)
    rows = torch.from_numpy(values.reshape(size * size, -1)[texels]).to(device)
    fresh = before.detach().reshape(size * size, -1).clone()
    fresh[there] = rows
    return fresh.reshape(before.shape)


__all__ = ["Composed", "base_values", "compose", "composed_avatar", "layer_picture", "shown_layers"]
