"""How people differ: twelve named directions, then smooth modes of a Gaussian process.

Both are fields in space, so skin, ears, teeth, tongue and mouth bag take them where they are and
nothing comes apart. Only the eyes are special: balls stay rigid and lids slide on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatars.head.default import identity_named as named
from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import FLIP_X, Floats, Ints

SCALES = ((70.0, 2.6), (32.0, 1.5), (15.0, 0.7))
"""Length and standard deviation (mm) of the process's parts."""
SMOOTH_MODES = 52
_PROCESS_MODES = 100
_SUPPORT = 700
_FACE_DENSITY = 2.2
_SMOOTH_LIDS = 0.2
"""Share of the lids' own motion that smooth modes keep, so that a blink still closes."""


@dataclass(frozen=True)
class IdentityBasis:
    """Directions of identity.

    Attributes:
        names: S names: the twelve sliders, then smooth_00 and so on by falling size.
        directions: [V, 3, S] metres for one standard deviation.
    """

    names: tuple[str, ...]
    directions: Floats


def build_identity(neutral: NeutralHead) -> IdentityBasis:
    """The identity basis of a neutral head; deterministic, symmetrical."""
    places = _Places(neutral)
    sliders = np.stack([_slider(places, name) for name in named.ORDER], axis=2)
    smooth = _smooth_modes(places, sliders)
    directions = np.concatenate([sliders, smooth], axis=2)
    mirrored = directions[neutral.mirror] * FLIP_X[:, None]
    names = (*named.ORDER, *(f"smooth_{i:02d}" for i in range(smooth.shape[2])))
    return IdentityBasis(names, (directions + mirrored) / 2 * 1e-3)


