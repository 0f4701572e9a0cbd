"""A person's head as something to paint on: where on the skin each texel of a map lies."""

from functools import cached_property, lru_cache

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from avatars.avatar import Identity
from avatars.edits.layout import Layout, layout_of
from avatars.edits.points import Array, Indices, Points
from avatars.head.model import HeadModel
from avatars.head.nearest import closest_weights, unit
from avatars.head.surface import uv_tangents
from avatars.kinds.uv_avatar import UvAvatar
from renderer.mesh import vertex_normals


class Canvas(Layout):
    """A layout on the neutral face of one person.

    What has to be worked out per texel is, when it is first asked for: while an identity slider
    moves, stickers need little of it.

    Args:
        layout: of the head; its arrays are shared.
        identity: whose head; sizes and distances are this person's.

    Attributes:
        layout: as given.
        vertices: [V, 3] the neutral face, metres.
        vertex_normals: [V, 3] unit.
        tangents: [U, 3] unit, where u grows at the texture coordinates.
        unit_length: metres that a unit of u stands for in sizes of stickers and brushes: the
            middle length on the face.
    """

    def __init__(self, layout: Layout, identity: Identity) -> None:
        vars(self).update(vars(layout))
        self.layout = layout
        head = layout.head
        shape = head.shaped(identity.betas.cpu(), _on_cpu(identity.offsets))
        with torch.no_grad():
            vertices = shape.pose(head.neutral())
            tangents = uv_tangents(vertices, head.faces, head.uvs, head.uv_faces)
        self.vertices: Array = vertices.numpy().astype(np.float64)
        normals = vertex_normals(vertices.numpy(), head.faces_numpy)
        self.vertex_normals: Array = np.asarray(normals, np.float64)
        self.tangents = unit(tangents.numpy().astype(np.float64))
        self.unit_length = self._unit_length()

    @cached_property
    def positions(self) -> Array:
        """[M, 3] places of the texels on the neutral face, metres."""
        return self.positions_at(self.points)

    @cached_property
    def normals(self) -> Array:
        """[M, 3] unit normals of the texels."""
        return self.normals_at(self.points)

    @property
    def texel_length(self) -> float:
        """Metres from texel to texel, about, on the face."""
        return self.unit_length / self.size

    def positions_at(self, points: Points) -> Array:
        """Places [K, 3] of points on the neutral face, metres."""
        return self._mixed(self.vertices, self.head.faces_numpy, points)

    def normals_at(self, points: Points) -> Array:
        """Unit normals [K, 3]."""
        return unit(self._mixed(self.vertex_normals, self.head.faces_numpy, points))

    def frame_at(self, where: Points) -> Array:
        """Unit columns of [3, 3]: growing u, across it, the normal; at the first point."""
        normal = self.normals_at(where)[0]
        along = self._mixed(self.tangents, self.uv_faces, where)[0]
        along -= normal * (along @ normal)
        if np.linalg.norm(along) < 1e-6:
            along = np.eye(3)[np.abs(normal).argmin()]
            along -= normal * (along @ normal)
        along /= np.linalg.norm(along)
        return np.stack([along, np.cross(normal, along), normal], axis=1)

    def nearest(self, positions: Array, part: int | None = None) -> Points:
        """The points of the surface nearest to places [K, 3], metres.

        Args:
            positions: [K, 3].
            part: only this part of the head is looked at.
        """
        rows = self.nearest_rows(positions, part)
        face = self.points.face[rows]
        corners = self.vertices[self.head.faces_numpy[face]]
        return Points(face, closest_weights(corners, positions))

    def nearest_rows(self, positions: Array, part: int | None = None) -> Indices:
        """Rows [K] of the texels nearest to places [K, 3]."""
        if part is None:
            return np.asarray(self.tree.query(positions)[1], np.int64)
        rows, tree = self._part_tree(part)
        return rows[np.asarray(tree.query(positions)[1], np.int64)]

    @cached_property
    def tree(self) -> cKDTree:
        """Of ``positions``."""
        return cKDTree(self.positions, compact_nodes=False, balanced_tree=False)

    @cached_property
    def edges(self) -> csr_array:
        """[V, V] lengths of the mesh's edges, metres."""
        faces = self.head.faces_numpy
        pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        pairs = np.unique(np.sort(pairs, axis=1), axis=0)
        length = np.linalg.norm(self.vertices[pairs[:, 0]] - self.vertices[pairs[:, 1]], axis=1)
        both = np.concatenate([pairs, pairs[:, ::-1]]).T
        count = len(self.vertices)
        twice = np.concatenate([length, length])
        return csr_array(coo_array((np.maximum(twice, 1e-9), both), shape=(count, count)))

    def _part_tree(self, part: int) -> tuple[Indices, cKDTree]:
        if part not in self._part_trees:
            rows = np.flatnonzero(self.part == part)
            self._part_trees[part] = rows, cKDTree(self.positions[rows])
        return self._part_trees[part]

    @cached_property
    def _part_trees(self) -> dict[int, tuple[Indices, cKDTree]]:
        return {}

    def _unit_length(self) -> float:
        corners = self.vertices[self.head.faces_numpy]
        flat = self.uvs[self.uv_faces]
        solid, drawn = (
            np.linalg.norm(np.cross(part[:, 1] - part[:, 0], part[:, 2] - part[:, 0]), axis=1)
            for part in (corners, np.pad(flat, ((0, 0), (0, 0), (0, 1))))
        )
        chosen = self.part_of_face == 0
        face = self.head.regions.get("face")
        if face is not None and bool(face.any()):
            chosen = chosen & face.cpu().numpy()[self.head.faces_numpy].all(axis=1)
        if not (chosen & (drawn > 1e-12)).any():
            chosen = np.ones_like(chosen)
        chosen = chosen & (drawn > 1e-12)
        return float(np.median(np.sqrt(solid[chosen] / drawn[chosen])))


@lru_cache(maxsize=4)
def canvas_of(head: HeadModel, identity: Identity, size: int) -> Canvas:
    """The canvas of a head with R = ``size``; kept for the last few.

    Raises:
        HeadMismatch: the head has no texture coordinates.
    """
    return Canvas(layout_of(head, size), identity)


def canvas_for(avatar: UvAvatar) -> Canvas:
    """The canvas of an avatar's own maps."""
    return canvas_of(avatar.head, avatar.identity, avatar.maps.size)


def _on_cpu(offsets: torch.Tensor | None) -> torch.Tensor | None:
    return None if offsets is None else offsets.detach().cpu()
