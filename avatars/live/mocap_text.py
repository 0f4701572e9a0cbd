"""Texts of the phone apps iFacialMocap (UDP port 49983) and Facemotion3d, and of MeowFace.

``name-value|name-value|...|=head#rx,ry,rz,px,py,pz|rightEye#rx,ry,rz|leftEye#rx,ry,rz|`` with
values of 0..100 and degrees. Facemotion3d separates by ``&`` and writes whole names.
"""

import math
import re

import numpy as np

from avatars.head.arkit_names import ARKIT_NAMES
from avatars.live.signal import FaceSignal, Floats, arkit_index, bounded, euler

PORT = 49983
TRIGGER = b"iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719"
"""What the phone is sent, to its own port 49983, so that it begins to stream back."""

FACEMOTION_TRIGGER, FACEMOTION_PORT = b"FACEMOTION3D_OtherStreaming", 49993
LARGEST = 8192  # bytes
_WEIGHT = re.compile(r"^(?P<name>[A-Za-z][A-Za-z0-9_]*)[-&](?P<value>\d{1,3}(?:\.\d+)?)$")
_METRES = 0.1  # of a unit of a place: the apps send decimetres
_FARTHEST = 10.0  # metres


class NotMocapText(ValueError):
    """These bytes are no text of one of the apps."""


def read_mocap_text(packet: bytes) -> FaceSignal:
    """The face that a packet describes.

    Unknown names are left out; what the packet does not mention is at rest.

    Raises:
        NotMocapText: no name in it is known.
    """
    try:
        text = packet[:LARGEST].decode("ascii")
    except UnicodeDecodeError as error:
        raise NotMocapText("not a text of iFacialMocap") from error
    weights = np.zeros(len(ARKIT_NAMES))
    turns: dict[str, list[float]] = {}
    known = 0
    for part in text.split("|"):
        name, sign, numbers = part.lstrip("=").partition("#")
        if sign:
            values = _numbers(numbers)
            if values is not None:
                turns[name] = values
                known += name in ("head", "leftEye", "rightEye")
            continue
        weight = _WEIGHT.match(part.strip())
        place = weight and arkit_index(_whole(weight["name"]))
        if weight is not None and place is not None:
            known += 1
            weights[place] = bounded(float(weight["value"]) / 100)
    if not known:
        raise NotMocapText("not a text of iFacialMocap")
    head = turns.get("head", [])
    place_at = [_METRES * value for value in head[3:6]] if len(head) >= 6 else [0.0] * 3
    where = np.clip(np.array(place_at), -_FARTHEST, _FARTHEST)
    return FaceSignal(
        weights,
        _turn(head) if len(head) >= 3 else np.zeros(3),
        where,
        _turn(turns["leftEye"]) if "leftEye" in turns else None,
        _turn(turns["rightEye"]) if "rightEye" in turns else None,
    )


def write_mocap_text(signal: FaceSignal) -> bytes:
    """The packet of a face as iFacialMocap writes it, with its head at rest."""
    parts = []
    for name, value in zip(ARKIT_NAMES, signal.weights, strict=True):
        short = re.sub("Left$", "_L", re.sub("Right$", "_R", name))
        parts.append(f"{short}-{round(100 * float(value))}")
    return ("|".join(parts) + "|=head#0,0,0,0,0,0|rightEye#0,0,0|leftEye#0,0,0|").encode()


def _whole(name: str) -> str:
    """The ARKit name of one with the short ending."""
    if name.endswith("_L"):
        return name[:-2] + "Left"
    return name[:-2] + "Right" if name.endswith("_R") else name


def _numbers(text: str) -> list[float] | None:
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        return None
    return values if len(values) >= 3 and all(map(math.isfinite, values)) else None


def _turn(degrees: list[float]) -> Floats:
    pitch, yaw, roll = (math.radians(math.fmod(value, 360.0)) for value in degrees[:3])
    return euler(pitch, yaw, roll)
