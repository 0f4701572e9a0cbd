"""The texture layout as something to paint on: which texels stand for which point of a head."""

from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from avatars.edits.points import Array, Floats, Indices, Mask, OffTheHead, Points
from avatars.errors import HeadMismatch
from avatars.head.model import HeadModel
from avatars.head.nearest import Surface, closest_weights, unit, vertex_normals
from avatars.uv_layout import texel_table

_SKIN = ("skin", "ears")
_OFF = "Choose a place inside one of the map's islands; `export AVATAR -o uv.png` shows them."


class Layout:
    """The M texels of a map that stand for some point of a head; the same for everybody's face.

    Args:
        head: with texture coordinates, on the CPU.
        size: R.

    Attributes:
        head, size: as given.
        index: [M] flat position of each texel (row * R + column), rising.
        inside: [M] whether its centre lies on an island; false on the border around one.
        points: the M places on the surface.
        uv: [M, 2] their texture coordinates.
        part: [M] number of the part of the head (skin with ears is one).
        part_of_face: [F] the same by triangle.
        part_names: what the numbers stand for.
        row_of: [R * R] row of a texel in these arrays, -1 where there is none.
        uvs, uv_faces: the head's own.
    """

    def __init__(self, head: HeadModel, size: int) -> None:
        self.head = head
        self.size = size
        table = texel_table(head, size)
        faces = table.face.numpy().reshape(-1)
        self.index: Indices = np.flatnonzero(faces >= 0)
        self.inside: Mask = table.inside.numpy().reshape(-1)[self.index]
        weights = table.barycentrics.numpy().reshape(-1, 3)[self.index].astype(np.float64)
        self.points = Points(faces[self.index], weights)
        self.row_of: Indices = np.full(size * size, -1, np.int64)
        self.row_of[self.index] = np.arange(len(self.index))
        self.uvs: Array = head.uvs.numpy().astype(np.float64)
        self.uv_faces: Indices = head.uv_faces.numpy().astype(np.int64)
        self.part_of_face, self.part_names = _parts(head)
        self.part = self.part_of_face[self.points.face]
        self.uv = self.uv_at(self.points)

    def __len__(self) -> int:
        return len(self.index)

    def uv_at(self, points: Points) -> Array:
        """Texture coordinates [K, 2]."""
        return self._mixed(self.uvs, self.uv_faces, points)

    def points_at_uv(self, uv: Array) -> tuple[Points, Mask]:
        """The points at texture coordinates [K, 2], and which of them lie on the head at all.

        Within a few texels of an island its nearest point counts.
        """
        uv = np.asarray(uv, np.float64).reshape(-1, 2)
        bad = ~np.isfinite(uv).all(axis=1) | (np.abs(uv - 0.5) > 0.5).any(axis=1)
        safe = np.where(bad[:, None], 0.5, uv)
        place = np.stack([safe[:, 0], 1 - safe[:, 1]], axis=1) * self.size
        column, row = np.clip(place.astype(np.int64), 0, self.size - 1).T
        rows = self.row_of[row * self.size + column]
        on = (rows >= 0) & ~bad
        face = self.points.face[np.maximum(rows, 0)]
        flat = np.zeros((len(uv), 3))
        flat[:, :2] = safe
        corners = np.zeros((len(uv), 3, 3))
        corners[..., :2] = self.uvs[self.uv_faces[face]]
        return Points(face, closest_weights(corners, flat)), on

    def point_at_uv(self, uv: tuple[float, float]) -> Points:
        """The one point at texture coordinates.

        Raises:
            OffTheHead: no part of the head is there.
        """
        points, on = self.points_at_uv(np.array([uv]))
        if not on[0]:
            raise OffTheHead(f"The place {uv[0]:g},{uv[1]:g} on the map is off the head.", _OFF)
        return points

    def mirrored(self, points: Points) -> Points:
        """The points [K] on the other side of the face.

        Mirrored on the mean template, which is symmetrical, whoever's face it is.
        """
        corners = self.head.faces_numpy[points.face]
        weights = points.barycentrics[..., None]
        places = (self._template[corners] * weights).sum(axis=1) * [-1, 1, 1]
        normals = unit((self._template_normals[corners] * weights).sum(axis=1)) * [-1, 1, 1]
        found = self._template_surface.nearest(places, normals)
        lost = ~np.isfinite(found.distance)
        if lost.any():
            again = self._template_surface.nearest(places[lost])
            found.face[lost], found.barycentrics[lost] = again.face, again.barycentrics
        return Points(found.face, found.barycentrics)

    def rows_of_faces(self, faces: Mask) -> Indices:
        """Rows of the texels on the faces marked in [F]."""
        return np.flatnonzero(faces[self.points.face])

    def as_map(self, values: Floats) -> Floats:
        """A map [R, R, ...] with the texels' values [M, ...], zero elsewhere."""
        flat = np.zeros((self.size * self.size, *values.shape[1:]), np.float32)
        flat[self.index] = values
        return flat.reshape(self.size, self.size, *values.shape[1:])

    @cached_property
    def _template(self) -> Array:
        return self.head.v_template.numpy().astype(np.float64)

    @cached_property
    def _template_normals(self) -> Array:
        return vertex_normals(self._template, self.head.faces_numpy)

    @cached_property
    def _template_surface(self) -> Surface:
        return Surface(self._template, self.head.faces_numpy)

    @staticmethod
    def _mixed(values: Array, corners: Indices, points: Points) -> Array:
        chosen = values[corners[points.face]]
        mixed: Array = (chosen * points.barycentrics[..., None]).sum(axis=1)
        return mixed

    @cached_property
    def island(self) -> Indices:
        """[M] number of the island of the layout each texel belongs to."""
        ends = np.concatenate([self.uv_faces[:, :2], self.uv_faces[:, 1:]]).T
        count = len(self.uvs)
        joined = coo_array((np.ones(ends.shape[1], bool), ends), shape=(count, count))
        label = np.asarray(connected_components(joined, directed=False)[1], np.int64)
        found: Indices = label[self.uv_faces[self.points.face, 0]]
        return found

    @cached_property
    def template_positions(self) -> Array:
        """[M, 3] places of the texels on the mean head, metres."""
        return self._mixed(self._template, self.head.faces_numpy, self.points)


@lru_cache(maxsize=4)
def layout_of(head: HeadModel, size: int) -> Layout:
    """The layout of a head with R = ``size``; kept for the last few.

    Raises:
        HeadMismatch: the head has no texture coordinates.
    """
    if not head.has_uv:
        raise HeadMismatch(
            f"The head '{head.name}' has no texture coordinates, so it cannot be painted on.",
            "Put head_template_mesh.obj beside its file and import it again.",
        )
    return Layout(head.to("cpu"), size)


def _parts(head: HeadModel) -> tuple[Indices, tuple[str, ...]]:
    """[F] number of the part each face belongs to, and their names; 0 is skin with ears."""
    number = np.zeros(head.face_count, np.int64)
    others = sorted(name for name in head.parts if name not in _SKIN)
    for place, name in enumerate(others, start=1):
        number[head.parts[name].cpu().numpy()] = place
    return number, ("skin", *others)
