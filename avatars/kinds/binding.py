"""Splats bound to a head's surface: where they are, how they lie, how far the skin stretches.

Work is done where it is cheapest: per triangle, per vertex, per texture coordinate; only the last
step, one weighted gather, touches every splat. No value is read back from the device.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from avatars.head.model import HeadModel
from avatars.head.surface import frames_from
from avatars.kinds.gather import Gather
from avatars.sampling import rest_lengths
from renderer import rotations

_SMALLEST_STRETCH = 1e-3
"""Keeps a triangle that a pose flattens to a line from dividing by zero."""


@dataclass(frozen=True, eq=False)
class BoundPoints:
    """Points of the posed surface.

    Attributes:
        positions: [N, 3] world space, metres.
        quats: [N, 4] unit wxyz; turn x, y, z into tangent (growing u), bitangent and normal.
        stretch: [N, 3] length here per length on the mean template along the tangent, the
            bitangent and (always 1) the normal.
    """

    positions: Tensor
    quats: Tensor
    stretch: Tensor


class Binding:
    """Points on a head, with all that no pose and no identity changes.

    Args:
        head: the head; it must have texture coordinates.
        face: [N] triangle of each point.
        barycentrics: [N, 3] weights of its corners.
    """

    def __init__(self, head: HeadModel, face: Tensor, barycentrics: Tensor) -> None:
        # Kept for later, so they must not be inference tensors even if the first call is one.
        with torch.inference_mode(False), torch.no_grad():
            self._prepare(head, face, barycentrics.to(head.v_template.dtype))

    def _prepare(self, head: HeadModel, face: Tensor, barycentrics: Tensor) -> None:
        corners, uv_corners = head.faces.reshape(-1, 1), head.uv_faces.reshape(-1, 1)  # [3 F, 1]
        vertex_of_uv = torch.zeros(head.uvs.shape[0], 1, dtype=torch.int64, device=head.device)
        vertex_of_uv[uv_corners[:, 0]] = corners
        self.to_corners = Gather.of_table(corners, rows=head.vertex_count)
        self.to_uv = Gather.of_table(vertex_of_uv, rows=head.vertex_count)
        self.to_uv_corners = Gather.of_table(uv_corners, rows=head.uvs.shape[0])
        three = torch.arange(3, device=head.device)
        self.to_points = Gather.of_table(
            3 * face[:, None] + three, barycentrics, rows=3 * head.face_count
        )
        flat = head.uvs[head.uv_faces]
        (du, dv) = (flat[:, 1:] - flat[:, :1]).unbind(-1)  # [F, 2] each
        area = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]  # twice the area in the layout
        flat_area = torch.where(area.abs() < 1e-12, torch.ones_like(area), area)
        rest = rest_lengths(head)
        # Times the two edges of a posed triangle: its dP/du, whose length is 1 on the template.
        self.by_first = (dv[:, 1] / flat_area / rest[:, 0])[:, None]
        self.by_second = (-dv[:, 0] / flat_area / rest[:, 0])[:, None]
        self.per_area = (1 / (flat_area.abs() * rest.prod(dim=-1)))[:, None]
        self.around_vertices = _rings(corners[:, 0], head.vertex_count, None)
        # A triangle counts by its size in the layout.
        self.around_uvs = _rings(uv_corners[:, 0], head.uvs.shape[0], area.abs())

    def on(self, vertices: Tensor) -> BoundPoints:
        """The points on posed vertices [V, 3], metres; differentiable in them."""
        corners = self.to_corners(vertices).view(-1, 3, 3)  # [F, 3, 3]
        edges = corners[:, 1:] - corners[:, :1]
        first, second = edges.unbind(1)
        normal = torch.linalg.cross(first, second)  # [F, 3]
        along = first * self.by_first + second * self.by_second
        stretch_u = along.norm(dim=-1, keepdim=True)  # [F, 1]
        stretch_v = (
            normal.norm(dim=-1, keepdim=True)
            * self.per_area
            / stretch_u.clamp_min(_SMALLEST_STRETCH)
        )
        quats = self._corner_quats(normal, along)  # [F, 3, 4]
        stretch = torch.cat([stretch_u, stretch_v, torch.ones_like(stretch_u)], dim=-1)
        table = torch.cat([corners, quats, stretch[:, None].expand(-1, 3, 3)], dim=-1)
        found = self.to_points(table.view(-1, 10))  # [N, 10]
        return BoundPoints(found[:, :3], normalize(found[:, 3:7], dim=-1), found[:, 7:])

    def _corner_quats(self, normal: Tensor, along: Tensor) -> Tensor:
        """Frames [F, 3, 4] at the corners; the three of a triangle in one hemisphere.

        Smooth across the skin, except that a seam does not mix the tangents of its two sides.
        """
        normals = self.to_uv(self.around_vertices(normal))  # [U, 3]
        tangents = self.around_uvs(along)  # [U, 3]
        quats = rotations.matrices_to_quats(frames_from(normals, tangents))  # [U, 4]
        corners = self.to_uv_corners(quats).view(-1, 3, 4)
        lead, others = corners[:, :1], corners[:, 1:]
        opposite = (lead * others).sum(dim=-1, keepdim=True) < 0
        return torch.cat([lead, torch.where(opposite, -others, others)], dim=1)


def _rings(corners: Tensor, count: int, weights: Tensor | None) -> Gather:
    """Sums over the faces around each of ``count`` vertices; corners [3 F], weights [F]."""
    face = torch.argsort(corners, stable=True) // 3
    lengths = torch.bincount(corners, minlength=count)
    return Gather(
        face,
        torch.cumsum(lengths, 0) - lengths,
        None if weights is None else weights[face],
        rows=corners.shape[0] // 3,
    )
