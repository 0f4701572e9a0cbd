"""What geometry layers do to the splats: thin them out, make them small, shave or puff the skin."""

import numpy as np
from numpy.typing import NDArray

from avatars.edits.layer import Reshape

Floats = NDArray[np.float32]

MAPS = ("opacity", "scales", "offset")
"""The maps that geometry layers act on."""


def acts_on(reshape: Reshape, name: str) -> bool:
    """Whether a layer changes a map at all."""
    if name == "opacity":
        return reshape.opacity != 0
    if name == "scales":
        return reshape.scale != 0
    return reshape.flatten != 0 or reshape.puff != 0


def reshaped(values: Floats, reshape: Reshape, share: Floats, name: str) -> Floats:
    """A map's values [H, W] or [H, W, 3] where a layer has acted with ``share`` [H, W], 0..1."""
    if name == "opacity":
        factor = np.clip(1 + np.float32(reshape.opacity) * share, 0, None)
        return np.asarray(np.clip(values * factor, 0, 1), np.float32)
    if name == "scales":
        return np.asarray(values * np.exp2(np.float32(reshape.scale) * share)[..., None])
    out = values * (1 - np.float32(reshape.flatten) * share)[..., None]
    out[..., 2] += np.float32(reshape.puff) * share
    return np.asarray(out, np.float32)
