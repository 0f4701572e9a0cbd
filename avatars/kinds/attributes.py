"""Attributes of splats read from maps at the places of a sample table, once per map."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from avatars.head.tables import is_on
from avatars.kinds.edited_maps import EditedMaps, Versions
from avatars.kinds.gather import Gather
from avatars.kinds.rereading import Rereader
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered
from renderer import rotations, sh

_KEPT = 4
"""Versions of a map whose readings are kept: the last ones of an edit, and the one before it."""


@dataclass(frozen=True, eq=False)
class Loose:
    """Splats that belong to no texel, such as wisps of hair; they ride on triangles.

    Attributes:
        face: [M] int64 triangle each is bound to.
        barycentrics: [M, 3] weights of its corners.
        offset: [M, 3] displacement in the tangent frame, metres.
        rgb: [M, 3] 0..1.
        opacity: [M] 0..1.
        scales: [M, 3] standard deviations along tangent, bitangent and normal, metres; they do
            not stretch with the skin.

    Raises:
        ValueError: the shapes disagree.
    """

    face: Tensor
    barycentrics: Tensor
    offset: Tensor
    rgb: Tensor
    opacity: Tensor
    scales: Tensor

    def __post_init__(self) -> None:
        count = self.face.shape[0]
        for name in ("barycentrics", "offset", "rgb", "scales"):
            shape = getattr(self, name).shape
            if shape != (count, 3):
                raise ValueError(f"{name} must be {[count, 3]}, not {list(shape)}")
        if self.opacity.shape != (count,) or self.face.shape != (count,):
            raise ValueError("face and opacity must be [M]")

    def __len__(self) -> int:
        return self.face.shape[0]

    def to(self, device: torch.device | str) -> "Loose":
        """The same splats on another device; themselves if they are there already."""
        if is_on(self.face, device):
            return self
        names = ("face", "barycentrics", "offset", "rgb", "opacity", "scales")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})


@dataclass(frozen=True, eq=False)
class SplatAttributes:
    """What the maps say about each splat of a table.

    Attributes:
        sh: [N, 1, 3] degree-0 colour.
        opacities: [N] 0..1.
        scales: [N, 3] metres, see ``AttributeMaps.scales``.
        quats: [N, 4] unit wxyz in the tangent frame; None where none is turned.
        squares: [N, 3, 3] squared entries of those rotations' matrices, transposed: row i holds
            how much of each tangent axis the splat's axis i takes; None with ``quats``.
        offset: [N, 3] metres in the tangent frame; None where all are zero.
    """

    sh: Tensor
    opacities: Tensor
    scales: Tensor
    quats: Tensor | None
    squares: Tensor | None
    offset: Tensor | None


class Reader:
    """Reads maps of any size at fixed places; what was read is kept for the very same tensors.

    So a new colour map costs one gather of colours, and a new pose none. Of edited maps only the
    rows at tiles that differ from an earlier reading are gathered. Tensors that gradients are
    wanted for are read anew each time.

    Args:
        uv: [N, 2] places in the texture layout.

    Attributes:
        rereader: what was read of edited maps.
    """

    def __init__(self, uv: Tensor) -> None:
        self._uv = uv
        self._gathers: Remembered[Gather] = Remembered(_KEPT)
        self._kept: dict[str, Remembered[Tensor]] = {}
        self._plain: Remembered[bool] = Remembered(2 * _KEPT)
        self._whole: Remembered[SplatAttributes] = Remembered(_KEPT)
        self._sizes: dict[int, object] = {}
        self.rereader = Rereader()

    def read(self, maps: AttributeMaps) -> SplatAttributes:
        """The attributes at all places; the same object for the same maps."""
        tensors = (maps.rgb, maps.opacity, maps.scales, maps.quats, maps.offset)
        if wants_gradient(*tensors):
            return self._read(maps)
        return self._whole.get((maps, *tensors), lambda: self._read(maps))

    def _read(self, maps: AttributeMaps) -> SplatAttributes:
        quats = squares = offset = None
        tokens = maps.versions if isinstance(maps, EditedMaps) else {}
        if not self._is_plain(maps.quats, (1.0, 0.0, 0.0, 0.0)):
            quats = self._gathered("quats", maps.quats, _unit)
            squares = self._gathered("squares", maps.quats, _squares)
        if not self._is_plain(maps.offset, (0.0, 0.0, 0.0)):
            offset = self._gathered("offset", maps.offset, versions=tokens.get("offset"))
        return SplatAttributes(
            sh=self._gathered("rgb", maps.rgb, _harmonics, versions=tokens.get("rgb")),
            opacities=self._gathered(
                "opacity", maps.opacity[..., None], _single, maps.opacity, tokens.get("opacity")
            ),
            scales=self._gathered("scales", maps.scales, versions=tokens.get("scales")),
            quats=quats,
            squares=squares,
            offset=offset,
        )

    def _gathered(
        self,
        name: str,
        values: Tensor,
        then: Callable[[Tensor], Tensor] | None = None,
        key: Tensor | None = None,
        versions: Versions | None = None,
    ) -> Tensor:
        key = values if key is None else key

        def gather() -> Tensor:
            whole = self._gather(values.shape[0])
            return self.rereader.read(name, values, versions, whole, then or _as_it_is)

        if wants_gradient(key):
            return gather()
        kept = self._kept.setdefault(name, Remembered(_KEPT))
        return kept.get((key,), lambda: without_gradient(gather))

    def _is_plain(self, values: Tensor, row: tuple[float, ...]) -> bool:
        """Whether each texel says the same as ``row``: nothing to do when posing then.

        Asks the device once per tensor. Tensors that are being learned are never plain.
        """
        if wants_gradient(values):
            return False
        return self._plain.get(
            (values,), lambda: bool((values == values.new_tensor(row)).all().item())
        )

    def _gather(self, size: int) -> Gather:
        # One object per size stands for it as a key.
        key = self._sizes.setdefault(size, object())
        return self._gathers.get((key,), lambda: self._prepared(size))

    def _prepared(self, size: int) -> Gather:
        texels, weights = bilinear(self._uv, size)
        return Gather.of_table(texels, weights, rows=size * size)


def bilinear(uv: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The four texels [N, 4] (row * size + column) and weights [N, 4] of a reading at uv [N, 2].

    At the edge of the square the outermost texels are read.
    """
    with torch.inference_mode(False), torch.no_grad():
        place = torch.stack([uv[:, 0], 1 - uv[:, 1]], dim=-1) * size - 0.5
        place = place.clamp(0, size - 1)
        low = place.floor().clamp(max=max(size - 2, 0))
        share = place - low
        column, row = low.long().unbind(-1)
        right, down = (torch.clamp(index + 1, max=size - 1) for index in (column, row))
        texels = [row * size + column, row * size + right, down * size + column]
        texels.append(down * size + right)
        x, y = share.unbind(-1)
        weights = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y]
        return torch.stack(texels, dim=-1), torch.stack(weights, dim=-1)


