"""What a head does at one moment, or over a batch of moments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from avatars.head.tables import is_on
from renderer import rotations

_POSES = ("jaw_pose", "neck_pose", "leye_pose", "reye_pose", "global_orient")
_WIDTHS = {**dict.fromkeys(_POSES, 3), "transl": 3, "eyelids": 2}


@dataclass(frozen=True, eq=False)
class HeadState:
    """Expression and pose of a head; every field may carry one leading dimension T of frames.

    Attributes:
        expression: [E] or [T, E] coefficients of the head's expression directions; fewer than the
            head has are the first ones, the rest is zero.
        jaw_pose: [3] or [T, 3] axis-angle, radians, as all poses.
        neck_pose: [3] or [T, 3].
        leye_pose: [3] or [T, 3], the subject's left eye.
        reye_pose: [3] or [T, 3].
        global_orient: [3] or [T, 3] turn about the root joint.
        transl: [3] or [T, 3] metres, applied last.
        eyelids: [2] or [T, 2] left and right, 0..1; only heads with eyelid shapes use them.

    Raises:
        ValueError: a field's width or number of frames disagrees.
    """

    expression: Tensor
    jaw_pose: Tensor
    neck_pose: Tensor
    leye_pose: Tensor
    reye_pose: Tensor
    global_orient: Tensor
    transl: Tensor
    eyelids: Tensor

    def __post_init__(self) -> None:
        lead = self.expression.shape[:-1]
        if len(lead) > 1:
            raise ValueError(f"expression must be [E] or [T, E], not {list(self.expression.shape)}")
        for name, width in _WIDTHS.items():
            shape = getattr(self, name).shape
            if shape != (*lead, width):
                raise ValueError(f"{name} must be {[*lead, width]}, not {list(shape)}")

    @classmethod
    def neutral(
        cls,
        expressions: int,
        *,
        frames: int | None = None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> "HeadState":
        """The resting state: all zeros, [E] and so on, or [T, E] when ``frames`` is given."""
        lead = () if frames is None else (frames,)
        widths = {"expression": expressions, **_WIDTHS}
        return cls(
            **{k: torch.zeros(*lead, w, device=device, dtype=dtype) for k, w in widths.items()}
        )

    @property
    def frames(self) -> int | None:
        """T of a batched state, None for a single one."""
        return self.expression.shape[0] if self.expression.ndim == 2 else None

    @property
    def device(self) -> torch.device:
        """Where all fields live."""
        return self.expression.device

    def to(self, device: torch.device | str) -> "HeadState":
        """The same state on another device; itself if it is there already."""
        if is_on(self.expression, device):
            return self
        return self._mapped(lambda values: values.to(device))

    def detach(self) -> "HeadState":
        """The same values, cut from the autograd graph."""
        return self._mapped(Tensor.detach)

    def at(self, index: int | slice) -> "HeadState":
        """One frame of a batched state, or a batched state of a range of frames.

        Raises:
            ValueError: the state is a single one.
        """
        if self.frames is None:
            raise ValueError("a single state has no frames to choose from")
        return self._mapped(lambda values: values[index])

    def blend(self, other: "HeadState", weight: float | Tensor) -> "HeadState":
        """The state between this one (weight 0) and another (weight 1).

        Poses take the shortest turn (spherical interpolation), the rest is mixed linearly; a
        weight beyond 0..1 extrapolates. ``weight`` may be [T] for batched states.

        Raises:
            ValueError: the two states have different numbers of frames or expressions.
        """
        if self.expression.shape != other.expression.shape:
            raise ValueError(
                f"states of shape {list(self.expression.shape)} and "
                f"{list(other.expression.shape)} cannot be mixed"
            )
        share = weight[..., None] if isinstance(weight, Tensor) else weight
        mixed: dict[str, Tensor] = {}
        for item in fields(self):
            start, end = getattr(self, item.name), getattr(other, item.name)
            turns = item.name in _POSES
            mixed[item.name] = (
                _turned(start, end, share) if turns else torch.lerp(start, end, share)
            )
        return HeadState(**mixed)

    def _mapped(self, function: Callable[[Tensor], Tensor]) -> "HeadState":
        return HeadState(**{item.name: function(getattr(self, item.name)) for item in fields(self)})


def stack(states: Sequence[HeadState]) -> HeadState:
    """Single states as one batched state, in order.

    Raises:
        ValueError: no states, or batched ones among them.
    """
    if not states or any(state.frames is not None for state in states):
        raise ValueError("stack needs at least one state, and single ones only")
    return HeadState(
        **{
            item.name: torch.stack([getattr(state, item.name) for state in states])
            for item in fields(HeadState)
        }
    )


def _turned(start: Tensor, end: Tensor, share: float | Tensor) -> Tensor:
    first = rotations.axis_angles_to_quats(start)
    between = rotations.multiply(rotations.inverse(first), rotations.axis_angles_to_quats(end))
    part = rotations.axis_angles_to_quats(rotations.quats_to_axis_angles(between) * share)
    return rotations.quats_to_axis_angles(rotations.multiply(first, part))
