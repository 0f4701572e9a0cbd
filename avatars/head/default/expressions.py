"""The expression basis of the built-in head and what the 52 ARKit names mean on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default import rig, shapes_handles
from avatars.head.default.build import NeutralHead
from avatars.head.default.jaw import jaw_shapes
from avatars.head.default.measurements import Measurements, load_measurements
from avatars.head.default.shapes_eyes import GAZE, lid_shapes
from avatars.head.default.shapes_mouth import made, mouth_shapes
from avatars.head.default.shaping import Shaper
from avatars.head.default.tongue import TONGUE_JAW_ANGLE
from avatars.head.default.topology import Floats
from avatars.head.tables import ARKIT_NAMES

CORRECTIVE, LINEAR = "jawOpenCorrective", "jawOpenLinear"
_BROW_BLEND, _MOUTH_BLEND = 12.0, 14.0
"""Half widths (mm) of the strip about the midline where the left and the right shape mix."""


@dataclass(frozen=True)
class ExpressionBasis:
    """Directions of expression, and the 52 names in terms of directions, jaw and eyeballs.

    Attributes:
        names: E names of directions: ARKit's where a name has a direction of its own, and
            jawOpenCorrective (goes with the jaw's rotation) and jawOpenLinear (instead of it, for
            consumers without joints; no ARKit name uses it).
        directions: [V, 3, E] metres at weight 1, before skinning.
        arkit_names: the 52 names, as ``ARKIT_NAMES``.
        arkit_expression: [52, E] weights of the directions.
        arkit_jaw_pose: [52, 3] axis-angle, radians.
        arkit_leye_pose: [52, 3] the same for the left eyeball.
        arkit_reye_pose: [52, 3] the same for the right eyeball.
    """

    names: tuple[str, ...]
    directions: Floats
    arkit_names: tuple[str, ...]
    arkit_expression: Floats
    arkit_jaw_pose: Floats
    arkit_leye_pose: Floats
    arkit_reye_pose: Floats


def build_expressions(
    neutral: NeutralHead, measurements: Measurements | None = None
) -> ExpressionBasis:
    """The expression basis of a neutral head.

    Args:
        neutral: the head at rest.
        measurements: where measured shapes come from; the shipped ones by default.
    """
    shapes = _shapes(Shaper(neutral), measurements or load_measurements())
    names = (*(name for name in ARKIT_NAMES if name in shapes), CORRECTIVE, LINEAR)
    directions = np.stack([shapes[name] for name in names], axis=2) * 1e-3
    expression = np.zeros((len(ARKIT_NAMES), len(names)))
    for row, name in enumerate(ARKIT_NAMES):
        if name in names:
            expression[row, names.index(name)] = 1.0
    jaw = np.zeros((len(ARKIT_NAMES), 3))
    for name, angle in (("jawOpen", rig.JAW_OPEN_ANGLE), ("tongueOut", TONGUE_JAW_ANGLE)):
        row = ARKIT_NAMES.index(name)
        jaw[row, 0] = angle
        expression[row, names.index(CORRECTIVE)] = angle / rig.JAW_OPEN_ANGLE
    left, right = _gaze()
    return ExpressionBasis(names, directions, ARKIT_NAMES, expression, jaw, left, right)


def _shapes(shaper: Shaper, measurements: Measurements) -> dict[str, Floats]:
    """[V, 3] mm by direction name, both sides, everything but jawOpen itself."""
    shapes: dict[str, Floats] = {}

    def pair(name: str, right: Floats) -> None:
        shapes[f"{name}Right"] = right
        shapes[f"{name}Left"] = shaper.mirrored(right)

    for name, shape in shapes_handles.BROWS.items():
        field = shaper.off_the_balls(made(shaper, shape))
        if name == "browInnerUp":
            shapes[name] = field
        else:
            pair(name, shaper.right_half(field, _BROW_BLEND))
    for name, field in lid_shapes(shaper).items():
        pair(name, field)
    for name, shape in shapes_handles.CHEEKS_AND_NOSE.items():
        field = shaper.off_the_balls(made(shaper, shape))
        if name == "cheekPuff":
            shapes[name] = field
        else:
            pair(name, shaper.right_half(field, _MOUTH_BLEND))
    mouth = mouth_shapes(shaper, measurements)
    pair("mouth", mouth.pop("mouthRight"))
    for name, field in mouth.items():
        if name in ARKIT_NAMES:
            shapes[name] = shaper.symmetric(field)
        else:
            pair(name, shaper.right_half(shaper.symmetric(field), _MOUTH_BLEND))
    jaw = jaw_shapes(shaper, measurements)
    pair("jaw", jaw.pop("jawRight"))
    shapes |= jaw
    for name in shapes:
        if not name.endswith(("Left", "Right")):
            shapes[name] = shaper.symmetric(shapes[name])  # to the last bit
    return shapes


def _gaze() -> tuple[Floats, Floats]:
    """[52, 3] axis-angle of the left and of the right eyeball.

    +x turns the front of the ball down, +y turns it to the subject's left (+x).
    """
    poses = {side: np.zeros((len(ARKIT_NAMES), 3)) for side in ("Left", "Right")}
    for side, inwards in (("Left", -1.0), ("Right", 1.0)):
        for name, axis, sign in (
            ("eyeLookDown", 0, 1.0),
            ("eyeLookUp", 0, -1.0),
            ("eyeLookIn", 1, inwards),
            ("eyeLookOut", 1, -inwards),
        ):
            poses[side][ARKIT_NAMES.index(name + side), axis] = sign * GAZE[name]
    return poses["Left"], poses["Right"]