def loose_attributes(
    table: SplatAttributes, loose: Loose, maps: AttributeMaps | None = None
) -> SplatAttributes:
    """The attributes of a table's splats with the loose ones' after them (not their offsets).

    Args:
        table: what was read from maps.
        loose: the loose splats.
        maps: the maps that were read; edited ones may bring other colours for loose splats.
    """
    count, like = len(loose), table.quats
    rgb, opacity = loose_looks(loose, maps)
    return SplatAttributes(
        sh=torch.cat([table.sh, _harmonics(rgb)]),
        opacities=torch.cat([table.opacities, opacity]),
        scales=torch.cat([table.scales, loose.scales]),
        quats=None if like is None else torch.cat([like, _identity(like).expand(count, 4)]),
        squares=table.squares,
        offset=table.offset,
    )


def loose_looks(loose: Loose, maps: AttributeMaps | None) -> tuple[Tensor, Tensor]:
    """Colours [M, 3] and opacities [M] of loose splats: an edit's, else their own."""
    rgb, opacity = loose.rgb, loose.opacity
    if isinstance(maps, EditedMaps):
        rgb = rgb if maps.loose_rgb is None else maps.loose_rgb
        opacity = opacity if maps.loose_opacity is None else maps.loose_opacity
    return rgb, opacity


def wants_gradient(*tensors: Tensor | None) -> bool:
    """Whether autograd is recording and one of the tensors takes part."""
    return torch.is_grad_enabled() and any(
        tensor is not None and tensor.requires_grad for tensor in tensors
    )


def without_gradient(make: Callable[[], Tensor]) -> Tensor:
    """What ``make`` makes, as a plain tensor that may be kept and used anywhere later."""
    with torch.inference_mode(False), torch.no_grad():
        return make()


def _as_it_is(rows: Tensor) -> Tensor:
    return rows


def _harmonics(rgb: Tensor) -> Tensor:
    return sh.from_rgb(rgb)[:, None]


def _single(values: Tensor) -> Tensor:
    return values[:, 0].contiguous()


def _unit(quats: Tensor) -> Tensor:
    return normalize(quats, dim=-1)


def _squares(quats: Tensor) -> Tensor:
    return rotations.quats_to_matrices(quats).mT.square()


def _identity(like: Tensor) -> Tensor:
    return torch.eye(1, 4, dtype=like.dtype, device=like.device)
