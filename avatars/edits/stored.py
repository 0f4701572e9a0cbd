"""Layers in an avatar file: PNG and JSON, read as if a stranger had made them."""

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from avatars.edits.blend import MODES
from avatars.edits.layer import KINDS, Adjustment, Layer, Picture, Placement, Reshape
from avatars.edits.pictures import encode_png
from avatars.edits.tiles import Pixels, TiledImage
from avatars.errors import UnreadableFile
from avatars.files.manifest import MAX_MAP, Json
from avatars.head.regions import REGIONS
from avatars.tracking.decoding import decode

FOLDER = "layers/"
MOST_LAYERS = 500
MOST_PIXELS = 1 << 28
"""Of all pictures of a file together."""

_MOST_TEXT = 500
_REMEDY = "Open an older copy of the file, or make the edits again."


def layers_to_files(layers: tuple[Layer, ...]) -> tuple[tuple[Json, ...], dict[str, bytes]]:
    """Descriptions of layers as JSON objects, and their pictures by file name.

    A picture that several layers share is written once.
    """
    files: dict[str, bytes] = {}
    names: dict[int, str] = {}

    def kept(picture: TiledImage | Picture | None) -> str | None:
        if picture is None:
            return None
        if id(picture) not in names:
            name = f"{FOLDER}{len(names):04d}.png"
            pixels = picture.pixels if isinstance(picture, Picture) else picture.pixels()
            names[id(picture)], files[name] = name, encode_png(pixels)
        return names[id(picture)]

    described = []
    for layer in layers:
        described.append(
            {
                "id": layer.id,
                "name": layer.name,
                "kind": layer.kind,
                "image": kept(layer.image),
                "picture": kept(layer.picture),
                "mask": kept(layer.mask),
                "placement": None if layer.placement is None else _listed(asdict(layer.placement)),
                "region": layer.region,
                "opacity": layer.opacity,
                "blend": layer.blend,
                "visible": layer.visible,
                "solo": layer.solo,
                "adjustment": _listed(asdict(layer.adjustment)),
                "reshape": asdict(layer.reshape),
                "note": layer.note,
            }
        )
    return tuple(described), files


def layers_from_files(described: tuple[Json, ...], files: Mapping[str, bytes]) -> tuple[Layer, ...]:
    """The layers of a file; equal to those that were written, pixel by pixel.

    Raises:
        UnreadableFile: a description or picture is missing, damaged, hostile or too large.
    """
    if len(described) > MOST_LAYERS:
        raise _refused(f"there are more than {MOST_LAYERS} layers")
    pictures = _Pictures(files)
    layers = []
    for number, raw in enumerate(described, start=1):
        try:
            layers.append(_layer(raw, pictures))
        except _Wrong as error:
            raise _refused(f"layer {number}: {error}") from error
        except ValueError as error:
            raise _refused(f"layer {number} contradicts itself") from error
    if len({layer.id for layer in layers}) != len(layers):
        raise _refused("two layers have the same id")
    if len({layer.image.size for layer in layers if layer.image is not None}) > 1:
        raise _refused("its pictures belong to maps of several sizes")
    return tuple(layers)


class _Wrong(Exception):
    """A field of a layer makes no sense; the text says which."""


def _refused(why: str) -> UnreadableFile:
    return UnreadableFile(f"The file's edit layers are damaged: {why}.", _REMEDY)


class _Pictures:
    """The pictures of a file, decoded once, their sizes added up before they are."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._pixels: dict[str, Pixels] = {}
        self._tiled: dict[str, TiledImage] = {}
        self._sources: dict[str, Picture] = {}
        self._left = MOST_PIXELS

    def tiled(self, name: Any) -> TiledImage | None:
        """The picture on the map of a file name."""
        if name is None:
            return None
        pixels = self._read(name)
        if pixels.shape[0] != pixels.shape[1]:
            raise _Wrong("a picture is not square")
        if name not in self._tiled:
            self._tiled[name] = TiledImage.from_pixels(pixels)
        return self._tiled[name]

    def source(self, name: Any) -> Picture | None:
        """The sticker's source of a file name."""
        if name is None:
            return None
        pixels = self._read(name)
        if name not in self._sources:
            self._sources[name] = Picture(pixels)
        return self._sources[name]

    def _read(self, name: Any) -> Pixels:
        if not isinstance(name, str) or name not in self._files:
            raise _Wrong("a picture is missing")
        if name in self._pixels:
            return self._pixels[name]
        content = self._files[name]
        width, height = _size(content)
        self._left -= width * height
        if self._left < 0:
            raise _Wrong("the pictures are too large together")
        try:
            found = decode(
                io.BytesIO(content), Path(name), most_pixels=MAX_MAP**2, longest_side=MAX_MAP
            )
        except UnreadableFile as error:
            raise _Wrong("a picture is damaged") from error
        if found.pixels.shape != (height, width, 4):
            raise _Wrong("a picture has no transparency")
        self._pixels[name] = found.pixels
        return found.pixels


