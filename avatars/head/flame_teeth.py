"""FLAME with the two rows of teeth that GaussianAvatars and VHAP add to it.

The rows are copies of rings of the lips, moved in and apart (Qian et al. 2024, "GaussianAvatars",
and its tracker VHAP): 120 vertices and 168 triangles appended to FLAME's own, so that files made
with that mesh bind to the triangles they mean.
"""

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from avatars.errors import HeadMismatch
from avatars.head.model import HeadModel

FLAME_VERTICES, FLAME_FACES = 5023, 9976
VERTICES, FACES = FLAME_VERTICES + 120, FLAME_FACES + 168
NECK, JAW = 1, 2  # joints
COLUMNS = 15  # vertices of a row, from the subject's left to the right

UPPER_LIP = (1713, 1715, 1716, 1735, 1696, 1694, 1657, 3543, 2774, 2811, 2813, 2850, 2833, 2832, 2830)  # fmt: skip  # noqa: E501
LOWER_LIP = (1576, 1577, 1773, 1774, 1795, 1802, 1865, 3503, 2948, 2905, 2898, 2881, 2880, 2713, 2712)  # fmt: skip  # noqa: E501

_ROW_HEIGHTS = (3, 2, 0, 1, 3, 4, 6, 5)
_LOWER_ROWS = (1, 3, 6, 7)

# A pair of triangles between columns i and i + 1 of rows A and B, as (row, column step).
_Pair = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
_P1: _Pair = (((0, 0), (1, 1), (1, 0)), ((0, 0), (0, 1), (1, 1)))
_P2: _Pair = (((0, 0), (0, 1), (1, 0)), ((0, 1), (1, 1), (1, 0)))
_R1: _Pair = (((0, 0), (1, 0), (1, 1)), ((0, 0), (1, 1), (0, 1)))
_R2: _Pair = (((0, 0), (1, 0), (0, 1)), ((1, 0), (1, 1), (0, 1)))
_STRIPS = (
    (0, 30, _P1, _P2), (60, 75, _R1, _R2), (75, 30, _R2, _R1),
    (45, 15, _P2, _P1), (90, 105, _P1, _P2), (105, 45, _P2, _P1),
)  # fmt: skip
"""First ids of two rows, and the pattern of their first seven and last seven columns."""


def with_teeth(head: HeadModel) -> HeadModel:
    """FLAME [5023 vertices] with teeth [5143]; itself if it has them already.

    Raises:
        HeadMismatch: another mesh than FLAME's.
    """
    if head.vertex_count == VERTICES and head.face_count == FACES:
        return head
    if head.vertex_count != FLAME_VERTICES or head.face_count != FLAME_FACES:
        raise HeadMismatch(
            f"The head '{head.name or head.version}' is not FLAME's mesh "
            f"({head.vertex_count} vertices instead of {FLAME_VERTICES}).",
            "Import FLAME 2023 with `avatar-gui head import`.",
        )
    upper, lower = torch.tensor(UPPER_LIP), torch.tensor(LOWER_LIP)
    upper, lower = upper.to(head.device), lower.to(head.device)
    shape = (head.shapedirs[upper] + head.shapedirs[lower]) / 2  # [15, 3, S]
    new_uvs, new_uv_faces = _layout(head)
    triangles = _triangles().to(head.device)
    is_lower = torch.tensor([row in _LOWER_ROWS for row in range(8) for _ in range(COLUMNS)])
    weights = head.lbs_weights.new_zeros(120, head.lbs_weights.shape[1])
    weights[~is_lower, NECK] = 1
    weights[is_lower, JAW] = 1
    return replace(
        head,
        v_template=torch.cat([head.v_template, _rows(head.v_template, upper, lower)]),
        faces=torch.cat([head.faces, triangles + FLAME_VERTICES]),
        shapedirs=torch.cat([head.shapedirs, shape.repeat(8, 1, 1)]),
        exprdirs=_longer(head.exprdirs),
        posedirs=_longer(head.posedirs),
        J_regressor=pad(head.J_regressor, (0, 120)),
        lbs_weights=torch.cat([head.lbs_weights, weights]),
        uvs=torch.cat([head.uvs, new_uvs]),
        uv_faces=torch.cat([head.uv_faces, new_uv_faces]),
        regions={name: pad(mask, (0, 120)) for name, mask in head.regions.items()}
        | _regions(is_lower, head),
        parts={name: pad(mask, (0, 168)) for name, mask in head.parts.items()} | _parts(head),
        eyelids=None if head.eyelids is None else pad(head.eyelids, (0, 0, 0, 120)),
        fingerprint="",
    )


def _rows(template: Tensor, upper: Tensor, lower: Tensor) -> Tensor:
    """The eight rows [120, 3] on the neutral head."""
    up, down = template[upper], template[lower]
    height = (up - down).norm(dim=-1).mean()  # the lips' distance sets every size
    middle = (up + down) / 2
    middle = torch.stack(
        [middle[:, 0], middle[:, 1].mean().expand(COLUMNS), middle[:, 2] - 1.5 * height], dim=-1
    )

    def moved(y: float, z: float) -> Tensor:
        by: Tensor = height * template.new_tensor([0.0, y, z])
        return middle + by

    rows = (
        moved(2.1, 0), moved(-2.1, -0.4), moved(0.1, 0), moved(-0.1, -0.4),
        moved(2.1, -1), moved(0.1, -1), moved(-2.1, -1.4), moved(-0.1, -1.4),
    )  # fmt: skip
    return torch.cat(rows)


def _triangles() -> Tensor:
    """[168, 3] ids among the 120 new vertices."""
    found = []
    for first, second, early, late in _STRIPS:
        for column in range(COLUMNS - 1):
            for triangle in early if column < 7 else late:
                found.append([(first, second)[row] + column + step for row, step in triangle])
    return torch.tensor(found)


def _layout(head: HeadModel) -> tuple[Tensor, Tensor]:
    if not head.has_uv:
        return head.uvs.new_zeros(0, 2), head.uv_faces.new_zeros(0, 3)
    columns = torch.linspace(0.62, 0.38, COLUMNS)
    heights = torch.linspace(0.9917, 0.9575, 7)[list(_ROW_HEIGHTS)]
    grid = torch.stack([columns.repeat(8), heights.repeat_interleave(COLUMNS)], dim=-1)  # [120, 2]
    return grid.to(head.uvs), (_triangles() + head.uvs.shape[0]).to(head.device)


def _regions(is_lower: Tensor, head: HeadModel) -> dict[str, Tensor]:
    if not head.regions:
        return {}
    lower = pad(is_lower, (FLAME_VERTICES, 0)).to(head.device)
    upper = pad(~is_lower, (FLAME_VERTICES, 0)).to(head.device)
    return {"teeth_upper": upper, "teeth_lower": lower}


def _parts(head: HeadModel) -> dict[str, Tensor]:
    if not head.parts:
        return {}
    number = torch.arange(FACES, device=head.device)
    first = FLAME_FACES + 84
    return {
        "teeth_upper": (number >= FLAME_FACES) & (number < first),
        "teeth_lower": number >= first,
    }


def _longer(directions: Tensor) -> Tensor:
    return pad(directions, (0, 0, 0, 0, 0, 120))
