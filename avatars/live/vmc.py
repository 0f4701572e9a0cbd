"""The VMC protocol (OSC over UDP): faces in from a performer, faces out to a marionette.

Blend values count when ``/VMC/Ext/Blend/Apply`` comes, not before. Unity's axes are left-handed;
the x axis is turned round on the way in and out.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from avatars.head.arkit_names import ARKIT_NAMES
from avatars.live.signal import FaceSignal, Floats, arkit_index, bounded, quaternion_vector

PORT = 39539
LARGEST = 65535  # bytes of a datagram
_MOST_MESSAGES = 2000  # of one datagram

PRESETS: dict[str, dict[str, float]] = {
    "a": {"jawOpen": 0.6},
    "i": {"jawOpen": 0.15, "mouthStretchLeft": 0.6, "mouthStretchRight": 0.6},
    "u": {"jawOpen": 0.15, "mouthPucker": 0.8},
    "e": {"jawOpen": 0.3, "mouthStretchLeft": 0.4, "mouthStretchRight": 0.4},
    "o": {"jawOpen": 0.4, "mouthFunnel": 0.7},
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "blink_l": {"eyeBlinkLeft": 1.0},
    "blink_r": {"eyeBlinkRight": 1.0},
    "joy": {
        "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "cheekSquintLeft": 0.5,
        "cheekSquintRight": 0.5,
    },
    "angry": {
        "browDownLeft": 0.9, "browDownRight": 0.9, "noseSneerLeft": 0.4, "noseSneerRight": 0.4,
        "mouthPressLeft": 0.4, "mouthPressRight": 0.4,
    },
    "sorrow": {"browInnerUp": 0.8, "mouthFrownLeft": 0.7, "mouthFrownRight": 0.7},
    "fun": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
}  # fmt: skip
"""What the presets of a VRM avatar mean in ARKit weights."""

_OTHER_NAMES = {
    "aa": "a", "ih": "i", "ou": "u", "ee": "e", "oh": "o", "blinkleft": "blink_l",
    "blinkright": "blink_r", "happy": "joy", "sad": "sorrow", "relaxed": "fun",
}  # fmt: skip
"""Presets of VRM 1 by those of VRM 0."""

_BONES = ("head", "neck", "lefteye", "righteye")


class NotVmc(ValueError):
    """These bytes are no OSC packet."""


class VmcReader:
    """Collects messages until they are applied. One per sender; not for several threads."""

    def __init__(self) -> None:
        self._weights: dict[str, float] = {}
        self._turns: dict[str, Floats] = {}
        self._place = np.zeros(3)
        self._is_lost = False

    def feed(self, packet: bytes) -> FaceSignal | None:
        """The face once it is complete; None while more is to come.

        Raises:
            NotVmc: the bytes are no OSC packet.
        """
        signal = None
        for address, values in _messages(packet):
            if self._take(address.lower(), values):
                signal = self._signal()
        return signal

    def _take(self, address: str, values: list[object]) -> bool:
        """Keep a message; True if it says that a face is complete."""
        if address == "/vmc/ext/blend/val" and len(values) >= 2:
            name, value = values[0], values[1]
            if isinstance(name, str) and _is_number(value):
                self._weights[name] = bounded(float(value))  # type: ignore[arg-type]
                if len(self._weights) > 10 * len(ARKIT_NAMES):  # names made up without end
                    self._weights.clear()
        elif address == "/vmc/ext/bone/pos" and len(values) >= 8:
            self._bone(values)
        elif address == "/vmc/ext/ok" and values:
            tracking = values[3] if len(values) >= 4 else 1
            self._is_lost = values[0] == 0 or tracking == 0
        return address == "/vmc/ext/blend/apply"

    def _bone(self, values: list[object]) -> None:
        bone, numbers = values[0], values[1:8]
        if not isinstance(bone, str) or bone.lower() not in _BONES:
            return
        if not all(_is_number(number) for number in numbers):
            return
        x, y, z, w = (float(number) for number in numbers[3:])  # type: ignore[arg-type]
        turn = quaternion_vector(x, -y, -z, w)
        if turn is not None:
            self._turns[bone.lower()] = turn

    def _signal(self) -> FaceSignal:
        weights = np.zeros(len(ARKIT_NAMES))
        for name, value in self._weights.items():
            place = arkit_index(name)
            if place is not None:
                weights[place] = max(weights[place], value)
                continue
            preset = PRESETS.get(_OTHER_NAMES.get(name.lower(), name.lower()), {})
            for arkit, share in preset.items():
                place = arkit_index(arkit)
                assert place is not None
                weights[place] = min(weights[place] + share * value, 2.0)
        head = _composed(self._turns.get("neck"), self._turns.get("head"))
        eyes = self._turns.get("lefteye"), self._turns.get("righteye")
        signal = FaceSignal(weights, head, self._place, *eyes)
        return signal.lost() if self._is_lost else signal


def vmc_packets(signal: FaceSignal, seconds: float) -> Iterator[bytes]:
    """The datagrams of a face for a marionette: root, head and eyes, 52 blends, apply, time.

    Args:
        signal: the face.
        seconds: the sender's clock.
    """
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    def message(address: str, *values: str | int | float) -> object:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value, "f" if isinstance(value, float) else None)
        return builder.build()

    def bundle(messages: Iterable[object]) -> bytes:
        builder = OscBundleBuilder(IMMEDIATELY)
        for each in messages:
            builder.add_content(each)  # type: ignore[arg-type]
        content: bytes = builder.build().dgram
        return content

    state = [message("/VMC/Ext/OK", int(not signal.is_lost)), message("/VMC/Ext/T", float(seconds))]
    bones = [("Head", signal.head), ("LeftEye", signal.left_eye), ("RightEye", signal.right_eye)]
    for bone, turn in bones:
        if turn is not None:
            quat = _unity(turn)
            state.append(message("/VMC/Ext/Bone/Pos", bone, 0.0, 0.0, 0.0, *quat))
    yield bundle(state)
    # Two bundles, so that no datagram is longer than a network carries in one piece.
    blends = [
        message("/VMC/Ext/Blend/Val", name, float(value))
        for name, value in zip(ARKIT_NAMES, signal.weights, strict=True)
    ]
    yield bundle(blends[:26])
    yield bundle([*blends[26:], message("/VMC/Ext/Blend/Apply")])


def _unity(turn: Floats) -> tuple[float, float, float, float]:
    from scipy.spatial.transform import Rotation

    x, y, z, w = (float(value) for value in Rotation.from_rotvec(turn).as_quat())
    return x, -y, -z, w


def _composed(outer: Floats | None, inner: Floats | None) -> Floats:
    from scipy.spatial.transform import Rotation

    turn = Rotation.identity()
    for each in (outer, inner):
        if each is not None:
            turn = turn * Rotation.from_rotvec(each)
    whole: Floats = turn.as_rotvec()
    return whole


def _messages(packet: bytes) -> list[tuple[str, list[object]]]:
    """Addresses and values of a datagram, in its order."""
    from pythonosc.osc_packet import OscPacket, ParseError

    try:
        found = OscPacket(packet).messages
    except (ParseError, ValueError, IndexError, RecursionError, OverflowError, TypeError) as error:
        raise NotVmc("not an OSC packet") from error
    return [(each.message.address, list(each.message.params)) for each in found[:_MOST_MESSAGES]]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
