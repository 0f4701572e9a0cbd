"""A photo from a file: upright, sRGB, 8 bits, no larger than is useful."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

MOST_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded."""

LONGEST_SIDE = 4096
"""Pictures are scaled down to this many pixels along their longer side."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture as everything after it sees it.

    Attributes:
        rgb: [H, W, 3] read-only, upright, sRGB; white where the file is transparent.
        alpha: [H, W] read-only, the file's own opacity; None where all of it is opaque.
        width, height: upright size in the file, pixels.
        scale: pixels kept per pixel of the file, at most 1.
        focal_px: focal length that the camera wrote into the file, in kept pixels; None if it wrote
            none, or the picture has been cropped since.
        warnings: sentences on what was odd about the file.
    """

    rgb: Pixels
    alpha: Pixels | None
    width: int
    height: int
    scale: float
    focal_px: float | None = None
    warnings: tuple[str, ...] = ()


def open_photo(path: Path) -> Photo:
    """The photo in a JPEG, PNG, WebP, BMP or TIFF file (HEIC where its library is installed).

    Raises:
        UnreadableFile: missing, empty, a folder, damaged, no picture, or above 100 megapixels.
    """
    from avatars.tracking.decoding import decode
    from renderer.disk import open_input

    with open_input(path) as handle:
        decoded = decode(handle, path, most_pixels=MOST_PIXELS, longest_side=LONGEST_SIDE)
    kept = decoded.pixels.shape[1] / decoded.width
    rgb, alpha = decoded.pixels, None
    warnings = list(decoded.warnings)
    if rgb.shape[2] == 4:
        alpha = np.ascontiguousarray(rgb[..., 3])
        rgb = rgb[..., :3]
        if not alpha.any():
            warnings.append("The picture is fully transparent; its transparency was ignored.")
            alpha = None
        elif alpha.min() == 255:
            alpha = None
        else:
            rgb = _over_white(rgb, alpha)
    return Photo(
        rgb=_read_only(rgb),
        alpha=None if alpha is None else _read_only(alpha),
        width=decoded.width,
        height=decoded.height,
        scale=kept,
        focal_px=None if decoded.focal_px is None else decoded.focal_px * kept,
        warnings=tuple(warnings),
    )


def photo_of(rgb: Pixels) -> Photo:
    """A photo from pixels already in memory, for example a frame of a video: [H, W, 3] sRGB."""
    height, width = rgb.shape[:2]
    return Photo(rgb=_read_only(rgb.copy()), alpha=None, width=width, height=height, scale=1.0)


def _over_white(rgb: Pixels, alpha: Pixels) -> Pixels:
    """Straight-alpha pixels laid over white, row blocks at a time to spare memory."""
    out = np.empty_like(rgb)
    for top in range(0, len(rgb), 256):
        rows = slice(top, top + 256)
        opacity = alpha[rows, :, None].astype(np.uint16)
        blended = rgb[rows] * opacity + 255 * (255 - opacity)  # at most 65025: fits 16 bits
        out[rows] = ((blended.astype(np.uint32) + 127) // 255).astype(np.uint8)
    return out


def _read_only(pixels: Pixels) -> Pixels:
    kept = np.ascontiguousarray(pixels)
    kept.flags.writeable = False
    return kept
