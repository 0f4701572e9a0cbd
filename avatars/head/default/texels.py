"""What each texel of the layout stands for, as flat lists that paint is computed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree

from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import Bools, Floats, Ints, vertex_normals
from avatars.head.default.uv import UvAtlas
from avatars.head.model import HeadModel
from avatars.uv_layout import texel_table


@dataclass(frozen=True)
class Texels:
    """The used texels of a map, one row each.

    Attributes:
        size: R.
        rows: [K] row in the map, 0 at the top.
        columns: [K] column.
        inside: [K] whether the texel's centre lies in a triangle (not on an island's border).
        corners: [K, 3] vertices of the triangle it lies in.
        shares: [K, 3] their weights.
        points: [K, 3] position on the neutral head, mm.
        normals: [K, 3] unit.
        islands: face mask by island name -> [K] bool.
    """

    size: int
    rows: Ints
    columns: Ints
    inside: Bools
    corners: Ints
    shares: Floats
    points: Floats
    normals: Floats
    islands: dict[str, Bools]

    def on_texels(self, values: Floats) -> Floats:
        """[K, ...] values given at the vertices [V, ...]."""
        shares = self.shares.reshape(*self.shares.shape, *([1] * (values.ndim - 1)))
        spread: Floats = (values[self.corners] * shares).sum(axis=1)
        return spread

    def picked(self, picture: Floats) -> Floats:
        """[K] values of a picture [R, R] of the layout."""
        values: Floats = picture[self.rows, self.columns]
        return values

    def as_map(self, values: Floats) -> Floats:
        """[R, R, ...] the values [K, ...] in their places, zero elsewhere."""
        picture = np.zeros((self.size, self.size, *values.shape[1:]))
        picture[self.rows, self.columns] = values
        return picture

    def near(self, line: Floats, reach: float) -> Floats:
        """[K] distance (mm) from a line of points [L, 3] (mm), `reach` where it is more."""
        distance, _ = cKDTree(line).query(self.points, distance_upper_bound=reach)
        return np.minimum(distance, reach)


def texels_of(neutral: NeutralHead, atlas: UvAtlas, size: int) -> Texels:
    """The texels of a map of `size` x `size`."""
    table = texel_table(_bare_model(neutral, atlas), size)
    rows, columns = (axis.numpy() for axis in torch.nonzero(table.used, as_tuple=True))
    face = table.face.numpy()[rows, columns]
    shares = table.barycentrics.numpy()[rows, columns].astype(np.float64)
    corners = neutral.faces[face]
    weights = shares[..., None]
    points = (neutral.v_template[corners] * weights).sum(axis=1) * 1e3
    normals = (vertex_normals(neutral.v_template, neutral.faces)[corners] * weights).sum(axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    islands = {}
    for name, ids in atlas.islands.items():
        member = np.zeros(len(neutral.faces), bool)
        member[ids] = True
        islands[name] = member[face]
    inside = table.inside.numpy()[rows, columns]
    return Texels(size, rows, columns, inside, corners, shares, points, normals, islands)


def _bare_model(neutral: NeutralHead, atlas: UvAtlas) -> HeadModel:
    """A head that cannot move, for whoever only asks about its layout."""
    count = len(neutral.v_template)
    none = torch.zeros(count, 3, 0)
    return HeadModel(
        v_template=torch.from_numpy(neutral.v_template.astype(np.float32)),
        faces=torch.from_numpy(neutral.faces),
        shapedirs=none,
        exprdirs=none,
        posedirs=torch.zeros(count, 3, 36),
        J_regressor=torch.from_numpy(neutral.joint_regressor.astype(np.float32)),
        parents=(-1, 0, 1, 1, 1),
        lbs_weights=torch.from_numpy(neutral.lbs_weights.astype(np.float32)),
        uvs=torch.from_numpy(atlas.uvs),
        uv_faces=torch.from_numpy(atlas.uv_faces),
        expression_names=(),
        fingerprint="bare",
    )
