"""Meshes stored as one half and a mirror permutation, and the graph questions asked of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FLIP_X: Floats = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class MirrorMesh:
    """A triangle mesh that is its own mirror image in the plane x = 0.

    Attributes:
        vertices: [V, 3] millimetres.
        right_faces: [F / 2, 3] the triangles at x <= 0, counter-clockwise seen from outside.
        mirror: [V] index of each vertex's mirror image (itself on the midline).
    """

    vertices: Floats
    right_faces: Ints
    mirror: Ints

    @property
    def faces(self) -> Ints:
        """[F, 3] all triangles: the right half, then its mirror image in the same order."""
        return np.concatenate([self.right_faces, self.mirror[self.right_faces][:, ::-1]])

    def moved(self, vertices: Floats) -> MirrorMesh:
        """The same triangles with other positions, made exactly symmetrical."""
        return MirrorMesh(symmetrised(vertices, self.mirror), self.right_faces, self.mirror)


def symmetrised(vertices: Floats, mirror: Ints) -> Floats:
    """[V, 3] the mean of the vertices and their mirror image, exact to the last bit."""
    mean: Floats = (vertices + vertices[mirror] * FLIP_X) / 2
    return mean


def appended(
    mesh: MirrorMesh, vertices: Floats, right_faces: Ints, mirror: Ints
) -> tuple[MirrorMesh, Ints]:
    """`mesh` with more vertices and triangles, and the ids of the new vertices.

    Args:
        mesh: what to add to.
        vertices: [N, 3] new positions.
        right_faces: [G, 3] new right-hand triangles, already numbered for the larger mesh.
        mirror: [N] mirror permutation among the new vertices, counted from zero.
    """
    count = len(mesh.vertices)
    larger = MirrorMesh(
        np.concatenate([mesh.vertices, symmetrised(vertices, mirror)]),
        np.concatenate([mesh.right_faces, right_faces]),
        np.concatenate([mesh.mirror, mirror + count]),
    )
    return larger, np.arange(count, count + len(vertices), dtype=np.int64)


def without_faces(mesh: MirrorMesh, drop_right: Bools) -> tuple[MirrorMesh, Ints]:
    """`mesh` less some right-hand triangles (and their mirror images) and what they leave loose.

    Returns:
        The smaller mesh, and [V] the new index of every old vertex, -1 for those removed.
    """
    right = mesh.right_faces[~drop_right]
    used = np.zeros(len(mesh.vertices), bool)
    used[right] = True
    used |= used[mesh.mirror]
    index = np.where(used, np.cumsum(used) - 1, -1).astype(np.int64)
    return MirrorMesh(mesh.vertices[used], index[right], index[mesh.mirror[used]]), index


def unique_edges(faces: Ints) -> Ints:
    """[E, 2] undirected edges, lower index first, sorted."""
    directed = directed_edges(faces)
    edges: Ints = np.unique(np.sort(directed, axis=1), axis=0)
    return edges


def directed_edges(faces: Ints) -> Ints:
    """[3F, 2] edges in the direction in which the triangles run."""
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def boundary_loops(faces: Ints) -> list[Ints]:
    """Closed chains of boundary vertices, each running as its triangles do.

    Each chain starts at its lowest index; chains are sorted by that index.
    """
    directed = directed_edges(faces)
    known = {(int(a), int(b)) for a, b in directed}
    following = {a: b for a, b in sorted(known) if (b, a) not in known}
    loops: list[Ints] = []
    seen: set[int] = set()
    for start in sorted(following):
        if start in seen:
            continue
        chain = [start]
        while following[chain[-1]] != start:
            chain.append(following[chain[-1]])
        seen.update(chain)
        loops.append(np.array(chain, dtype=np.int64))
    return loops


def oriented(faces: Ints) -> Ints:
    """[F, 3] the same triangles, each component wound like its first triangle."""
    owners: dict[tuple[int, int], list[int]] = {}
    for index, face in enumerate(faces):
        for k in range(3):
            a, b = sorted((int(face[k]), int(face[(k + 1) % 3])))
            owners.setdefault((a, b), []).append(index)
    result = faces.copy()
    done = np.zeros(len(faces), bool)
    for seed in range(len(faces)):
        if done[seed]:
            continue
        done[seed] = True
        stack = [seed]
        while stack:
            current = result[stack.pop()]
            for k in range(3):
                a, b = int(current[k]), int(current[(k + 1) % 3])
                for other in owners[(min(a, b), max(a, b))]:
                    if done[other]:
                        continue
                    done[other] = True
                    stack.append(other)
                    if _runs_along(result[other], a, b):
                        result[other] = result[other][::-1]
    return result


def _runs_along(face: Ints, a: int, b: int) -> bool:
    """Whether the triangle passes from a directly to b."""
    return any(face[k] == a and face[(k + 1) % 3] == b for k in range(3))


def grid_faces(ids: Ints, *, closed: bool = False) -> Ints:
    """[2 (R - 1) (C - 1), 3] triangles of a grid of vertex ids.

    Args:
        ids: [R, C] vertex ids.
        closed: whether the last column is joined to the first.
    """
    if closed:
        ids = np.concatenate([ids, ids[:, :1]], axis=1)
    a, b, c, d = ids[:-1, :-1], ids[:-1, 1:], ids[1:, 1:], ids[1:, :-1]
    lower = np.stack([a, b, c], axis=-1).reshape(-1, 3)
    upper = np.stack([a, c, d], axis=-1).reshape(-1, 3)
    return np.concatenate([lower, upper])


def vertex_normals(vertices: Floats, faces: Ints) -> Floats:
    """[V, 3] unit normals, the mean of the triangles around weighted by area."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, faces[:, k], normal)
    unit: Floats = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    return unit
