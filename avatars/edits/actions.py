"""What is done with an avatar's layers as a whole: merged, baked, exported, imported, shown."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.edits.canvas import canvas_for
from avatars.edits.compose import (
    base_values,
    compose,
    composed_avatar,
    layer_picture,
)
from avatars.edits.layer import Layer
from avatars.edits.masks import region_weights
from avatars.edits.pictures import encode_png, read_map
from avatars.edits.points import Floats
from avatars.edits.stack import Layers, changed, fresh_id, fresh_name, place_of
from avatars.edits.stored import layers_from_files
from avatars.edits.tiles import Pixels, TiledImage
from avatars.errors import UserError
from avatars.files.avatar_file import StoredAvatar
from avatars.kinds.uv_avatar import UvAvatar

_PICTURES = ("sticker", "paint", "style")


def shown_avatar(stored: StoredAvatar) -> UvAvatar:
    """The avatar of a file as it looks, its layers included.

    Raises:
        UnreadableFile: the layers are damaged.
        HeadMismatch: a layer names a region that the head does not have.
    """
    return composed_avatar(stored.avatar, layers_from_files(stored.layers, stored.layer_files))


def baked(avatar: UvAvatar, layers: Layers) -> UvAvatar:
    """The avatar with its layers made permanent; itself without any.

    Raises:
        HeadMismatch: as ``compose``.
        OffTheHead: as ``compose``.
    """
    return composed_avatar(avatar, layers)


def shown_colors(avatar: UvAvatar, layers: Layers) -> Floats:
    """[R, R, 3] 0..1 what shows of colours, on the CPU: what blur, clone and style start from."""
    rgb = compose(avatar, layers).maps.rgb
    if rgb is avatar.maps.rgb:
        return base_values(avatar.maps, "rgb")
    values: Floats = rgb.detach().cpu().numpy()
    return values


def merged_down(avatar: UvAvatar, layers: Layers, id: str) -> Layers:
    """With one layer and the one below it as a single paint layer.

    Both must be pictures. Where the upper one blends in another mode than normal, its effect on
    the lower one's own pixels is what is kept.

    Raises:
        KeyError: there is no layer of that id.
        UserError: it is the lowest one, or one of the two is no picture.
    """
    at = place_of(layers, id)
    if at == 0:
        raise UserError(
            f"'{layers[at].name}' is the lowest layer.", "Merge a layer that lies over another."
        )
    lower, upper = layers[at - 1], layers[at]
    for layer in (lower, upper):
        if layer.kind not in _PICTURES:
            raise UserError(
                f"'{layer.name}' is no picture but a change of what lies below.",
                "Bake the layers instead.",
            )
    below, above = (_flat(avatar, layer) for layer in (lower, upper))
    image = _merged(below, above, upper.blend)
    whole = replace(
        lower,
        kind="paint",
        image=image,
        picture=None,
        placement=None,
        mask=None,
        region=None,
        opacity=1.0,
        visible=True,
        solo=False,
        note="",
    )
    return (*layers[: at - 1], whole, *layers[at + 1 :])


def export_layer(avatar: UvAvatar, layer: Layer) -> bytes:
    """A PNG of a layer as it lies on the map, alpha straight, its own opacity left out.

    Raises:
        UserError: the layer is no picture.
        OffTheHead: a sticker's centre is not on the head.
    """
    picture = layer_picture(layer, canvas_for(avatar))
    if picture is None:
        raise UserError(
            f"'{layer.name}' has no picture: it changes what lies below.",
            "Export a sticker, paint or style layer, or the whole UV map.",
        )
    return encode_png(picture.pixels())


def import_map(avatar: UvAvatar, layers: Layers, path: Path) -> tuple[Layers, tuple[str, ...]]:
    """With a map that was painted elsewhere as the top layer, and sentences on what was done.

    A layer that came from the same file is replaced, so that a file can be watched.

    Raises:
        UnreadableFile: no picture, or not square.
    """
    image, notices = read_map(path, avatar.maps.valid.cpu().numpy())
    for layer in layers:
        if layer.kind == "paint" and layer.note == _note(path):
            return changed(layers, layer.id, image=image), notices
    fresh = Layer(
        id=fresh_id(layers),
        name=fresh_name(layers, path.stem),
        kind="paint",
        image=image,
        note=_note(path),
    )
    return (*layers, fresh), notices


def uv_picture(avatar: UvAvatar, layers: Layers = ()) -> Pixels:
    """The colour map [R, R, 4] as it looks, straight alpha: transparent off the islands."""
    rgb = np.clip(shown_colors(avatar, layers), 0, 1)
    alpha = avatar.maps.valid.cpu().numpy()[..., None].astype(np.float32)
    picture: Pixels = np.round(np.concatenate([rgb, alpha], axis=2) * 255).astype(np.uint8)
    return picture


def _note(path: Path) -> str:
    return f"imported map {path.name}"


def _flat(avatar: UvAvatar, layer: Layer) -> NDArray[np.float32]:
    """A layer's picture [R, R, 4] 0..1 with everything multiplied into its alpha."""
    canvas = canvas_for(avatar)
    picture = layer_picture(layer, canvas)
    assert picture is not None
    out = picture.pixels().astype(np.float32) / 255
    out[..., 3] *= layer.opacity if layer.visible else 0.0
    if layer.mask is not None:
        out[..., 3] *= layer.mask.pixels()[..., 3].astype(np.float32) / 255
    if layer.region is not None:
        out[..., 3] *= region_weights(canvas.layout, avatar.maps, layer.region)
    return out


def _merged(below: NDArray[np.float32], above: NDArray[np.float32], mode: str) -> TiledImage:
    from avatars.edits.blend import MODES

    a, b = above[..., 3:], below[..., 3:]
    # W3C compositing with a transparent backdrop: blending counts as far as there is one.
    source = (1 - b) * above[..., :3] + b * MODES[mode](below[..., :3], above[..., :3])
    alpha = a + b * (1 - a)
    rgb = (source * a + below[..., :3] * b * (1 - a)) / np.maximum(alpha, 1e-6)
    pixels = np.clip(np.round(np.concatenate([rgb, alpha], axis=2) * 255), 0, 255).astype(np.uint8)
    pixels[pixels[..., 3] == 0] = 0
    return TiledImage.from_pixels(pixels)


__all__ = [
    "baked",
    "export_layer",
    "import_map",
    "merged_down",
    "shown_avatar",
    "shown_colors",
    "uv_picture",
]
