"""What an avatar does while nobody has touched anything yet: it blinks and moves its head a little.

A function of time alone, so that a picture of a moment can be made again.
"""

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.document import Document
    from avatars.head.model import HeadModel
    from avatars.head.state import HeadState

BLINK_EVERY = 3.7  # seconds, with some unevenness
BLINK_LASTS = 0.24
SWAY = math.radians(3.0)
FRAMES_PER_SECOND = 24


def idle_state(head: "HeadModel", resting: "HeadState", seconds: float) -> "HeadState":
    """The resting face, blinking and swaying, some seconds after it began; at 0 it is at rest.

    Args:
        head: the head; without an ARKit table it only sways.
        resting: the face to come back to.
        seconds: since the beginning.
    """
    import torch

    # Slow sines whose periods share no multiple never repeat visibly.
    fade = min(1.0, seconds / 1.5)
    sway = [
        fade * SWAY * 0.45 * math.sin(seconds * 0.53),
        fade * SWAY * (0.8 * math.sin(seconds * 0.37) + 0.2 * math.sin(seconds * 1.13)),
        fade * SWAY * 0.3 * math.sin(seconds * 0.29),
    ]
    state = replace(resting, neck_pose=resting.neck_pose + resting.neck_pose.new_tensor(sway))
    if head.arkit is None:
        return state
    from avatars.head.arkit import state_from_arkit
    from avatars.head.tables import ARKIT_NAMES

    weights = torch.zeros(len(ARKIT_NAMES))
    closed = blink(seconds)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        weights[ARKIT_NAMES.index(name)] = closed
    smile = fade * 0.06 * (1 + math.sin(seconds * 0.41 - 1.5))
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        weights[ARKIT_NAMES.index(name)] = smile
    return state_from_arkit(head, weights, state)


def blink(seconds: float) -> float:
    """How far the lids are closed, 0..1, at a moment."""
    number = math.floor(seconds / BLINK_EVERY)
    # Each blink starts at another moment of its stretch of time, by a fixed rule.
    start = (0.35 + 0.4 * math.modf(number * 0.618)[0]) * BLINK_EVERY
    into = (seconds - number * BLINK_EVERY - start) / BLINK_LASTS
    if not 0 < into < 1:
        return 0.0
    # Lids fall twice as fast as they rise.
    part = into / 0.35 if into < 0.35 else (1 - into) / 0.65
    return part * part * (3 - 2 * part)


class IdleMotion:
    """Whether the idle motion runs, and its next state."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._last = -1

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._began is not None

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until the next state; None while it does not run."""
        if self._began is None:
            return None
        now = time.monotonic() - self._began
        return max(0.0, (self._last + 1) / FRAMES_PER_SECOND - now)

    def start(self) -> None:
        """Begin."""
        self._began, self._last = time.monotonic(), -1

    def stop(self) -> None:
        """End."""
        self._began = None

    def next(self, document: "Document") -> "HeadState | None":
        """The state to show now; None if it does not run or it is too early for another one."""
        avatar, state = document.avatar, document.head_state
        if self._began is None or avatar is None or state is None:
            return None
        seconds = time.monotonic() - self._began
        number = int(seconds * FRAMES_PER_SECOND)
        if number == self._last:
            return None
        self._last = number
        from app.face_edits import upright

        return idle_state(avatar.head, upright(state), seconds)
