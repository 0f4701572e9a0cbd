"""Packets of the phone app Live Link Face (ARKit mode), UDP port 11111.

Version byte; device, subject (each a big-endian length and UTF-8); frame number, sub-frame and
rate; a count; that many big-endian floats. A packet that ends after the rate has no face.
"""

import struct
from dataclasses import dataclass

import numpy as np

from avatars.head.arkit_names import ARKIT_NAMES
from avatars.live.signal import FaceSignal, Floats, arkit_index, bounded, euler

PORT = 11111
NAMES = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight",
    "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft",
    "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft",
    "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight",
    "tongueOut",
)  # fmt: skip
"""The first 52 values; then head yaw, pitch, roll and the same of the left and the right eye."""

COUNT = 61
VERSION = 6
_ORDER = [arkit_index(name) for name in NAMES]
_LONGEST_TEXT = 256


class NotLiveLink(ValueError):
    """These bytes are no packet of Live Link Face; the text says what they may be."""


@dataclass(frozen=True, eq=False)
class LiveLinkPacket:
    """A packet.

    Attributes:
        device: the phone's identifier.
        subject: the name that the phone gives the face.
        frame: number of the frame.
        signal: the face; a lost one where the packet holds none.
    """

    device: str
    subject: str
    frame: int
    signal: FaceSignal


def read_live_link(packet: bytes) -> LiveLinkPacket:
    """What a packet says.

    Raises:
        NotLiveLink: it is something else, or cut short.
    """
    try:
        return _read(packet)
    except (struct.error, UnicodeDecodeError) as error:
        raise NotLiveLink("not a packet of Live Link Face in ARKit mode") from error


def _read(packet: bytes) -> LiveLinkPacket:
    if not packet or packet[0] != VERSION:
        raise NotLiveLink(
            "not a packet of Live Link Face in ARKit mode; choose 'Live Link (ARKit)' on the phone"
        )
    device, at = _text(packet, 1)
    subject, at = _text(packet, at)
    frame, _, _, _ = struct.unpack_from(">ifii", packet, at)
    at += 16
    if len(packet) == at:
        return LiveLinkPacket(device, subject, frame, FaceSignal.neutral().lost())
    count = packet[at]
    values = struct.unpack_from(f">{count}f", packet, at + 1)
    if count != COUNT or len(packet) != at + 1 + 4 * count:
        raise NotLiveLink("not a packet of Live Link Face in ARKit mode")
    if count == 0:
        return LiveLinkPacket(device, subject, frame, FaceSignal.neutral().lost())
    return LiveLinkPacket(device, subject, frame, signal_of(values))


def signal_of(values: "tuple[float, ...] | list[float]") -> FaceSignal:
    """The face that the 61 values of a packet or of a row of a take mean."""
    numbers = np.nan_to_num(np.array(values, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    weights = np.zeros(len(ARKIT_NAMES))
    for place, value in zip(_ORDER, numbers[: len(NAMES)], strict=True):
        assert place is not None
        weights[place] = bounded(float(value))
    head, left, right = (numbers[start : start + 3] for start in (52, 55, 58))
    return FaceSignal(weights, _turn(head), np.zeros(3), _turn(left), _turn(right))


def write_live_link(signal: FaceSignal, subject: str, frame: int, device: str) -> bytes:
    """The packet of a face, with its head and eyes at rest; for tests and for replaying takes."""
    start = struct.pack(">B", VERSION)
    for text in (device, subject):
        content = text.encode()
        start += struct.pack(">i", len(content)) + content
    start += struct.pack(">ifii", frame, 0.0, 60, 1)
    if signal.is_lost:
        return start
    values = [float(signal.weights[place or 0]) for place in _ORDER] + [0.0] * (COUNT - len(NAMES))
    return start + struct.pack(f">B{COUNT}f", COUNT, *values)


def _turn(yaw_pitch_roll: Floats) -> Floats:
    yaw, pitch, roll = (float(min(max(value, -3.2), 3.2)) for value in yaw_pitch_roll)
    return euler(pitch, yaw, roll)


def _text(packet: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">i", packet, at)
    start, end = at + 4, at + 4 + length
    if not 0 <= length <= _LONGEST_TEXT or end > len(packet):
        raise NotLiveLink("a text in it is longer than the packet")
    return packet[start:end].decode(), end
