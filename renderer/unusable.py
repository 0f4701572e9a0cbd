"""Which splats nothing can draw. Numpy only, so that looking into a file costs no torch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SHORTEST_QUAT = 1e-8  # below it a quaternion has no direction
FARTHEST = 1e6  # metres for centres and scales, and far beyond any colour coefficient
TIMES_TYPICAL = 100.0  # a head's splats are about a hundredth of the spread of their centres
_ROWS = 1 << 16  # looked at together: keeps the masks small however many splats there are
_SAMPLE = 1 << 18  # centres that are enough to know a median

Floats = NDArray[np.floating[Any]]


def unusable_rows(
    means: Floats, quats: Floats, scales: Floats, opacities: Floats, sh: Floats
) -> NDArray[np.bool_]:
    """Mask [N] of splats that are not finite, have no rotation, or an absurd size or opacity.

    Absurd means a centre, scale or colour beyond `FARTHEST`, a scale above `TIMES_TYPICAL` times
    the spread of the centres (where all centres coincide: times the usual scale), a negative scale,
    or an opacity outside 0..1.

    Args:
        means: [N, 3] centres, metres.
        quats: [N, 4] wxyz, any length.
        scales: [N, 3] standard deviations, metres.
        opacities: [N].
        sh: [N, K, 3] colour.
    """
    bad = np.empty(len(means), dtype=np.bool_)
    with np.errstate(invalid="ignore"):  # signalling NaN complain at every touch
        largest = min(TIMES_TYPICAL * _typical_size(means, scales), FARTHEST)
        for start in range(0, len(means), _ROWS):
            rows = slice(start, start + _ROWS)
            # Written so that NaN, which fails every comparison, counts as bad.
            good = (np.abs(means[rows]) <= FARTHEST).all(axis=1)
            good &= (np.abs(sh[rows]) <= FARTHEST).all(axis=(1, 2))
            good &= ((scales[rows] >= 0) & (scales[rows] <= largest)).all(axis=1)
            good &= (opacities[rows] >= 0) & (opacities[rows] <= 1)
            # In double precision the length of a finite quaternion neither under- nor overflows.
            length = np.linalg.norm(quats[rows].astype(np.float64), axis=1)
            good &= (length >= SHORTEST_QUAT) & np.isfinite(length)
            bad[rows] = ~good
    return bad


def _typical_size(means: Floats, scales: Floats) -> float:
    step = max(1, len(means) // _SAMPLE)
    centres, sizes = means[::step].astype(np.float64), scales[::step].max(axis=1)
    finite = np.isfinite(centres).all(axis=1) & np.isfinite(sizes)
    if not finite.any():
        return 1.0
    centres = centres[finite]
    distance = np.linalg.norm(centres - np.median(centres, axis=0), axis=1)
    spread = float(np.median(distance))
    if spread > 1e-6:
        return spread
    # One splat, or all in one place: only their own size says what is usual.
    return max(float(np.median(sizes[finite])), 1e-6)
