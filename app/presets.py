"""Faces by name: ARKit weights for expressions and for the shapes of speech (visemes)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Group = Literal["Expressions", "Visemes"]


@dataclass(frozen=True)
class Preset:
    """A face.

    Attributes:
        id: short name for commands.
        label: name for people.
        group: which list it stands in.
        weights: ARKit weights by name; names left out are 0.
    """

    id: str
    label: str
    group: Group
    weights: Mapping[str, float]


def both(**weights: float) -> dict[str, float]:
    """Weights of names that come as a left and a right one, the same for both sides."""
    return {f"{name}{side}": weight for name, weight in weights.items() for side in SIDES}


SIDES = ("Left", "Right")


def _faces() -> Iterator[Preset]:
    expressions: dict[str, dict[str, float]] = {
        "Neutral": {},
        "Smile": both(mouthSmile=0.85, cheekSquint=0.4, eyeSquint=0.2, mouthDimple=0.15),
        "Laugh": both(mouthSmile=0.85, cheekSquint=0.6, eyeSquint=0.45, mouthUpperUp=0.35)
        | both(mouthLowerDown=0.2)
        | {"jawOpen": 0.4, "browInnerUp": 0.15},
        "Surprise": both(eyeWide=0.7, browOuterUp=0.45)
        | {"browInnerUp": 0.5, "jawOpen": 0.4, "mouthFunnel": 0.15},
        "Sad": both(mouthFrown=0.6, eyeSquint=0.2, browDown=0.1, eyeLookDown=0.2)
        | {"browInnerUp": 0.5, "mouthShrugLower": 0.35, "mouthPucker": 0.1},
        "Angry": both(browDown=0.85, eyeSquint=0.45, noseSneer=0.4, mouthFrown=0.3)
        | both(mouthPress=0.4, eyeWide=0.1),
        "Disgust": both(noseSneer=0.8, browDown=0.45, mouthUpperUp=0.5, eyeSquint=0.35)
        | both(mouthFrown=0.25),
        "Fear": both(eyeWide=0.7, browOuterUp=0.25, mouthStretch=0.5)
        | {"browInnerUp": 0.5, "jawOpen": 0.2},
        "Wink": {"eyeBlinkLeft": 0.95, "cheekSquintLeft": 0.5, "mouthSmileLeft": 0.5}
        | {"mouthSmileRight": 0.2},
        "Doubt": {"browOuterUpLeft": 0.8, "browDownRight": 0.5, "mouthLeft": 0.3}
        | both(mouthPress=0.3),
        "Kiss": {"mouthPucker": 0.9, "mouthFunnel": 0.2} | both(eyeBlink=0.3),
        "Eyes closed": both(eyeBlink=1.0),
    }
    visemes: dict[str, dict[str, float]] = {
        "AA": {"jawOpen": 0.55} | both(mouthLowerDown=0.25, mouthUpperUp=0.1),
        "AE": {"jawOpen": 0.4} | both(mouthStretch=0.3, mouthLowerDown=0.3, mouthUpperUp=0.2),
        "EH": {"jawOpen": 0.3} | both(mouthStretch=0.25, mouthLowerDown=0.25, mouthSmile=0.1),
        "IH": {"jawOpen": 0.18} | both(mouthStretch=0.3, mouthSmile=0.2, mouthLowerDown=0.2),
        "EE": {"jawOpen": 0.1} | both(mouthSmile=0.4, mouthStretch=0.35, mouthLowerDown=0.2),
        "OH": {"jawOpen": 0.35, "mouthFunnel": 0.55, "mouthPucker": 0.3},
        "OO": {"jawOpen": 0.12, "mouthPucker": 0.75, "mouthFunnel": 0.35},
        "OU": {"jawOpen": 0.2, "mouthPucker": 0.55, "mouthFunnel": 0.5},
        "MBP": {"mouthRollLower": 0.35, "mouthRollUpper": 0.3, "mouthClose": 0.05}
        | both(mouthPress=0.45),
        "FV": {"jawOpen": 0.08, "mouthRollLower": 0.55} | both(mouthUpperUp=0.3),
        "TH": {"jawOpen": 0.18, "tongueOut": 0.4} | both(mouthLowerDown=0.15),
        "L": {"jawOpen": 0.25, "tongueOut": 0.15} | both(mouthLowerDown=0.15, mouthSmile=0.05),
        "S": {"jawOpen": 0.05} | both(mouthStretch=0.3, mouthLowerDown=0.25, mouthUpperUp=0.15),
        "SH": {"jawOpen": 0.1, "mouthFunnel": 0.6, "mouthPucker": 0.25} | both(mouthUpperUp=0.1),
        "R": {"jawOpen": 0.12, "mouthFunnel": 0.3, "mouthPucker": 0.35},
        "W": {"jawOpen": 0.06, "mouthPucker": 0.85, "mouthFunnel": 0.2},
    }
    for label, weights in expressions.items():
        yield Preset(label.lower().replace(" ", "-"), label, "Expressions", weights)
    for label, weights in visemes.items():
        yield Preset(f"viseme-{label.lower()}", label, "Visemes", weights)


PRESETS: tuple[Preset, ...] = tuple(_faces())


def preset(preset_id: str) -> Preset:
    """The preset of an id.

    Raises:
        KeyError: there is none.
    """
    for each in PRESETS:
        if each.id == preset_id:
            return each
    raise KeyError(preset_id)
