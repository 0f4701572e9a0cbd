"""The colours of one picture given to another, its drawing untouched."""

import numpy as np
from numpy.typing import NDArray

from avatars.edits.lab import from_lab, to_lab

Floats = NDArray[np.float32]

_MOST = 60_000  # colours that statistics are taken over
_QUANTILES = 64
_STEEPEST = 2.5  # how much contrast may grow


def with_palette(rgb: Floats, style: Floats, valid: NDArray[np.bool_]) -> Floats:
    """A map [R, R, 3], 0..1, in the colours of a picture.

    In Lab: the lightness follows the picture's distribution (smoothed, so that no shade tears),
    the two chroma channels go through the linear map between both covariances that moves colours
    least (Pitié and Kokaram: The linear Monge-Kantorovitch colour mapping, 2007).

    Args:
        rgb: [R, R, 3] the map.
        style: [H, W, 3] the picture, 0..1.
        valid: [R, R] the texels that count.
    """
    lab, wanted = to_lab(rgb), to_lab(style)
    source, target = _sample(lab[valid]), _sample(wanted.reshape(-1, 3))
    out = np.empty_like(lab)
    out[..., 0] = _lightness(lab[..., 0], source[:, 0], target[:, 0])
    move = _transport(np.cov(source[:, 1:].T), np.cov(target[:, 1:].T))
    shifted = (lab[..., 1:] - source[:, 1:].mean(axis=0)) @ move.astype(np.float32).T
    out[..., 1:] = shifted + target[:, 1:].mean(axis=0)
    return from_lab(out)


def _sample(colors: Floats) -> Floats:
    return colors[:: max(1, len(colors) // _MOST)]


def _lightness(values: Floats, source: Floats, target: Floats) -> Floats:
    """Values pushed through the curve that takes one distribution to the other, not too steep."""
    shares = np.linspace(0, 1, _QUANTILES)
    low, high = np.quantile(source, shares), np.quantile(target, shares)
    low = np.maximum.accumulate(low + np.arange(_QUANTILES) * 1e-4)
    slopes = np.clip(np.diff(high) / np.diff(low), 0.3, _STEEPEST)
    curve = np.concatenate([[0], np.cumsum(slopes * np.diff(low))])
    curve += np.median(high) - curve[_QUANTILES // 2]
    return np.asarray(np.clip(np.interp(values, low, curve), 0, 100), np.float32)


def _transport(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix [2, 2] that takes one covariance to the other and moves points least."""
    source = source + 4.0 * np.eye(2)
    half = _root(source)
    back = np.linalg.inv(half)
    found: NDArray[np.float64] = back @ _root(half @ target @ half) @ back
    return found


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    root: NDArray[np.float64] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
