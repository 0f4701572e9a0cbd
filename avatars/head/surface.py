"""The posed surface: normals, tangent frames, points given by face and barycentrics.

All functions are differentiable in the vertices, take one leading batch dimension or none, and
read nothing back from the device.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points on the surface with the frame that splats there live in.

    Attributes:
        positions: [..., N, 3] metres.
        frames: [..., N, 3, 3] rotations; the columns are the tangent (towards growing u), the
            bitangent (towards growing v where the layout is not mirrored) and the normal.
    """

    positions: Tensor
    frames: Tensor


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals [..., V, 3]: the mean of the faces around a vertex, weighted by area."""
    return normalize(_gathered(_area_normals(vertices, faces), faces, vertices.shape[-2]), dim=-1)


def uv_tangents(vertices: Tensor, faces: Tensor, uvs: Tensor, uv_faces: Tensor) -> Tensor:
    """Directions [..., U, 3] in which u grows, one per texture coordinate, metres per unit of u.

    They belong to texture coordinates and not to vertices, so a seam does not mix its two sides.

    Args:
        vertices: [..., V, 3] posed vertices, metres.
        faces: [F, 3] vertex indices.
        uvs: [U, 2] texture coordinates.
        uv_faces: [F, 3] indices into ``uvs``.
    """
    corner = uvs[uv_faces]  # [F, 3, 2]
    du, dv = (corner[:, 1:] - corner[:, :1]).unbind(-1)  # [F, 2] each
    area = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]  # twice the area in the layout
    a, b, c = _corners(vertices, faces)
    # dP/du times the layout's area: a face counts by its size in the map, needles by nothing.
    along = (b - a) * dv[:, 1:] - (c - a) * dv[:, :1]  # [..., F, 3]
    along = torch.where((area < 0)[:, None], -along, along)
    return _gathered(along, uv_faces, uvs.shape[0])


def points_at(vertices: Tensor, faces: Tensor, face: Tensor, barycentrics: Tensor) -> Tensor:
    """Points [..., N, 3] at triangle ``face`` [N] with weights ``barycentrics`` [N, 3], metres."""
    corners = vertices[..., faces[face], :]  # [..., N, 3 corners, 3]
    return (corners * barycentrics[..., None]).sum(dim=-2)


def surface_points(
    vertices: Tensor,
    topology: tuple[Tensor, Tensor, Tensor],
    face: Tensor,
    barycentrics: Tensor,
) -> SurfacePoints:
    """Positions and tangent frames at fixed places of the posed surface.

    Normals are interpolated from the vertices and tangents from the texture coordinates, so both
    vary smoothly over the skin. Where the layout gives no direction the frame is completed from
    the world axis farthest from the normal.

    Args:
        vertices: [..., V, 3] posed vertices, metres.
        topology: faces [F, 3], uvs [U, 2] and uv_faces [F, 3] of the head.
        face: [N] triangle of each point.
        barycentrics: [N, 3] weights of its corners.
    """
    faces, uvs, uv_faces = topology
    positions = points_at(vertices, faces, face, barycentrics)
    normals = points_at(vertex_normals(vertices, faces), faces, face, barycentrics)
    tangents = points_at(
        normalize(uv_tangents(vertices, faces, uvs, uv_faces), dim=-1), uv_faces, face, barycentrics
    )
    return SurfacePoints(positions, frames_from(normals, tangents))


def frames_from(normals: Tensor, tangents: Tensor) -> Tensor:
    """Rotations [..., 3, 3] with columns tangent, bitangent, normal (Gram-Schmidt on the normal).

    Args:
        normals: [..., 3] of any non-zero length.
        tangents: [..., 3] rough directions; zero or parallel ones are replaced.
    """
    normal = normalize(normals, dim=-1)
    tangent = tangents - (tangents * normal).sum(-1, keepdim=True) * normal
    # The axis least aligned with the normal, written without reading which one that is.
    least = normal.abs() == normal.abs().amin(dim=-1, keepdim=True)
    axis = least.to(normal.dtype)
    spare = axis - (axis * normal).sum(-1, keepdim=True) * normal
    lost = (tangent * tangent).sum(-1, keepdim=True) < 1e-12 * (tangents * tangents).sum(
        -1, keepdim=True
    ).clamp_min(1e-12)
    tangent = normalize(torch.where(lost, spare, tangent), dim=-1)
    return torch.stack([tangent, torch.linalg.cross(normal, tangent), normal], dim=-1)


def _corners(vertices: Tensor, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    a, b, c = (vertices.index_select(-2, faces[:, i]) for i in range(3))
    return a, b, c


def _area_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    a, b, c = _corners(vertices, faces)
    normals: Tensor = torch.linalg.cross(b - a, c - a)
    return normals


def _gathered(values: Tensor, faces: Tensor, count: int) -> Tensor:
    """Sums [..., count, 3] of face values [..., F, 3] at the corners of the faces."""
    total = values.new_zeros(*values.shape[:-2], count, values.shape[-1])
    corners = values.repeat_interleave(3, dim=-2, output_size=3 * faces.shape[0])
    return total.index_add(-2, faces.reshape(-1), corners)
