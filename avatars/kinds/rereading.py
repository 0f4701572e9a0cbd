"""Readings of an edited map that start from an earlier one: only rows at new tiles are read."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from avatars.kinds.edited_maps import TILE, Versions, changed_tiles, tiles_across
from avatars.kinds.gather import Gather

_KEPT = 4
_MOST_MAPS = 16


@dataclass(frozen=True, eq=False)
class _Earlier:
    versions: Versions
    result: Tensor


class Rereader:
    """Keeps the last readings of each map and turns the nearest one into the next.

    Attributes:
        rows_read: how many rows the last reading of each map gathered, by name.
    """

    def __init__(self) -> None:
        self.rows_read: dict[str, int] = {}
        self._earlier: OrderedDict[tuple[str, int], deque[_Earlier]] = OrderedDict()
        self._by_tile: dict[int, list[Tensor]] = {}
        self._lock = threading.Lock()

    def read(
        self,
        name: str,
        values: Tensor,
        versions: Versions | None,
        gather: Gather,
        then: Callable[[Tensor], Tensor],
    ) -> Tensor:
        """The reading [N, ...] of a map.

        Args:
            name: what is read.
            values: [R, R, C] the map.
            versions: tokens of its tiles, or None where nothing is known about them.
            gather: reads all rows.
            then: turns gathered rows into what is kept, row by row.
        """
        size = values.shape[0]
        flat = values.reshape(-1, values.shape[-1])
        if versions is None:
            self.rows_read[name] = gather.starts.shape[0]
            return then(gather(flat))
        with self._lock:
            earlier = list(self._earlier.get((name, size), ()))
        result = self._updated(name, flat, versions, gather, then, earlier)
        if result is None:
            self.rows_read[name] = gather.starts.shape[0]
            result = then(gather(flat))
        with self._lock:
            kept = self._earlier.setdefault((name, size), deque(maxlen=_KEPT))
            kept.append(_Earlier(versions, result))
            self._earlier.move_to_end((name, size))
            while len(self._earlier) > _MOST_MAPS:
                self._earlier.popitem(last=False)
        return result

    def _updated(
        self,
        name: str,
        flat: Tensor,
        versions: Versions,
        gather: Gather,
        then: Callable[[Tensor], Tensor],
        earlier: list[_Earlier],
    ) -> Tensor | None:
        """The nearest earlier reading with the rows at other tiles read anew; None if all are."""
        best: tuple[list[int], Tensor] | None = None
        for one in earlier:
            if len(one.versions) != len(versions) or one.result.device != flat.device:
                continue
            tiles = changed_tiles(one.versions, versions)
            if best is None or len(tiles) <= len(best[0]):
                best = tiles, one.result
        if best is None or 2 * len(best[0]) > len(versions):
            return None
        tiles, result = best
        rows = self._rows(tiles, gather, round(flat.shape[0] ** 0.5))
        self.rows_read[name] = len(rows)
        if not len(rows):
            return result
        rows = rows.to(flat.device)
        width = gather.indices.shape[0] // gather.starts.shape[0]
        weights = gather.weights
        part = Gather.of_table(
            gather.indices.view(-1, width).index_select(0, rows),
            None if weights is None else weights.view(-1, width).index_select(0, rows),
            rows=gather.rows,
        )
        fresh = result.clone()
        fresh.index_copy_(0, rows, then(part(flat)))
        return fresh

    def _rows(self, tiles: list[int], gather: Gather, size: int) -> Tensor:
        """Rows [K], rising, that read a texel of one of the tiles; on the CPU."""
        if size not in self._by_tile:
            self._by_tile[size] = _rows_by_tile(gather, size)
        lists = self._by_tile[size]
        if not tiles:
            return torch.zeros(0, dtype=torch.int64)
        rows: Tensor = torch.unique(torch.cat([lists[tile] for tile in tiles]))
        return rows


def _rows_by_tile(gather: Gather, size: int) -> list[Tensor]:
    width = gather.indices.shape[0] // gather.starts.shape[0]
    texel = gather.indices.view(-1, width).cpu()
    across = tiles_across(size)
    tile = (texel // size) // TILE * across + (texel % size) // TILE  # [N, width]
    row = torch.arange(tile.shape[0])[:, None].expand_as(tile)
    pairs = torch.unique(tile.reshape(-1) * tile.shape[0] + row.reshape(-1))
    owner, rows = pairs // tile.shape[0], pairs % tile.shape[0]
    counts = torch.bincount(owner, minlength=across * across).tolist()
    lists: list[Tensor] = list(torch.split(rows, counts))
    return lists
