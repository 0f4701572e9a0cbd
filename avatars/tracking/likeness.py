"""How well 478 landmarks agree with a human face, and which way it looks.

FaceMesh always answers with something like a face. Laid over the mean face with free expression
and proportions, real faces leave 1 to 2.3 mm (at 63 mm between the pupils); on animals and things
the network contradicts what heads look like, and leaves more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import asin, atan2, copysign

import numpy as np

from avatars.head.default.measurements import load_measurements
from avatars.head.default.topology import Bools, Floats, Ints

FACE_POINTS = 468

# fmt: off
OVAL = np.array([
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
])
# fmt: on
"""The outline of the face, in order."""

CHEEK_RIGHT, CHEEK_LEFT = 234, 454

_OVAL_WEIGHT = 0.15  # the outline slides along the skin from person to person
_HIDDEN_WEIGHT = 0.02
_SEEN_FROM = 0.35  # cosine between a point's normal and the view from which on it counts
_NOISE_MM = 1.5
_EXPRESSION_SIGMA = 1 / 3  # of a detector score
_PROPORTION = 0.08  # relative width, height and depth per sigma
_ROUNDS = 5

# Faces turned by a known angle (their own landmarks and pixels, rotated) read 23, 38 and 50
# degrees for 25, 45 and 60: the network shortens turns. The correction is the straight line
# between, from 15 degrees on.
_TURN_FROM, _TURN_TO, _TURN_GAIN = np.radians(15.0), np.radians(40.0), 0.2


@dataclass(frozen=True, eq=False)
class Likeness:
    """Landmarks laid over the mean face.

    Attributes:
        residual: root mean square distance, mm with the eyes' middles as far apart as the mean's.
        eye_distance: between the middles of the two eyes, pixels, foreshortening undone.
        pixels_per_mm: scale of the head, weak perspective.
        centre: [2] pixels, where the head's origin (between the tragions) projects.
        rotation: [3, 3] head axes (x to the subject's left, y up, z front) to image axes
            (x right, y up, z to the camera).
        yaw, pitch, roll: radians, as in the package's docstring.
        seen: [468] which points of the face turn towards the camera.
    """

    residual: float
    eye_distance: float
    pixels_per_mm: float
    centre: Floats
    rotation: Floats
    yaw: float
    pitch: float
    roll: float
    seen: Bools


@dataclass(frozen=True, eq=False)
class _Reference:
    mean: Floats  # [468, 3] mm
    modes: Floats  # [M, 468, 3] mm per unit
    stiffness: Floats  # [M]
    weights: Floats  # [468]
    normals: Floats  # [468, 3]
    mirror: Ints  # [478]
    eye_distance: float


@cache
def _reference() -> _Reference:
    measured = load_measurements()
    mean = measured.landmarks
    about_centre = mean - mean.mean(axis=0)
    proportions = _PROPORTION * about_centre[None] * np.eye(3)[:, None, :]
    weights = np.ones(FACE_POINTS)
    weights[OVAL] = _OVAL_WEIGHT
    expressions = measured.expressions
    stiffness = np.r_[np.full(len(expressions), _EXPRESSION_SIGMA**-2.0), np.ones(3)]
    iris = np.array([473, 476, 475, 474, 477, 468, 471, 470, 469, 472])
    return _Reference(
        mean=mean,
        modes=np.concatenate([expressions, proportions]),
        stiffness=stiffness,
        weights=weights,
        normals=_normals(mean, measured.edges),
        mirror=np.r_[measured.mirror, iris].astype(np.int64),
        eye_distance=float(np.linalg.norm(_eyes_apart(mean))),
    )


def mirrored(points: Floats, width: float) -> Floats:
    """Landmarks [478, 3] found in a mirrored picture of this width, as if found in the picture."""
    back = points[_reference().mirror]
    return np.column_stack([width - back[:, 0], back[:, 1:]])


def likeness(points: Floats) -> Likeness:
    """Landmarks [478, 3] (pixels) compared with the mean face.

    Scale, rotation and shift in closed form (Umeyama 1991), in turn with expression and proportions
    by ridge regression; points turned away from the camera hardly count. The angles are those of a
    perspective pose (OpenCV's SQPnP, then Levenberg-Marquardt) on the image coordinates alone,
    because the network's depth is too shallow in turned faces.
    """
    reference = _reference()
    goal = points[:FACE_POINTS] * (1.0, -1.0, -1.0)
    weights = reference.weights
    scale, rotation, shift, shape = _laid_over(goal, weights)
    seen: Bools = (reference.normals @ rotation.T)[:, 2] > _SEEN_FROM
    if seen.sum() < FACE_POINTS // 4:  # no face looks like that; the residual will say so
        seen = np.ones(FACE_POINTS, bool)
    weights = np.where(seen, weights, _HIDDEN_WEIGHT)
    scale, rotation, shift, shape = _laid_over(goal, weights)
    off = (goal - shift) @ rotation / scale - shape
    counted = weights >= 1.0
    residual = float(np.sqrt((off[counted] ** 2).sum(axis=1).mean()))
    eye_distance = scale * reference.eye_distance
    turned = _perspective_rotation(points, reference, eye_distance)
    # Roll, then yaw, then pitch, so that yaw and pitch stay the head's own in a leaning picture.
    yaw = asin(float(np.clip(-turned[2, 0], -1.0, 1.0)))
    return Likeness(
        residual=residual,
        eye_distance=eye_distance,
        pixels_per_mm=scale,
        centre=shift[:2] * (1.0, -1.0),
        rotation=turned,
        yaw=_unshortened(yaw),
        pitch=-atan2(turned[2, 1], turned[2, 2]),
        roll=-atan2(turned[1, 0], turned[0, 0]),
        seen=seen,
    )


def _laid_over(goal: Floats, weights: Floats) -> tuple[float, Floats, Floats, Floats]:
    """Scale, rotation [3, 3], shift [3] and shape [468, 3] that bring the mean face to the goal."""
    reference = _reference()
    root = np.sqrt(weights)[:, None]
    rows = (reference.modes * root).reshape(len(reference.modes), -1)
    normal = rows @ rows.T + _NOISE_MM**2 * np.diag(reference.stiffness)
    shape = reference.mean
    scale, rotation, shift = 1.0, np.eye(3), np.zeros(3)
    for _ in range(_ROUNDS):
        scale, rotation, shift = _similarity(shape, goal, weights)
        off = (goal - shift) @ rotation / scale - reference.mean
        amounts = np.linalg.solve(normal, rows @ (off * root).ravel())
        shape = reference.mean + np.tensordot(amounts, reference.modes, axes=1)
    return scale, rotation, shift, shape


def _similarity(source: Floats, goal: Floats, weights: Floats) -> tuple[float, Floats, Floats]:
    """Scale, rotation and shift with goal = scale * rotation * source + shift, least squares."""
    share = (weights / weights.sum())[:, None]
    source_mean, goal_mean = (share * source).sum(axis=0), (share * goal).sum(axis=0)
    source_off, goal_off = source - source_mean, goal - goal_mean
    u, values, vt = np.linalg.svd((goal_off * share).T @ source_off)
    signs = np.array([1.0, 1.0, copysign(1.0, float(np.linalg.det(u @ vt)))])
    rotation = (u * signs) @ vt
    scale = float((values * signs).sum() / max(float((share * source_off**2).sum()), 1e-12))
    scale = max(scale, 1e-9)
    return scale, rotation, goal_mean - scale * rotation @ source_mean


def _perspective_rotation(points: Floats, reference: _Reference, eye_distance: float) -> Floats:
    import cv2

    inner = reference.weights >= 1.0
    image = points[:FACE_POINTS, :2][inner]
    middle = image.mean(axis=0)
    # A camera about 0.6 m away; at twice or ten times the distance yaw moves by one degree.
    focal = 10.0 * eye_distance
    camera = np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1.0]])
    flip = np.diag([1.0, -1.0, -1.0])
    model = np.ascontiguousarray(reference.mean[inner] @ flip)
    straight = np.zeros(4)  # no distortion of the lens
    _, turn, shift = cv2.solvePnP(model, image, camera, straight, flags=cv2.SOLVEPNP_SQPNP)
    turn, _ = cv2.solvePnPRefineLM(model, image, camera, straight, turn, shift)
    rotation: Floats = flip @ cv2.Rodrigues(turn)[0] @ flip
    return rotation


def _unshortened(yaw: float) -> float:
    share = np.clip((abs(yaw) - _TURN_FROM) / (_TURN_TO - _TURN_FROM), 0.0, 1.0)
    return float(yaw * (1 + _TURN_GAIN * share))


def _eyes_apart(points: Floats) -> Floats:
    apart: Floats = points[[362, 263]].mean(axis=0) - points[[33, 133]].mean(axis=0)
    return apart


def _normals(mean: Floats, edges: Ints) -> Floats:
    """[468, 3] unit normals, each that of the plane through a point's neighbours, facing out."""
    beside: list[list[int]] = [[] for _ in range(FACE_POINTS)]
    for a, b in edges:
        beside[a].append(int(b))
        beside[b].append(int(a))
    normals = np.zeros((FACE_POINTS, 3))
    for point, others in enumerate(beside):
        around = mean[[point, *others]]
        normals[point] = np.linalg.svd(around - around.mean(axis=0))[2][2]
    facing: Bools = normals[:, 2] < 0
    normals[facing] *= -1
    return normals
