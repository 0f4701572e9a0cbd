"""Playback of a recorded motion: play, loop, speed, scrub, range, frame step."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.driving.options import DriveOptions

if TYPE_CHECKING:
    from avatars.head.model import HeadModel
    from avatars.head.state import HeadState
    from avatars.motion import Motion
    from avatars.reenact import Retargeter

SPEEDS = (0.1, 4.0)


class Player:
    """A motion with a play head.

    Args:
        motion: what is played.
        clock: seconds; another one in tests.

    Attributes:
        motion: what is played.
        loop: whether it starts again at the end of its range.
        weights: [52] ARKit weights of the state shown last, or None where nobody knows them.
    """

    def __init__(self, motion: "Motion", clock: Callable[[], float] = time.monotonic) -> None:
        self.motion = motion
        self.loop = True
        self.weights: list[float] | None = None
        self._clock = clock
        self._first, self._last = 0, len(motion) - 1
        self._place = 0.0  # frames
        self._since: float | None = None  # clock when it began to play from _place
        self._speed = 1.0
        self._shown: tuple[object, ...] = ()
        self._made: tuple[object, object, Retargeter] | None = None

    @property
    def is_playing(self) -> bool:
        """Whether it runs."""
        return self._since is not None

    @property
    def speed(self) -> float:
        """Times its own speed."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._settle()
        self._speed = min(max(value, SPEEDS[0]), SPEEDS[1])

    @property
    def range(self) -> tuple[int, int]:
        """First and last frame that is played."""
        return self._first, self._last

    @range.setter
    def range(self, frames: tuple[int, int]) -> None:
        self._settle()
        end = len(self.motion) - 1
        first, last = sorted(min(max(frame, 0), end) for frame in frames)
        self._first, self._last = first, last
        self._place = min(max(self._place, first), last)

    @property
    def frame(self) -> float:
        """Where the play head is, in frames from 0; between two while it plays."""
        if self._since is None:
            return self._place
        place = self._place + (self._clock() - self._since) * self._speed * self.motion.fps
        length = self._last - self._first
        if place <= self._last:
            return place
        if not self.loop or length == 0:
            self._place, self._since = float(self._last), None
            return self._place
        return self._first + (place - self._first) % (length + 1)

    def play(self) -> None:
        """Run; from the beginning if it stands at the end."""
        if self._since is None:
            if self._place >= self._last:
                self._place = float(self._first)
            self._since = self._clock()

    def pause(self) -> None:
        """Stand still."""
        self._place, self._since = self.frame, None

    def seek(self, frame: float) -> None:
        """Go to a frame within the range, and keep playing if it plays."""
        self._place = min(max(frame, self._first), self._last)
        if self._since is not None:
            self._since = self._clock()

    def step(self, frames: int) -> None:
        """Stand still some frames on (or back), on a whole frame."""
        self.pause()
        self._place = float(min(max(round(self._place) + frames, self._first), self._last))

    @property
    def seconds_until_due(self) -> float | None:
        """Seconds until the next frame; None while it stands."""
        if self._since is None:
            return None
        return 1 / (self.motion.fps * self._speed)

    def next(self, head: "HeadModel", options: DriveOptions) -> "HeadState | None":
        """The state to show now; None if it was shown already.

        Raises:
            HeadMismatch: the motion cannot be put on this head.
        """
        frame = self.frame
        # Frames as they are while standing; between two of them only while it moves slowly.
        frame = frame if self.is_playing and self._speed < 1 else float(int(frame + 1e-6))
        keys = (frame, head, options)
        if len(self._shown) == 3 and self._shown[0] == frame and self._shown[1:] == keys[1:]:
            return None
        retargeter = self._retargeter(head, options)
        self._shown = keys
        state, arkit = self.motion.at(frame / self.motion.fps)
        self.weights = None if retargeter.direct else retargeter.named(arkit).tolist()
        return retargeter.state(state, arkit)

    def forget(self) -> None:
        """Say what is shown again, though it was said before."""
        self._shown = ()

    def _retargeter(self, head: "HeadModel", options: DriveOptions) -> "Retargeter":
        from avatars.errors import HeadMismatch
        from avatars.reenact import Retargeter, neutral_of, takes_directly

        if self._made is None or self._made[0] is not head or self._made[1] is not options:
            direct = takes_directly(self.motion, head)
            if not direct and not self.motion.has_arkit:
                raise HeadMismatch(
                    f"This motion holds coefficients of a {self.motion.head} head.",
                    "Open an avatar on such a head, or import one so that it can be translated.",
                )
            rest = neutral_of(self.motion)
            made = Retargeter(head, options.retargeting(), rest, direct=direct)
            self._made = head, options, made
        return self._made[2]

    def _settle(self) -> None:
        """Make the place independent of speed and range, which are about to change."""
        place = self.frame
        self._place = place
        if self._since is not None:
            self._since = self._clock()
