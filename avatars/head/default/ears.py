"""Ears: a relief over an outline, a back side, and the seam to the head.

The outline and the heights are in ear axes (mm): b backwards and a upwards from the ear canal,
height outwards from the plane of the auricle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CloughTocher2DInterpolator, CubicSpline

from avatars.head.default.topology import FLIP_X, Floats, Ints, grid_faces

SPOKES = 44
RINGS = 13
BACK_RINGS = 4

OUTLINE: Floats = np.array(
    [
        (-9.0, 13.0), (-7.8, 20.0), (-4.0, 27.5), (4.0, 31.5), (13.0, 29.5), (19.5, 22.5),
        (22.3, 12.0), (21.0, 0.0), (16.8, -10.0), (11.5, -18.5), (7.5, -25.5), (1.5, -29.5),
        (-4.5, -28.0), (-8.8, -19.0), (-11.5, -7.0), (-11.0, 4.0),
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
    Ridge(((-7.0, 0.5), (-6.2, -6.0)), 7.5, 2.7),
    Ridge(((1.5, -14.5), (5.0, -13.0)), 5.0, 2.8),
)  # fmt: skip
HOLLOWS = (
    # Concha, its upper part, and the notch between tragus and antitragus.
    ((2.5, -2.0), (7.0, 8.5), -11.5),
    ((3.0, 8.5), (7.5, 4.0), -6.0),
    ((-3.0, -11.0), (2.0, 2.6), -3.0),
    # Triangular fossa.
    ((2.5, 20.0), (3.6, 3.0), -1.5),
)
LOBE = ((-1.5, -21.5), (7.5, 7.0), 3.0)
TILT_BACK = np.radians(12.0)
TURN_OUT = np.radians(29.0)
LEAN_OUT = 0.02
FRONT_SKIRT = 4.5
"""Width (mm) of the strip in which the front edge runs out into the cheek."""
ORIGIN: Floats = np.array([71.0, 1.0, -12.0])
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


def outline(angles: Floats) -> Floats:
    """[N, 2] points of the rim in ear axes.

    Args:
        angles: [N] radians about the ear's centre, 0 backwards, positive upwards.
    """
    closed = np.concatenate([OUTLINE, OUTLINE[:1]]) - CENTRE
    curve = CubicSpline(np.linspace(0, 1, len(closed)), closed, bc_type="periodic")
    dense = curve(np.linspace(0, 1, 2000, endpoint=False))
    angle = np.arctan2(dense[:, 1], dense[:, 0])
    order = np.argsort(angle)
    radius = np.interp(angles, angle[order], np.hypot(*dense[order].T), period=2 * np.pi)
    rim: Floats = CENTRE + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return rim


def to_head(points: Floats, heights: Floats) -> Floats:
    """[N, 3] left-ear positions of points [N, 2] in ear axes at heights [N]."""
    backwards = np.array([np.sin(TURN_OUT), 0.0, -np.cos(TURN_OUT)])
    outwards = np.array([np.cos(TURN_OUT), 0.0, np.sin(TURN_OUT)])
    # Tilt about the outward axis: the top leans back.
    up = np.cos(TILT_BACK) * np.array([0.0, 1.0, 0.0]) + np.sin(TILT_BACK) * backwards
    up = up + LEAN_OUT * outwards  # the head widens upwards, and the ear with it
    back = np.cos(TILT_BACK) * backwards - np.sin(TILT_BACK) * np.array([0.0, 1.0, 0.0])
    placed: Floats = (
        ORIGIN + points[:, :1] * back + points[:, 1:] * up + heights[:, None] * outwards
    )
    return placed


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


def build_ear(skin: Floats) -> EarPatch:
    """The right ear, its root resting on the skin.

    Args:
        skin: [N, 3] vertices of the right side of the head, from which the root's depth is read.
    """
    rim = outline(2 * np.pi * np.arange(SPOKES) / SPOKES)
    shares = (np.arange(1, RINGS + 1) / RINGS) ** 0.85
    flat = CENTRE + shares[:, None, None] * (rim - CENTRE)
    front = to_head(flat.reshape(-1, 2), relief(flat.reshape(-1, 2))).reshape(*flat.shape[:2], 3)
    hub = to_head(CENTRE[None], relief(CENTRE[None]))
    surface = _side_surface(skin)

    # The front edge grows out of the cheek and nothing is buried: there the rim's height is the
    # skin's, and the correction fades towards the concha.
    room = front[-1, :, 0] - surface(front[-1]) - 0.6
    at_front = np.clip((-3.0 - rim[:, 0]) / 5.0, 0, 1)
    lift = np.where(room < 0, -room, -room * at_front)
    front[..., 0] += lift * shares[:, None] ** np.where(lift > 0, 2.5, 5.0)

    edge = front[-1]
    room = np.maximum(edge[:, 0] - surface(edge), 0.0)
    attachment = to_head(_root(rim, room), np.zeros(SPOKES))
    attachment[:, 0] = surface(attachment)
    # Behind the rim the skin first turns under, then runs to the head: a quadratic curve.
    inwards = np.array([-np.cos(TURN_OUT), 0.0, -np.sin(TURN_OUT)])
    bend = edge + np.minimum(4.5, 0.45 * room)[:, None] * inwards + 0.25 * (attachment - edge)
    t = (np.arange(1, BACK_RINGS + 1) / BACK_RINGS)[:, None, None]
    back = (1 - t) ** 2 * edge + 2 * t * (1 - t) * bend + t**2 * attachment

    vertices = np.concatenate([hub, front.reshape(-1, 3), back.reshape(-1, 3)])
    ids = 1 + np.arange((RINGS + BACK_RINGS) * SPOKES).reshape(-1, SPOKES)
    following = np.roll(ids[0], -1)
    fan = np.stack([np.zeros(SPOKES, np.int64), ids[0], following], axis=1)
    faces = np.concatenate([fan, grid_faces(ids, closed=True)])
    vertices = vertices * FLIP_X
    a, b, c = (vertices[fan[:, k]] for k in range(3))
    if np.cross(b - a, c - a)[:, 0].sum() > 0:  # the fan of the right ear looks to -x
        faces[: len(fan)] = faces[: len(fan), ::-1]
    a, b, c = (vertices[faces[len(fan) : len(fan) + 2 * SPOKES, k]] for k in range(3))
    if np.cross(b - a, c - a)[:, 0].sum() > 0:
        faces[len(fan) :] = faces[len(fan) :, ::-1]
    return EarPatch(vertices, faces, ids[RINGS - 1], ids[-1])


def _root(rim: Floats, room: Floats) -> Floats:
    """[N, 2] where the ear meets the head, in ear axes.

    Where the rim stands off the head the root is the front part of the outline, shrunk; where
    it does not, a strip outside the rim runs out into the cheek.

    Args:
        rim: [N, 2] the outline.
        room: [N] distance (mm) between rim and head.
    """
    shrunk = np.empty_like(rim)
    shrunk[:, 0] = -9.0 + (rim[:, 0] + 9.0) * 0.7
    shrunk[:, 1] = -1.0 + (rim[:, 1] + 1.0) * np.where(rim[:, 1] > -1, 0.80, 0.74)
    free = np.clip((room - 1.0) / 6.0, 0, 1)[:, None]
    free = free**2 * (3 - 2 * free)
    outwards = (rim - CENTRE) / np.linalg.norm(rim - CENTRE, axis=1, keepdims=True)
    root: Floats = rim + free * (shrunk - rim) + FRONT_SKIRT * (1 - free) * outwards
    return root


def _side_surface(skin: Floats) -> Callable[[Floats], Floats]:
    """How far out (|x|) the side of the head is, read at the y and z of points [N, 3]."""
    side = skin[(skin[:, 0] < -45) & (np.abs(skin[:, 1]) < 60) & (np.abs(skin[:, 2] + 10) < 60)]
    read = CloughTocher2DInterpolator(side[:, 1:], -side[:, 0])

    def depth(points: Floats) -> Floats:
        values: Floats = read(points[:, 1:])
        return values

    return depth
