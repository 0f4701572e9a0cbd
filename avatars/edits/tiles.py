"""Pictures made of small immutable tiles, so that a brush stroke copies only what it touches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.kinds.edited_maps import TILE, tiles_across

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]


def _blank() -> Pixels:
    tile = np.zeros((TILE, TILE, 4), np.uint8)
    tile.flags.writeable = False
    return tile


EMPTY: Pixels = _blank()
"""The one tile without anything on it; every picture shares it."""


@dataclass(frozen=True, eq=False)
class TiledImage:
    """An immutable picture of RGBA8 pixels, alpha straight, row 0 at the top.

    Attributes:
        size: R, pixels a side.
        tiles: row by row; each [64, 64, 4], read-only. Where the picture ends inside a tile the
            rest of it is zero.

    Raises:
        ValueError: the number or shape of the tiles does not fit.
    """

    size: int
    tiles: tuple[Pixels, ...]

    def __post_init__(self) -> None:
        if self.size < 1 or len(self.tiles) != tiles_across(self.size) ** 2:
            raise ValueError(f"{len(self.tiles)} tiles do not make a picture of {self.size}")
        for tile in self.tiles:
            if tile.shape != (TILE, TILE, 4) or tile.dtype != np.uint8 or tile.flags.writeable:
                raise ValueError("a tile is not read-only [64, 64, 4] bytes")

    @classmethod
    def empty(cls, size: int) -> "TiledImage":
        """A fully transparent picture."""
        return cls(size, (EMPTY,) * tiles_across(size) ** 2)

    @classmethod
    def from_pixels(cls, pixels: Pixels) -> "TiledImage":
        """The picture of an array [R, R, 4]; tiles of zeros are the shared one.

        Raises:
            ValueError: the array is not square or not of bytes.
        """
        size = pixels.shape[0]
        if pixels.shape != (size, size, 4) or pixels.dtype != np.uint8:
            raise ValueError(f"a picture is uint8 [R, R, 4], not {list(pixels.shape)}")
        tiles = []
        for number in range(tiles_across(size) ** 2):
            rows, columns = tile_slices(number, size)
            part = pixels[rows, columns]
            if not part.any():
                tiles.append(EMPTY)
                continue
            tile = np.zeros((TILE, TILE, 4), np.uint8)
            tile[: part.shape[0], : part.shape[1]] = part
            tiles.append(_frozen(tile))
        return cls(size, tuple(tiles))

    def pixels(self) -> Pixels:
        """All pixels as a new array [R, R, 4]."""
        out = np.zeros((self.size, self.size, 4), np.uint8)
        for number, tile in enumerate(self.tiles):
            if tile is not EMPTY:
                rows, columns = tile_slices(number, self.size)
                part = out[rows, columns]
                part[...] = tile[: part.shape[0], : part.shape[1]]
        return out

    def read(self, texels: Indices) -> Pixels:
        """Pixels [K, 4] at flat positions [K] (row * R + column)."""
        out = np.zeros((len(texels), 4), np.uint8)
        number, inner = self._addresses(texels)
        for tile in np.unique(number):
            if self.tiles[tile] is not EMPTY:
                here = number == tile
                out[here] = self.tiles[tile].reshape(-1, 4)[inner[here]]
        return out

    def written(self, texels: Indices, rgba: Pixels) -> "TiledImage":
        """The picture with other pixels [K, 4] at flat positions [K]; itself if none differs."""
        number, inner = self._addresses(texels)
        changed: dict[int, Pixels] = {}
        for tile in np.unique(number):
            here = number == tile
            old = self.tiles[tile].reshape(-1, 4)
            if not (old[inner[here]] != rgba[here]).any():
                continue
            fresh = old.copy()
            fresh[inner[here]] = rgba[here]
            changed[int(tile)] = fresh.reshape(TILE, TILE, 4)
        return self.replaced(changed)

    def replaced(self, tiles: Mapping[int, Pixels]) -> "TiledImage":
        """The picture with some tiles exchanged, by number; itself if there are none."""
        if not tiles:
            return self
        fresh = list(self.tiles)
        for number, tile in tiles.items():
            fresh[number] = _frozen(tile) if tile.any() else EMPTY
        return TiledImage(self.size, tuple(fresh))

    def touched(self, other: "TiledImage") -> list[int]:
        """Numbers of the tiles that are not the same objects in both.

        Raises:
            ValueError: the sizes differ.
        """
        pairs = enumerate(zip(self.tiles, other.tiles, strict=True))
        return [number for number, (mine, theirs) in pairs if mine is not theirs]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on it."""
        return all(tile is EMPTY for tile in self.tiles)

    def _addresses(self, texels: Indices) -> tuple[Indices, Indices]:
        row, column = np.divmod(texels, self.size)
        number = row // TILE * tiles_across(self.size) + column // TILE
        return number, row % TILE * TILE + column % TILE


def tile_slices(number: int, size: int) -> tuple[slice, slice]:
    """Rows and columns of a picture of ``size`` that a tile covers."""
    row, column = divmod(number, tiles_across(size))
    return (
        slice(row * TILE, min((row + 1) * TILE, size)),
        slice(column * TILE, min((column + 1) * TILE, size)),
    )


def tiles_of(texels: Indices, size: int) -> list[int]:
    """Numbers of the tiles that hold one of the flat positions [K]."""
    row, column = np.divmod(texels, size)
    found = np.unique(row // TILE * tiles_across(size) + column // TILE)
    return [int(number) for number in found]


def memory_of(images: Iterable[TiledImage]) -> int:
    """Bytes of the distinct tiles of several pictures; the empty tile counts nothing."""
    distinct = {id(tile): tile.nbytes for image in images for tile in image.tiles}
    distinct.pop(id(EMPTY), None)
    return sum(distinct.values())


def _frozen(tile: Pixels) -> Pixels:
    kept = np.ascontiguousarray(tile)
    if kept is tile and tile.flags.writeable and not tile.flags.owndata:
        kept = tile.copy()  # a view's owner could still write
    kept.flags.writeable = False
    return kept
