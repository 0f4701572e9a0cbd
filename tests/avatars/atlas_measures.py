"""Measures of the built-in head's texture layout, shared by its tests."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from avatars.head.default.build import NeutralHead, build_neutral
from avatars.head.default.regions_default import build_regions
from avatars.head.default.topology import Bools, Floats, Ints
from avatars.head.default.uv import UvAtlas, build_uv
from avatars.head.default.uv_dirichlet import jacobians, laid_flat

SIZE = 1024


@lru_cache(maxsize=1)
def neutral_head() -> NeutralHead:
    """The head, built once for all tests of a run."""
    return build_neutral()


@lru_cache(maxsize=1)
def built_atlas() -> UvAtlas:
    """Its layout."""
    return build_uv(neutral_head())


@lru_cache(maxsize=1)
def built_regions() -> dict[str, Bools]:
    """Its regions."""
    return build_regions(neutral_head(), built_atlas())


def areas(neutral: NeutralHead) -> Floats:
    """[F] mm^2."""
    area: Floats = np.linalg.det(_rest(neutral)) / 2
    return area


def scales(neutral: NeutralHead, atlas: UvAtlas) -> Floats:
    """[F, 2] texels per mm at 1024 in the direction of most and of least stretch."""
    found = jacobians(atlas.uv_faces, _rest(neutral), atlas.uvs)
    singular: Floats = np.linalg.svd(found, compute_uv=False) * SIZE
    return singular


def signed_areas(atlas: UvAtlas) -> Floats:
    """[F] texels^2 at 1024, negative where a triangle is turned over."""
    corners = atlas.uvs[atlas.uv_faces] * SIZE
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    signed: Floats = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    return signed


def median_density(neutral: NeutralHead, atlas: UvAtlas, faces: Bools) -> float:
    """Texels per mm at 1024 that half of the faces' surface exceeds."""
    density = np.sqrt(scales(neutral, atlas)[faces].prod(axis=1))
    area = areas(neutral)[faces]
    order = np.argsort(density)
    half = np.searchsorted(np.cumsum(area[order]), area.sum() / 2)
    return float(density[order][half])


def coverage(atlas: UvAtlas, size: int) -> tuple[Ints, Ints]:
    """How many triangles hold each texel's centre, and the island (1, 2, ...) of one: [R, R]."""
    corners = atlas.uvs[atlas.uv_faces] * size
    island = np.zeros(len(corners), np.int64)
    for number, ids in enumerate(atlas.islands.values(), start=1):
        island[ids] = number
    count, label = np.zeros((size, size), np.int64), np.zeros((size, size), np.int64)
    low = np.floor(corners.min(axis=1)).astype(int)
    high = np.ceil(corners.max(axis=1)).astype(int)
    for face, (x0, y0), (x1, y1) in zip(range(len(corners)), low, high, strict=True):
        x, y = np.arange(x0, x1)[None] + 0.5, np.arange(y0, y1)[:, None] + 0.5
        inside = np.ones((y1 - y0, x1 - x0), bool)
        for k in range(3):
            a, b = corners[face, k], corners[face, (k + 1) % 3]
            inside &= (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 1e-9
        count[y0:y1, x0:x1] += inside
        label[y0:y1, x0:x1][inside] = island[face]
    return count, label


def _rest(neutral: NeutralHead) -> Floats:
    return laid_flat(neutral.v_template[neutral.faces] * 1e3)
