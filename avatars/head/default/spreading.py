"""The linear map from displacements of the 468 landmarks to displacements of the whole head."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from avatars.head.default.laplacian import BiharmonicSpread, Sparse
from avatars.head.default.topology import Floats, Ints, MirrorMesh

SKIN_REACH = 32.0
"""Skin farther than this (mm along the surface) from every landmark never moves."""
BAG_FADE = (0.9, 0.65, 0.35, 0.12, 0.0, 0.0, 0.0)
"""Share of the lip's motion that each ring of the mouth bag takes."""
_NEGLIGIBLE = 1e-5


def skin_map(skin: MirrorMesh, landmark_count: int, still: Ints) -> Floats:
    """[V, 468] thin-plate interpolation of the landmarks over the skin.

    Args:
        skin: without bag, rims, eyeballs and teeth.
        landmark_count: the first vertices are the landmarks.
        still: [N] vertices that never move: the ears.
    """
    landmarks = np.arange(landmark_count)
    spread = BiharmonicSpread(skin.vertices, skin.faces)
    result = spread(landmarks, np.eye(landmark_count), radius=SKIN_REACH, fixed=still)
    # Mirror images to the last bit, so that mirrored shapes are.
    mirrored = result[skin.mirror][:, skin.mirror[:landmark_count]]
    return (result + mirrored) / 2


def head_map(
    skin_rows: Floats, vertex_count: int, followers: list[tuple[Ints, Ints, float]]
) -> Sparse:
    """[V, 468] sparse map for the whole head.

    Args:
        skin_rows: [S, 468] map of the skin, the first S vertices.
        vertex_count: V.
        followers: (vertices, the skin vertices that they follow, share of the motion).
    """
    rows = np.where(np.abs(skin_rows) < _NEGLIGIBLE, 0.0, skin_rows)
    blocks = sparse.lil_array((vertex_count, rows.shape[1]))
    blocks[: len(rows)] = rows
    for vertices, leaders, share in followers:
        blocks[vertices] = share * rows[leaders]
    return blocks.tocsr()
