"""What a request shows, as splats on the device that draws."""

import logging
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch
from torch import Tensor

from avatars.avatar import Identity
from avatars.edits.compose import compose
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import is_on
from avatars.kinds.attributes import Loose
from avatars.kinds.edited_maps import EditedMaps, edited_maps
from avatars.kinds.uv_avatar import UvAvatar
from avatars.maps import AttributeMaps
from avatars.remembered import Remembered
from avatars.sampling import SampleTable
from renderer.errors import UserError
from renderer.gaussians import Gaussians

if TYPE_CHECKING:
    from app.frame_request import RenderRequest
    from avatars.kinds.posing_cuda import CudaPoser

log = logging.getLogger(__name__)

Part = TypeVar("Part", HeadModel, Identity, SampleTable, Loose)


class Scene:
    """Poses avatars where they are drawn; what did not change is neither moved nor posed again.

    An edit makes a new avatar that shares most of its parts with the old one, so parts are kept on
    the device, not avatars.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._parts: Remembered[object] = Remembered(8)
        self._tensors: Remembered[Tensor] = Remembered(24)
        self._avatars: Remembered[Any] = Remembered(2)
        self._posed: Remembered[Gaussians] = Remembered(1)
        self._maps: Remembered[AttributeMaps] = Remembered(4)
        self._splats: Remembered[Gaussians] = Remembered(1)
        self._resting: Remembered[HeadState] = Remembered(2)
        self._last: tuple[Any, Any] | None = None
        self._unfit: tuple[object, ...] | None = None
        self._poser = _poser(device)

    def splats(self, request: "RenderRequest") -> Gaussians | None:
        """The splats to draw, valid until the next call; None where there is nothing."""
        if request.avatar is None:
            plain = request.splats
            if plain is None:
                return None
            return self._splats.get((plain,), lambda: plain.to(self.device))
        avatar = self._there(request.avatar)
        maps = self._shown_maps(request)
        state = self.state(request)
        if self._poser is not None and isinstance(avatar, UvAvatar):
            return self._poser.pose(avatar, state, maps)
        return self._posed.get(
            (avatar, state, maps), lambda: avatar.pose(state.to(self.device), maps)
        )

    def _shown_maps(self, request: "RenderRequest") -> AttributeMaps | None:
        """The maps with the layers over them, on the device; None for the avatar's own."""
        if request.maps is not None:
            return self._maps_there(request.maps)
        if not request.layers or request.avatar is None or request.layers is self._unfit:
            return None
        try:
            return self._maps_there(compose(request.avatar, request.layers).maps)
        except UserError:
            # Whoever made the layer was told; the picture goes on without.
            log.warning("layers that do not fit the head are not shown", exc_info=True)
            self._unfit = request.layers
            return None

    def state(self, request: "RenderRequest") -> HeadState:
        """The request's face, or the resting one of its avatar."""
        avatar = request.avatar
        assert avatar is not None
        if request.state is not None:
            return request.state
        head = avatar.head
        return self._resting.get((head,), lambda: head.neutral().to("cpu"))

    def _there(self, avatar: Any) -> Any:
        """The avatar on the device; parts that it shares with an earlier one are not sent again."""
        if self._last is not None and self._last[0] is avatar:
            return self._last[1]
        self._last = avatar, self._found(avatar)
        return self._last[1]

    def _found(self, avatar: Any) -> Any:
        if is_on(avatar.head.v_template, self.device):
            if self.device.type == "cuda":  # it may still be in the making on torch's own stream
                torch.cuda.current_stream().wait_stream(torch.cuda.default_stream())
            return avatar

        def moved() -> Any:
            if not isinstance(avatar, UvAvatar):
                return avatar.to(self.device)
            return replace(
                avatar,
                head=self._part(avatar.head),
                identity=self._part(avatar.identity),
                table=self._part(avatar.table),
                loose=None if avatar.loose is None else self._part(avatar.loose),
                maps=self._maps_there(avatar.maps),
            )

        return self._avatars.get((avatar,), moved)

    def _part(self, part: Part) -> Part:
        """A head, identity, table or set of loose splats on the device."""
        there = self._parts.get((part,), lambda: part.to(self.device))
        return cast(Part, there)

    def _maps_there(self, maps: AttributeMaps) -> AttributeMaps:
        if is_on(maps.rgb, self.device):
            return maps
        return self._maps.get((maps,), lambda: self._moved_maps(maps))

    def _moved_maps(self, maps: AttributeMaps) -> AttributeMaps:
        moved = AttributeMaps(
            **{item.name: self._tensor(getattr(maps, item.name)) for item in fields(AttributeMaps)}
        )
        if not isinstance(maps, EditedMaps):
            return moved
        rgb, opacity = (
            None if values is None else self._tensor(values)
            for values in (maps.loose_rgb, maps.loose_opacity)
        )
        return edited_maps(moved, maps.versions, rgb, opacity)

    def _tensor(self, values: Tensor) -> Tensor:
        return self._tensors.get((values,), lambda: values.to(self.device))


def _poser(device: torch.device) -> "CudaPoser | None":
    """Posing in a few kernels where that works."""
    if device.type != "cuda":
        return None
    from avatars.kinds.posing_cuda import CudaPoser
    from renderer.nvrtc import KernelProblem

    try:
        return CudaPoser()
    except KernelProblem as problem:
        log.warning("posing in small steps: %s", problem)
        return None