class _Places:
    """The head's points in mm, the centres of the eyeballs last, and what counts how much.

    Attributes:
        head: the neutral head.
        points: [V + 2, 3] vertices, right and left eyeball centre.
        weight: [V] vertex areas, the face counted more, zero for what is inside.
    """

    def __init__(self, head: NeutralHead) -> None:
        self.head = head
        centres = np.stack([head.right_lid.centre, head.left_lid.centre])
        self.points: Floats = np.concatenate([head.v_template, centres]) * 1e3
        parts = ("skin", "left_ear", "right_ear")
        faces = head.faces[np.concatenate([head.part_faces[name] for name in parts])]
        a, b, c = (self.points[faces[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
        self.weight: Floats = np.zeros(len(head.v_template))
        np.add.at(self.weight, faces.ravel(), np.repeat(area, 3))
        front = self.points[:-2, 2] > 40
        self.weight *= np.where(front, _FACE_DENSITY, 1.0)

    def with_rigid_eyes(
        self, field: Floats, lids_slide: float, reach: tuple[float, float] = named.LID_REACH
    ) -> Floats:
        """[V, 3, K] fields [V + 2, 3, K] with rigid eyeballs and lids that slide on them.

        Args:
            field: mm at all points.
            lids_slide: share of the lids' own motion along the ball that is kept.
            reach: skin nearer (mm) to a ball's centre than the first slides on the ball, beyond
                the second it moves freely.
        """
        result = field[:-2].copy()
        centres = self.points[-2:]
        inner, outer = reach
        for centre, shift in zip(centres, field[-2:], strict=True):
            away = self.points[:-2] - centre
            distance = np.linalg.norm(away, axis=1)
            t = np.clip((outer - distance) / (outer - inner), 0, 1)
            near = (t**2 * (3 - 2 * t))[:, None, None]
            unit = (away / np.maximum(distance, 1e-9)[:, None])[:, :, None]
            own = result - shift
            along = own - unit * (unit * own).sum(axis=1, keepdims=True)
            result = shift + own + near * (lids_slide * along - own)
        for name, shift in zip(("right_eyeball", "left_eyeball"), field[-2:], strict=True):
            result[self.head.parts[name]] = shift
        return result


def _slider(places: _Places, name: str) -> Floats:
    """[V, 3] mm, one of the named directions."""
    if name == "ear_size":
        return _ear_growth(places)
    direction = named.NAMED[name]
    right_eye = len(places.points) - 2
    ids: list[int] = []
    wishes: list[Floats] = []
    for group, wish in direction.handles.items():
        for vertex in group:
            first = right_eye if vertex == named.EYE else vertex
            second = right_eye + 1 if vertex == named.EYE else int(places.head.mirror[vertex])
            ids.append(first)
            wishes.append(np.array(wish))
            if second != first:
                ids.append(second)
                wishes.append(np.array(wish) * FLIP_X)
    at = places.points[ids]
    gram = _gauss(at, at, direction.reach) + 0.01 * np.eye(len(ids))
    field = _gauss(places.points, at, direction.reach) @ np.linalg.solve(gram, np.array(wishes))
    whole: Floats = places.with_rigid_eyes(
        field[:, :, None], direction.lids_slide, direction.lid_reach
    )
    return whole[:, :, 0]


def _ear_growth(places: _Places) -> Floats:
    """[V, 3] mm, both ears magnified about the front of their root."""
    field = np.zeros_like(places.points[:-2])
    for name, side in (("right_ear", -1.0), ("left_ear", 1.0)):
        ear = places.points[places.head.loops[name]]
        middle = ear.mean(axis=0)
        root = np.array([side * np.abs(ear[:, 0]).min(), middle[1], ear[:, 2].max() - 6])
        away = places.points[:-2] - root
        # The skull beside the ear gives way only where the ear is sewn on.
        tree = cKDTree(places.points[places.head.parts[name]])
        fade = np.exp(-((tree.query(places.points[:-2])[0] / named.EAR_REACH) ** 2))
        fade[places.weight == 0] = 0.0  # nothing inside the head
        field += named.EAR_GROWTH * away * fade[:, None]
    return field


def _smooth_modes(places: _Places, sliders: Floats) -> Floats:
    """[V, 3, S] mm, the process less what sliders and the head's pose already say."""
    fields = places.with_rigid_eyes(_process(places), _SMOOTH_LIDS)
    count = len(fields)
    flat = fields.reshape(3 * count, -1)
    known = np.concatenate([sliders.reshape(3 * count, -1), _pose(places)], axis=1)
    root = np.sqrt(np.repeat(places.weight, 3) / places.weight.sum())[:, None]
    share = np.linalg.lstsq(root * known, root * flat, rcond=None)[0]
    flat = flat - known @ share
    # A turn of independent standard normal coefficients: they stay so, sorted by size.
    _, _, turn = np.linalg.svd(root * flat, full_matrices=False)
    turn = turn[:SMOOTH_MODES]
    # The sign is the solver's whim; what moves most on the left half decides it (over both halves
    # a sideways motion would be a tie between two mirror images of opposite sign).
    modes = flat @ turn.T
    left = (places.weight > 0) & (places.points[:count, 0] > 1.0)
    largest = np.abs(modes * left.repeat(3)[:, None]).argmax(axis=0)
    modes = modes * np.sign(modes[largest, np.arange(modes.shape[1])])
    result: Floats = modes.reshape(count, 3, -1)
    return result


def _pose(places: _Places) -> Floats:
    """[3 V, 3] the symmetrical rigid motions: up, forwards, nodding."""
    points = places.points
    up = np.tile([0.0, 1.0, 0.0], (len(points), 1))
    forward = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    nod = np.cross([1.0, 0.0, 0.0], points) / 100
    moves = places.with_rigid_eyes(np.stack([up, forward, nod], axis=2), 1.0)
    return moves.reshape(-1, 3)


def _process(places: _Places) -> Floats:
    """[V + 2, 3, K] mm, the largest modes of the process, one standard deviation each."""
    support = places.points[_farthest_points(places)]
    mirrored = support * FLIP_X
    fields = []
    same, other = (_kernel(places.points, at) for at in (support, mirrored))
    same_at, other_at = (_kernel(support, at) for at in (support, mirrored))
    # Displacements across the head change sign in the mirror, the other two do not.
    for axis, sign in ((0, -1.0), (1, 1.0), (2, 1.0)):
        values, vectors = np.linalg.eigh((same_at + sign * other_at) / 2)
        kept = values.argsort()[::-1][:_PROCESS_MODES]
        columns = (same + sign * other) / 2 @ vectors[:, kept] / np.sqrt(values[kept])
        fields += [(values[k], axis, columns[:, i]) for i, k in enumerate(kept)]
    fields.sort(key=lambda mode: -float(mode[0]))
    result = np.zeros((len(places.points), 3, _PROCESS_MODES))
    for i, (_, axis, column) in enumerate(fields[:_PROCESS_MODES]):
        result[:, axis, i] = column
    return result


def _farthest_points(places: _Places) -> Ints:
    """[N] vertices of the right half of skin and ears, each the farthest from those before it."""
    candidates = np.flatnonzero((places.weight > 0) & (places.points[:-2, 0] <= 1e-9))
    points = places.points[candidates]
    scale = np.where(points[:, 2] > 40, _FACE_DENSITY, 1.0)
    chosen = [0]
    away = np.full(len(points), np.inf)
    for _ in range(_SUPPORT // 2 - 1):
        away = np.minimum(away, np.linalg.norm(points - points[chosen[-1]], axis=1) * scale)
        chosen.append(int(away.argmax()))
    result: Ints = candidates[np.array(chosen)]
    return result


def _kernel(a: Floats, b: Floats) -> Floats:
    total: Floats = sum(
        (deviation**2 * _gauss(a, b, length) for length, deviation in SCALES),
        start=np.zeros((len(a), len(b))),
    )
    return total


def _gauss(a: Floats, b: Floats, length: float) -> Floats:
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    result: Floats = np.exp(-np.maximum(square, 0) / (2 * length**2))
    return result
