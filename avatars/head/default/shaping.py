"""Tools that turn a few wishes about the skin into a smooth displacement of the whole head.

Displacements are [V, 3] in millimetres; a shape made for the right side is mirrored for the left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse
from scipy.interpolate import LinearNDInterpolator
from scipy.sparse.linalg import splu

from avatars.head.default.build import LidColumns, NeutralHead
from avatars.head.default.laplacian import BiharmonicSpread, bilaplacian
from avatars.head.default.spreading import BAG_FADE
from avatars.head.default.topology import FLIP_X, Bools, Floats, Ints

Wish = tuple[float, float, float]
Handles = Mapping[tuple[int, ...], Wish]
"""Displacement in mm by landmarks of the right side or of the middle."""

LID_CLEARANCE = 0.55
"""Least distance (mm) of a moving lid vertex from the ball; triangles sag a tenth below it."""
_CONTACT_REACH = 10.0
_FIT_STIFFNESS = 0.35


class Shaper:
    """The neutral head with the factorisations that shaping it needs.

    Attributes:
        head: the neutral head.
        vertices: [V, 3] its vertices, mm.
        skin_count: skin and ears are the first vertices, this many.
        skin_faces: [F, 3] their triangles.
        spread: smooth spreading over them.
        upper: [19] inner upper lip from the right corner to the left, corners left out.
        lower: [19] the points that they touch when the mouth is closed.
    """

    def __init__(self, head: NeutralHead) -> None:
        self.head = head
        self.vertices: Floats = head.v_template * 1e3
        parts = ("skin", "left_ear", "right_ear")
        self.skin_count = sum(len(head.parts[name]) for name in parts)
        self.skin_faces: Ints = head.faces[np.concatenate([head.part_faces[n] for n in parts])]
        self.skin: Floats = self.vertices[: self.skin_count]
        self.spread = BiharmonicSpread(self.skin, self.skin_faces)
        lips = head.loops["lips"]
        half = len(lips) // 2
        self.upper: Ints = lips[1:half]
        self.lower: Ints = lips[:half:-1]
        self._fit: Any = None

    def from_handles(
        self, handles: Handles, radius: float, *, fixed: Ints | None = None, both: bool = True
    ) -> Floats:
        """[V, 3] handles of the right side spread over the skin.

        Args:
            handles: wishes by landmarks.
            radius: skin farther than this (mm along the surface) stays.
            fixed: [N] further vertices that stay.
            both: whether the mirror images of the handles move too.
        """
        wishes: dict[int, Floats] = {}
        for ids, wish in handles.items():
            for vertex in ids:
                wishes[vertex] = np.array(wish)
                if both:
                    wishes[int(self.head.mirror[vertex])] = np.array(wish) * FLIP_X
        given = np.array(sorted(wishes), dtype=np.int64)
        values = np.array([wishes[int(vertex)] for vertex in given])
        if fixed is not None:
            fixed = np.setdiff1d(fixed, given)
        field = self.whole(self.spread(given, values, radius=radius, fixed=fixed))
        return self.symmetric(field) if both else field

    def fitted(self, field: Floats) -> Floats:
        """[V, 3] a displacement of the 468 landmarks [468, 3] as a slightly stiff plate takes it.

        A plate through every landmark would copy the noise of the measurement.
        """
        count = self.skin_count
        if self._fit is None:
            weight = np.zeros(count)
            weight[: len(field)] = 1.0
            energy = _FIT_STIFFNESS * bilaplacian(self.skin, self.skin_faces)
            # Far from the face nothing is measured: a weak pull to rest.
            far = self.spread.distance(np.arange(len(field))) > 25
            self._fit = splu((energy + sparse.diags_array(weight + far)).tocsc())
        right = np.zeros((count, 3))
        right[: len(field)] = field
        return self.whole(self._fit.solve(right))

    def whole(self, skin_field: Floats) -> Floats:
        """[V, 3] the displacement of the skin [S, 3] with what follows it: rims and mouth bag."""
        field = np.zeros_like(self.vertices)
        field[: self.skin_count] = skin_field
        return self.followed(field)

    def followed(self, field: Floats, base: Floats | None = None) -> Floats:
        """[V, 3] the same with rims and bag moved along with the skin that they hang on.

        Args:
            field: [V, 3] of which the skin counts, and whatever else has no leader.
            base: [V, 3] what bag, teeth and tongue do by themselves; rest by default.
        """
        if base is not None:
            field = field.copy()
            field[self.skin_count :] = base[self.skin_count :]
        head, result = self.head, field.copy()
        for lid in (head.left_lid, head.right_lid):
            # A rim vertex slides inside the ball and keeps its depth.
            away = self.vertices[lid.rim] - lid.centre * 1e3
            moved = away + field[lid.margin]
            depth = np.linalg.norm(away, axis=1) / np.linalg.norm(moved, axis=1)
            result[lid.rim] = moved * depth[:, None] - away
        lips = head.loops["lips"]
        rings = head.parts["mouth_bag"][:-1].reshape(-1, len(lips))
        for ring, share in zip(rings, BAG_FADE, strict=True):
            own = 0.0 if base is None else (1 - share) * base[ring]
            result[ring] = share * field[lips] + own
        return result

    def mirrored(self, field: Floats) -> Floats:
        """[V, 3] the same shape on the other side."""
        image: Floats = field[self.head.mirror] * FLIP_X
        return image

    def symmetric(self, field: Floats) -> Floats:
        """[V, 3] the mean of the shape and its mirror image."""
        mean: Floats = (field + self.mirrored(field)) / 2
        return mean

    def right_half(self, field: Floats, blend: float) -> Floats:
        """[V, 3] the right side's share of a symmetrical shape; the mirror image is the rest.

        Args:
            field: [V, 3] both sides together.
            blend: half width (mm) of the strip about the midline that belongs to both.
        """
        t = np.clip((blend - self.vertices[:, 0]) / (2 * blend), 0, 1)
        # Exact complement of its mirror image, so that both sides add up to the field.
        result: Floats = field * (t**2 * (3 - 2 * t))[:, None]
        return result

    def window(self, field: Floats, factor: Floats) -> Floats:
        """[V, 3] the field times a factor [V], rims and bag following anew."""
        return self.followed(field * factor[:, None])

    def sealed(self, field: Floats) -> Floats:
        """[V, 3] the shape with touching lips kept together: both take their mean motion."""
        mean = (field[self.upper] + field[self.lower]) / 2
        return self._with_lips(field, mean, mean)

    def stopped(self, field: Floats) -> Floats:
        """[V, 3] the shape with lips that push each other instead of passing through.

        The model is linear: if in no shape an upper lip point sinks below the lower one that it
        touches, no sum of shapes with positive weights lets it.
        """
        upper, lower = field[self.upper], field[self.lower]
        overlap = np.maximum(lower[:, 1] - upper[:, 1], 0)[:, None] * np.array([0.0, 0.5, 0.0])
        return self._with_lips(field, upper + overlap, lower - overlap)

    def _with_lips(self, field: Floats, upper: Floats, lower: Floats) -> Floats:
        ids = np.concatenate([self.upper, self.lower, self.head.loops["lips"][[0, 20]]])
        wanted = np.concatenate([upper, lower, field[self.head.loops["lips"][[0, 20]]]])
        change = self.spread(ids, wanted - field[ids], radius=_CONTACT_REACH)
        result = field.copy()
        result[: self.skin_count] += change
        return self.followed(result)

    def slid_on_surface(self, field: Floats, share: float) -> Floats:
        """[V, 3] a shape of the forehead whose skin slides over the bone.

        Args:
            field: [V, 3] mm.
            share: 1 leaves the head's form as it is, 0 carries it along with the skin.
        """
        # Seen from the front the forehead is a height field.
        front = self.vertices[:, 2] > 20
        front[self.skin_count :] = False
        depth = LinearNDInterpolator(self.vertices[front, :2], self.vertices[front, 2])
        moving = front & (np.abs(field).max(axis=1) > 1e-4)
        goal = self.vertices[moving] + field[moving]
        result = field.copy()
        change = depth(goal[:, :2]) - goal[:, 2]
        result[moving, 2] += share * np.nan_to_num(change)
        return self.followed(self.symmetric(result))

    def off_the_balls(self, field: Floats) -> Floats:
        """[V, 3] the shape with lids that stay off the eyeballs at every weight from 0 to 1."""
        result = field.copy()
        for lid in (self.head.left_lid, self.head.right_lid):
            result[: self.skin_count] = _lifted(self.skin, result[: self.skin_count], lid)
        return self.followed(result)

    def near(self, centre: Wish, inner: float, outer: float) -> Floats:
        """[V] 1 within `inner` mm of a point or its mirror image, smoothly 0 beyond `outer`."""
        folded = self.vertices.copy()
        folded[:, 0] = np.abs(folded[:, 0])
        distance = np.linalg.norm(folded - [abs(centre[0]), *centre[1:]], axis=1)
        t = np.clip((outer - distance) / (outer - inner), 0, 1)
        result: Floats = t**2 * (3 - 2 * t)
        return result


def _lifted(skin: Floats, field: Floats, lid: LidColumns) -> Floats:
    """[S, 3] displacements with the straight paths that pass too near a ball bent outwards."""
    start = skin - lid.centre * 1e3
    rest = np.linalg.norm(start, axis=1)
    chosen: Bools = (rest < 26) & (np.linalg.norm(field, axis=1) > 1e-6)
    start, limit = start[chosen], np.minimum(rest[chosen], lid.radius * 1e3 + LID_CLEARANCE)
    step = field[chosen]
    for _ in range(30):
        square = np.maximum((step**2).sum(axis=1), 1e-12)
        t = np.clip(-(start * step).sum(axis=1) / square, 0, 1)
        point = start + t[:, None] * step
        distance = np.linalg.norm(point, axis=1)
        missing = np.maximum(limit - distance, 0)
        end = start + step
        outwards = end / np.linalg.norm(end, axis=1, keepdims=True)
        step = step + outwards * (missing / np.maximum(t, 0.2))[:, None]
    result = field.copy()
    result[chosen] = step
    return result
