"""An avatar whose splats are sampled from attribute maps and ride on the skin."""

from dataclasses import dataclass, field, fields, replace
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import pad

from avatars.avatar import Identity
from avatars.head.model import HeadModel
from avatars.head.skinning import ShapedHead
from avatars.head.state import HeadState
from avatars.head.tables import is_on
from avatars.kinds.attributes import (
    Loose,
    Reader,
    SplatAttributes,
    loose_attributes,
    loose_looks,
    wants_gradient,
)
from avatars.kinds.binding import Binding, BoundPoints
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered
from avatars.sampling import SIGMA, SampleTable, rest_lengths
from avatars.uv_layout import texel_table
from renderer import rotations
from renderer.gaussians import Gaussians

THICKNESS = 0.28e-3
"""Standard deviation of a splat along the normal, metres: more shows at the outline."""

LONGEST = 3e-3
"""Standard deviation up to which splats follow any stretch, metres ..."""

MOST_STRETCH = 2.5
"""... and stretch up to which those follow that are larger at rest. Beyond both, at the corners of
a wide-open mouth, a flat splat would reach far out of the curved skin."""

MOUTH_ROOM = 1.2
"""How much larger than its spacing needs a splat inside the mouth may be."""

OPACITY = 0.985
"""Enough that three overlapping splats hide what is behind."""


@dataclass(frozen=True, eq=False)
class UvAvatar:
    """Splats on a head's surface that read their looks from attribute maps.

    The splat of a sample lies in the tangent frame of the posed skin, is as long along both
    tangents as its map says times the local stretch (within limits), and has the colour that its
    place has in the map. Geometry and looks are kept apart: ``surface`` depends on the state
    alone, ``attributes`` on the maps alone, and each is kept for the very object it was made
    from. After the first call ``pose`` reads nothing back from the device.

    Attributes:
        head: the head model.
        identity: whose head.
        maps: looks.
        table: where the splats are.
        method_id: the method that made it.
        loose: further splats, listed after those of the table, or None.

    Raises:
        ValueError: the parts are on different devices.
    """

    head: HeadModel
    identity: Identity
    maps: AttributeMaps
    table: SampleTable
    method_id: str
    loose: Loose | None = None
    _kept: "_Kept" = field(default_factory=lambda: _Kept(), init=False, repr=False)

    def __post_init__(self) -> None:
        homes = {"identity": self.identity.betas, "maps": self.maps.rgb, "table": self.table.face}
        if self.loose is not None:
            homes["loose"] = self.loose.face
        for name, tensor in homes.items():
            if tensor.device != self.head.device:
                raise ValueError(f"{name} is on {tensor.device}, the head on {self.head.device}")

    def __len__(self) -> int:
        return len(self.table) + (0 if self.loose is None else len(self.loose))

    @property
    def device(self) -> torch.device:
        """Where it lives."""
        return self.head.device

    def to(self, device: torch.device | str) -> "UvAvatar":
        """The same avatar on another device; itself if it is there already."""
        if is_on(self.maps.rgb, device):
            return self
        return replace(
            self,
            head=self.head.to(device),
            identity=self.identity.to(device),
            maps=self.maps.to(device),
            table=self.table.to(device),
            loose=None if self.loose is None else self.loose.to(device),
        )

    def pose(self, state: HeadState, maps: AttributeMaps | None = None) -> Gaussians:
        """Splats [N] in world space; differentiable in the maps, the state and the identity.

        To capture it as a CUDA graph hold on to ``attributes(maps)`` for the graph's life.

        Args:
            state: one state, on the avatar's device; fewer expressions than the head has are the
                first ones.
            maps: shown in place of the avatar's own; of any size.

        Raises:
            ValueError: a batched state, too many expressions, or another device.
        """
        return self.splats(self.surface(state), self.attributes(maps))

    def surface(self, state: HeadState) -> BoundPoints:
        """Places of all splats on the posed skin; the same object for the same state.

        Raises:
            ValueError: as ``pose``.
        """
        if state.frames is not None:
            raise ValueError("pose one state at a time: HeadState.at chooses one of a batch")
        if state.device != self.device:
            raise ValueError(f"the state is on {state.device}, the avatar on {self.device}")
        tensors = tuple(getattr(state, item.name) for item in fields(state))
        identity = (self.identity.betas, self.identity.offsets)
        if wants_gradient(*tensors, *identity):
            return self._posed(state)
        if self.device.type == "cuda" and torch.cuda.is_current_stream_capturing():
            # A graph must hold the work, not the result that the warm-up left.
            return self._posed(state)
        return self._kept.surface.get((state, *tensors, *identity), lambda: self._plain(state))

    def attributes(self, maps: AttributeMaps | None = None) -> SplatAttributes:
        """Looks of all splats; the same object for the same maps (the avatar's own by default).

        Raises:
            ValueError: the maps are on another device.
        """
        maps = self.maps if maps is None else maps
        if maps.device != self.device:
            raise ValueError(f"the maps are on {maps.device}, the avatar on {self.device}")
        table = _reader(self.table).read(maps)
        loose = self.loose
        if loose is None:
            return table
        looks = loose_looks(loose, maps)
        if wants_gradient(table.sh, table.opacities, table.scales, *looks):
            return loose_attributes(table, loose, maps)
        return self._kept.attributes.get(
            (table, loose, *looks), lambda: loose_attributes(table, loose, maps)
        )

    def splats(self, surface: BoundPoints, attributes: SplatAttributes) -> Gaussians:
        """The splats of places and looks of this avatar."""
        count = len(self.table)
        positions, quats, stretch = surface.positions, surface.quats, surface.stretch
        if attributes.squares is not None:
            # Along an axis that is turned away from the tangents the skin stretches by a mixture.
            axes = attributes.squares @ stretch[:count].square()[..., None]
            stretch = axes.squeeze(-1).sqrt()
        rest = torch.minimum(attributes.scales[:count], largest_scales(self.head, self.table))
        limits = (LONGEST / rest.detach()).clamp_min(MOST_STRETCH)
        scales = rest * torch.minimum(stretch[:count], limits)
        moved = positions[:count]
        if attributes.offset is not None:
            moved = moved + rotations.rotate(quats[:count], attributes.offset)
        if self.loose is not None:
            scales = torch.cat([scales, attributes.scales[count:]])
            wisps = positions[count:] + rotations.rotate(quats[count:], self.loose.offset)
            moved = torch.cat([moved, wisps])
        if attributes.quats is not None:
            quats = rotations.multiply(quats, attributes.quats)
        return Gaussians(
            moved.contiguous(), quats, scales, attributes.opacities, attributes.sh, sh_degree=0
        )

    def forget(self) -> None:
        """Let go of what was worked out for former states and maps; it is made again when needed.

        For an avatar that is kept but not shown, as in an undo history.
        """
        self._kept.forget()

    def _plain(self, state: HeadState) -> BoundPoints:
        with torch.inference_mode(False), torch.no_grad():
            return binding_of(self.head, self.table, self.loose).on(self.skin(state))

    def skin(self, state: HeadState) -> Tensor:
        """Posed vertices [V, 3], metres, without gradient; the same object for the same state."""

        def pose() -> Tensor:
            with torch.inference_mode(False), torch.no_grad():
                return self.shaped().pose(state)

        return self._kept.skin.get(self._skin_keys(state), pose)

    def known_skin(self, state: HeadState) -> Tensor | None:
        """What ``skin`` returns, if it was worked out before; costs nothing."""
        return self._kept.skin.known(self._skin_keys(state))

    def _skin_keys(self, state: HeadState) -> tuple[object, ...]:
        tensors = tuple(getattr(state, item.name) for item in fields(state))
        return (*tensors, self.identity.betas, self.identity.offsets)

    def _posed(self, state: HeadState) -> BoundPoints:
        binding = binding_of(self.head, self.table, self.loose)
        return binding.on(self.shaped().pose(state))

    def shaped(self) -> ShapedHead:
        """The head with the identity applied; the same object for the same identity."""
        betas, offsets = self.identity.betas, self.identity.offsets
        if wants_gradient(betas, offsets):
            return self.head.shaped(betas, offsets)

        def shape() -> ShapedHead:
            with torch.inference_mode(False), torch.no_grad():
                return self.head.shaped(betas, offsets)

        return self._kept.shaped.get((betas, offsets), shape)


