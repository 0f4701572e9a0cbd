"""Points of face detectors as places on a head's surface."""

import numpy as np
import torch
from torch import Tensor

from avatars.errors import HeadMismatch
from avatars.head.correspond import Correspondence, eyeball_vertices, inner_vertices
from avatars.head.model import HeadModel
from avatars.head.nearest import Surface, vertex_normals
from avatars.head.surface import points_at
from avatars.head.tables import MEDIAPIPE, Landmarks

COUNT = 478
"""Points of MediaPipe's refined face mesh: 468 of the face, then 5 per iris."""

_FACE_POINTS = 468


def landmark_points(head: HeadModel, vertices: Tensor, name: str = MEDIAPIPE) -> Tensor:
    """Where a set of landmarks is on posed ``vertices`` [..., V, 3]: [..., L, 3], metres.

    Raises:
        HeadMismatch: the head has no such set.
    """
    points = embedding(head, name)
    return points_at(vertices, head.faces, points.faces, points.barycentrics)


def embedding(head: HeadModel, name: str = MEDIAPIPE) -> Landmarks:
    """The table of a set of landmarks.

    Raises:
        HeadMismatch: the head has no such set.
    """
    if name not in head.landmarks:
        have = ", ".join(sorted(head.landmarks)) or "none"
        raise HeadMismatch(
            f"The head '{head.name or head.version}' has no '{name}' landmarks (it has {have}).",
            "Import the head again, which fits them, or use the built-in head.",
        )
    return head.landmarks[name]


def fitted(correspondence: Correspondence) -> Landmarks:
    """MediaPipe's 478 points on the target: those of the fitted reference, at the nearest surface.

    Points the target's own files define (MediaPipe's 105 of FLAME) are taken from there.

    Raises:
        HeadMismatch: the reference has no such landmarks.
    """
    reference, target = correspondence.reference, correspondence.target
    own = embedding(reference)
    corners = reference.faces_numpy[own.faces.cpu().numpy()]
    weights = own.barycentrics.cpu().numpy().astype(np.float64)
    places = (correspondence.vertices[corners] * weights[..., None]).sum(axis=1)
    normals = vertex_normals(correspondence.vertices, reference.faces_numpy)
    outward = (normals[corners] * weights[..., None]).sum(axis=1)

    goal = target.v_template.cpu().numpy().astype(np.float64)
    balls, inner = eyeball_vertices(target), inner_vertices(target)
    face = np.zeros(len(places), np.int64)
    found_weights = np.zeros((len(places), 3))
    skin_points = np.arange(len(places)) < _FACE_POINTS
    for points, allowed in ((skin_points, ~balls & ~inner), (~skin_points, balls)):
        if not points.any():
            continue
        faces = allowed[target.faces_numpy].all(axis=1)
        surface = Surface(goal, target.faces_numpy, faces if faces.any() else None)
        found = surface.nearest(places[points], outward[points])
        # Inner lips and lid rims look sideways: where no surface agrees, the nearest will do.
        lost = ~np.isfinite(found.distance)
        again = surface.nearest(places[points][lost])
        face[points], found_weights[points] = found.face, found.barycentrics
        index = np.flatnonzero(points)[lost]
        face[index], found_weights[index] = again.face, again.barycentrics
    result = Landmarks(
        torch.from_numpy(face), torch.from_numpy(found_weights).to(target.v_template.dtype)
    )
    return _with_known(result, target)


def _with_known(points: Landmarks, target: HeadModel) -> Landmarks:
    known = target.landmarks.get(f"{MEDIAPIPE}105")
    if known is None or not known.ids or max(known.ids) >= points.faces.shape[0]:
        return points
    ids = torch.tensor(known.ids)
    faces, weights = points.faces.clone(), points.barycentrics.clone()
    faces[ids] = known.faces.cpu()
    weights[ids] = known.barycentrics.cpu().to(weights.dtype)
    return Landmarks(faces, weights)
