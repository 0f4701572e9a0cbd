"""Signals over time without their noise: as they come, or with all of them known."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CALM_SIGMA, _PROMPT_SIGMA, _SPEED_SIGMA = 0.4, 0.02, 0.15  # seconds
_SPEED_REACH = 0.15  # seconds
_LONGEST_STEP = 0.25  # seconds between frames beyond which a filter starts anew


class OneEuro:
    """Low-pass filter whose cutoff rises with speed: calm at rest, prompt in motion.

    After Casiez, Roussel, Vogel: 1 EUR filter, a simple speed-based low-pass filter for noisy input
    in interactive systems (CHI 2012); each channel has its own cutoff and gain.

    Args:
        cutoff: [C] or one, Hz at rest.
        gain: [C] or one, Hz per unit of speed.
        floor: [C] or one, speed that noise alone shows, which raises nothing.
        speed_cutoff: Hz of the filter on the speed itself.
    """

    def __init__(
        self,
        cutoff: Array | float,
        gain: Array | float,
        floor: Array | float = 0.0,
        speed_cutoff: float = 1.0,
    ) -> None:
        self._cutoff, self._gain, self._floor = cutoff, gain, floor
        self._speed_cutoff = speed_cutoff
        self.reset()

    def reset(self) -> None:
        """Forget what was filtered so far."""
        self._value: Array | None = None
        self._speed: Array | None = None
        self._seconds = 0.0

    def filtered(self, values: Array, seconds: float) -> Array:
        """Filtered values [C] of the next moment.

        Args:
            values: [C] measured.
            seconds: when; a step back in time or a long pause starts anew.
        """
        step = seconds - self._seconds
        if self._value is None or self._speed is None or not 0 < step <= _LONGEST_STEP:
            self._value, self._speed = values.copy(), np.zeros_like(values)
        else:
            share = _share(self._speed_cutoff, step)
            self._speed = self._speed + share * ((values - self._value) / step - self._speed)
            excess = np.maximum(np.abs(self._speed) - self._floor, 0.0)
            cutoff = self._cutoff + self._gain * excess
            self._value = self._value + _share(cutoff, step) * (values - self._value)
        self._seconds = seconds
        return self._value.copy()


def calmed(values: Array, fps: float, still: Array, moving: Array) -> Array:
    """Values [T, C] smoothed strongly at rest and hardly in motion, with nothing lagging.

    Args:
        values: [T, C], all of them known.
        fps: values per second.
        still: [C] speed up to which a channel counts as at rest.
        moving: [C] speed from which on it counts as moving.
    """
    from scipy.ndimage import maximum_filter1d

    if len(values) < 3:
        return values
    speed = np.abs(np.gradient(gaussian(values, fps, 4 * _SPEED_SIGMA), axis=0)) * fps
    # A moment before and after a movement belongs to it, or its corners would be cut.
    reach = 1 + 2 * round(_SPEED_REACH * fps)
    speed = gaussian(maximum_filter1d(speed, reach, axis=0, mode="nearest"), fps, _SPEED_REACH)
    share = np.clip((speed - still) / (moving - still), 0.0, 1.0)
    calm = gaussian(values, fps, 4 * _CALM_SIGMA)
    prompt = gaussian(values, fps, 4 * _PROMPT_SIGMA)
    mixed: Array = calm + share * (prompt - calm)
    return mixed


def gaussian(values: Array, fps: float, seconds: float) -> Array:
    """Values [T, C] under a Gaussian window about as long as ``seconds`` (four sigmas)."""
    from scipy.ndimage import gaussian_filter1d

    sigma = seconds * fps / 4
    if sigma < 0.05 or len(values) < 2:
        return values
    smooth: Array = gaussian_filter1d(values, sigma, axis=0, mode="reflect")
    return smooth


def _share(cutoff: Array | float, step: float) -> Array:
    """Share of the new value that a low-pass filter takes over."""
    weight = 2 * np.pi * np.asarray(cutoff, np.float64) * step
    share: Array = weight / (1 + weight)
    return share
