"""Operations on layers as pure functions: each returns another tuple, the lowest layer first."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from avatars.edits.layer import Layer
from avatars.edits.tiles import TiledImage, memory_of

Layers = tuple[Layer, ...]


def fresh_id(layers: Layers) -> str:
    """An id that no layer has."""
    taken = {layer.id for layer in layers}
    number = len(layers) + 1
    while f"layer-{number}" in taken:
        number += 1
    return f"layer-{number}"


def fresh_name(layers: Layers, name: str) -> str:
    """``name``, with a number behind it if a layer is called that already."""
    taken = {layer.name for layer in layers}
    if name not in taken:
        return name
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"


def place_of(layers: Layers, id: str) -> int:
    """Where a layer is.

    Raises:
        KeyError: there is none of that id.
    """
    for number, layer in enumerate(layers):
        if layer.id == id:
            return number
    raise KeyError(id)


def named(layers: Layers, id: str) -> Layer:
    """The layer of an id.

    Raises:
        KeyError: there is none of that id.
    """
    return layers[place_of(layers, id)]


def added(layers: Layers, layer: Layer, at: int | None = None) -> Layers:
    """With one more, on top or before position ``at``; an id that is taken is renewed."""
    if any(other.id == layer.id for other in layers):
        layer = replace(layer, id=fresh_id(layers))
    at = len(layers) if at is None else at
    return (*layers[:at], layer, *layers[at:])


def removed(layers: Layers, id: str) -> Layers:
    """Without one.

    Raises:
        KeyError: there is none of that id.
    """
    at = place_of(layers, id)
    return (*layers[:at], *layers[at + 1 :])


def moved(layers: Layers, id: str, to: int) -> Layers:
    """With one at position ``to``, counted from the lowest.

    Raises:
        KeyError: there is none of that id.
    """
    at = place_of(layers, id)
    rest = (*layers[:at], *layers[at + 1 :])
    to = max(0, min(to, len(rest)))
    return (*rest[:to], layers[at], *rest[to:])


def duplicated(layers: Layers, id: str) -> Layers:
    """With a copy of one just above it.

    Raises:
        KeyError: there is none of that id.
    """
    at = place_of(layers, id)
    twin = replace(
        layers[at], id=fresh_id(layers), name=fresh_name(layers, f"{layers[at].name} copy")
    )
    return added(layers, twin, at + 1)


def changed(layers: Layers, id: str, **changes: Any) -> Layers:
    """With some fields of one exchanged; the same tuple if nothing differs.

    Raises:
        KeyError: there is none of that id.
        ValueError: as ``Layer``.
    """
    at = place_of(layers, id)
    old = layers[at]
    if all(_same(getattr(old, name), value) for name, value in changes.items()):
        return layers
    return (*layers[:at], replace(old, **changes), *layers[at + 1 :])


def memory(stacks: Iterable[Layers]) -> int:
    """Bytes that several versions of layers hold together: each tile and source counted once."""
    layers = {id(layer): layer for layers in stacks for layer in layers}.values()
    images: list[TiledImage] = [
        image for layer in layers for image in (layer.image, layer.mask) if image is not None
    ]
    pictures = {id(layer.picture): layer.picture for layer in layers if layer.picture is not None}
    return memory_of(images) + sum(picture.pixels.nbytes for picture in pictures.values())


def _same(old: object, new: object) -> bool:
    return old is new or (type(old) is type(new) and bool(old == new))
