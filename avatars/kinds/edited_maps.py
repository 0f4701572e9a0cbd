"""Maps that know which of their tiles are new, so that only the splats there are read again."""

from collections.abc import Mapping
from types import MappingProxyType

from torch import Tensor

from avatars.maps import AttributeMaps

TILE = 64
"""Texels a side of a tile."""

Versions = tuple[object, ...]
"""One token per tile, row by row: the same object stands for the same texels."""

_NONE: Mapping[str, Versions] = MappingProxyType({})


class EditedMaps(AttributeMaps):
    """Attribute maps that came out of an edit.

    A copy with changes (``dataclasses.replace``, ``to``, ``resized``) forgets the tokens, so a
    reader then reads all of it.

    Attributes:
        versions: tokens of the tiles by the name of a map; maps without any are compared whole.
        loose_rgb: [M, 3] colours that the avatar's loose splats take, or None for their own.
        loose_opacity: [M] the same for their opacity.
    """

    versions: Mapping[str, Versions] = _NONE
    loose_rgb: Tensor | None = None
    loose_opacity: Tensor | None = None


def edited_maps(
    maps: AttributeMaps,
    versions: Mapping[str, Versions],
    loose_rgb: Tensor | None = None,
    loose_opacity: Tensor | None = None,
) -> EditedMaps:
    """The same maps with tokens.

    Args:
        maps: any maps.
        versions: see ``EditedMaps``.
        loose_rgb: [M, 3] colours of the loose splats, or None.
        loose_opacity: [M] their opacity, or None.

    Raises:
        ValueError: a map has another number of tiles than tokens.
    """
    for name, tokens in versions.items():
        if len(tokens) != tiles_across(maps.size) ** 2:
            raise ValueError(f"{name} has {len(tokens)} tokens for maps of {maps.size} texels")
    made = EditedMaps(maps.rgb, maps.opacity, maps.scales, maps.quats, maps.offset, maps.valid)
    for name, value in (
        ("versions", MappingProxyType(dict(versions))),
        ("loose_rgb", loose_rgb),
        ("loose_opacity", loose_opacity),
    ):
        object.__setattr__(made, name, value)
    return made


def tiles_across(size: int) -> int:
    """Tiles along a side of maps of ``size`` texels."""
    return -(-size // TILE)


def changed_tiles(before: Versions, after: Versions) -> list[int]:
    """Numbers of the tiles whose tokens differ."""
    pairs = enumerate(zip(before, after, strict=True))
    return [number for number, (old, new) in pairs if old is not new]
