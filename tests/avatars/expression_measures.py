"""Measurements of expressions and identities: turned triangles, lids, lips, gaze. Millimetres."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avatars.head.default import rig
from avatars.head.default.build import LidColumns, NeutralHead
from avatars.head.default.expressions import ExpressionBasis
from renderer.camera import look_at
from renderer.mesh import draw_mesh
from tests.avatars.head_measures import crossing_triangles, faces_of, skin_faces

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GRID = np.array([(i, j, 4 - i - j) for i in range(5) for j in range(5 - i)]) / 4.0


def posed(
    head: NeutralHead,
    basis: ExpressionBasis,
    weights: Mapping[str, float],
    identity: Floats | None = None,
) -> Floats:
    """[V, 3] mm: the head with ARKit weights, by the formula of the program's skinning.

    Args:
        head: the head at rest.
        basis: its expressions.
        weights: by ARKit name.
        identity: [V, 3] metres added at rest.
    """
    row = np.zeros(len(basis.arkit_names))
    for name, weight in weights.items():
        row[basis.arkit_names.index(name)] = weight
    rest = head.v_template + basis.directions @ (row @ basis.arkit_expression)
    if identity is not None:
        rest = rest + identity
    joints = head.joint_regressor @ rest
    result = rest.copy()
    for joint, angles in (
        (rig.JAW, basis.arkit_jaw_pose),
        (rig.LEFT_EYE, basis.arkit_leye_pose),
        (rig.RIGHT_EYE, basis.arkit_reye_pose),
    ):
        turn = Rotation.from_rotvec(row @ angles).as_matrix()
        moved = (rest - joints[joint]) @ turn.T + joints[joint]
        result += head.lbs_weights[:, joint, None] * (moved - rest)
    return result * 1e3


def both_sides(name: str, weight: float = 1.0) -> dict[str, float]:
    """Weights of a shape that both sides show."""
    return {f"{name}Left": weight, f"{name}Right": weight}


def turned_triangles(head: NeutralHead, vertices: Floats) -> int:
    """How many triangles of skin and ears look more than 90 degrees away from where they did."""
    faces = skin_faces(head)
    return int((_dot(_normals(head.v_template, faces), _normals(vertices, faces)) < 0).sum())


def random_mixes(
    head: NeutralHead, basis: ExpressionBasis, count: int, seed: int = 0
) -> list[tuple[dict[str, float], int]]:
    """Mixes of six different names with weights 0..1, and the triangles that each turns."""
    random = np.random.default_rng(seed)
    result = []
    for _ in range(count):
        names = random.choice(basis.arkit_names, 6, replace=False)
        mix = {str(n): float(w) for n, w in zip(names, random.uniform(0, 1, 6), strict=True)}
        result.append((mix, turned_triangles(head, posed(head, basis, mix))))
    return result


def ball_clearance(head: NeutralHead, vertices: Floats) -> float:
    """Least distance (mm) of the skin, sampled within its triangles, from the eyeballs.

    The balls are where their vertices are.
    """
    faces = faces_of(head, "skin")
    least = np.inf
    for name, lid in (("left_eyeball", head.left_lid), ("right_eyeball", head.right_lid)):
        ball = vertices[head.parts[name]]
        centre, radius = fitted_sphere(ball)
        assert abs(radius - lid.radius * 1e3) < 0.05
        corners = vertices[faces]
        near = np.linalg.norm(corners - centre, axis=2).min(axis=1) < 25
        samples = np.einsum("gk,nkd->gnd", _GRID, corners[near]).reshape(-1, 3)
        least = min(least, float(np.linalg.norm(samples - centre, axis=1).min()) - radius)
    return least


def fitted_sphere(points: Floats) -> tuple[Floats, float]:
    """Centre [3] and radius of the sphere through points [N, 3]."""
    columns = np.concatenate([2 * points, np.ones((len(points), 1))], axis=1)
    solution = np.linalg.lstsq(columns, (points**2).sum(axis=1), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(solution[3] + centre @ centre))


def lid_gap(lid: LidColumns, vertices: Floats) -> float:
    """Largest height (mm) by which an upper lid point stands above the lower lid; 0 if closed."""
    return float(np.maximum(lid_heights(lid, vertices), 0).max())


def lid_heights(lid: LidColumns, vertices: Floats) -> Floats:
    """[15] signed heights (mm) of the upper lid margin over the lower one, at equal x."""
    margin = vertices[lid.margin]
    half = len(margin) // 2
    lower = margin[np.r_[half : len(margin), 0]]
    order = np.argsort(lower[:, 0])
    upper = margin[1:half]
    heights: Floats = upper[:, 1] - np.interp(upper[:, 0], lower[order, 0], lower[order, 1])
    return heights


def lip_gaps(head: NeutralHead, vertices: Floats) -> Floats:
    """[19] distances (mm) between the inner lip points that touch at rest."""
    lips = head.loops["lips"]
    half = len(lips) // 2
    gaps: Floats = np.linalg.norm(vertices[lips[1:half]] - vertices[lips[:half:-1]], axis=1)
    return gaps


def lip_overlap(head: NeutralHead, vertices: Floats) -> float:
    """Largest height (mm) by which an upper inner lip point sinks below its lower one."""
    lips = head.loops["lips"]
    half = len(lips) // 2
    below = vertices[lips[:half:-1], 1] - vertices[lips[1:half], 1]
    return float(max(below.max(), 0.0))


def _normals(vertices: Floats, faces: Ints) -> Floats:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = (a * b).sum(axis=-1)
    return product


def visible_pixels(
    head: NeutralHead, vertices: Floats, part: str, *, yaw: float = 0.0, size: int = 512
) -> int:
    """Pixels in which a part is seen from 0.75 m before the head, `yaw` degrees to its left."""
    angle = np.radians(yaw)
    eye = (0.75 * float(np.sin(angle)), 0.0, 0.75 * float(np.cos(angle)))
    camera = look_at(eye, (0.0, 0.0, 0.0), focal=1200.0 * size / 512, width=size, height=size)
    seen = draw_mesh(camera, (vertices * 1e-3).astype(np.float32), head.faces).face
    return int(np.isin(seen, head.part_faces[part]).sum())


def mouth_crossings(head: NeutralHead, vertices: Floats) -> int:
    """How many triangles of teeth and tongue pass through lips, mouth bag or each other."""
    surface = faces_of(head, "skin", "mouth_bag")
    middle = head.v_template[surface].mean(axis=1) * 1e3
    surface = surface[np.linalg.norm(middle - [0.0, -50.0, 75.0], axis=1) < 55]
    upper, lower, tongue = (
        faces_of(head, name) for name in ("teeth_upper", "teeth_lower", "tongue")
    )
    pairs = [(inside, surface) for inside in (upper, lower, tongue)]
    pairs += [(upper, lower), (tongue, upper), (tongue, lower)]
    return sum(len(crossing_triangles(vertices, one, other)) for one, other in pairs)
