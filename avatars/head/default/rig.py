"""Joints, skinning weights, and the regressor that finds the joints in a reshaped head."""

from __future__ import annotations

import numpy as np

from avatars.head.default.laplacian import BiharmonicSpread, smoothed
from avatars.head.default.mouth import BAG_RINGS
from avatars.head.default.topology import FLIP_X, Floats, Ints, MirrorMesh

PARENTS: Ints = np.array([-1, 0, 1, 1, 1], dtype=np.int64)
ROOT, NECK, JAW, LEFT_EYE, RIGHT_EYE = range(5)

ROOT_JOINT = (0.0, -150.0, -46.0)
NECK_JOINT = (0.0, -62.0, -28.0)
JAW_JOINT = (0.0, -22.7, -13.0)
"""Centre of the rotation that fits the measured opening: below and behind the true joint, because
the condyle glides forwards while it turns."""
JAW_OPEN_ANGLE = 0.32
"""Radians about +x for a fully open mouth."""

_JAW_ANCHORS: tuple[tuple[float, tuple[int, ...]], ...] = (
    (1.0, (14, 15, 16, 17, 18, 84, 85, 86, 87, 83, 182, 181, 180, 179, 194, 201, 200, 199,
           175, 152, 208, 171, 148, 176, 140, 32, 149)),
    (0.93, (178,)),
    (0.92, (106, 169, 202)),
    (0.85, (135, 136, 204, 210, 89, 90, 91)),
    (0.82, (88,)),
    (0.8, (43,)),
    (0.72, (172, 138)),
    (0.66, (146, 77)),
    (0.63, (95, 96)),
    (0.5, (61, 62, 76, 78, 57, 58, 192)),
    (0.33, (191, 183)),
    (0.3, (186, 187, 213, 147, 184)),
    (0.27, (185,)),
    (0.2, (132,)),
    (0.15, (80,)),
    (0.1, (42, 74)),
    (0.07, (40,)),
    (0.04, (81,)),
    (0.0, (82, 13, 12, 11, 0, 37, 39, 38, 41, 72, 73, 74, 2, 97, 98, 164,
           167, 165, 129, 203, 205, 50, 234, 93, 127)),
)  # fmt: skip
_LOWEST_JAW_SKIN, _REARMOST_JAW_SKIN, _HIGHEST_JAW_SKIN = -128.0, -8.0, -5.0
_REGRESSOR_POINTS = 400
_STILL_SKIN = 0.01


def joints(eyeball_centre: Floats) -> Floats:
    """[5, 3] rest positions in mm; the argument is the left eyeball's centre."""
    return np.array([ROOT_JOINT, NECK_JOINT, JAW_JOINT, eyeball_centre, eyeball_centre * FLIP_X])


def jaw_weights(skin: MirrorMesh, ears: Ints) -> Floats:
    """[V] how far each vertex of the skin follows the jaw, 0..1.

    Args:
        skin: without bag, eyeballs and teeth.
        ears: [N] vertices that never follow.
    """
    given: dict[int, float] = {}
    for weight, ids in _JAW_ANCHORS:
        for vertex in ids:
            given[vertex] = given[int(skin.mirror[vertex])] = weight
    y, z = skin.vertices[:, 1], skin.vertices[:, 2]
    still = (y < _LOWEST_JAW_SKIN) | (z < _REARMOST_JAW_SKIN) | (y > _HIGHEST_JAW_SKIN)
    still[ears] = True
    still[list(given)] = False
    anchors = np.array(sorted(given), dtype=np.int64)
    values = np.array([[given[int(v)]] for v in anchors])
    spread = BiharmonicSpread(skin.vertices, skin.faces)
    spread_weight: Floats = np.clip(spread(anchors, values, fixed=np.flatnonzero(still)), 0, 1)
    # The anchors are coarse; a little smoothing hides where they sit. The lips keep theirs.
    soft = smoothed(spread_weight, skin.faces, steps=6)
    soft[anchors] = (soft[anchors] + spread_weight[anchors]) / 2
    soft[still] = spread_weight[still]
    result: Floats = np.clip(soft[:, 0], 0, 1)
    return (result + result[skin.mirror]) / 2


