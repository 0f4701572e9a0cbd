"""A face's motion: head states over time, with the ARKit weights behind them."""

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor

from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.smoothing import gaussian

POSES = ("jaw_pose", "neck_pose", "leye_pose", "reye_pose", "global_orient")
"""Fields of a state that are turns."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Head states of T frames.

    Attributes:
        states: batched, on the CPU.
        arkit: [T, 52] weights in the order of ``ARKIT_NAMES``, 0..2.
        fps: frames per second.
        valid: [T] bool; False where nobody was seen and the last state was held.
        head: version of the head the states belong to, such as "FLAME 2023".
        names: E names of its expression directions.
        fingerprint: of that head; empty where the source does not tell it.
        has_arkit: whether ``arkit`` was measured or computed; foreign files bring none.

    Raises:
        ValueError: the parts disagree, or there is no frame.
    """

    states: HeadState
    arkit: Tensor
    fps: float
    valid: Tensor
    head: str
    names: tuple[str, ...]
    fingerprint: str = ""
    has_arkit: bool = True

    def __post_init__(self) -> None:
        count = self.states.frames
        if not count:
            raise ValueError("a motion needs a batched state of at least one frame")
        if self.arkit.shape != (count, len(ARKIT_NAMES)):
            raise ValueError(f"arkit must be {[count, len(ARKIT_NAMES)]}")
        if self.valid.shape != (count,) or self.valid.dtype != torch.bool:
            raise ValueError(f"valid must be bool [{count}]")
        if not 0 < self.fps < float("inf"):
            raise ValueError(f"{self.fps} frames per second")
        if len(self.names) != self.states.expression.shape[-1]:
            raise ValueError("names and expression disagree")

    def __len__(self) -> int:
        return int(self.valid.shape[0])

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self) / self.fps

    def at(self, seconds: float) -> tuple[HeadState, Tensor]:
        """State and ARKit weights [52] at a moment, between frames if need be; ends are held."""
        place = min(max(seconds * self.fps, 0.0), len(self) - 1.0)
        first = min(int(place), max(0, len(self) - 2))
        second = min(first + 1, len(self) - 1)
        share = place - first
        state = self.states.at(first).blend(self.states.at(second), share)
        return state, torch.lerp(self.arkit[first], self.arkit[second], share)

    def trimmed(self, first: int, end: int) -> "Motion":
        """Frames ``first`` up to, not including, ``end``.

        Raises:
            ValueError: no frame is left.
        """
        if not 0 <= first < end <= len(self):
            raise ValueError(f"{first}..{end} is no part of 0..{len(self)}")
        part = slice(first, end)
        return replace(
            self, states=self.states.at(part), arkit=self.arkit[part], valid=self.valid[part]
        )

    def resampled(self, fps: float) -> "Motion":
        """The same motion at another rate, as long as before up to a frame.

        Raises:
            ValueError: not a positive rate.
        """
        if not 0 < fps < float("inf"):
            raise ValueError(f"{fps} frames per second")
        count = max(1, round(len(self) * fps / self.fps))
        place = (torch.arange(count, dtype=torch.float64) * (self.fps / fps)).clamp(
            max=len(self) - 1
        )
        first = place.floor().long()
        second = (first + 1).clamp(max=len(self) - 1)
        share = (place - first).float()
        before, after = _rows(self.states, first), _rows(self.states, second)
        return replace(
            self,
            states=before.blend(after, share),
            arkit=torch.lerp(self.arkit[first], self.arkit[second], share[:, None]),
            valid=self.valid[first] & (self.valid[second] | (share == 0)),
            fps=float(fps),
        )

    def smoothed(self, seconds: float) -> "Motion":
        """The same motion under a window of about this length; turns as unit quaternions.

        Raises:
            ValueError: a negative length.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"{seconds} seconds")
        if seconds == 0:
            return self
        changed = {
            item.name: _smooth(getattr(self.states, item.name), self.fps, seconds, item.name)
            for item in fields(HeadState)
        }
        return replace(
            self,
            states=HeadState(**changed),
            arkit=_smooth(self.arkit, self.fps, seconds, "arkit"),
        )


def _rows(states: HeadState, index: Tensor) -> HeadState:
    return HeadState(**{item.name: getattr(states, item.name)[index] for item in fields(HeadState)})


def _smooth(values: Tensor, fps: float, seconds: float, name: str) -> Tensor:
    array = values.double().numpy()
    filtered = _smooth_turns if name in POSES else gaussian
    smooth = filtered(array, fps, seconds)
    return torch.from_numpy(np.ascontiguousarray(smooth)).to(values.dtype)


def _smooth_turns(vectors: NDArray[np.float64], fps: float, seconds: float) -> NDArray[np.float64]:
    quats = Rotation.from_rotvec(vectors).as_quat()
    # A quaternion and its negative are the same turn: neighbours take the nearer one.
    flips = np.sign((quats[1:] * quats[:-1]).sum(axis=1))
    signs = np.concatenate([[1.0], np.cumprod(np.where(flips == 0, 1.0, flips))])
    mixed = gaussian(quats * signs[:, None], fps, seconds)
    length = np.linalg.norm(mixed, axis=1, keepdims=True)
    mixed = np.where(length > 1e-9, mixed, quats)
    turns: NDArray[np.float64] = Rotation.from_quat(mixed).as_rotvec()
    return turns
