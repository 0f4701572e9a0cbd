"""Everything of the skin that was not measured: cranium, jaw underside, neck.

One annulus of quads leads from the face oval over the crown and under the chin to the neck
loop. It follows a surface put together from ellipsoids of anthropometric size, and leaves the
measured face tangentially.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from avatars.head.default.laplacian import cotangent_laplacian
from avatars.head.default.topology import (
    FLIP_X,
    Floats,
    Ints,
    MirrorMesh,
    appended,
    boundary_loops,
    grid_faces,
    symmetrised,
)

COLUMNS = 36
RINGS = 19
CROWN_LANDMARK = 10
CENTRE: Floats = np.array([0.0, 30.0, 0.0])


@dataclass(frozen=True)
class Ellipsoid:
    """One blob of the target surface.

    Attributes:
        centre: millimetres.
        radii: millimetres.
        softness: how far (mm) the seam to the blobs before it is rounded.
        power: 2 for an ellipsoid, more for a boxier one.
    """

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    softness: float = 0.0
    power: float = 2.0


BLOBS = (
    Ellipsoid((0, 44, -9), (75.5, 83, 93), power=2.2),  # cranium
    Ellipsoid((0, 62, -30), (72, 62, 62), 15),  # parietal bones
    Ellipsoid((0, 22, -37), (66, 62, 61), 20),  # occiput
    Ellipsoid((0, -10, 6), (70.5, 66, 46), 15),  # mastoid and ramus of the jaw, under the ear
    Ellipsoid((0, -42, 27), (59, 48, 55), 18),  # floor of the mouth
    Ellipsoid((0, -72, 38), (44, 27, 38), 14),  # under the tongue, behind the chin
)
SKULL_BLOBS = 3
"""The first blobs join the cranium; the others come after the neck."""
NECK: tuple[tuple[tuple[float, float, float], tuple[float, float, float], float, float], ...] = (
    ((0, -10, -26), (0, -85, -24), 47.0, 50.0),
    ((0, -85, -14), (0, -190, -66), 54.2, 57.2),
)
"""Rounded cones: upper end, lower end, radius at each."""
NECK_WIDER = 1.06
NECK_TAPER = 0.2
NECK_SOFTNESS = (28.0, 12.0)
LOOP_CENTRE: Floats = np.array([0.0, -150.0, -46.0])
LOOP_TILT = 0.2


def skull_distance(points: Floats) -> Floats:
    """[N] signed distance (mm, negative inside) to the surface that the annulus follows."""
    distance = _ellipsoid_distance(points, BLOBS[0])
    for blob in BLOBS[1:SKULL_BLOBS]:
        distance = _soft_minimum(distance, _ellipsoid_distance(points, blob), blob.softness)
    for cone, softness in zip(NECK, NECK_SOFTNESS, strict=True):
        distance = _soft_minimum(distance, _cone_distance(points, *cone), softness)
    for blob in BLOBS[SKULL_BLOBS:]:
        distance = _soft_minimum(distance, _ellipsoid_distance(points, blob), blob.softness)
    return distance


def onto_skull(points: Floats, steps: int) -> Floats:
    """[N, 3] the points moved along the gradient onto the target surface."""
    for _ in range(steps):
        gradient = np.empty_like(points)
        for axis in range(3):
            shift = np.zeros(3)
            shift[axis] = 0.05
            difference = skull_distance(points + shift) - skull_distance(points - shift)
            gradient[:, axis] = difference / 0.1
        size = np.maximum((gradient**2).sum(axis=1, keepdims=True), 1e-6)
        points = points - 0.8 * skull_distance(points)[:, None] * gradient / size
    return points


def add_cranium(face: MirrorMesh) -> tuple[MirrorMesh, Ints]:
    """The face with the annulus sewn to its oval, and the ids [36] of the neck loop."""
    oval = face_oval(face)
    ring_mirror = (COLUMNS - np.arange(COLUMNS)) % COLUMNS
    start = _stereographic_rings(face.vertices, oval)
    target = _relaxed(start, face.vertices[oval], ring_mirror)
    ids = np.arange(RINGS * COLUMNS).reshape(RINGS, COLUMNS) + len(face.vertices)
    grid = np.concatenate([oval[None], ids])[:, : COLUMNS // 2 + 1]
    faces = grid_faces(grid)
    if _shares_direction(face.right_faces, faces):
        faces = faces[:, ::-1]
    mirror = (ids[:, ring_mirror] - len(face.vertices)).ravel()
    mesh, _ = appended(face, target.reshape(-1, 3), faces, mirror)
    return _blended(mesh, len(face.vertices), oval), ids[-1]


def _ellipsoid_distance(points: Floats, blob: Ellipsoid) -> Floats:
    radii = np.array(blob.radii)
    scaled = np.abs((points - np.array(blob.centre)) / radii)
    value = np.maximum((scaled**blob.power).sum(axis=1), 1e-12) ** (1 / blob.power)
    # First-order distance: exact on the surface, where it matters.
    slope = np.linalg.norm((scaled / value[:, None]) ** (blob.power - 1) / radii, axis=1)
    distance: Floats = (value - 1) / np.maximum(slope, 1e-9)
    return distance


def _cone_distance(
    points: Floats,
    top: tuple[float, float, float],
    end: tuple[float, float, float],
    top_radius: float,
    end_radius: float,
) -> Floats:
    axis = np.subtract(end, top)
    along = np.clip((points - top) @ axis / (axis @ axis), 0, 1)
    away = points - (np.array(top) + along[:, None] * axis)
    # The neck narrows towards the larynx.
    away[:, 0] /= NECK_WIDER - NECK_TAPER * np.clip(away[:, 2] / end_radius, 0, 1)
    radius = top_radius + (end_radius - top_radius) * along
    distance: Floats = np.linalg.norm(away, axis=1) - radius
    return distance


def _soft_minimum(a: Floats, b: Floats, softness: float) -> Floats:
    share = np.clip(0.5 + 0.5 * (b - a) / softness, 0, 1)
    value: Floats = b + (a - b) * share - softness * share * (1 - share)
    return value


def face_oval(face: MirrorMesh) -> Ints:
    """[36] the oval from the hair line down the right side to the chin and up the left."""
    loop = max(boundary_loops(face.faces), key=len)
    loop = np.roll(loop, -int(np.flatnonzero(loop == CROWN_LANDMARK)[0]))
    if face.vertices[loop[1], 0] > 0:
        loop = np.roll(loop[::-1], 1)
    return loop


def _neck_loop() -> Floats:
    """[36, 3] the lower end, column by column like the oval: nape first, then the right side."""
    angle = 2 * np.pi * np.arange(COLUMNS) / COLUMNS
    outwards = np.stack([-np.sin(angle), LOOP_TILT * np.cos(angle), -np.cos(angle)], axis=1)
    low, high = np.full(COLUMNS, 20.0), np.full(COLUMNS, 120.0)
    for _ in range(40):
        middle = (low + high) / 2
        outside = skull_distance(LOOP_CENTRE + middle[:, None] * outwards) > 0
        low, high = np.where(outside, low, middle), np.where(outside, middle, high)
    loop: Floats = LOOP_CENTRE + low[:, None] * outwards
    return loop


def _stereographic_rings(vertices: Floats, oval: Ints) -> Floats:
    """[19, 36, 3] first guess: straight lines between the two loops in a plane chart.

    The chart sends the middle of the face to infinity, so that the straight way from the hair
    line to the nape leads over the crown.
    """
    pole = vertices[[168, 2]].mean(axis=0) - CENTRE
    pole /= np.linalg.norm(pole)
    side = np.array([1.0, 0.0, 0.0])
    up = np.cross(pole, side)
    ends = []
    for loop in (vertices[oval], _neck_loop()):
        away = loop - CENTRE
        length = np.linalg.norm(away, axis=1)
        unit = away / length[:, None]
        chart = np.stack([unit @ side, unit @ up], axis=1) / (1 - unit @ pole)[:, None]
        ends.append((chart, length))
    rings = []
    for step in range(1, RINGS + 1):
        t = step / RINGS
        chart = ends[0][0] * (1 - t) + ends[1][0] * t
        length = ends[0][1] * (1 - t) + ends[1][1] * t
        square = (chart**2).sum(axis=1)[:, None]
        unit = (2 * chart @ np.stack([side, up]) + (square - 1) * pole) / (square + 1)
        rings.append(CENTRE + unit * length[:, None])
    result: Floats = np.stack(rings)
    result[:-1] = onto_skull(result[:-1].reshape(-1, 3), 30).reshape(RINGS - 1, COLUMNS, 3)
    result[-1] = _neck_loop()
    return result


def _relaxed(rings: Floats, oval: Floats, ring_mirror: Ints) -> Floats:
    """[19, 36, 3] the rings spread evenly over the target surface.

    Long edges pull a little harder than short ones. A stronger pull (exponent 1.3, step 0.7)
    makes neighbouring rings swing against each other like a chessboard.
    """
    grid: Floats = np.concatenate([oval[None], rings])
    for step in range(700):
        inner = grid[1:-1]
        total = np.zeros_like(inner)
        weights = np.zeros(inner.shape[:2])
        around = (grid[:-2], grid[2:], np.roll(inner, 1, axis=1), np.roll(inner, -1, axis=1))
        for neighbour, stiffness in zip(around, (1.5, 1.5, 1.0, 1.0), strict=True):
            length = np.linalg.norm(neighbour - inner, axis=2)
            weight = stiffness * (length**0.6 + 0.3)
            total += weight[..., None] * neighbour
            weights += weight
        moved = inner + 0.45 * (total / weights[..., None] - inner)
        moved = onto_skull(moved.reshape(-1, 3), 1 if step < 690 else 4).reshape(inner.shape)
        grid[1:-1] = (moved + moved[:, ring_mirror] * FLIP_X) / 2
    return grid[1:]


def _shares_direction(first: Ints, second: Ints) -> bool:
    """Whether some edge runs the same way in both sets of triangles (then one is inside out)."""
    edges = [
        {(int(face[k]), int(face[(k + 1) % 3])) for face in faces for k in range(3)}
        for faces in (first, second)
    ]
    return bool(edges[0] & edges[1])


def _blended(mesh: MirrorMesh, face_count: int, oval: Ints) -> MirrorMesh:
    """The annulus bent so that it leaves the face without a crease.

    Minimises bending plus a pull to the target that grows with the distance from the oval. The
    pull goes by distance and not by ring number: rings are 30 mm apart at the crown and 5 at the
    jaw.
    """
    count = len(mesh.vertices)
    target = mesh.vertices
    gap = np.linalg.norm(target[:, None] - target[oval][None], axis=2).min(axis=1)
    pull = 0.15 * np.clip((gap - 8) / 40, 0, 1) ** 2
    pull[-COLUMNS:] = 50.0
    # Away from the face the surface keeps the target's own bending: without this the crown,
    # where edges are longest, is ironed flat by ten millimetres.
    keep = np.clip((gap - 6) / 34, 0, 1)[:, None]
    free = np.arange(count) >= face_count
    vertices = target
    for _ in range(3):
        stiffness, _area = cotangent_laplacian(vertices, mesh.faces)
        bend = sparse.diags_array(1 / stiffness.diagonal()) @ stiffness
        energy = (bend.T @ bend).tocsr()
        wanted = bend.T @ (keep * (bend @ target))
        left = energy[free][:, free] + sparse.diags_array(pull[free])
        right = (
            wanted[free]
            + pull[free, None] * target[free]
            - energy[free][:, ~free] @ vertices[~free]
        )
        solved = vertices.copy()
        solved[free] = splu(left.tocsc()).solve(right)
        vertices = symmetrised(solved, mesh.mirror)
    return mesh.moved(vertices)
