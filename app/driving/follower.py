"""A live source's samples to states of the shown head: neutral, retargeting, smoothing, loss."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.driving.options import DriveOptions
from app.sources.base import Sample, Source
from avatars.live.signal import FaceSignal

if TYPE_CHECKING:
    from avatars.head.model import HeadModel
    from avatars.head.state import HeadState
    from avatars.reenact import Retargeter

CAPTURE = 3.0
"""Seconds that a source's neutral is collected for."""

Clock = Callable[[], float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Followed:
    """A moment of the driven face.

    Attributes:
        state: what to show.
        weights: [52] ARKit weights of the source, for the monitor.
        named: [52] ARKit weights of the state.
        seconds: when it came, on the clock.
        is_new: whether the source sent a face since the last one.
    """

    state: "HeadState"
    weights: Floats
    named: Floats
    seconds: float
    is_new: bool


class Follower:
    """Turns what a source says into states of one head.

    Args:
        source: asked for its newest face.
        clock: seconds; another one in tests.
    """

    def __init__(self, source: Source, clock: Clock = time.monotonic) -> None:
        self.source = source
        self._clock = clock
        self._options = DriveOptions()
        self._neutral: FaceSignal | None = None
        self._capture: list[FaceSignal] | None = None
        self._capture_end = 0.0
        self._smooth: FaceSignal | None = None
        self._number = 0
        self._at = 0.0
        self._last: Followed | None = None
        self._is_at_rest = False
        self._retargeter: tuple[object, ...] = ()
        self._made: Retargeter | None = None

    # Neutral.

    def capture_neutral(self) -> None:
        """Begin to collect the face at rest; whoever drives should look ahead and relax."""
        self._capture, self._capture_end = [], self._clock() + CAPTURE

    def forget_neutral(self) -> None:
        """Take the source's own zero as its neutral."""
        self._neutral = None

    @property
    def capture_left(self) -> float | None:
        """Seconds of collecting that are left; None while none goes on."""
        return None if self._capture is None else max(0.0, self._capture_end - self._clock())

    @property
    def has_neutral(self) -> bool:
        """Whether one was captured."""
        return self._neutral is not None

    # The face.

    def forget_shown(self) -> None:
        """Say what is shown again, though it was said before: another head shows it now."""
        self._last, self._is_at_rest = None, False

    def next(self, head: "HeadModel", rest: "HeadState", options: DriveOptions) -> Followed | None:
        """What to show now; None before the first face, and while nothing changes.

        Args:
            head: of the shown avatar, with an ARKit table.
            rest: what it fades back to when the face is lost.
            options: how the face is taken over.

        Raises:
            HeadMismatch: the head has no ARKit table.
        """
        sample = self.source.latest()
        now = self._clock()
        self._end_capture(now)
        if sample is None:
            return None
        is_new = sample.number != self._number
        if is_new:
            self._take(sample, options)
        missing = now - self._at
        is_lost = sample.signal.is_lost or missing > options.hold
        if not is_new and not is_lost and options is self._options and self._last is not None:
            return None
        self._options = options
        state, named = self._shown(head, options)
        if is_lost and missing > options.hold:
            share = min(1.0, (missing - options.hold) / options.fade)
            if share >= 1 and self._is_at_rest:
                return None
            self._is_at_rest = share >= 1
            state, named = state.blend(rest, share), named * (1 - share)
        else:
            self._is_at_rest = False
        self._last = Followed(state, sample.signal.weights, named, now, is_new)
        return self._last

    @property
    def is_fading(self) -> bool:
        """Whether time alone changes the face: a lost one on its way back, or a capture."""
        if self._capture is not None:
            return True
        sample = self.source.latest()
        if sample is None or self._last is None:
            return False
        missing = self._clock() - self._at
        return missing < self._options.hold + self._options.fade + 0.1

    def _take(self, sample: Sample, options: DriveOptions) -> None:
        self._number = sample.number
        signal = sample.signal
        if signal.is_lost and self._smooth is not None:
            return  # the last face is held
        step = sample.seconds - self._at if self._smooth is not None else np.inf
        self._at = sample.seconds
        share = 1.0
        if options.smoothing > 0 and np.isfinite(step):
            share = 1 - float(np.exp(-max(step, 0.0) / options.smoothing))
        self._smooth = signal if self._smooth is None else _between(self._smooth, signal, share)
        if self._capture is not None:
            self._capture.append(signal)

    def _end_capture(self, now: float) -> None:
        if self._capture is None or now < self._capture_end:
            return
        collected, self._capture = self._capture, None
        if collected:
            self._neutral = _middle(collected)
            self._made = None

    def _shown(self, head: "HeadModel", options: DriveOptions) -> tuple["HeadState", Floats]:
        import torch

        from avatars.live.signal import signal_state
        from avatars.reenact import Neutral, Retargeter

        assert self._smooth is not None
        keys: tuple[object, ...] = (head, options, self._neutral)
        if self._made is None or any(
            a is not b for a, b in zip(keys, self._retargeter, strict=True)
        ):
            neutral: Neutral | None = None
            if self._neutral is not None:
                weights = torch.from_numpy(self._neutral.weights).float()
                neutral = Neutral(signal_state(head, _without_eyes(self._neutral)), weights)
            elif options.relative:
                neutral = Neutral(head.neutral(), torch.zeros(len(self._smooth.weights)))
            self._made = Retargeter(head, options.retargeting(), neutral)
            self._retargeter = keys
        driver = signal_state(head, self._smooth)
        weights = torch.from_numpy(self._smooth.weights).float()
        state = self._made.state(driver, weights)
        if options.only != "pose" and self._smooth.left_eye is not None:
            gaze = options.gaze
            state = replace(
                state, leye_pose=driver.leye_pose * gaze, reye_pose=driver.reye_pose * gaze
            )
        if not options.follow_place:
            state = replace(state, transl=torch.zeros_like(state.transl))
        return state, self._made.named(weights).double().numpy()


def _between(old: FaceSignal, new: FaceSignal, share: float) -> FaceSignal:
    """A signal on the way from one to another; small turns are mixed as vectors."""

    def mixed(first: Floats | None, second: Floats | None) -> Floats | None:
        if first is None or second is None:
            return second
        return first + share * (second - first)

    weights, head, place = (
        mixed(getattr(old, name), getattr(new, name)) for name in ("weights", "head", "place")
    )
    assert weights is not None
    assert head is not None
    assert place is not None
    eyes = mixed(old.left_eye, new.left_eye), mixed(old.right_eye, new.right_eye)
    return FaceSignal(weights, head, place, *eyes, is_lost=new.is_lost)


def _middle(signals: list[FaceSignal]) -> FaceSignal:
    """The median face of a few seconds: a blink in between does not count."""
    weights, head, place = (
        np.median(np.stack([getattr(signal, name) for signal in signals]), axis=0)
        for name in ("weights", "head", "place")
    )
    return FaceSignal(weights, head, place)


def _without_eyes(signal: FaceSignal) -> FaceSignal:
    return replace(signal, left_eye=None, right_eye=None)
