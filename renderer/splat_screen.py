"""Splats of one colour each to bytes for a screen, in four kernels and without an answer from them.

gsplat reads back how many (tile, splat) pairs there are before it can sort them. Here the lists
have a place of fixed size, each tile sorts its own, and whether the room sufficed is asked when
the picture is done; the rare one that did not fit is drawn again with more.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from renderer import sh
from renderer import splat_kernels as source
from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.nvrtc import Kernels, Launch, Recorded, blocks_of
from renderer.rasterizer import Color

ROOM = 1 << 20
"""Pairs of tile and splat at first; a head of 50,000 splats in 512 pixels needs a third."""
MOST_ROOM = 1 << 26
"""Pairs beyond which a scene is not of the kind that this is for."""
LARGEST = 8192
"""Pixels a side; tiles are numbered in 16 bits."""
_OUT = 14
"""Place of the picture among the arguments of ``blend``."""


@dataclass(frozen=True, eq=False)
class _Plan:
    """Kernels prepared for the same splats, camera memory and size."""

    gaussians: Gaussians
    size: tuple[int, int, float, float, Color | None]
    lists: Recorded
    blend: Launch


class SplatScreen:
    """Draws splats without view-dependent colour; one thread at a time, on its current stream.

    Raises:
        KernelProblem: the kernels cannot be compiled here.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._kernels = Kernels(source.SOURCE, source.NAMES)
        self._room = ROOM
        self._plan: _Plan | None = None
        self._refused: Gaussians | None = None
        self._camera: Camera | None = None
        self._said = torch.zeros(1, dtype=torch.int32, pin_memory=True)
        self._said_here = self._said.numpy()
        self._total = torch.zeros(1, dtype=torch.int32, device=device)
        self._matrices = torch.empty(25, device=device)
        self._splat_memory: tuple[Tensor, Tensor] | None = None
        self._tile_memory: tuple[Tensor, Tensor, Tensor] | None = None
        self._lists: Tensor | None = None

    def can_draw(self, gaussians: Gaussians, camera: Camera) -> bool:
        """Whether these splats are of the simple kind."""
        return (
            gaussians.sh_degree == 0
            and gaussians is not self._refused
            and 0 < len(gaussians) < 1 << 20
            and max(camera.width, camera.height) <= LARGEST
        )

    def paint(self, gaussians: Gaussians, camera: Camera, background: Color | None) -> Tensor:
        """Bytes [H, W, 4] on the device, unfinished when this returns.

        Args:
            gaussians: on the device, without view-dependent colour; the same object may hold
                other numbers each time.
            camera: on the device.
            background: colour 0..1; None for straight alpha.
        """
        if camera is not self._camera:
            torch.cat([camera.viewmat.flatten(), camera.K.flatten()], out=self._matrices)
            self._camera = camera
        size = (camera.width, camera.height, camera.near, camera.far, background)
        plan = self._plan
        if plan is None or plan.gaussians is not gaussians or plan.size != size:
            plan = self._plan = self._planned(gaussians, size)
        rgba = torch.empty(camera.height, camera.width, 4, dtype=torch.uint8, device=self.device)
        plan.blend.point(_OUT, rgba)
        plan.lists()
        plan.blend()
        return rgba

    def settled(self) -> bool:
        """Whether the last picture, which must be finished, had room.

        If not, draw it again: there is more room now, or these splats are refused.
        """
        needed = self._needed()
        if 0 <= needed <= self._room:
            return True
        if 0 <= needed <= MOST_ROOM:
            self._room = needed + needed // 2
            self._lists = None
        elif self._plan is not None:
            self._refused = self._plan.gaussians
        self._plan = None
        return False

    def _needed(self) -> int:
        """Pairs of the last picture; below 0 if there were too many to count."""
        return int(self._said_here[0])

    def _planned(
        self, gaussians: Gaussians, size: tuple[int, int, float, float, Color | None]
    ) -> _Plan:
        width, height, near, far, background = size
        columns, rows = blocks_of(width, source.TILE), blocks_of(height, source.TILE)
        count, tiles = len(gaussians), columns * rows
        records, boxes = self._for_splats(count)
        counts, starts, cursors = self._for_tiles(tiles)
        if self._lists is None:
            self._lists = torch.empty(self._room, dtype=torch.int64, device=self.device)
        g = gaussians
        per_splat = blocks_of(count, source.THREADS), (source.THREADS, 1, 1)
        prepared = self._kernels.prepared
        project = prepared(
            "project", *per_splat,
            self._matrices, *(_plain(x) for x in (g.means, g.quats, g.scales, g.opacities)),
            _plain(sh.to_rgb(g.sh[:, 0])), count, width, height, columns, rows,
            float(near), float(far), records, boxes, counts,
        )  # fmt: skip
        reserve = prepared(
            "reserve", blocks_of(tiles, source.THREADS), (source.THREADS, 1, 1),
            counts, tiles, starts, cursors, self._total,
        )  # fmt: skip
        emit = prepared(
            "emit", blocks_of(source.LANES * count, source.THREADS), (source.THREADS, 1, 1),
            records, boxes, count, columns, self._room, cursors, self._lists,
        )  # fmt: skip
        over = [float(value) for value in background or (0.0, 0.0, 0.0)]
        blend = prepared(
            "blend", tiles, (source.TILE**2, 1, 1),
            records, counts, starts, self._lists, self._room, width, height, columns,
            int(background is not None), *over, self._total, self._said, None,
        )  # fmt: skip
        return _Plan(gaussians, size, Recorded((project, reserve, emit)), blend)

    def _for_splats(self, count: int) -> tuple[Tensor, Tensor]:
        kept = self._splat_memory
        if kept is None or len(kept[0]) < count:
            records = torch.empty(count, source.RECORD, device=self.device)
            boxes = torch.empty(count, 4, dtype=torch.int16, device=self.device)
            kept = self._splat_memory = records, boxes
        return kept

    def _for_tiles(self, tiles: int) -> tuple[Tensor, Tensor, Tensor]:
        kept = self._tile_memory
        if kept is None or len(kept[0]) < tiles:
            # Counts are 0 between pictures; who draws leaves them so.
            kept = self._tile_memory = (
                torch.zeros(tiles, dtype=torch.int32, device=self.device),
                torch.empty(tiles, dtype=torch.int32, device=self.device),
                torch.empty(tiles, dtype=torch.int32, device=self.device),
            )
        return kept


def _plain(values: Tensor) -> Tensor:
    return values.detach().to(torch.float32).contiguous()
