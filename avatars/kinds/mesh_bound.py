"""Splats that ride on the triangles of a head: GaussianAvatars (Qian et al. 2024).

Every splat lives in the frame of one triangle, in units of its size. Its colour is not turned with
the triangle: views are evaluated in world space, as such avatars are trained.
"""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from avatars.avatar import Identity
from avatars.head.model import HeadModel
from avatars.head.skinning import ShapedHead
from avatars.head.state import HeadState
from avatars.head.tables import is_on
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered
from renderer import rotations
from renderer.gaussians import Gaussians

_SMALLEST = 1e-10  # metres; a length that a triangle without area is given


@dataclass(frozen=True, eq=False)
class TriangleFrames:
    """Frames of posed triangles.

    Attributes:
        origins: [F, 3] their centres, metres.
        rotations: [F, 3, 3] columns: the first edge, the normal, and what completes them.
        sizes: [F] mean of the first edge's length and the height over it, metres.
    """

    origins: Tensor
    rotations: Tensor
    sizes: Tensor


def triangle_frames(vertices: Tensor, faces: Tensor) -> TriangleFrames:
    """The frames of triangles ``faces`` [F, 3] of ``vertices`` [V, 3], metres; differentiable."""
    corners = vertices[faces]  # [F, 3, 3]
    first, second = (corners[:, 1:] - corners[:, :1]).unbind(1)
    along = _unit(first)
    normal = _unit(torch.linalg.cross(along, second))
    # Away from the third corner, so that the three make a right-handed frame.
    across = -_unit(torch.linalg.cross(normal, along))
    height = (across * second).sum(dim=-1).abs()
    return TriangleFrames(
        origins=corners.mean(dim=1),
        rotations=torch.stack([along, normal, across], dim=-1),
        sizes=(first.norm(dim=-1) + height) / 2,
    )


@dataclass(frozen=True, eq=False)
class MeshBoundAvatar:
    """An avatar of splats bound to triangles.

    Attributes:
        head: the head model, with the triangles that the binding means.
        identity: whose head.
        binding: [N] int64 triangle of each splat.
        local: [N] splats in their triangles' frames and sizes.
        method_id: the method that made it.

    Raises:
        ValueError: a triangle that the head does not have, or parts on different devices.
    """

    head: HeadModel
    identity: Identity
    binding: Tensor
    local: Gaussians
    method_id: str = "gaussianavatars"
    _shaped: Remembered[ShapedHead] = field(
        default_factory=lambda: Remembered(1), init=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.binding.shape != (len(self.local),):
            raise ValueError(f"{len(self.local)} splats with a binding {list(self.binding.shape)}")
        if len(self.local) and not 0 <= int(self.binding.min()) <= int(self.binding.max()):
            raise ValueError("a binding below 0")
        if len(self.local) and int(self.binding.max()) >= self.head.face_count:
            raise ValueError(f"the head has only {self.head.face_count} triangles")
        for tensor in (self.binding, self.local.means, self.identity.betas):
            if tensor.device != self.head.device:
                raise ValueError(f"a part is on {tensor.device}, the head on {self.head.device}")

    def __len__(self) -> int:
        return len(self.local)

    @property
    def maps(self) -> AttributeMaps | None:
        """None: it has to be baked before it can be painted on."""
        return None

    @property
    def device(self) -> torch.device:
        """Where it lives."""
        return self.head.device

    def to(self, device: torch.device | str) -> "MeshBoundAvatar":
        """The same avatar on another device; itself if it is there already."""
        if is_on(self.binding, device):
            return self
        return replace(
            self,
            head=self.head.to(device),
            identity=self.identity.to(device),
            binding=self.binding.to(device),
            local=self.local.to(device),
        )

    def pose(self, state: HeadState, maps: AttributeMaps | None = None) -> Gaussians:
        """Splats [N] in world space; differentiable in the state.

        Raises:
            ValueError: a batched state, another device, or maps, which it cannot show.
        """
        if maps is not None:
            raise ValueError("this avatar has no maps; bake it first")
        if state.frames is not None:
            raise ValueError("pose one state at a time: HeadState.at chooses one of a batch")
        if state.device != self.device:
            raise ValueError(f"the state is on {state.device}, the avatar on {self.device}")
        frames = triangle_frames(self._head().pose(state), self.head.faces)
        turns = rotations.matrices_to_quats(frames.rotations)[self.binding]  # [N, 4]
        sizes = frames.sizes[self.binding, None]
        local = self.local
        return replace(
            local,
            means=frames.origins[self.binding] + sizes * rotations.rotate(turns, local.means),
            quats=rotations.multiply(turns, local.quats),
            scales=sizes * local.scales,
        )

    def _head(self) -> ShapedHead:
        betas, offsets = self.identity.betas, self.identity.offsets

        def shape() -> ShapedHead:
            with torch.inference_mode(False), torch.no_grad():
                return self.head.shaped(betas, offsets)

        return self._shaped.get((betas, offsets), shape)


def _unit(vectors: Tensor) -> Tensor:
    lengths: Tensor = vectors.norm(dim=-1, keepdim=True)
    return vectors / lengths.clamp_min(_SMALLEST)
