"""The skin around a point unrolled into a plane, so that pictures lie on it without distortion.

The discrete exponential map of Schmidt, Grimm and Wyvill (Interactive decal compositing with
discrete exponential maps, 2006): offsets between neighbouring vertices are added up in the tangent
plane along shortest paths, then evened out over all neighbours that lie nearer to the middle
(Schmidt: Stroke parameterization, 2013). It knows vertices, not texture coordinates, so seams of
the layout do not exist for it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from avatars.edits.canvas import Canvas
from avatars.edits.points import Array, Indices, Mask, Points
from avatars.head.nearest import unit

_ROUNDS = 3
_FOLD = 0.15
"""Least share of its size that a triangle keeps when unrolled; what folds over is left away."""


@dataclass(frozen=True, eq=False)
class Chart:
    """Texels near a point with their places in its tangent plane.

    Attributes:
        rows: [K] rows of the canvas.
        xy: [K, 2] metres along growing u and across it, from the point.
    """

    rows: Indices
    xy: Array


def chart(canvas: Canvas, middle: Points, radius: float) -> Chart:
    """The texels within about ``radius`` (metres, along the skin) of a point, unrolled.

    Args:
        canvas: the head.
        middle: one point.
        radius: metres.
    """
    faces = canvas.head.faces_numpy
    seeds = faces[middle.face[0]]
    edges = canvas.edges
    distance, came_from, _ = dijkstra(
        edges,
        indices=seeds,
        min_only=True,
        limit=radius + _longest(canvas, seeds),
        return_predecessors=True,
    )
    reached = np.flatnonzero(np.isfinite(distance))
    parents = came_from.astype(np.int64)
    xy, frames = _along_paths(canvas, middle, reached, parents, seeds)
    xy = _evened(canvas, reached, distance, xy, frames)
    known = np.zeros(len(canvas.vertices), bool)
    known[reached] = True
    chosen = known[faces].all(axis=1)
    chosen &= canvas.part_of_face == canvas.part_of_face[middle.face[0]]
    near = np.flatnonzero(chosen)
    chosen[near[_folded(canvas, xy, near)]] = False
    rows = canvas.rows_of_faces(chosen)
    corners = xy[faces[canvas.points.face[rows]]]  # [K, 3, 2]
    places = (corners * canvas.points.barycentrics[rows, :, None]).sum(axis=1)
    return Chart(rows, places)


def _longest(canvas: Canvas, seeds: Indices) -> float:
    corners = canvas.vertices[seeds]
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).max())


def _along_paths(
    canvas: Canvas, middle: Points, reached: Indices, came_from: Indices, seeds: Indices
) -> tuple[Array, Array]:
    """Places [V, 2] and frames [V, 3, 3] of the vertices reached, from path to path."""
    count = len(canvas.vertices)
    xy, frames = np.zeros((count, 2)), np.zeros((count, 3, 3))
    home = canvas.frame_at(middle)
    arm = canvas.vertices[seeds] - canvas.positions_at(middle)[0]
    xy[seeds] = _logarithm(arm, home[None])
    # The three corners keep the plane's own places, so that the middle lies at zero exactly.
    frames[seeds] = _carried(np.broadcast_to(home, (3, 3, 3)), canvas.vertex_normals[seeds])
    done = np.zeros(count, bool)
    done[seeds] = True
    todo = reached[~done[reached]]
    while len(todo):
        ready = done[came_from[todo]]
        step = todo[ready]
        if not len(step):
            break
        parent = came_from[step]
        frames[step] = _carried(frames[parent], canvas.vertex_normals[step])
        arm = canvas.vertices[step] - canvas.vertices[parent]
        xy[step] = xy[parent] + _step(arm, frames[parent], frames[step])
        done[step] = True
        todo = todo[~ready]
    return xy, frames


def _evened(canvas: Canvas, reached: Indices, distance: Array, xy: Array, frames: Array) -> Array:
    """The places averaged over what all nearer neighbours say."""
    part = csr_array(canvas.edges[reached][:, reached]).tocoo()
    child, parent = reached[part.row], reached[part.col]
    nearer = distance[parent] < distance[child]
    child, parent, length = child[nearer], parent[nearer], part.data[nearer]
    if not len(child):
        return xy
    arm = canvas.vertices[child] - canvas.vertices[parent]
    step = _step(arm, frames[parent], frames[child])
    count = len(xy)
    weight = 1 / length
    sums = csr_array(coo_array((weight, (child, np.arange(len(child)))), shape=(count, len(child))))
    total = np.bincount(child, weight, count)
    has = total > 0
    has[distance == 0] = False
    found = xy.copy()
    for _ in range(_ROUNDS):
        said = sums @ (found[parent] + step)
        found[has] = said[has] / total[has, None]
    return found


def _logarithm(arm: Array, frame: Array) -> Array:
    """Offsets [K, 2] in frames [K, 3, 3] of arms [K, 3], as long as the arms are."""
    flat = np.einsum("kij,ki->kj", np.broadcast_to(frame, (len(arm), 3, 3)), arm)[:, :2]
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    found: Array = flat / np.maximum(length, 1e-12) * np.linalg.norm(arm, axis=1, keepdims=True)
    return found


def _step(arm: Array, start: Array, end: Array) -> Array:
    """Offsets between neighbours, from the frames at both ends."""
    mean: Array = (_logarithm(arm, start) + _logarithm(arm, end)) / 2
    return mean


def _carried(frames: Array, normals: Array) -> Array:
    """Frames [K, 3, 3] turned by the least turn that brings their normals to [K, 3]."""
    old = frames[:, :, 2]
    axis = np.cross(old, normals)
    cosine = np.einsum("ki,ki->k", old, normals)
    x, y, z = axis.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)
    turn = np.eye(3) + cross + cross @ cross / np.maximum(1 + cosine, 1e-3)[:, None, None]
    turned = turn @ frames
    turned[:, :, 2] = normals
    turned[:, :, 0] -= normals * np.einsum("ki,ki->k", turned[:, :, 0], normals)[:, None]
    turned[:, :, 0] = unit(turned[:, :, 0])
    turned[:, :, 1] = np.cross(normals, turned[:, :, 0])
    result: Array = turned
    return result


def _folded(canvas: Canvas, xy: Array, faces: Indices) -> Mask:
    """Which of the faces [K] lie upside down in the plane, or nearly so."""
    corners = canvas.head.faces_numpy[faces]
    flat, solid = xy[corners], canvas.vertices[corners]
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    drawn = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    area = np.linalg.norm(np.cross(solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0]), axis=1)
    folded: Mask = drawn < _FOLD * area
    return folded
