"""Faces in moving pictures to head states: live, one frame at a time, or a whole file at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.arkit import state_from_arkit
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.calibration import Calibration
from avatars.tracking.closing import Closing
from avatars.tracking.frame_fit import FrameFit
from avatars.tracking.graphs import Floats, Pixels
from avatars.tracking.likeness import likeness
from avatars.tracking.seer import Seer
from avatars.tracking.shot import FRAMES, ShotFitter, is_sound, quality_of
from avatars.tracking.smoothing import OneEuro

Array = NDArray[np.float64]

CHANNELS = 6 + len(ARKIT_NAMES)
"""Turn 3, place 3, ARKit weights 52: the numbers that are smoothed."""

_BLINKS = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]
_CLOSING, _CLOSED = 0.3, 0.8
"""The mesh network keeps the lids of a closed eye apart: a fit of this much is a closed one."""
_SPACING = 0.15  # seconds between the frames that tell who somebody is
_LEAST_QUALITY = 0.6  # of those frames
_MOST_UNLIKE = 3.2  # mm residual of the mean face: animals and things leave more
_FADE = 0.5  # seconds over which the quality falls once nobody is seen


@dataclass(frozen=True, eq=False)
class Tracked:
    """What one frame says about a head.

    Attributes:
        state: as seen by a camera on +z; that of the frame before where nobody is seen.
        arkit: [52] weights behind it, the gaze included.
        quality: 0 (nobody, or nothing to trust) to 1.
        landmarks: [478, 3] pixels of the frame, or None where nobody is seen.
    """

    state: HeadState
    arkit: Tensor
    quality: float
    landmarks: Floats | None

    @property
    def is_valid(self) -> bool:
        """Whether somebody was seen in this very frame."""
        return self.landmarks is not None


def speeds() -> tuple[Array, Array]:
    """Speeds [58] that noise shows, and speeds [58] of a clear movement, per second.

    Sensor noise and a shaking hand move a face at rest by up to a pixel from frame to frame.
    """
    noise, moving = np.full(CHANNELS, 0.12), np.full(CHANNELS, 0.4)
    noise[:3], moving[:3] = 0.025, 0.1  # radians
    noise[3:6], moving[3:6] = 0.003, 0.012  # metres
    return noise, moving


def live_filter() -> OneEuro:
    """The filter of live tracking, see ``CHANNELS``: lids and gaze may not be late."""
    cutoff, gain = np.full(CHANNELS, 0.7), np.full(CHANNELS, 5.0)
    cutoff[:6] = 0.5
    gain[:3], gain[3:6] = 40.0, 150.0  # Hz per rad/s, per m/s
    for number, name in enumerate(ARKIT_NAMES):
        if name.startswith(("eyeBlink", "eyeLook")):
            cutoff[6 + number], gain[6 + number] = 1.2, 8.0
    # Its speed is told from the past alone, which doubles what noise shows.
    return OneEuro(cutoff, gain, 2 * speeds()[0])


def channels_of(fit: FrameFit) -> Array:
    """The numbers [58] of a fit, closed lids wholly closed."""
    arkit = fit.arkit.copy()
    lids = arkit[_BLINKS]
    share = np.clip((lids - _CLOSING) / (_CLOSED - _CLOSING), 0.0, 1.0)
    arkit[_BLINKS] = lids + (1 / _CLOSED - 1) * lids * share * share * (3 - 2 * share)
    return np.concatenate([fit.orient, fit.transl, arkit])


def state_of(head: HeadModel, channels: Array) -> tuple[HeadState, Tensor]:
    """State and ARKit weights of numbers [58], or [T, 58] for a batch."""
    values = torch.from_numpy(np.ascontiguousarray(channels)).float()
    arkit = values[..., 6:].clamp(0.0, 2.0)
    state = state_from_arkit(head, arkit)
    return replace(state, global_orient=values[..., :3], transl=values[..., 3:6]), arkit


class LiveTracker(Closing):
    """Follows the face in a stream of frames; one thread at a time calls ``track``.

    Camera and identity are taken from the first good frame; the identity is made better from a
    dozen of the next ones, a little work per frame, and then kept. Any thread may ``close``.

    Args:
        head: whose states come out; with an ARKit table and landmarks.
        task: MediaPipe's ``face_landmarker.task`` where there is one; its scores then pull the
            expression.
        smooth: whether to take the noise out.

    Raises:
        HeadMismatch: the head has no ARKit table or landmarks.
        MissingWeights: ``task`` is no such model.
    """

    def __init__(self, head: HeadModel, *, task: Path | None = None, smooth: bool = True) -> None:
        self.head = head.to("cpu")
        self._fitter = ShotFitter(self.head)
        self._seer = Seer(task)
        self._euro = live_filter() if smooth else None
        self._nothing()

    def close(self) -> None:
        """End the networks; waits for a frame in work."""
        self._seer.close()

    def restart(self) -> None:
        """Forget who was seen, as for another person before the camera."""
        self._seer.restart()
        self._fitter.forget()
        self._nothing()

    @property
    def knows_person(self) -> bool:
        """Whether the identity is final."""
        return self._calibrated

    def track(self, rgb: Pixels, seconds: float) -> Tracked:
        """The head in the next frame.

        Args:
            rgb: [H, W, 3], upright and not mirrored.
            seconds: when it was taken; only differences count.
        """
        found = self._seer.seen(rgb)
        fit = None if found is None else self._fitted(*found, seconds)
        if found is None or fit is None:
            return self._lost(seconds)
        channels = channels_of(fit)
        if self._euro is not None:
            channels = self._euro.filtered(channels, seconds)
        state, arkit = state_of(self.head, channels)
        self._seen_at = seconds
        self._last = Tracked(state, arkit, quality_of(fit, found[0]), found[0])
        return self._last

    def _nothing(self) -> None:
        self._calibration: Calibration | None = None
        self._calibrated = False
        self._added_at = self._seen_at = -np.inf
        if self._euro is not None:
            self._euro.reset()
        rest = self.head.neutral()
        self._last = Tracked(rest, torch.zeros(len(ARKIT_NAMES)), 0.0, None)

    def _fitted(self, points: Floats, scores: dict[str, float], seconds: float) -> FrameFit | None:
        if not self._fitter.is_begun:
            if likeness(points).residual > _MOST_UNLIKE:
                return None
            self._fitter.begin(points, scores or None)
            self._calibration = self._fitter.calibration()
        fit = self._fitter.fit(points, scores)
        if not is_sound(fit):
            self._fitter.lose()
            return None
        self._learn(points, fit, seconds)
        return fit

    def _learn(self, points: Floats, fit: FrameFit, seconds: float) -> None:
        """A frame's share of finding out who this is."""
        calibration = self._calibration
        if calibration is None or self._calibrated:
            return
        if len(calibration) < FRAMES:
            good = quality_of(fit, points) > _LEAST_QUALITY
            if good and not 0 <= seconds - self._added_at < _SPACING:
                calibration.add(points, fit)
                self._added_at = seconds
                if len(calibration) == FRAMES:
                    calibration.start()
            return
        calibration.work()
        if calibration.is_done:
            self._fitter.identify(calibration.person)
            self._calibrated, self._calibration = True, None

    def _lost(self, seconds: float) -> Tracked:
        """The last state, trusted less and less."""
        self._fitter.lose()
        share = max(0.0, 1 - (seconds - self._seen_at) / _FADE) if self._seen_at > -np.inf else 0.0
        quality = min(self._last.quality, share) if seconds >= self._seen_at else 0.0
        return replace(self._last, quality=quality, landmarks=None)
