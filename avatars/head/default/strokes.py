"""Eyebrows, drawn hair by hair in the layout."""

from __future__ import annotations

import cv2
import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.regions_default import vertex_uvs
from avatars.head.default.topology import Floats
from avatars.head.default.uv import UvAtlas

CANVAS = 4096
"""Strokes are drawn at this size whatever the map's, so that every map shows the same hairs."""
BROW_TOP = (107, 66, 105, 63, 70)
BROW_LOW = (55, 65, 52, 53, 46)
HAIRS = 430
_FRACTION_BITS = 4


def brow_strokes(neutral: NeutralHead, atlas: UvAtlas, size: int) -> Floats:
    """[R, R] cover 0..1 of both eyebrows; the sides differ hair by hair, not in outline."""
    _, places = vertex_uvs(neutral, atlas)
    points = neutral.v_template * 1e3
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    for seed, flip in ((81, False), (82, True)):
        top, low = places[list(BROW_TOP)].copy(), places[list(BROW_LOW)].copy()
        if flip:
            top[:, 0], low[:, 0] = 1 - top[:, 0], 1 - low[:, 0]
        length_mm = np.linalg.norm(np.diff(points[list(BROW_TOP)], axis=0), axis=1).sum()
        per_mm = np.linalg.norm(np.diff(top, axis=0), axis=1).sum() / length_mm
        _draw_brow(canvas, top, low, float(per_mm), np.random.default_rng(seed))
    if size != CANVAS:
        smaller = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(smaller, np.float64) / 255
    cover: Floats = canvas.astype(np.float64) / 255
    return cover


def _draw_brow(
    canvas: cv2.typing.MatLike,
    top: Floats,
    low: Floats,
    per_mm: float,
    rng: np.random.Generator,
) -> None:
    """Draws one brow; `top` and `low` are its edges [5, 2] from the nose outwards, in uv."""
    side = np.sign(top[-1, 0] - top[0, 0])
    along = rng.beta(1.1, 1.1, HAIRS)
    up = rng.beta(1.3, 1.5, HAIRS) * 0.78 + 0.06
    # The head of the brow is thin and soft, and so is the tail.
    keep = rng.random(HAIRS) < 0.7 + 0.3 * np.minimum(along / 0.15, 1)
    order = np.argsort(rng.random(HAIRS))
    for i in order[keep[order]]:
        share = along[i] * 4
        k = min(int(share), 3)
        a = top[k] + (share - k) * (top[k + 1] - top[k])
        b = low[k] + (share - k) * (low[k + 1] - low[k])
        root = b + up[i] * (a - b)
        tangent = (top[k + 1] - top[k]) + (low[k + 1] - low[k])
        base = np.degrees(np.arctan2(tangent[1], abs(tangent[0])))
        angle = base + 66 * (1 - along[i]) ** 1.6 + 12 - 52 * up[i] * min(1.0, along[i] / 0.4)
        angle += rng.normal(0, 7)
        bend = -rng.uniform(10, 34) * (1 - 0.5 * along[i])
        length = (
            rng.uniform(3.8, 6.6) * (1 - 0.35 * along[i]) * (0.75 + 0.25 * min(along[i] * 5, 1))
        )
        tone = int(rng.uniform(120, 225) * (0.60 + 0.40 * min(along[i] * 5, 1)))
        _stroke(canvas, root, (angle, bend, length * per_mm, side), tone)


def _stroke(
    canvas: cv2.typing.MatLike,
    root: Floats,
    shape: tuple[float, float, float, float],
    tone: int,
) -> None:
    """One tapering hair: start angle and bend (degrees), length (uv), side it grows to."""
    angle, bend, length, side = shape
    steps = 6
    place = root.copy()
    scale = CANVAS * 2**_FRACTION_BITS
    for step in range(steps):
        turn = np.radians(angle + bend * step / steps)
        following = place + length / steps * np.array([side * np.cos(turn), np.sin(turn)])
        ends = [
            (round(float(p[0]) * scale), round(float(1 - p[1]) * scale)) for p in (place, following)
        ]
        taper = 1 - (step / steps) ** 2
        patch = max(1, round(CANVAS / 1024 * (0.45 + 0.55 * taper) * 0.65))
        shade = (tone * (0.45 + 0.55 * taper),)
        cv2.line(canvas, ends[0], ends[1], shade, patch, cv2.LINE_AA, _FRACTION_BITS)
        place = following
