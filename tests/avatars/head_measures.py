"""Measurements of a head mesh against anthropometry, itself, and reference meshes.

Everything here works in millimetres on plain arrays; `head_in_mm` makes them. The reference
meshes live outside the repository and serve for measuring only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree

from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import boundary_loops, directed_edges, unique_edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ICT_SKIN = 11248
ICT_FACE = 9409
NECK_POINT: Floats = np.array([0.0, -108.0, -25.0])
NECK_AXIS: Floats = np.array([0.0, -0.894, -0.447])


def shared_folder() -> Path | None:
    """The folder with reference meshes and photos, or None where there is none."""
    given = os.environ.get("AVATAR_GUI_SHARED")
    folder = Path(given) if given else Path(__file__).parents[2].parent / "shared"
    return folder if folder.is_dir() else None


def faces_of(head: NeutralHead, *names: str) -> Ints:
    """[N, 3] the triangles of some parts."""
    return head.faces[np.concatenate([head.part_faces[name] for name in names])]


def skin_faces(head: NeutralHead) -> Ints:
    """[N, 3] the triangles that one sees: skin and ears."""
    return faces_of(head, "skin", "left_ear", "right_ear")


# --- topology ---------------------------------------------------------------------------------


def non_manifold_edges(faces: Ints) -> int:
    """How many edges have more than two triangles, or two that disagree about the outside."""
    directed = directed_edges(faces)
    _, twice = np.unique(directed, axis=0, return_counts=True)
    _, shared = np.unique(np.sort(directed, axis=1), axis=0, return_counts=True)
    return int((twice > 1).sum() + (shared > 2).sum())


def loop_sizes(faces: Ints) -> list[int]:
    """Lengths of the boundary loops, sorted."""
    return sorted(len(loop) for loop in boundary_loops(faces))


def median_edges(head: NeutralHead) -> tuple[float, float]:
    """Median edge length (mm) of the measured face and of the rest of the skin with the ears."""
    vertices = head.v_template * 1e3
    edges = unique_edges(skin_faces(head))
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    # A vertex belongs to the face if a landmark lies within the reach of the 468-point mesh.
    middle = vertices[edges].mean(axis=1)
    distance = closest(middle, vertices, head.landmark_faces).distance
    face = distance < 3.0
    return float(np.median(length[face])), float(np.median(length[~face]))


# --- distances --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nearest:
    """Nearest points [N, 3] of a surface, distances [N], triangles [N]."""

    point: Floats
    distance: Floats
    face: Ints


def closest(points: Floats, vertices: Floats, faces: Ints, candidates: int = 40) -> Nearest:
    """Nearest surface point of each of the points [N, 3], by the triangles with nearest centres."""
    corners = vertices[faces]
    _, near = cKDTree(corners.mean(axis=1)).query(points, k=min(candidates, len(faces)))
    a, b, c = (corners[near, k] for k in range(3))
    point, square = _closest_on_triangles(points[:, None], a, b, c)
    best = square.argmin(axis=1)
    row = np.arange(len(points))
    return Nearest(point[row, best], np.sqrt(square[row, best]), near[row, best])


def _closest_on_triangles(p: Floats, a: Floats, b: Floats, c: Floats) -> tuple[Floats, Floats]:
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    d20, d21 = _dot(ap, ab), _dot(ap, ac)
    denominator = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v = (d11 * d20 - d01 * d21) / denominator
    w = (d00 * d21 - d01 * d20) / denominator
    inside = (v >= 0) & (w >= 0) & (v + w <= 1)
    point = a + v[..., None] * ab + w[..., None] * ac
    square = np.where(inside, _dot(p - point, p - point), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        step = end - start
        t = np.clip(_dot(p - start, step) / np.maximum(_dot(step, step), 1e-30), 0, 1)
        on_edge = start + t[..., None] * step
        away = _dot(p - on_edge, p - on_edge)
        nearer = away < square
        point = np.where(nearer[..., None], on_edge, point)
        square = np.where(nearer, away, square)
    return point, square


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = (a * b).sum(axis=-1)
    return product


def similarity(source: Floats, target: Floats) -> tuple[float, Floats, Floats]:
    """Scale, rotation [3, 3] and shift [3] that bring points nearest to their targets."""
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    u, stretch, vt = np.linalg.svd((source - centre).T @ (target - goal))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = ((u * sign) @ vt).T
    scale = float((stretch * sign).sum() / ((source - centre) ** 2).sum())
    return scale, rotation, goal - scale * rotation @ centre


# --- dimensions -------------------------------------------------------------------------------


def dimensions(head: NeutralHead) -> dict[str, float]:
    """Anthropometric lengths in mm, by the names of the acceptance table."""
    v = head.v_template * 1e3
    skin = v[head.parts["skin"]]
    scalp = skin[skin[:, 1] > 20]
    midline = scalp[np.abs(scalp[:, 0]) < 1e-6]
    ear = v[head.loops["left_ear"]]
    return {
        "head length": float(np.linalg.norm(midline - v[9], axis=1).max()),
        "head breadth": 2 * float(scalp[:, 0].max()),
        "bizygomatic": float(v[454, 0] - v[234, 0]),
        "neck girth": girth(v, faces_of(head, "skin"), NECK_POINT, NECK_AXIS),
        "vertex to menton": float(v[:, 1].max() - v[152, 1]),
        "sellion to menton": float(v[168, 1] - v[152, 1]),
        "ear height": float(np.ptp(ear[:, 1])),
    }


def girth(vertices: Floats, faces: Ints, point: Floats, axis: Floats) -> float:
    """Length (mm) of a tape round the section of a mesh with a plane."""
    section = plane_section(vertices, faces, point, axis)
    across = np.array([1.0, 0.0, 0.0])
    along = np.cross(axis, across)
    flat = np.stack([section @ across, section @ along], axis=1)
    return float(ConvexHull(flat).area)  # the "area" of a plane hull is its perimeter


def plane_section(vertices: Floats, faces: Ints, point: Floats, normal: Floats) -> Floats:
    """[N, 3] points where edges pass a plane."""
    side = (vertices - point) @ normal
    a, b = unique_edges(faces).T
    crossing = (side[a] > 0) != (side[b] > 0)
    a, b = a[crossing], b[crossing]
    share = side[a] / (side[a] - side[b])
    points: Floats = vertices[a] + share[:, None] * (vertices[b] - vertices[a])
    return points


# --- references -------------------------------------------------------------------------------


def canonical_distances(head: NeutralHead, obj: Path) -> tuple[float, float]:
    """Mean distance (mm) of the canonical face: index to index, and points to our surface."""
    lines = obj.read_text().splitlines()
    points = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float64)
    v = head.v_template * 1e3
    scale, rotation, shift = similarity(points, v[:468])
    moved = scale * points @ rotation.T + shift
    by_index = float(np.linalg.norm(moved - v[:468], axis=1).mean())
    faces = skin_faces(head)
    for _ in range(20):
        scale, rotation, shift = similarity(moved, closest(moved, v, faces).point)
        moved = scale * moved @ rotation.T + shift
    return by_index, float(closest(moved, v, faces).distance.mean())


def aligned_reference(head: NeutralHead, npz: Path) -> tuple[Floats, Ints]:
    """The reference head in our frame (mm) and its skin triangles.

    Similarity alignment of the face's surface to the 468 landmarks.
    """
    with np.load(npz, allow_pickle=False) as data:
        vertices = data["vertices"].astype(np.float64) * 1e3
        faces = data["faces"].astype(np.int64)
    face = faces[(faces < ICT_FACE).all(axis=1)]
    landmarks = head.v_template[:468] * 1e3
    moved = vertices - [0.0, 9.0, 5.0]  # rough start: its origin lies a little higher
    for _ in range(40):
        scale, rotation, shift = similarity(closest(landmarks, moved, face).point, landmarks)
        moved = scale * moved @ rotation.T + shift
    return moved, faces[(faces < ICT_SKIN).all(axis=1)]


def reference_distances(head: NeutralHead, npz: Path) -> dict[str, float]:
    """Mean distances (mm) to the reference head, by region."""
    reference, faces = aligned_reference(head, npz)
    v = head.v_template * 1e3
    face = faces[(faces < ICT_FACE).all(axis=1)]
    to_face = closest(v[:468], reference, face).distance
    ours = closest(reference[:ICT_SKIN], v, skin_faces(head)).distance
    theirs = closest(v, reference, faces).distance
    result = {
        "face": float(to_face.mean()),
        "face median": float(np.median(to_face)),
        "face p95": float(np.percentile(to_face, 95)),
        "face max": float(to_face.max()),
    }
    result["ears"] = float(theirs[head.parts["left_ear"]].mean())
    for name, region in _regions(reference[:ICT_SKIN]).items():
        result[name] = float(ours[region].mean())
    return result


def _regions(points: Floats) -> dict[str, Bools]:
    x, y, z = np.abs(points.T[0]), points[:, 1], points[:, 2]
    return {
        "cranium": (y > 25) & (z < 50) & (x < 79),
        "jaw underside": (y > -105) & (y < -55) & (z > 20) & (z < 80) & (x < 55),
        "neck": (y > -125) & (y < -60) & (z < 20),
    }


# --- eyes, mouth, self-intersection -----------------------------------------------------------


def lid_clearance(head: NeutralHead, vertices: Floats | None = None) -> float:
    """Least distance (mm) of the skin, sampled within its triangles, from the eyeballs."""
    v = (head.v_template if vertices is None else vertices) * 1e3
    corners = v[faces_of(head, "skin")]
    grid = [(i / 4, j / 4, 1 - (i + j) / 4) for i in range(5) for j in range(5 - i)]
    samples = np.concatenate([np.einsum("k,nkd->nd", np.array(g), corners) for g in grid])
    gaps = [
        np.linalg.norm(samples - lid.centre * 1e3, axis=1).min() - lid.radius * 1e3
        for lid in (head.left_lid, head.right_lid)
    ]
    return float(min(gaps))


def outside_bag(head: NeutralHead, part: str, vertices: Floats | None = None) -> int:
    """How many vertices of a part lie outside the mouth bag (closed by a sheet at the lips)."""
    v = (head.v_template if vertices is None else vertices) * 1e3
    lips = head.loops["lips"]
    bag = faces_of(head, "mouth_bag")
    count = len(v)
    sheet = np.stack([lips, np.roll(lips, -1), np.full(len(lips), count)], axis=1)
    points = np.concatenate([v, v[lips].mean(axis=0)[None]])
    turns = winding_number(v[head.parts[part]], points[np.concatenate([bag, sheet])])
    return int((np.abs(turns) < 0.5).sum())


def winding_number(points: Floats, triangles: Floats) -> Floats:
    """[N] how often a surface [F, 3, 3] goes round each point (solid angle / 4 pi)."""
    total = np.zeros(len(points))
    for i, point in enumerate(points):
        a, b, c = (triangles[:, k] - point for k in range(3))
        la, lb, lc = (np.linalg.norm(side, axis=1) for side in (a, b, c))
        volume = _dot(a, np.cross(b, c))
        below = la * lb * lc + _dot(a, b) * lc + _dot(b, c) * la + _dot(c, a) * lb
        total[i] = np.arctan2(volume, below).sum() / (2 * np.pi)
    return total


def crossing_triangles(vertices: Floats, first: Ints, second: Ints | None = None) -> Ints:
    """[N, 2, 3] pairs of triangles that pass through each other; neighbours do not count.

    Args:
        vertices: [V, 3].
        first: [F, 3] triangles.
        second: [G, 3] others, or None to compare the first among themselves.
    """
    other = first if second is None else second
    pairs = _near_pairs(vertices, first, other, among=second is None)
    one, two = first[pairs[:, 0]], other[pairs[:, 1]]
    apart = ~(one[:, :, None] == two[:, None, :]).any(axis=(1, 2))
    one, two = one[apart], two[apart]
    hit = np.zeros(len(one), bool)
    for p, q in ((one, two), (two, one)):
        for k in range(3):
            start, end = vertices[p[:, k]], vertices[p[:, (k + 1) % 3]]
            hit |= _pierces(start, end, vertices[q])
    return np.stack([one[hit], two[hit]], axis=1)


def _near_pairs(vertices: Floats, first: Ints, second: Ints, *, among: bool) -> Ints:
    boxes = []
    for faces in (first, second):
        corners = vertices[faces]
        boxes.append((corners.min(axis=1), corners.max(axis=1), corners.mean(axis=1)))
    reach = sum(float(np.linalg.norm(high - low, axis=1).max()) for low, high, _ in boxes) / 2
    near = cKDTree(boxes[0][2]).query_ball_tree(cKDTree(boxes[1][2]), reach)
    sizes = [len(n) for n in near]
    i = np.repeat(np.arange(len(first)), sizes)
    j = np.concatenate([np.array(n, dtype=np.int64) for n in near])
    keep = (i < j) if among else np.ones(len(i), bool)
    i, j = i[keep], j[keep]
    touch = (boxes[0][0][i] <= boxes[1][1][j]).all(axis=1)
    touch &= (boxes[1][0][j] <= boxes[0][1][i]).all(axis=1)
    return np.stack([i[touch], j[touch]], axis=1)


def _pierces(start: Floats, end: Floats, triangles: Floats) -> Bools:
    """[N] whether each segment passes through its triangle."""
    a = triangles[:, 0]
    u, v, way = triangles[:, 1] - a, triangles[:, 2] - a, end - start
    across = np.cross(way, v)
    volume = _dot(u, across)
    safe = np.where(np.abs(volume) < 1e-12, 1.0, volume)
    away = start - a
    s = _dot(away, across) / safe
    turned = np.cross(away, u)
    t = _dot(way, turned) / safe
    along = _dot(v, turned) / safe
    inside: Bools = (s >= 0) & (t >= 0) & (s + t <= 1) & (along >= 0) & (along <= 1)
    return inside & (np.abs(volume) >= 1e-12)
