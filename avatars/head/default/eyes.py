"""Eyeballs, and the rims that lead from the lid margins into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default.topology import (
    FLIP_X,
    Floats,
    Ints,
    MirrorMesh,
    appended,
    boundary_loops,
    grid_faces,
)

MERIDIANS = 32
LATITUDES_DEGREES = (
    4.0, 7.5, 11.0, 15.0, 20.0, 25.0, 29.0, 35.0, 44.0, 56.0, 70.0, 86.0, 104.0, 124.0, 148.0,
)  # fmt: skip
"""Rings of the eyeball, from the pole in front; the pupil ends at 11, the iris at 29 degrees."""
RIM_RADIUS = 11.7
RIM_REACH = 10.6


@dataclass(frozen=True)
class LidRim:
    """The strip from one eye's lid margin into its eyeball.

    Attributes:
        margin: [32] skin vertices of the lid margin, in order round the eye.
        rim: [32] for each of them the vertex inside the eyeball that follows it.
    """

    margin: Ints
    rim: Ints


def add_lid_rims(mesh: MirrorMesh, centre: Floats, outer_corner: int) -> tuple[MirrorMesh, LidRim]:
    """The skin with one more ring per eye; returns the right eye's.

    The rim ends half a millimetre inside the ball. That closes the corners and gives the lids
    their thickness from every side.

    Args:
        mesh: skin, open at the eyes.
        centre: [3] of the left eyeball, mm.
        outer_corner: landmark by which the right eye's loop is recognised.
    """
    loops = boundary_loops(mesh.faces)
    margin = next(loop for loop in loops if outer_corner in loop)
    margin = np.roll(margin, -int(np.flatnonzero(margin == outer_corner)[0]))
    right = _rim_points(mesh.vertices[margin], centre * FLIP_X)
    size, count = len(margin), len(mesh.vertices)
    rim = np.arange(size, dtype=np.int64) + count
    # The loop runs as its skin triangles do, so the new strip runs against it.
    faces = grid_faces(np.stack([margin, rim]), closed=True)[:, ::-1]
    mirror = np.concatenate([np.arange(size) + size, np.arange(size)])
    mesh, _ = appended(mesh, np.concatenate([right, right * FLIP_X]), faces, mirror)
    return mesh, LidRim(margin, rim)


def _rim_points(margin: Floats, centre: Floats) -> Floats:
    away = margin - centre
    rho = np.hypot(away[:, 0], away[:, 1])
    away[:, :2] *= (np.minimum(rho, RIM_REACH) / rho)[:, None]
    reach = np.hypot(away[:, 0], away[:, 1])
    away[:, 2] = np.sqrt(RIM_RADIUS**2 - np.minimum(reach, RIM_REACH) ** 2)
    points: Floats = centre + away
    return points


def pushed_off_ball(vertices: Floats, centre: Floats, radius: float, clearance: float) -> Floats:
    """[V, 3] the vertices with those too near an eyeball moved out along its radius.

    Args:
        vertices: [V, 3] skin, mm.
        centre: [3] of the left ball, mm; the right one is its mirror image.
        radius: of the ball, mm.
        clearance: least distance to the ball, mm.
    """
    result = vertices.copy()
    for middle in (centre, centre * FLIP_X):
        away = result - middle
        distance = np.linalg.norm(away, axis=1, keepdims=True)
        wanted = np.maximum(distance, radius + clearance)
        result = middle + away * (wanted / np.maximum(distance, 1e-9))
    return result


def add_eyeballs(mesh: MirrorMesh, centre: Floats, radius: float) -> tuple[MirrorMesh, Ints]:
    """The mesh with both eyeballs; returns the ids of the right one, pole first."""
    polar = np.radians(LATITUDES_DEGREES)[:, None]
    turn = (2 * np.pi * np.arange(MERIDIANS) / MERIDIANS)[None]
    rings = np.stack(
        [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar) + 0 * turn],
        axis=-1,
    )
    unit = np.concatenate([[[0, 0, 1]], rings.reshape(-1, 3), [[0, 0, -1]]])
    ids = 1 + np.arange(rings.shape[0] * MERIDIANS).reshape(-1, MERIDIANS)
    last = len(unit) - 1
    front = np.stack([np.zeros(MERIDIANS, np.int64), ids[0], np.roll(ids[0], -1)], axis=1)
    back = np.stack([np.full(MERIDIANS, last), np.roll(ids[-1], -1), ids[-1]], axis=1)
    # Rings run counter-clockwise seen from the front, so quads read outside-in backwards.
    faces = np.concatenate([front, grid_faces(ids, closed=True)[:, ::-1], back])
    size = len(unit)
    right = centre * FLIP_X + radius * unit
    mirror = np.concatenate([np.arange(size) + size, np.arange(size)])
    both = np.concatenate([right, right * FLIP_X])
    mesh, new = appended(mesh, both, faces + len(mesh.vertices), mirror)
    return mesh, new[:size]
