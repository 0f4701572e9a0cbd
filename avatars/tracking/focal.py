"""Focal length in pixels from what a camera wrote into the file."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot, isfinite
from typing import Protocol

_EXIF_PART = 0x8769
_FOCAL_LENGTH = 0x920A  # mm
_PLANE_X, _PLANE_UNIT = 0xA20E, 0xA210
_FOCAL_35MM = 0xA405
_WIDTH, _HEIGHT = 0xA002, 0xA003

_DIAGONAL_35MM = hypot(36.0, 24.0)
_UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_SAME_SHAPE = 0.01  # relative difference of the sides' ratio that rounding explains
_NARROWEST, _WIDEST = 20.0, 0.3  # focal length over the longer side; outside it is a mistake


class _Exif(Protocol):
    def get_ifd(self, tag: int) -> Mapping[int, object]: ...


def focal_from_exif(exif: _Exif, width: int, height: int) -> float | None:
    """Focal length in pixels of a picture of this size; None where the file does not tell.

    The 35 mm equivalent is read by the diagonal (CIPA DCG-001); without it, the focal length and
    the pixels per length on the sensor give the same. A picture whose sides stand in another ratio
    than those noted by the camera was cropped, and its scale is unknown.

    Args:
        exif: the file's EXIF block.
        width: pixels of the file, before it is turned upright.
        height: the same.
    """
    try:
        tags = exif.get_ifd(_EXIF_PART)
    except (ValueError, TypeError, KeyError, OSError, SyntaxError):
        return None
    noted_width = _number(tags.get(_WIDTH)) or float(width)
    noted_height = _number(tags.get(_HEIGHT)) or float(height)
    ratio = (width / height) / (noted_width / noted_height)
    if min(abs(ratio - 1), abs(ratio * (noted_width / noted_height) ** 2 - 1)) > _SAME_SHAPE:
        return None
    focal: float | None = None
    equivalent = _number(tags.get(_FOCAL_35MM))
    length, density = _number(tags.get(_FOCAL_LENGTH)), _number(tags.get(_PLANE_X))
    if equivalent:
        focal = equivalent / _DIAGONAL_35MM * hypot(width, height)
    elif length and density:
        unit = _UNIT_MM.get(int(_number(tags.get(_PLANE_UNIT)) or 2), 25.4)
        shrunk = max(width, height) / max(noted_width, noted_height)
        focal = length * density / unit * shrunk
    longer = max(width, height)
    if focal is None or not _WIDEST * longer <= focal <= _NARROWEST * longer:
        return None
    return focal


def _number(value: object) -> float | None:
    """A tag's value as a positive number, or None."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if isfinite(number) and number > 0 else None
