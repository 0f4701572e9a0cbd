"""Landmarks of a face put right by hand: a few handles that take their surroundings along."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HANDLES = (
    *(10, 152, 234, 454, 172, 397),  # crown of the face, chin, cheeks, corners of the jaw
    *(70, 105, 107, 336, 334, 300),  # brows
    *(33, 159, 133, 145, 362, 386, 263, 374),  # eyes: corners and lids
    *(468, 473),  # irises
    *(168, 4, 129, 358, 2),  # nose
    *(61, 291, 0, 17, 13, 14),  # mouth
)
"""Numbers of the landmarks that can be dragged."""
REACH = 0.07
"""How far a handle's pull reaches, share of the face's height: there it has sunk to a third."""


def pulled(
    points: "NDArray[np.float64]", handle: int, dx: float, dy: float
) -> "NDArray[np.float64]":
    """The landmarks [478, 2] after one was moved; those near it follow, the less the farther."""
    import numpy as np

    distance = np.linalg.norm(points - points[handle], axis=1)
    height = float(np.linalg.norm(points[10] - points[152]))
    share = np.exp(-((distance / max(REACH * height, 1e-6)) ** 2))
    # Lids and lips lie close to each other, but each is moved by its own handle.
    others = [number for number in HANDLES if number != handle]
    share[others] = np.where(share[others] < 0.9, 0.0, share[others])
    moved: NDArray[np.float64] = points + share[:, None] * np.array([dx, dy])
    return moved


def as_pairs(points: "NDArray[np.float64]", scale: float) -> tuple[tuple[float, float], ...]:
    """Points of a picture that was scaled, as pixels of its file.

    Args:
        points: [478, 2] pixels of the scaled picture.
        scale: its pixels per pixel of the file.
    """
    return tuple((float(x) / scale, float(y) / scale) for x, y in points)
