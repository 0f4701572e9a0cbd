"""Records what is shown, from any source, as a motion."""

from typing import TYPE_CHECKING

import numpy as np

from avatars.head.arkit_names import ARKIT_NAMES

if TYPE_CHECKING:
    from avatars.head.model import HeadModel
    from avatars.head.state import HeadState
    from avatars.motion import Motion

FPS = 30.0
MOST_FRAMES = int(FPS * 3600)  # an hour


class Recorder:
    """Collects states with their moments; the motion has an even rate.

    Args:
        head: whose states are recorded.
    """

    def __init__(self, head: "HeadModel") -> None:
        self.head = head
        self._states: list[HeadState] = []
        self._weights: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
        self._times: list[float] = []
        self._has_arkit = True

    def __len__(self) -> int:
        return len(self._times)

    @property
    def seconds(self) -> float:
        """How long the recording is."""
        return self._times[-1] - self._times[0] if self._times else 0.0

    def add(
        self,
        state: "HeadState",
        weights: "np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None",
        seconds: float,
    ) -> bool:
        """Add a moment; False once an hour is full.

        Args:
            state: what is shown.
            weights: [52] ARKit weights behind it, or None where nobody knows them.
            seconds: when; not before the last one.
        """
        if len(self._times) >= MOST_FRAMES:
            return False
        if self._times and seconds <= self._times[-1]:
            return True
        self._states.append(state)
        self._has_arkit &= weights is not None
        self._weights.append(np.zeros(len(ARKIT_NAMES)) if weights is None else weights)
        self._times.append(seconds)
        return True

    def motion(self) -> "Motion | None":
        """The motion at 30 frames per second; None of fewer than two moments."""
        import torch

        from avatars.head.state import stack
        from avatars.motion import Motion

        if len(self._times) < 2:
            return None
        times = np.array(self._times) - self._times[0]
        count = max(2, int(times[-1] * FPS) + 1)
        wanted = np.minimum(np.arange(count) / FPS, times[-1])
        after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
        before = after - 1
        share = (wanted - times[before]) / np.maximum(times[after] - times[before], 1e-9)
        rows = [
            self._states[b].blend(self._states[a], float(s))
            for b, a, s in zip(before, after, share, strict=True)
        ]
        weights = np.stack(self._weights)
        mixed = weights[before] + share[:, None] * (weights[after] - weights[before])
        return Motion(
            states=stack(rows),
            arkit=torch.from_numpy(mixed).float(),
            fps=FPS,
            valid=torch.ones(count, dtype=torch.bool),
            head=self.head.version,
            names=self.head.expression_names,
            fingerprint=self.head.fingerprint,
            has_arkit=self._has_arkit,
        )
