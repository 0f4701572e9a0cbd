"""Lips of a wide-open mouth, put where the picture shows them.

FaceMesh opens its mouth less far than people do: on a shout the points of the lower lip lie on the
tongue. They are moved down until the redness ends where the outer points are.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.tracking.fit import OVAL

Floats = NDArray[np.float64]

INNER_LOWER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
OUTER_LOWER = (146, 91, 181, 84, 17, 314, 405, 321, 375)
BELOW = ((77, 90, 180, 85, 16, 315, 404, 320, 307), (96, 89, 179, 86, 15, 316, 403, 319, 325))
CORNERS = (61, 291)
TOP, CHIN = 13, 152
WIDE = 0.35  # gap over width of a mouth from which on it counts as wide open
MOST = 0.35  # of the gap that lips may move
STEPS = 15
CLEAR = 1.6  # times the contrast at the points as they are, which a better place must have
LEAST = 5.0  # Lab units of contrast


def lips_where_seen(image: NDArray[np.float32], landmarks: Floats) -> Floats:
    """Landmarks [478, C] with the lower lip where the picture [H, W, 3], 0..1, shows it."""
    top, bottom = landmarks[TOP, :2], landmarks[INNER_LOWER[4], :2]
    gap = float(np.linalg.norm(bottom - top))
    width = float(np.linalg.norm(landmarks[CORNERS[1], :2] - landmarks[CORNERS[0], :2]))
    if gap < WIDE * width:
        return landmarks
    down = (bottom - top) / gap
    inner, outer = (landmarks[list(row), :2] for row in (INNER_LOWER, OUTER_LOWER))
    thick = np.linalg.norm(outer - inner, axis=1).clip(2.0)
    # Most in the middle, nothing at the corners.
    share = 1 - np.linspace(-1, 1, len(inner)) ** 2
    red = _redness(image)
    moves = np.linspace(0, MOST * gap, STEPS)
    scores = np.array(
        [_contrast(red, outer + m * share[:, None] * down, thick, down) for m in moves]
    )
    best = int(scores.argmax())
    if best == 0 or scores[best] < max(LEAST, CLEAR * scores[0]):
        return landmarks
    moved = landmarks.copy()
    for row in (INNER_LOWER, OUTER_LOWER, *BELOW):
        moved[list(row), :2] += (moves[best] * share)[:, None] * down
    return _skin_made_room(moved, landmarks, moves[best], down)


def _skin_made_room(moved: Floats, before: Floats, length: float, down: Floats) -> Floats:
    """The points between lip and chin pushed along, less and less."""
    lip, chin = before[OUTER_LOWER[4], :2] @ down, before[CHIN, :2] @ down
    width = np.linalg.norm(before[CORNERS[1], :2] - before[CORNERS[0], :2])
    middle = before[list(CORNERS), :2].mean(axis=0)
    across = np.array([down[1], -down[0]])
    lips = {*INNER_LOWER, *OUTER_LOWER, *BELOW[0], *BELOW[1], *OVAL}
    others = np.array([k for k in range(468) if k not in lips])
    along = before[others, :2] @ down
    aside = np.abs((before[others, :2] - middle) @ across) / (0.5 * width)
    share = np.clip((chin - along) / max(chin - lip, 1e-6), 0, 1) * (along > lip)
    share *= np.clip(1 - aside**2, 0, 1)
    moved[others, :2] += (length * share)[:, None] * down
    return moved


def _redness(image: NDArray[np.float32]) -> NDArray[np.float32]:
    colors = cv2.cvtColor(np.ascontiguousarray(image, np.float32), cv2.COLOR_RGB2Lab)
    return np.asarray(cv2.GaussianBlur(colors[..., 1], (0, 0), 1.0), np.float32)


def _contrast(red: NDArray[np.float32], edge: Floats, thick: Floats, down: Floats) -> float:
    """How much redder it is just inside the edge than just outside it, over all points."""
    reach = np.linspace(0.2, 0.9, 4)[:, None, None] * thick[None, :, None]
    inside, outside = edge - reach * down, edge + reach * down

    def mean(points: Floats) -> NDArray[np.float32]:
        grid = points.astype(np.float32) - np.float32(0.5)
        read = cv2.remap(
            red, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(read.mean(axis=0), np.float32)

    return float(np.mean(mean(inside) - mean(outside)))
