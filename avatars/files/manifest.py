"""``manifest.json`` of an avatar file: what it holds, readable without reading the rest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = "avatar-gui avatar"
FORMAT_VERSION = 1
MAX_BYTES = 4 << 20
MAX_MAP = 4096
MAX_SPLATS = 4_000_000
_MAX_TEXT = 10_000
_MAX_LAYERS = 1000

Json = dict[str, Any]


class BadManifest(ValueError):
    """A field is missing or makes no sense; the text says which."""


@dataclass(frozen=True)
class HeadReference:
    """The head an avatar was made on.

    Attributes:
        name: what its user called it.
        version: release it comes from.
        fingerprint: of its geometry.
    """

    name: str
    version: str
    fingerprint: str


@dataclass(frozen=True)
class Source:
    """The picture an avatar was made from.

    Attributes:
        width: pixels.
        height: pixels.
        crop: (x, y, side) of the square round the head, pixels; it may reach past the border.
        face_px: distance between the cheeks, pixels.
    """

    width: int
    height: int
    crop: tuple[float, float, float]
    face_px: float


@dataclass(frozen=True)
class Framing:
    """How the avatar is shown from the front.

    Attributes:
        focal_px: focal length in a picture of 512 pixels.
        distance_m: of the camera, metres.
    """

    focal_px: float = 1200.0
    distance_m: float = 0.75


@dataclass(frozen=True)
class Provenance:
    """Where an avatar comes from.

    Attributes:
        program: that wrote it.
        version: of the program.
        method: id of the method.
        options: of the method, by name.
        seed: of its random choices.
        created: moment, ISO 8601; the one thing that differs between two equal runs.
    """

    program: str
    version: str
    method: str
    options: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    seed: int = 0
    created: str = ""


@dataclass(frozen=True)
class Manifest:
    """The whole description.

    Attributes:
        method: id of the method.
        name: of the person.
        head: the head.
        samples: number of samples asked of the sample table.
        splats: number of splats there are.
        map_size: R.
        layers: descriptions of the edit layers, as they are.
        source: the picture, if there was one.
        render: how to show it.
        provenance: where it comes from.
    """

    method: str
    name: str
    head: HeadReference
    samples: int
    splats: int
    map_size: int
    layers: tuple[Json, ...]
    source: Source | None
    render: Framing
    provenance: Provenance


def to_json(manifest: Manifest) -> bytes:
    """The bytes of ``manifest.json``; the same for the same manifest.

    Raises:
        ValueError: a number is not finite, or a layer is no JSON.
    """
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(manifest)}
    content["layers"] = [dict(layer) for layer in manifest.layers]
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False).encode()


def raw_json(content: bytes) -> Json:
    """The JSON object of a manifest, not judged yet.

    Raises:
        BadManifest: no JSON object, or with numbers that are none (``NaN``).
    """
    try:
        value = json.loads(content.decode(), parse_constant=_no_constant)
    except ValueError as error:  # bad JSON, bad UTF-8, numbers of thousands of digits
        raise BadManifest("its manifest is no JSON") from error
    if not isinstance(value, dict):
        raise BadManifest("its manifest is no JSON object")
    return value


def version_of(raw: Json) -> int:
    """The format version of a manifest.

    Raises:
        BadManifest: of another format.
    """
    if raw.get("format") != FORMAT:
        raise BadManifest("it is not an avatar of this program")
    return _Fields(raw).whole("format_version", 1, 1 << 30)


def from_json(raw: Json) -> Manifest:
    """The manifest of a JSON object of the present format version; what is unknown is passed over.

    Raises:
        BadManifest: a field is missing or makes no sense.
    """
    top = _Fields(raw)
    head, render, origin = (top.inner(name) for name in ("head", "render", "provenance"))
    return Manifest(
        method=top.text("method"),
        name=top.text("name"),
        head=HeadReference(head.text("name"), head.text("version"), head.text("fingerprint")),
        samples=top.whole("samples", 100, MAX_SPLATS),
        splats=top.whole("splats", 0, 2 * MAX_SPLATS),
        map_size=top.whole("map_size", 1, MAX_MAP),
        layers=_layers(raw.get("layers")),
        source=None if raw.get("source") is None else _source(top.inner("source")),
        render=Framing(render.number("focal_px", 1, 1e6), render.number("distance_m", 1e-3, 1e3)),
        provenance=Provenance(
            program=origin.text("program"),
            version=origin.text("version"),
            method=origin.text("method"),
            options=_options(origin.raw.get("options")),
            seed=origin.whole("seed", -(1 << 63), 1 << 64),
            created=origin.text("created"),
        ),
    )


def _source(fields: "_Fields") -> Source:
    crop = fields.raw.get("crop")
    if not isinstance(crop, list | tuple) or len(crop) != 3:
        raise BadManifest("'crop' is not [x, y, side]")
    x, y, side = (_Fields({"crop": value}).number("crop", -1e6, 1e6) for value in crop)
    return Source(
        fields.whole("width", 1, 1 << 24),
        fields.whole("height", 1, 1 << 24),
        (x, y, side),
        fields.number("face_px", 0, 1e6),
    )


def _layers(value: object) -> tuple[Json, ...]:
    if not isinstance(value, list) or len(value) > _MAX_LAYERS:
        raise BadManifest("'layers' is no list, or too long")
    if not all(isinstance(layer, dict) for layer in value):
        raise BadManifest("a layer is no JSON object")
    return tuple(value)


def _options(value: object) -> dict[str, bool | int | float | str]:
    if not isinstance(value, dict) or len(value) > _MAX_LAYERS:
        raise BadManifest("'options' is no JSON object, or too long")
    if not all(isinstance(item, bool | int | float | str) for item in value.values()):
        raise BadManifest("an option is neither a number nor a text")
    return value


@dataclass(frozen=True)
class _Fields:
    """A JSON object that is asked for fields of a kind."""

    raw: Json

    def inner(self, name: str) -> "_Fields":
        value = self.raw.get(name)
        if not isinstance(value, dict):
            raise BadManifest(f"'{name}' is missing or no JSON object")
        return _Fields(value)

    def text(self, name: str) -> str:
        value = self.raw.get(name)
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise BadManifest(f"'{name}' is missing or no text")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        value = self.raw.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadManifest(f"'{name}' is missing or no whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        value = self.raw.get(name)
        wrong = f"'{name}' is missing or no number from {low:g} to {high:g}"
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadManifest(wrong)
        # Python compares whole numbers of any length with floats, so none has to be converted.
        if not low <= value <= high:
            raise BadManifest(wrong)
        return float(value)


def _no_constant(name: str) -> None:
    raise BadManifest(f"its manifest holds the number {name}")
