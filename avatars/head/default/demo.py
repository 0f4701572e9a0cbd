"""The demo's looks: maps drawn on the built-in head, and the files they ship in.

``python -m avatars.head.default.demo`` rewrites ``assets/heads/default_rgb.png`` (colour, row 0 at
v = 1) and ``assets/heads/default_maps.npz`` (hair and its height).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.head.default.appearance import draw_maps
from avatars.head.default.build import build_neutral
from avatars.npz import read_npz, write_npz

SIZE = 1024
COARSE = 256  # texels a side of hair and height: both are smooth
HEIGHT_STEP = 1e-4  # metres


@dataclass(frozen=True, eq=False)
class DrawnMaps:
    """Looks of the built-in head.

    Attributes:
        rgb: [R, R, 3] uint8, row 0 at v = 1.
        hair: [r, r] 0..1 where hair grows, r <= R.
        hair_offset: [r, r] how far it stands off the skin, metres.
    """

    rgb: NDArray[np.uint8]
    hair: NDArray[np.float32]
    hair_offset: NDArray[np.float32]


def write_drawn(folder: Path) -> None:
    """Draw the maps and write both files into ``folder``."""
    drawn = draw_maps(build_neutral(), size=SIZE)
    rgb = np.round(np.clip(np.asarray(drawn["rgb"]), 0, 1) * 255).astype(np.uint8)
    cv2.imwrite(str(folder / "default_rgb.png"), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    coarse = {
        name: cv2.resize(
            np.asarray(drawn[name], np.float32), (COARSE, COARSE), interpolation=cv2.INTER_AREA
        )
        for name in ("hair", "hair_offset")
    }
    write_npz(
        folder / "default_maps.npz",
        {
            "hair": np.round(np.clip(coarse["hair"], 0, 1) * 255).astype(np.uint8),
            "hair_offset": np.round(coarse["hair_offset"] / HEIGHT_STEP).astype(np.int16),
        },
    )


def read_drawn(folder: Path) -> DrawnMaps:
    """The shipped maps.

    Raises:
        UnreadableFile: a file is missing or broken.
    """
    picture = cv2.imread(str(folder / "default_rgb.png"), cv2.IMREAD_COLOR)
    if picture is None:
        raise UnreadableFile(
            f"{folder / 'default_rgb.png'} is missing or broken.", "Install avatar-gui again."
        )
    maps = read_npz(folder / "default_maps.npz")
    return DrawnMaps(
        np.ascontiguousarray(picture[..., ::-1], np.uint8),
        maps["hair"].astype(np.float32) / 255,
        maps["hair_offset"].astype(np.float32) * np.float32(HEIGHT_STEP),
    )


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[3] / "assets" / "heads"
    write_drawn(target)
    sys.stderr.write(f"Wrote the drawn maps into {target}\n")