def _size(content: bytes) -> tuple[int, int]:
    """Width and height that a PNG announces."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR" or len(content) < 33:
        raise _Wrong("a picture is no PNG")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    # Depth 8, colour type 6: anything else was not written here and would not come back the same.
    if not 1 <= width <= MAX_MAP or not 1 <= height <= MAX_MAP or content[24:26] != b"\x08\x06":
        raise _Wrong("a picture has an unusual size or format")
    return width, height


def _layer(raw: Any, pictures: _Pictures) -> Layer:
    if not isinstance(raw, dict):
        raise _Wrong("it is no JSON object")
    place = raw.get("placement")
    return Layer(
        id=_text(raw, "id"),
        name=_text(raw, "name"),
        kind=_word(raw, "kind", KINDS),  # type: ignore[arg-type]
        image=pictures.tiled(raw.get("image")),
        picture=pictures.source(raw.get("picture")),
        placement=None if place is None else _placement(place),
        region=None if raw.get("region") is None else _word(raw, "region", REGIONS),
        mask=pictures.tiled(raw.get("mask")),
        opacity=_number(raw, "opacity", 0, 1),
        blend=_word(raw, "blend", MODES),
        visible=_flag(raw, "visible"),
        solo=_flag(raw, "solo"),
        adjustment=_adjustment(raw.get("adjustment", {})),
        reshape=_reshape(raw.get("reshape", {})),
        note=_text(raw, "note"),
    )


def _placement(raw: Any) -> Placement:
    if not isinstance(raw, dict):
        raise _Wrong("'placement' is no JSON object")
    u, v = _triple(raw.get("uv"), 2, "'uv'", -10, 10)
    return Placement(
        uv=(u, v),
        size=_number(raw, "size", 1e-6, 100),
        angle=_number(raw, "angle", -1e6, 1e6),
        mirror=_flag(raw, "mirror"),
        space=_word(raw, "space", ("surface", "uv")),  # type: ignore[arg-type]
    )


def _adjustment(raw: Any) -> Adjustment:
    if not isinstance(raw, dict):
        raise _Wrong("'adjustment' is no JSON object")
    color = raw.get("color")
    if color is not None:
        red, green, blue = _triple(color, 3, "'color'", 0, 1)
        color = red, green, blue
    limits = {"hue": 3600.0, "saturation": 100.0, "brightness": 100.0, "contrast": 100.0}
    numbers = {name: _number(raw, name, -most, most, 0.0) for name, most in limits.items()}
    return Adjustment(**numbers, color=color)


def _reshape(raw: Any) -> Reshape:
    if not isinstance(raw, dict):
        raise _Wrong("'reshape' is no JSON object")
    limits = {"opacity": 1.0, "scale": 10.0, "flatten": 1.0, "puff": 0.1}
    return Reshape(**{name: _number(raw, name, -most, most, 0.0) for name, most in limits.items()})


def _text(raw: Json, name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise _Wrong(f"'{name}' is missing or no text")
    return value


def _word(raw: Json, name: str, known: Any) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or value not in known:
        raise _Wrong(f"'{name}' is missing or none of the words it may be")
    return value


def _flag(raw: Json, name: str) -> bool:
    value = raw.get(name)
    if not isinstance(value, bool):
        raise _Wrong(f"'{name}' is neither true nor false")
    return value


def _number(raw: Json, name: str, low: float, high: float, usual: float | None = None) -> float:
    return _checked(raw.get(name, usual), f"'{name}'", low, high)


def _checked(value: Any, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _Wrong(f"{what} is missing or no number from {low:g} to {high:g}")
    number = float(value)
    assert math.isfinite(number)
    return number


def _triple(value: Any, count: int, what: str, low: float, high: float) -> list[float]:
    if not isinstance(value, list | tuple) or len(value) != count:
        raise _Wrong(f"{what} is not {count} numbers")
    return [_checked(item, what, low, high) for item in value]


def _listed(fields: dict[str, Any]) -> dict[str, Any]:
    convert: Callable[[Any], Any] = lambda value: (  # noqa: E731
        [float(item) for item in value] if isinstance(value, tuple) else value
    )
    return {name: convert(value) for name, value in fields.items()}