class _Kept:
    """What an avatar has worked out and would work out again."""

    def __init__(self) -> None:
        self.shaped: Remembered[ShapedHead] = Remembered(1)
        self.surface: Remembered[BoundPoints] = Remembered(2)
        self.skin: Remembered[Tensor] = Remembered(3)
        self.attributes: Remembered[SplatAttributes] = Remembered(4)

    def forget(self) -> None:
        for each in (self.shaped, self.skin, self.surface, self.attributes):
            each.clear()


def initial_maps(head: HeadModel, table: SampleTable, size: int) -> AttributeMaps:
    """Maps of a closed grey skin for the samples of ``table``, on the head's device.

    Scales are 0.7 spacings, so that splats of this table leave no hole; a table of another
    number of samples wants other scales.

    Args:
        head: a head with texture coordinates.
        table: the samples that will read the maps.
        size: R.

    Raises:
        HeadMismatch: the head has no texture coordinates.
        ValueError: ``size`` is not positive.
    """
    texels = texel_table(head, size)
    like = head.v_template
    spacing = rest_lengths(head) * table.steps.to(like.dtype)[:, None]  # [F, 2]
    sigma = pad(SIGMA * spacing, (0, 1), value=THICKNESS)  # [F, 3]
    # Triangles without samples (eyeballs behind) and texels without triangle say something small.
    known = table.steps > 0
    sigma = torch.where(known[:, None], sigma, like.new_full((3,), THICKNESS))
    scales = sigma[texels.face.clamp_min(0)]
    maps = AttributeMaps(
        rgb=like.new_full((size, size, 3), 0.5),
        opacity=like.new_full((size, size), OPACITY),
        scales=torch.where(texels.used[..., None], scales, like.new_full((3,), THICKNESS)),
        quats=pad(like.new_ones(size, size, 1), (0, 3)),
        offset=like.new_zeros(size, size, 3),
        valid=texels.inside,
    )
    return maps.padded()


@lru_cache(maxsize=4)
def binding_of(head: HeadModel, table: SampleTable, loose: Loose | None) -> Binding:
    """The places of a table, then those of loose splats, on a head; kept for the same objects."""
    if loose is None:
        return Binding(head, table.face, table.barycentrics)
    return Binding(
        head,
        torch.cat([table.face, loose.face]),
        torch.cat([table.barycentrics, loose.barycentrics]),
    )


@lru_cache(maxsize=4)
def largest_scales(head: HeadModel, table: SampleTable) -> Tensor:
    """Largest rest scales [N, 3]: inside the mouth what a sample's own spacing needs, else none.

    Next to the lips samples lie closer than texels, so that the map tells them the size of the
    wide splats farther in: those would hang out over the teeth.
    """
    most = table.spacing.new_full((len(table), 3), float("inf"))
    if "mouth" in head.parts:
        inside = head.parts["mouth"][table.face]
        needed = MOUTH_ROOM * SIGMA * table.spacing
        most[:, :2] = torch.where(inside[:, None], needed, most[:, :2])
    return most


@lru_cache(maxsize=4)
def _reader(table: SampleTable) -> Reader:
    return Reader(table.uv)
