"""The photo an avatar was made from, as it is kept beside it: a small JPEG of the square crop."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LONGEST = 1024
"""Pixels along the longer side at most."""
QUALITY = 92
_MOST_PIXELS = 4 * LONGEST * LONGEST  # of one that a stranger wrote


def source_jpeg(image: NDArray[np.float32]) -> bytes:
    """A JPEG of a picture.

    Args:
        image: [H, W, 3] RGB 0..1; scaled down to ``LONGEST``.

    Raises:
        ValueError: the encoder refuses the picture.
    """
    import cv2

    pixels = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    factor = LONGEST / max(pixels.shape[:2])
    if factor < 1:
        size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    done, content = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError("the picture cannot be encoded")
    return content.tobytes()


def photo_pixels(photo: bytes) -> NDArray[np.uint8]:
    """[H, W, 3] RGB of a kept photo, the longer side at most ``LONGEST``.

    Raises:
        UnreadableFile: damaged, or absurdly large.
    """
    from avatars.tracking.decoding import decode

    name = Path("source.jpg")
    found = decode(BytesIO(photo), name, most_pixels=_MOST_PIXELS, longest_side=LONGEST)
    pixels: NDArray[np.uint8] = found.pixels[..., :3]
    return pixels
