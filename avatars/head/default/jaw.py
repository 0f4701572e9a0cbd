"""The jaw: what goes with its rotation, its sliding, the mouth that stays closed, the tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from avatars.head.default import rig
from avatars.head.default.measurements import Measurements
from avatars.head.default.shapes_mouth import MOUTH_CENTRE
from avatars.head.default.shaping import Shaper
from avatars.head.default.tongue import tongue_out
from avatars.head.default.topology import Floats

GLIDE = (0.0, -0.5, 10.0)
"""Way (mm) of the jaw when it is fully open, beside the rotation: the condyles slide forwards."""
FORWARD = (0.0, 0.0, 6.0)
RIGHT = (-8.0, -0.5, 0.0)
_UPPER_LIP_FOLLOWS = 0.35
"""Share of a sideways or forward jaw that the upper lip takes, drawn along by the lower."""
_LOWER_LIP_FOLLOWS = 0.75
_MEASURED_SHARE, _MEASURED_LIMIT = 0.6, 4.0
_CLOSED_MIDDLE, _CLOSED_CORNER = 0.38, 0.48
"""Share of the jaw that lips follow which stay closed while it opens."""
_CLOSED_SHARES = (
    ((0, 37), 0.33),
    ((39, 40), 0.35),
    ((185,), 0.36),
    ((91,), 0.47),
    ((146,), 0.53),
    ((17, 84, 181), 0.45),
    ((18, 83, 182), 0.6),
    ((200, 201), 0.82),
    ((164, 167), 0.12),
)
"""By landmarks of the right side: share of the jaw that the skin round closed lips takes."""
_CLOSED_STILL = (2, 97, 98, 129, 199, 208, 175, 171, 152, 148, 176, 32, 140, 205, 50, 58, 172, 136)


@dataclass(frozen=True)
class JawPose:
    """The linear part of skinning with an open jaw.

    Attributes:
        matrix: [V, 3, 3] blended rotation of every vertex.
        shift: [V, 3] mm; posed = matrix @ rest + shift.
    """

    matrix: Floats
    shift: Floats


def jaw_pose(shaper: Shaper, angle: float, weight: Floats) -> JawPose:
    """Skinning with the jaw turned by `angle` radians about +x, by jaw weights [V]."""
    turn = Rotation.from_rotvec([angle, 0.0, 0.0]).as_matrix()
    joint = shaper.head.joints[rig.JAW] * 1e3
    matrix = np.eye(3) + weight[:, None, None] * (turn - np.eye(3))
    return JawPose(matrix, weight[:, None] * (joint - turn @ joint))


def posed(pose: JawPose, vertices: Floats) -> Floats:
    """[V, 3] mm, vertices at rest as the open jaw carries them."""
    result: Floats = np.einsum("vij,vj->vi", pose.matrix, vertices) + pose.shift
    return result


def at_rest(pose: JawPose, motion: Floats) -> Floats:
    """[V, 3] the displacement before skinning that becomes `motion` after it."""
    result: Floats = np.linalg.solve(pose.matrix, motion[..., None])[..., 0]
    return result


def jaw_shapes(shaper: Shaper, measurements: Measurements) -> dict[str, Floats]:
    """[V, 3] mm: jawOpenCorrective, jawOpenLinear, jawForward, jawRight, mouthClose, tongueOut."""
    head = shaper.head
    weight = head.lbs_weights[:, rig.JAW]
    pose = jaw_pose(shaper, rig.JAW_OPEN_ANGLE, weight)
    soft = _soft_part(shaper, measurements, pose)
    glide = weight[:, None] * np.array(GLIDE)
    corrective = shaper.symmetric(at_rest(pose, glide + soft))
    opened = posed(pose, shaper.vertices + corrective)
    return {
        "jawOpenCorrective": corrective,
        "jawOpenLinear": opened - shaper.vertices,
        "jawForward": _slid(shaper, FORWARD),
        "jawRight": _slid(shaper, RIGHT),
        "mouthClose": _mouth_close(shaper, pose, soft),
        "tongueOut": tongue_out(shaper),
    }


def _soft_part(shaper: Shaper, measurements: Measurements, pose: JawPose) -> Floats:
    """[V, 3] part of what the measured opening has beyond the hinge and the glide, posed."""
    weight = shaper.head.lbs_weights[:, rig.JAW]
    names = measurements.expression_names
    wanted = measurements.expressions[names.index("jawOpen")]
    rigid = posed(pose, shaper.vertices) - shaper.vertices + weight[:, None] * np.array(GLIDE)
    rest = _MEASURED_SHARE * (wanted - rigid[: len(wanted)])
    length = np.linalg.norm(rest, axis=1, keepdims=True)
    rest *= np.minimum(1, _MEASURED_LIMIT / np.maximum(length, 1e-9))
    return shaper.symmetric(shaper.window(shaper.fitted(rest), shaper.near(MOUTH_CENTRE, 40, 62)))


def _slid(shaper: Shaper, way: tuple[float, float, float]) -> Floats:
    """The jaw with all that hangs on it moved without turning.

    Soft lips share the difference between the jaws, or they would be torn at the corners.
    """
    share = shaper.head.lbs_weights[:, rig.JAW]
    corner = float(np.abs(shaper.vertices[78, 0]))
    wanted = {78: 0.5, 308: 0.5}
    for lip, follows in ((shaper.upper, _UPPER_LIP_FOLLOWS), (shaper.lower, _LOWER_LIP_FOLLOWS)):
        out = (np.abs(shaper.vertices[lip, 0]) / corner) ** 2
        wanted |= dict(zip(lip.tolist(), follows + out * (0.5 - follows), strict=True))
    rows = ((0, 37, 39, 267, 269), 0.8), ((164, 167, 393), 0.25)
    wanted |= {v: part * _UPPER_LIP_FOLLOWS for ids, part in rows for v in ids}
    field = _changed(shaper, share, wanted, 20.0)
    base = share[:, None] * np.array(way)
    return shaper.followed(field[:, None] * np.array(way), base)


def _changed(
    shaper: Shaper,
    share: Floats,
    wanted: dict[int, float],
    radius: float,
    still: tuple[int, ...] = (),
) -> Floats:
    """[V] shares of the jaw with some given anew and the skin between them smooth."""
    ids = np.array(sorted(wanted), dtype=np.int64)
    change = np.array([[wanted[int(v)] - share[v]] for v in ids])
    mirror = shaper.head.mirror
    fixed = np.setdiff1d(np.union1d(list(still), mirror[list(still)]), ids).astype(np.int64)
    spread = shaper.spread(ids, change, radius=radius, fixed=fixed)[:, 0]
    result = share.copy()
    result[: shaper.skin_count] = np.clip(share[: shaper.skin_count] + spread, 0, 1)
    return (result + result[mirror]) / 2


def closed_lip_weights(shaper: Shaper) -> Floats:
    """[V] the shares of the jaw with which lips stay closed while it opens."""
    share, mirror = shaper.head.lbs_weights[:, rig.JAW], shaper.head.mirror
    corner = float(np.abs(shaper.vertices[78, 0]))
    wanted: dict[int, float] = {}
    for ids, value in _CLOSED_SHARES:
        for vertex in ids:
            wanted[vertex] = wanted[int(mirror[vertex])] = value
    for vertex in shaper.head.loops["lips"]:
        out = (abs(float(shaper.vertices[vertex, 0])) / corner) ** 3
        wanted[int(vertex)] = _CLOSED_MIDDLE + out * (_CLOSED_CORNER - _CLOSED_MIDDLE)
    return _changed(shaper, share, wanted, 26.0, _CLOSED_STILL)


def _mouth_close(shaper: Shaper, pose: JawPose, soft: Floats) -> Floats:
    """The lips of the open jaw as if all followed it by nearly the same share, so that they meet.

    The line between the corners keeps the shape of the closed mouth, only lower.
    """
    weight = shaper.head.lbs_weights[:, rig.JAW]
    wanted = closed_lip_weights(shaper)
    change = posed(jaw_pose(shaper, rig.JAW_OPEN_ANGLE, wanted), shaper.vertices)
    change -= posed(pose, shaper.vertices)
    change += (wanted - weight)[:, None] * np.array(GLIDE)
    # The softness of opened lips goes as well, where the lips meet.
    loop = shaper.head.loops["lips"]
    undone = shaper.spread(loop, -soft[loop], radius=14.0)
    change[: shaper.skin_count] += undone
    return shaper.symmetric(shaper.followed(at_rest(pose, change)))
