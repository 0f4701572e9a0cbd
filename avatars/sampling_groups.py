"""Which triangles of a head carry how dense samples, and which carry none."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.head.model import HeadModel

GROUPS = ("skin", "ear", "eyeball", "mouth", "teeth", "tongue")
"""Kinds of surface; all but the first are sampled thinner."""

RIMS = len(GROUPS)
"""Added to a group's index: the triangles of a thin part that touch the skin. They are sampled
finer, or the wide splats of the mouth would show beyond the edge of the lips."""

_WORDS = {"ears": "ear", "eyeballs": "eyeball", "tooth": "teeth"}
_EYE_JOINTS = (3, 4)


def groups_of(head: HeadModel) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Index [F] into ``GROUPS`` (more by ``RIMS`` on rims), and mask [F] of the sampled triangles.

    Parts of the head say it, else its regions; whatever they do not name is skin. The back
    halves of the eyeballs are never seen and carry none.
    """
    groups = np.zeros(head.face_count, np.int64)
    faces = head.faces_numpy
    for name, mask in head.regions.items():
        if group := _group(name):
            groups[mask.cpu().numpy()[faces].all(axis=1)] = group
    for name, mask in head.parts.items():
        groups[mask.cpu().numpy()] = _group(name)
    sampled = ~_eye_backs(head, groups == GROUPS.index("eyeball"))
    rim = (groups > 0) & _on_skin(head, groups)[faces].any(axis=1)
    return groups + RIMS * rim, sampled


def hidden_edges(
    head: HeadModel, groups: NDArray[np.int64], faces: NDArray[np.int64], corners: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mask [B] of the edges where the inside of the mouth begins at the lips.

    Splats on them would show as a dark fringe round the lips, whose own row closes the seam.

    Args:
        head: the head.
        groups: [F] as of ``groups_of``.
        faces: [B] triangle of each edge.
        corners: [B] corner at which it starts.
    """
    on_skin = _on_skin(head, groups)
    start = head.faces_numpy[faces, corners]
    end = head.faces_numpy[faces, (corners + 1) % 3]
    mouth = groups[faces] == RIMS + GROUPS.index("mouth")
    hidden: NDArray[np.bool_] = mouth & on_skin[start] & on_skin[end]
    return hidden


def _on_skin(head: HeadModel, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(head.vertex_count, bool)
    mask[head.faces_numpy[groups == 0]] = True
    return mask


def _group(name: str) -> int:
    words = [_WORDS.get(word, word) for word in name.split("_")]
    return next((GROUPS.index(word) for word in words if word in GROUPS), 0)


def _eye_backs(head: HeadModel, eyeballs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    points = _array(head.v_template)
    joints = _array(head.J_regressor) @ points
    middles = points[head.faces_numpy].mean(axis=1)
    left, right = (middles - joints[joint] for joint in _EYE_JOINTS)
    nearer_left = (left**2).sum(axis=1) <= (right**2).sum(axis=1)
    depth = np.where(nearer_left, left[:, 2], right[:, 2])
    backs: NDArray[np.bool_] = eyeballs & (depth < 0)
    return backs


def _array(values: Any) -> NDArray[np.float64]:
    array: NDArray[np.float64] = values.detach().cpu().numpy().astype(np.float64)
    return array
