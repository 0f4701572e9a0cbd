"""Layers made ready to be laid over maps: pictures warped, regions found."""

from dataclasses import dataclass

import numpy as np

from avatars.edits.adjust import middle_of
from avatars.edits.canvas import Canvas, canvas_for
from avatars.edits.layer import Layer
from avatars.edits.layout import Layout
from avatars.edits.masks import region_weights
from avatars.edits.points import Floats
from avatars.edits.sticker import warped
from avatars.edits.tiles import EMPTY, TiledImage, tile_slices
from avatars.kinds.uv_avatar import UvAvatar
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered

_PICTURES = 64
"""How many stickers' warped pictures are kept."""

_warped: Remembered[TiledImage] = Remembered(_PICTURES)
_numpy: Remembered[dict[str, Floats]] = Remembered(2)
_middles: Remembered[dict[str | None, Floats]] = Remembered(4)


def layer_picture(layer: Layer, canvas: Canvas) -> TiledImage | None:
    """A layer's picture as it lies on the map; None for layers without (colour changes).

    Raises:
        OffTheHead: a sticker's centre is not on the head.
    """
    if layer.kind != "sticker":
        return layer.image
    assert layer.picture is not None
    assert layer.placement is not None
    picture, placement = layer.picture, layer.placement
    return _warped.get((picture, placement, canvas), lambda: warped(picture, placement, canvas))


def shown_layers(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers that count: visible ones, or of those the solo ones if there are any."""
    visible = tuple(layer for layer in layers if layer.visible and layer.opacity > 0)
    solo = tuple(layer for layer in visible if layer.solo)
    return solo or visible


@dataclass(frozen=True, eq=False)
class Drawn:
    """A layer with all that is needed to lay it over a tile."""

    layer: Layer
    picture: TiledImage | None
    weights: Floats | None  # [R, R] of its region
    middle: Floats  # [3] Lab

    def part(self, number: int, size: int) -> tuple[object, ...] | None:
        """What a tile of the result takes from it; None where it does nothing."""
        layer, mask = self.layer, self.layer.mask
        tile = None if self.picture is None else self.picture.tiles[number]
        if tile is EMPTY or (mask is not None and mask.tiles[number] is EMPTY):
            return None
        if self.weights is not None:
            rows, columns = tile_slices(number, size)
            if not self.weights[rows, columns].any():
                return None
        return (
            *(id(tile), None if mask is None else id(mask.tiles[number]), id(self.weights)),
            *(layer.opacity, layer.blend, layer.adjustment, layer.reshape, layer.kind),
        )

    def share(self, number: int, size: int) -> Floats:
        """[H, W] how much of it covers a tile, 0..1."""
        rows, columns = tile_slices(number, size)
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        share = np.full(shape, self.layer.opacity, np.float32)
        for image in (self.picture, self.layer.mask):
            if image is not None:
                alpha = image.tiles[number][: shape[0], : shape[1], 3]
                share *= alpha.astype(np.float32) / np.float32(255)
        if self.weights is not None:
            share *= self.weights[rows, columns]
        return share


def drawn_layers(avatar: UvAvatar, layers: tuple[Layer, ...]) -> list[Drawn]:
    """The layers of an avatar in their order, ready.

    Raises:
        HeadMismatch: a layer names a region that the head does not have.
        OffTheHead: a sticker's centre is not on the head.
        ValueError: a layer's picture belongs to maps of another size.
    """
    if not layers:
        return []
    canvas = canvas_for(avatar)
    found = []
    for layer in layers:
        picture = layer_picture(layer, canvas)
        for image in (picture, layer.mask):
            if image is not None and image.size != canvas.size:
                raise ValueError(f"'{layer.name}' belongs to maps of {image.size} texels")
        weights = None
        if layer.region is not None:
            weights = region_weights(canvas.layout, avatar.maps, layer.region)
        middle = np.zeros(3, np.float32)
        if layer.kind == "adjust":
            middle = _middle(avatar, canvas.layout, layer.region, weights)
        found.append(Drawn(layer, picture, weights, middle))
    return found


def _middle(avatar: UvAvatar, layout: Layout, region: str | None, weights: Floats | None) -> Floats:
    kept = _middles.get((avatar.maps, layout), dict)
    if region not in kept:
        rgb = base_values(avatar.maps, "rgb").reshape(-1, 3)[layout.index]
        share = np.ones(len(layout), np.float32)
        if weights is not None:
            share = weights.reshape(-1)[layout.index]
        if region == "skin" and "face" in avatar.head.regions:
            # The neck lies in the shadow: a tone is that of the face.
            face = region_weights(layout, avatar.maps, "face").reshape(-1)[layout.index]
            share = share * face if (share * face > 0.5).any() else share
        kept[region] = middle_of(rgb, share)
    return kept[region]


def base_values(maps: AttributeMaps, name: str) -> Floats:
    """A map of the avatar's own as numpy on the CPU; kept."""
    kept = _numpy.get((maps,), dict)
    if name not in kept:
        kept[name] = getattr(maps, name).detach().cpu().numpy()
    return kept[name]
