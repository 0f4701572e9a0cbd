"""Colours of a person's hair at any point of the head, and splats that ride on the skull."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.kinds.attributes import Loose
from avatars.kinds.binding import Binding
from avatars.texturing.hair_strands import Exemplar, laid
from avatars.texturing.texels import Array, Ints
from renderer import rotations

FAR = 0.25  # metres apart that weigh as much as frames a radian apart
ROOM = 0.97  # opacity of a strand


@dataclass(frozen=True, eq=False)
class HairPaint:
    """The person's hair.

    Attributes:
        layer: [V, 3] smooth colours on the vertices.
        share: [V] 0..1 how much hair covers the skin.
        sure: [V] 0..1 how much of that the photo shows squarely.
        exemplar: patches of seen hair, or None where too little is seen.
        usual: [3] the hair's usual colour.
        seed: of which patch lies where.
    """

    layer: Array
    share: Array
    sure: Array
    exemplar: Exemplar | None
    usual: Array
    seed: int

    def strands(self, base: Array, points: Array, flow: Array, across: Array) -> Array:
        """Colours [M, 3] of strands of mean colours [M, 3] along a flow; see ``laid``."""
        if self.exemplar is None or not len(points):
            return base
        return np.clip(base * (1 + laid(self.exemplar, points, flow, across, self.seed)), 0, 1)


class Skull:
    """The scalp's triangles of a head at rest, which move with the skull and nothing else.

    Args:
        head: with texture coordinates and a scalp.
        rest: [V, 3] its vertices at rest.
    """

    def __init__(self, head: HeadModel, rest: Tensor) -> None:
        self.head = head
        scalp = head.regions["scalp"].cpu().numpy()
        self.faces: Ints = np.flatnonzero(scalp[head.faces_numpy].all(axis=1)).astype(np.int64)
        middle = torch.full((len(self.faces), 3), 1 / 3)
        self.bound = Binding(head, torch.from_numpy(self.faces), middle).on(rest)
        frames = rotations.quats_to_matrices(self.bound.quats).numpy()
        self.frames = frames
        features = [frames[:, :, 1], frames[:, :, 2], self.bound.positions.numpy() / FAR]
        self._tree = cKDTree(np.concatenate(features, axis=1))

    def carry(
        self,
        points: NDArray[Any],
        up: NDArray[Any],
        normals: NDArray[Any],
        rgb: NDArray[Any],
        opacity: NDArray[Any],
        scales: NDArray[Any],
    ) -> Loose:
        """Splats at points at rest [M, 3], each on a triangle whose frame is nearest to its own.

        Args:
            points: [M, 3] metres.
            up: [M, 3] unit directions of their second axes, against the strands.
            normals: [M, 3] unit directions of their third.
            rgb: [M, 3] 0..1.
            opacity: [M] 0..1.
            scales: [M, 3] metres along across, strand and normal.
        """
        query = np.concatenate([up, normals, points / FAR], axis=1)
        chosen = np.asarray(self._tree.query(query, eps=0.1)[1], np.int64)
        quats = self.bound.quats[chosen]
        off = torch.from_numpy(points.astype(np.float32)) - self.bound.positions[chosen]
        offset = rotations.rotate(rotations.inverse(quats), off)
        return Loose(
            torch.from_numpy(self.faces[chosen]),
            torch.full((len(points), 3), 1 / 3),
            offset.detach(),
            torch.from_numpy(np.clip(rgb, 0, 1).astype(np.float32)),
            torch.from_numpy(np.clip(opacity, 0, ROOM).astype(np.float32)),
            torch.from_numpy(scales.astype(np.float32)),
        )


def joined(parts: list[Loose]) -> Loose | None:
    """All splats of several lots; None of none."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    names = ("face", "barycentrics", "offset", "rgb", "opacity", "scales")
    return Loose(*(torch.cat([getattr(part, name) for part in parts]) for name in names))
