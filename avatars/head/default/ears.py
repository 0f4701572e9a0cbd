"""Ears: a relief over an outline, a back side, and the seam to the head.

The outline and the heights are in ear axes (mm): b backwards and a upwards from the ear canal,
height outwards from the plane of the auricle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from avatars.head.default.topology import Floats, Ints

SPOKES = 44
RINGS = 13
BACK_RINGS = 4

OUTLINE: Floats = np.array(
    [
        (-8.0, 13.0), (-7.5, 20.0), (-4.0, 27.5), (4.0, 31.5), (13.0, 29.5), (19.5, 22.5),
        (22.3, 12.0), (21.0, 0.0), (16.8, -10.0), (11.5, -18.5), (7.5, -25.5), (1.5, -29.5),
        (-4.5, -28.0), (-8.5, -19.0), (-10.0, -6.0), (-9.5, 4.0),
    ]
)  # fmt: skip
CENTRE: Floats = np.array([3.0, -1.0])
"""Where the spokes meet: the floor of the concha."""


@dataclass(frozen=True)
class Ridge:
    """A fold of the cartilage: height (mm) and width (mm) along a line of (b, a) points."""

    line: tuple[tuple[float, float], ...]
    height: float
    width: float
    taper: bool = False


RIDGES = (
    # Helix: from its root above the canal round the rim, dying out above the lobe.
    Ridge(((-3.0, 4.5), (-7.0, 11.0), (-6.3, 20.0), (-2.8, 26.0), (4.2, 29.6), (12.2, 27.6),
           (18.0, 21.5), (20.3, 11.8), (19.0, 0.5), (15.0, -9.0), (10.5, -17.0)), 5.2, 2.3),
    # Antihelix with its two crura.
    Ridge(((5.0, -13.5), (10.0, -8.0), (13.0, -0.5), (13.0, 7.0), (9.5, 13.0)), 5.0, 2.8),
    Ridge(((9.5, 13.0), (8.0, 18.0), (8.0, 23.0)), 3.2, 2.6, taper=True),
    Ridge(((9.5, 13.0), (4.0, 15.0), (-2.0, 15.5)), 3.6, 2.2),
    # Tragus and antitragus.
    Ridge(((-7.6, 0.5), (-7.0, -5.0)), 4.6, 2.6),
    Ridge(((1.0, -14.5), (5.0, -13.0)), 4.0, 2.6),
)  # fmt: skip
HOLLOWS = (
    # Concha, its upper part, and the notch between tragus and antitragus.
    ((2.5, -2.5), (8.0, 8.5), -12.5),
    ((3.0, 8.5), (7.5, 4.0), -6.0),
    ((-3.0, -11.0), (2.4, 3.2), -5.0),
    # Triangular fossa.
    ((2.5, 20.0), (3.6, 3.0), -1.5),
)
LOBE = ((0.0, -22.0), (7.0, 6.0), 2.6)
TILT_BACK = np.radians(12.0)
TURN_OUT = np.radians(25.0)
ORIGIN: Floats = np.array([69.5, 1.0, -13.0])
"""Ear canal of the left ear."""


@dataclass(frozen=True)
class EarPatch:
    """One free-standing ear, open where it meets the head.

    Attributes:
        vertices: [N, 3] millimetres; the centre, the rings outwards, the rings of the back.
        faces: [F, 3] counter-clockwise seen from outside.
        rim: [44] ids of the outermost ring of the relief.
        attachment: [44] ids of the ring that meets the head.
    """

    vertices: Floats
    faces: Ints
    rim: Ints
    attachment: Ints


def relief(points: Floats) -> Floats:
    """[N] height (mm) of the ear above its plane at points [N, 2] in ear axes."""
    height = np.zeros(len(points))
    for centre, radii, depth in (*HOLLOWS, LOBE):
        square = (((points - np.array(centre)) / np.array(radii)) ** 2).sum(axis=1)
        height += depth * np.exp(-(square**1.5))
    folds = np.zeros(len(points))
    for ridge in RIDGES:
        distance, along = _distance_to_line(points, np.array(ridge.line))
        size = ridge.height * ((1 - along) if ridge.taper else 1.0)
        # Folds that meet join instead of piling up.
        folds = np.maximum(folds, size * np.exp(-((distance / ridge.width) ** 2)))
    return height + folds


def outline(angles: Floats) -> tuple[Floats, Floats]:
    """Points [N, 2] of the rim and, inside it, of the line where the ear meets the head.

    Args:
        angles: [N] radians about the ear's centre, 0 backwards, positive upwards.
    """
    closed = np.concatenate([OUTLINE, OUTLINE[:1]]) - CENTRE
    curve = CubicSpline(np.linspace(0, 1, len(closed)), closed, bc_type="periodic")
    dense = curve(np.linspace(0, 1, 2000, endpoint=False))
    angle = np.arctan2(dense[:, 1], dense[:, 0])
    order = np.argsort(angle)
    radius = np.interp(
        angles, angle[order], np.hypot(*dense[order].T), period=2 * np.pi
    )
    rim = CENTRE + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # The back of the auricle stands free: the root is the front part of the outline, shrunk.
    root = rim.copy()
    root[:, 0] = -9.0 + (rim[:, 0] + 9.0) * 0.5
    root[:, 1] = -1.0 + (rim[:, 1] + 1.0) * np.where(rim[:, 1] > -1, 0.80, 0.72)
    front = np.clip((-3.0 - rim[:, 0]) / 5.0, 0, 1)[:, None]
    root = root * (1 - front) + (rim + np.array([-1.2, 0.0])) * front
    return rim, root


def to_head(points: Floats, heights: Floats) -> Floats:
    """[N, 3] left-ear positions of points [N, 2] in ear axes at heights [N]."""
    backwards = np.array([np.sin(TURN_OUT), 0.0, -np.cos(TURN_OUT)])
    outwards = np.array([np.cos(TURN_OUT), 0.0, np.sin(TURN_OUT)])
    # Tilt about the outward axis: the top leans back.
    up = np.cos(TILT_BACK) * np.array([0.0, 1.0, 0.0]) + np.sin(TILT_BACK) * backwards
    back = np.cos(TILT_BACK) * backwards - np.sin(TILT_BACK) * np.array([0.0, 1.0, 0.0])
    return (
        ORIGIN + points[:, :1] * back + points[:, 1:] * up + heights[:, None] * outwards
    )


def _distance_to_line(points: Floats, line: Floats) -> tuple[Floats, Floats]:
    """Distance (mm) to a polyline and the share of its length at the nearest point."""
    start, step = line[:-1], np.diff(line, axis=0)
    length = np.linalg.norm(step, axis=1)
    before = np.concatenate([[0], np.cumsum(length)[:-1]])
    away = points[:, None] - start
    share = np.clip((away * step).sum(axis=2) / length**2, 0, 1)
    distance = np.linalg.norm(away - share[..., None] * step, axis=2)
    best = distance.argmin(axis=1)
    row = np.arange(len(points))
    along = (before[best] + share[row, best] * length[best]) / length.sum()
    return distance[row, best], along
