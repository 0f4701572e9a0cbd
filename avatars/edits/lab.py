"""Display colours to CIE Lab and back, for arrays of any shape [..., 3]."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def to_lab(rgb: NDArray[Any]) -> Floats:
    """Lab [..., 3] of sRGB-encoded colours, clipped to 0..1."""
    return _converted(np.clip(rgb, 0, 1), cv2.COLOR_RGB2Lab)


def from_lab(lab: NDArray[Any]) -> Floats:
    """Display colours [..., 3], clipped to 0..1, of Lab."""
    clipped: Floats = np.clip(_converted(lab, cv2.COLOR_Lab2RGB), 0, 1)
    return clipped


def _converted(values: NDArray[Any], code: int) -> Floats:
    # Rows as they are: OpenCV's vector code goes by rows, so equal tiles give equal bits.
    rows = values.reshape(-1, values.shape[-2] if values.ndim > 2 else 1, 3)
    if values.ndim == 2:
        rows = values[None]
    found = cv2.cvtColor(np.ascontiguousarray(rows, np.float32), code)
    return np.asarray(found, np.float32).reshape(values.shape)
