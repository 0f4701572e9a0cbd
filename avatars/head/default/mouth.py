"""The inside of the mouth: bag, teeth, tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default.topology import (
    Floats,
    Ints,
    MirrorMesh,
    appended,
    boundary_loops,
    grid_faces,
)

LIP_LINE = -49.3
"""Height (mm) at which the closed lips meet in the middle."""
LIP_DEPTH = 90.2
"""Depth (mm) of that point."""


@dataclass(frozen=True)
class BagRing:
    """One cross-section of the mouth bag, mm: depths of its middle and sides, and its extents."""

    middle_z: float
    side_z: float
    half_width: float
    above: float
    below: float


BAG_RINGS = (
    BagRing(88.4, 75.6, 25.2, 0.5, 0.5),  # lips still touch
    BagRing(86.4, 72.5, 28.5, 4.5, 4.5),  # behind the lips it opens
    BagRing(84.6, 66.5, 33.0, 12.5, 13.5),  # fold between lips and gums
    BagRing(79.0, 58.0, 36.0, 15.0, 17.5),
    BagRing(62.0, 46.0, 36.5, 16.5, 19.0),
    BagRing(42.0, 34.0, 32.0, 14.0, 19.0),
    BagRing(28.0, 25.0, 20.0, 9.0, 15.0),  # throat
)


@dataclass(frozen=True)
class Arch:
    """One row of teeth, mm.

    Attributes:
        front_z: depth of the incisors' outer face.
        gum_y: height of the gum edge above the lip line.
        edge_y: height of the biting edge above the lip line.
        half_width: of the arch, to the outer face of the molars.
        depth: from the incisors to the last molar.
    """

    front_z: float
    gum_y: float
    edge_y: float
    half_width: float = 28.0
    depth: float = 33.0


UPPER = Arch(front_z=81.7, gum_y=9.5, edge_y=-2.5)
LOWER = Arch(front_z=79.6, gum_y=-11.5, edge_y=-3.0, half_width=26.5, depth=32.0)
TOOTH_WIDTHS = (8.5, 6.6, 7.6, 7.0, 6.8, 10.2, 9.8)
"""Central incisor to second molar (mm); scaled to fill half the arch."""
GROOVE = 0.8
"""How far (mm) the gaps between teeth lie behind their faces and above their edges."""
TOOTH_THICKNESS = (4.2, 8.0)
"""Of the arch at the incisors and at the molars, mm."""

TONGUE_COLUMNS = 12
TONGUE_RINGS = 9


def add_bag(mesh: MirrorMesh, corner: int) -> tuple[MirrorMesh, Ints, Ints]:
    """The skin with the mouth bag sewn to the inner lips.

    Args:
        mesh: skin, open at the lips.
        corner: landmark of the right mouth corner.

    Returns:
        The mesh; the lip loop [40]; the bag's vertices [7 * 40 + 1], ring by ring in the order
        of the lip loop, the last one in the throat.
    """
    lips = next(loop for loop in boundary_loops(mesh.faces) if corner in loop)
    lips = np.roll(lips, -int(np.flatnonzero(lips == corner)[0]))
    size, count = len(lips), len(mesh.vertices)
    position = {int(vertex): i for i, vertex in enumerate(lips)}
    image = np.array([position[int(v)] for v in mesh.mirror[lips]], dtype=np.int64)
    border = mesh.vertices[lips]
    side = lip_sides(border)
    across = border[:, 0] / np.abs(border[:, 0]).max()
    rings = [_bag_ring(ring, border, across, side) for ring in BAG_RINGS]
    throat = rings[-1].mean(axis=0) - np.array([0.0, 0.0, 5.0])
    vertices = np.concatenate([*rings, throat[None]])
    ids = count + np.arange(len(BAG_RINGS) * size).reshape(-1, size)
    grid = np.concatenate([lips[None], ids])
    cap = np.stack([np.full(size, count + ids.size), ids[-1], np.roll(ids[-1], -1)], axis=1)
    # The lip loop runs as the skin's triangles do, so the bag's must run against it.
    faces = np.concatenate([grid_faces(grid, closed=True)[:, ::-1], cap[:, ::-1]])
    right = _right_half(faces, np.concatenate([mesh.vertices, vertices]))
    mirror = np.append((np.arange(len(BAG_RINGS))[:, None] * size + image).ravel(), ids.size)
    mesh, new = appended(mesh, vertices, right, mirror)
    return mesh, lips, new


def lip_sides(border: Floats) -> Floats:
    """[L] +1 for points of the inner lip loop on the upper lip, -1 on the lower, 0 at corners.

    Args:
        border: [L, 3] the loop, starting at a mouth corner.
    """
    size = len(border)
    upper_first = border[1 : size // 2, 1].mean() > border[size // 2 + 1 :, 1].mean()
    side = np.where(np.arange(size) < size // 2, 1.0, -1.0) * (1.0 if upper_first else -1.0)
    side[[0, size // 2]] = 0.0
    return side


def _bag_ring(ring: BagRing, border: Floats, across: Floats, side: Floats) -> Floats:
    """[40, 3] one ring, each point behind the lip point of the same column."""
    # Columns crowd at the corners on the lips; further in they spread along the section.
    profile = np.abs(side) * np.sqrt(np.maximum(1 - np.abs(across) ** 2.6, 0))
    profile = np.maximum(profile, 0.12 * np.abs(side))
    extent = np.where(side > 0, ring.above, -ring.below) * profile
    near_lips = np.clip((ring.middle_z - 80.0) / 8.4, 0, 1)
    height = near_lips * (border[:, 1] - np.sign(side) * 0.04) + (1 - near_lips) * LIP_LINE
    z = ring.middle_z + (ring.side_z - ring.middle_z) * np.abs(across) ** 2.2
    # The first rings are copies of the lip line further in, so that they cannot cross it.
    z = near_lips * (border[:, 2] - (LIP_DEPTH - ring.middle_z)) + (1 - near_lips) * z
    return np.stack([across * ring.half_width, height + extent, z], axis=1)


def add_teeth(mesh: MirrorMesh, arch: Arch) -> tuple[MirrorMesh, Ints]:
    """The mesh with one row of teeth, a closed band along the arch; returns its vertices."""
    s, groove = _tooth_columns(arch)
    x, z = _arch_curve(arch, s)
    tangent = np.stack([np.gradient(x, s), np.gradient(z, s)], axis=1)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    inwards = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)  # to the back at the incisors
    thickness = np.interp(np.abs(s), [0, 0.35, 1], [TOOTH_THICKNESS[0], 4.6, TOOTH_THICKNESS[1]])
    bite = np.sign(arch.edge_y - arch.gum_y)
    # Section of a tooth: (share of the thickness inwards, share of the height from the gum).
    section = ((0.12, 0.0), (0.0, 0.35), (0.0, 0.75), (0.12, 0.97), (0.5, 1.0), (0.88, 0.95),
               (1.0, 0.55), (0.75, 0.0))  # fmt: skip
    rows = []
    for inward, down in section:
        face = inward < 0.2 and down > 0.0
        offset = inwards * (inward * thickness + GROOVE * groove * face)[:, None]
        y = arch.gum_y + (arch.edge_y - arch.gum_y) * down - bite * GROOVE * groove * (down > 0.9)
        rows.append(np.stack([x + offset[:, 0], LIP_LINE + y, z + offset[:, 1]], axis=1))
    columns, size = len(s), len(section)
    ids = np.arange(columns * size).reshape(columns, size)
    vertices = np.stack(rows, axis=1).reshape(-1, 3)
    faces = np.concatenate([grid_faces(ids, closed=True), _fan(ids[0]), _fan(ids[-1])[:, ::-1]])
    faces = _outwards(faces, vertices)
    mirror = ids[::-1].ravel()
    return appended(mesh, vertices, _right_half(faces, vertices) + len(mesh.vertices), mirror)


def _arch_curve(arch: Arch, s: Floats) -> tuple[Floats, Floats]:
    """[N] x and z (mm) of the outer faces at arch parameters [N], -1 right to 1 left."""
    bend = 1.25
    x = arch.half_width * np.sin(bend * s) / np.sin(bend)
    z = arch.front_z - arch.depth * (1 - np.cos(bend * s)) / (1 - np.cos(bend))
    return x, z


def _tooth_columns(arch: Arch) -> tuple[Floats, Floats]:
    """[43] arch parameters, and 1 where a column lies between two teeth, else 0."""
    dense = np.linspace(0, 1, 500)
    x, z = _arch_curve(arch, dense)
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    borders = np.concatenate([[0], np.cumsum(TOOTH_WIDTHS)])
    borders *= length[-1] / borders[-1]
    width = np.diff(borders)
    marks = np.stack([borders[:-1] + 0.22 * width, borders[:-1] + 0.78 * width, borders[1:]], 1)
    half = np.interp(marks.ravel(), length, dense)
    between = np.tile([0.0, 0.0, 1.0], len(width))
    s = np.concatenate([-half[::-1], [0.0], half])
    return s, np.concatenate([between[::-1], [1.0], between])


def add_tongue(mesh: MirrorMesh) -> tuple[MirrorMesh, Ints]:
    """The mesh with the tongue, a closed surface from tip to root; returns its vertices."""
    # Depth, half width, top and bottom above the lip line (mm) from the tip to the root.
    stations = np.array(
        [
            (72.4, 4.5, -5.4, -8.6),
            (70.7, 7.8, -4.5, -10.0),
            (67.5, 10.6, -3.7, -12.0),
            (63.0, 13.0, -3.0, -13.8),
            (57.5, 15.2, -2.4, -14.6),
            (52.0, 16.6, -2.2, -14.6),
            (46.5, 17.0, -2.8, -14.0),
            (42.5, 15.0, -4.4, -13.0),
            (39.5, 11.0, -7.0, -11.8),
        ]
    )
    turn = 2 * np.pi * np.arange(TONGUE_COLUMNS) / TONGUE_COLUMNS
    sine, cosine = np.sin(turn), np.cos(turn)
    rings = []
    for z, half, top, bottom in stations:
        middle, tall = (top + bottom) / 2, (top - bottom) / 2
        # Flatter than an ellipse on top, with a shallow groove along the middle.
        height = np.sign(cosine) * np.abs(cosine) ** 0.8 * tall
        groove = 0.9 * np.exp(-((sine / 0.35) ** 2)) * (cosine > 0) * min(1.0, (half - 5) / 8)
        y = LIP_LINE + middle + height - groove
        rings.append(np.stack([half * sine, y, np.full_like(y, z)], axis=1))
    tip = np.array([[0.0, LIP_LINE - 7.2, 73.6]])
    root = np.array([[0.0, LIP_LINE - 9.5, 38.4]])
    vertices = np.concatenate([tip, *rings, root])
    ids = 1 + np.arange(TONGUE_RINGS * TONGUE_COLUMNS).reshape(TONGUE_RINGS, TONGUE_COLUMNS)
    following = np.roll(ids, -1, axis=1)
    last = len(vertices) - 1
    front = np.stack([np.zeros(TONGUE_COLUMNS, np.int64), following[0], ids[0]], axis=1)
    back = np.stack([np.full(TONGUE_COLUMNS, last), ids[-1], following[-1]], axis=1)
    faces = _outwards(np.concatenate([front, grid_faces(ids, closed=True), back]), vertices)
    columns = (TONGUE_COLUMNS - np.arange(TONGUE_COLUMNS)) % TONGUE_COLUMNS
    mirror = np.concatenate([[0], ids[:, columns].ravel(), [last]])
    return appended(mesh, vertices, _right_half(faces, vertices) + len(mesh.vertices), mirror)


def _fan(loop: Ints) -> Ints:
    """[N - 2, 3] triangles that close a loop from its first vertex."""
    return np.stack([np.full(len(loop) - 2, loop[0]), loop[2:], loop[1:-1]], axis=1)


def _outwards(faces: Ints, vertices: Floats) -> Ints:
    """[F, 3] the triangles of a closed surface, turned so that its volume is positive."""
    a, b, c = (vertices[faces[:, k]] - vertices.mean(axis=0) for k in range(3))
    return faces if (np.cross(a, b) * c).sum() > 0 else faces[:, ::-1]


def _right_half(faces: Ints, vertices: Floats) -> Ints:
    """[F / 2, 3] the triangles whose centre lies at x < 0."""
    half: Ints = faces[vertices[faces][:, :, 0].mean(axis=1) < 0]
    return half
