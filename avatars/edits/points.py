"""Points of a head's surface, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UserError

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


class OffTheHead(UserError):
    """A place on the map that belongs to no part of the head."""


@dataclass(frozen=True, eq=False)
class Points:
    """K points of the surface.

    Attributes:
        face: [K] triangle.
        barycentrics: [K, 3] weights of its corners.
    """

    face: Indices
    barycentrics: Array

    def __len__(self) -> int:
        return len(self.face)

    def __getitem__(self, rows: slice | Indices | Mask) -> "Points":
        return Points(self.face[rows], self.barycentrics[rows])


def point(face: int, barycentric: tuple[float, float, float]) -> Points:
    """One point, as ``avatars.head.picking`` finds it."""
    return Points(np.array([face], np.int64), np.array([barycentric], np.float64))


def joined(parts: list[Points]) -> Points:
    """All points of several sets, in order."""
    return Points(
        np.concatenate([part.face for part in parts]),
        np.concatenate([part.barycentrics for part in parts]),
    )
