"""Sewing the ears to the head: cut a hole, join two loops by angle, smooth the seam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default.ears import EarPatch, build_ear
from avatars.head.default.topology import (
    Bools,
    Floats,
    Ints,
    MirrorMesh,
    appended,
    boundary_loops,
    directed_edges,
    unique_edges,
    without_faces,
)

HOLE_GROWTH = 1.12
HOLE_MARGIN = 1.5


@dataclass(frozen=True)
class SewnEars:
    """A head with ears.

    Attributes:
        mesh: the skin with both ears.
        index: [V before] where the old vertices went, -1 for those cut away.
        right: [N] vertices of the right ear (the left ear is their mirror image).
        right_rim: [44] the outer edge of the right ear, in order.
    """

    mesh: MirrorMesh
    index: Ints
    right: Ints
    right_rim: Ints


def sew_ears(skin: MirrorMesh) -> SewnEars:
    """The skin with both ears joined to it, still closed there."""
    patch = build_ear(skin.vertices)
    inside = _covered(skin.vertices, patch.vertices[patch.attachment])
    holed, index = without_faces(skin, inside[skin.right_faces].any(axis=1))
    hole = next(
        loop
        for loop in boundary_loops(holed.faces)
        if holed.vertices[loop, 0].max() < -40 and np.ptp(holed.vertices[loop, 1]) > 20
    )
    count, size = len(holed.vertices), len(patch.vertices)
    faces = np.concatenate([patch.faces, patch.faces[:, ::-1] + size]) + count
    mirror = np.concatenate([np.arange(size) + size, np.arange(size)])
    both = np.concatenate([patch.vertices, patch.vertices * [-1, 1, 1]])
    mesh, ids = appended(holed, both, faces[: len(patch.faces)], mirror)
    seam = _zipped(mesh.vertices, hole, patch.attachment + count)
    if _clashes(seam, mesh.right_faces):
        seam = seam[:, ::-1]
    mesh = MirrorMesh(mesh.vertices, np.concatenate([mesh.right_faces, seam]), mesh.mirror)
    return SewnEars(_seam_smoothed(mesh, hole, patch, count), index, ids[:size], patch.rim + count)


def _covered(vertices: Floats, root: Floats) -> Bools:
    """[V] whether a vertex of the right side lies under the ear's root, seen from the side."""
    centre = root[:, [2, 1]].mean(axis=0)
    away = vertices[:, [2, 1]] - centre
    outline = root[:, [2, 1]] - centre
    angle = np.arctan2(outline[:, 1], outline[:, 0])
    radius = np.hypot(*outline.T)
    order = np.argsort(angle)
    reach = np.interp(
        np.arctan2(away[:, 1], away[:, 0]), angle[order], radius[order], period=2 * np.pi
    )
    under: Bools = np.hypot(*away.T) < HOLE_GROWTH * reach + HOLE_MARGIN
    return under & (vertices[:, 0] < -40)


def _zipped(vertices: Floats, outer: Ints, inner: Ints) -> Ints:
    """[N, 3] triangles between two loops, advancing by angle about their common centre.

    Advancing along the shorter diagonal instead leads to fans.
    """
    centre = vertices[inner][:, [2, 1]].mean(axis=0)
    loops = []
    for loop in (outer, inner):
        away = vertices[loop][:, [2, 1]] - centre
        angle = np.unwrap(np.arctan2(away[:, 1], away[:, 0]))
        if angle[-1] < angle[0]:
            loop, angle = loop[::-1], np.unwrap(angle[::-1])
        first = int(np.argmin(np.mod(angle, 2 * np.pi)))
        loop = np.roll(loop, -first)
        away = vertices[loop][:, [2, 1]] - centre
        angle = np.unwrap(np.mod(np.arctan2(away[:, 1], away[:, 0]), 2 * np.pi))
        loops.append((np.append(loop, loop[0]), np.append(angle, angle[0] + 2 * np.pi)))
    (far, far_angle), (near, near_angle) = loops
    i = j = 0
    faces = []
    while i < len(far) - 1 or j < len(near) - 1:
        advance_far = j == len(near) - 1 or (
            i < len(far) - 1
            and far_angle[i] + far_angle[i + 1] <= near_angle[j] + near_angle[j + 1]
        )
        if advance_far:
            faces.append((far[i], far[i + 1], near[j]))
            i += 1
        else:
            faces.append((far[i], near[j + 1], near[j]))
            j += 1
    return np.array(faces, dtype=np.int64)


def _clashes(first: Ints, second: Ints) -> bool:
    edges = [set(map(tuple, directed_edges(faces).tolist())) for faces in (first, second)]
    return bool(edges[0] & edges[1])


def _seam_smoothed(mesh: MirrorMesh, hole: Ints, patch: EarPatch, start: int) -> MirrorMesh:
    """The mesh after Taubin smoothing (no shrinking) of the seam and its neighbours."""
    near = np.zeros(len(mesh.vertices))
    near[hole] = near[patch.attachment + start] = 1.0
    edges = unique_edges(mesh.faces)
    for reach in (0.7, 0.35):
        spread = near.copy()
        for a, b in ((edges[:, 0], edges[:, 1]), (edges[:, 1], edges[:, 0])):
            np.maximum.at(spread, a, np.where(near[b] > 0, np.minimum(near[b], reach), 0))
        near = np.maximum(near, spread)
    near = np.maximum(near, near[mesh.mirror])
    near[:468] = 0.0
    a, b = edges.T
    degree = np.bincount(edges.ravel(), minlength=len(mesh.vertices))[:, None]
    vertices = mesh.vertices
    for step in range(16):
        total = np.zeros_like(vertices)
        np.add.at(total, a, vertices[b])
        np.add.at(total, b, vertices[a])
        rate = 0.5 if step % 2 == 0 else -0.4
        vertices = vertices + rate * near[:, None] * (total / degree - vertices)
    return mesh.moved(vertices)
