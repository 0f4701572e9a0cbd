"""What the built-in head's drawn maps say: teeth, tongue, hair strands, where hair grows."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from avatars.errors import UnreadableFile
from avatars.head.default.demo import DrawnMaps, read_drawn
from avatars.head.model import HeadModel
from avatars.texturing.texels import Array, Texels

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "heads"
USUAL_SKIN = 0.62  # brightness of the skin that the drawn mouth goes with
STRAND = 0.010  # width of the blur that tells strands from shading, of the map's side


@dataclass(frozen=True, eq=False)
class Drawn:
    """The drawn looks at M texels.

    Attributes:
        rgb: [M, 3] 0..1.
        hair: [M] 0..1 how much hair covers the skin.
        strands: [M] brightness of the strands relative to their surroundings, around 0.
    """

    rgb: Array
    hair: Array
    strands: Array


def drawn_looks(head: HeadModel, texels: Texels) -> Drawn | None:
    """The drawn looks of a head's texels; None for heads that nobody has drawn."""
    if head.name != "default":
        return None
    maps = _maps()
    if maps is None:
        return None
    size = texels.size
    rgb = cv2.resize(maps.rgb, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    hair = cv2.resize(maps.hair, (size, size), interpolation=cv2.INTER_LINEAR)
    grey = rgb @ np.array([0.3, 0.6, 0.1], np.float32)
    # Blur hair by itself, so that skin at the hairline makes no bright rim.
    sigma = STRAND * size
    cover = cv2.GaussianBlur(hair, (0, 0), sigma)
    smooth = cv2.GaussianBlur(grey * hair, (0, 0), sigma) / np.maximum(cover, 1e-3)
    strands = np.where(hair > 0.2, np.log((grey + 0.02) / (smooth + 0.02)), 0.0)
    pick = texels.index
    return Drawn(
        rgb.reshape(-1, 3)[pick].astype(np.float32),
        hair.reshape(-1)[pick].astype(np.float32),
        strands.reshape(-1)[pick].astype(np.float32),
    )


@lru_cache(maxsize=1)
def _maps() -> DrawnMaps | None:
    try:
        return read_drawn(ASSETS)
    except UnreadableFile:
        return None