def bag_jaw_weights(lip_weights: Floats, side: Floats) -> Floats:
    """[7 * L + 1] jaw weights of the mouth bag.

    Args:
        lip_weights: [L] of the inner lip loop.
        side: [L] +1 for columns above the mouth, -1 below, 0 at the corners.
    """
    wall = np.where(side > 0, 0.0, np.where(side < 0, 0.95, 0.5))
    rings = []
    for k in range(len(BAG_RINGS)):
        share = min(1.0, (k + 1) / 3)
        # The throat moves less.
        fade = 0.75 if k == len(BAG_RINGS) - 1 else 1.0
        rings.append((lip_weights * (1 - share) + wall * share) * fade)
    return np.append(np.concatenate(rings), 0.5)


def skinning_weights(vertices: Floats, jaw: Floats, eyeballs: tuple[Ints, Ints]) -> Floats:
    """[V, 5] weights that sum to one.

    Args:
        vertices: [V, 3] mm.
        jaw: [V] share of the jaw in what does not belong to the root.
        eyeballs: ids of the left and of the right ball.
    """
    # Along the neck, which leans forwards: the chin belongs to the head, the nape beside it not.
    height = vertices[:, 1] + 0.5 * (vertices[:, 2] + 40)
    t = np.clip((height + 140) / 72, 0, 1)
    above = t**2 * (3 - 2 * t)
    weights = np.zeros((len(vertices), 5))
    weights[:, ROOT] = 1 - above
    weights[:, NECK] = above * (1 - jaw)
    weights[:, JAW] = above * jaw
    for joint, ids in ((LEFT_EYE, eyeballs[0]), (RIGHT_EYE, eyeballs[1])):
        weights[ids] = 0.0
        weights[ids, joint] = 1.0
    return weights


def joint_regressor(
    vertices: Floats, skin: Ints, eyeballs: tuple[Ints, Ints], rest: Floats, jaw: Floats
) -> Floats:
    """[5, V] rows that sum to one and give the joints as sums of vertices.

    Eyes are the mean of their ball; the others the smallest weights on nearby skin that hit the
    joint exactly. Skin that follows the jaw is left out: an expression must not move a joint.

    Args:
        vertices: [V, 3] mm.
        skin: ids of the skin.
        eyeballs: ids of the left and of the right ball.
        rest: [5, 3] the joints, mm.
        jaw: [V] 0..1 how far a vertex follows the jaw.
    """
    skin = skin[jaw[skin] < _STILL_SKIN]
    regressor = np.zeros((5, len(vertices)))
    for joint, ids in ((LEFT_EYE, eyeballs[0]), (RIGHT_EYE, eyeballs[1])):
        # Rings are unevenly spaced: least squares on the ball, like the others, stays exact.
        regressor[joint, ids] = _smallest_weights(vertices[ids], rest[joint])
    for joint in (ROOT, NECK, JAW):
        away = np.linalg.norm(vertices[skin] - rest[joint], axis=1)
        # Distances of mirror images agree to rounding only; a rounded key keeps pairs together.
        limit = np.sort(np.round(away, 6))[_REGRESSOR_POINTS]
        near = skin[np.round(away, 6) <= limit]
        regressor[joint, near] = _smallest_weights(vertices[near], rest[joint])
    return regressor


def _smallest_weights(points: Floats, target: Floats) -> Floats:
    """[N] weights of least squares that sum to one and whose weighted mean is the target."""
    conditions = np.concatenate([points.T / 50.0, np.ones((1, len(points)))])
    wanted = np.append(target / 50.0, 1.0)
    weights: Floats = np.linalg.lstsq(conditions, wanted, rcond=None)[0]
    return weights
