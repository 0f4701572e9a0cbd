"""A joint's turn as three angles that people understand, and back. Plain numbers, no tensors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Angles:
    """How something is turned, degrees.

    Attributes:
        turn: to the subject's left.
        nod: up.
        tilt: with the crown to the subject's right.
    """

    turn: float = 0.0
    nod: float = 0.0
    tilt: float = 0.0


def angles_of(axis_angle: Sequence[float]) -> Angles:
    """The angles of an axis-angle [3] in radians: first the tilt, then the nod, then the turn."""
    x, y, z = axis_angle
    size = math.sqrt(x * x + y * y + z * z)
    if size < 1e-9:
        return Angles(math.degrees(y), -math.degrees(x), math.degrees(z))
    scale = math.sin(size / 2) / size
    w, x, y, z = math.cos(size / 2), x * scale, y * scale, z * scale
    # R = Ry(turn) Rx(-nod) Rz(tilt)
    sine = min(max(2 * (w * x - y * z), -1.0), 1.0)
    turn = math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    tilt = math.atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return Angles(math.degrees(turn), -math.degrees(math.asin(sine)), math.degrees(tilt))


def axis_angle_of(angles: Angles) -> tuple[float, float, float]:
    """The axis-angle of angles, radians."""
    sy, cy = _half(angles.turn)
    sx, cx = _half(-angles.nod)
    sz, cz = _half(angles.tilt)
    w = cy * cx * cz + sy * sx * sz
    x = cy * sx * cz + sy * cx * sz
    y = sy * cx * cz - cy * sx * sz
    z = cy * cx * sz - sy * sx * cz
    if w < 0:
        w, x, y, z = -w, -x, -y, -z
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-12:
        return 0.0, 0.0, 0.0
    scale = 2 * math.atan2(length, w) / length
    return x * scale, y * scale, z * scale


def _half(degrees: float) -> tuple[float, float]:
    half = math.radians(degrees) / 2
    return math.sin(half), math.cos(half)
