"""What a fit leaves over, moved into the shape: landmarks then lie where they were detected.

It is worth little in numbers and much on faces: without it the white of an eye lands on a lid.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from avatars.head.landmarks import embedding, landmark_points
from avatars.head.model import HeadModel
from avatars.head.skinning import rodrigues
from avatars.tracking.fit import EYE_LEFT, EYE_RIGHT, MESH, OVAL, Fit
from avatars.tracking.spread import Spreading

Array = NDArray[np.float64]
MOST = 0.005  # metres
OVAL_SHARE = 0.5
BACK = 2.0  # metres the bag moves back per metre that it is carried along
BAG_FREE = 0.003  # metres behind the lips' rim from which on their bag moves by itself
SUNK = 0.0003  # metres that lips may be moved back
LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 62, 96, 89, 179, 86, 15, 316, 403, 319),
    *(325, 292),
)
REACH = 0.028  # metres from any landmark beyond which nothing moves
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Baked:
    """Free offsets of a head and what they leave.

    Attributes:
        offsets: [V, 3] metres, before posing.
        residual_px: mean length of what is left at the mesh landmarks, pixels.
    """

    offsets: Tensor
    residual_px: float


def bake_residual(head: HeadModel, fit: Fit, landmarks: Array) -> Baked:
    """Offsets that bring the model's landmarks onto the detected ones [478, 2+] (pixels)."""
    detected = np.asarray(landmarks, np.float64)[:MESH, :2]
    offsets = torch.zeros(head.vertex_count, 3)
    pull = _Pull(head)
    for _ in range(ROUNDS):
        error = _error(head, fit, offsets, detected)
        moved = pull.by(error.local)
        offsets = offsets + torch.from_numpy(moved).float()
    offsets = _bag_inside(head, offsets)
    final = _error(head, fit, offsets, detected)
    left = float(np.linalg.norm(final.pixels, axis=1).mean())
    return Baked(offsets, left)


def _bag_inside(head: HeadModel, offsets: Tensor) -> Tensor:
    """Offsets whose mouth bag moves back further than it moves otherwise.

    The bag lies close behind the skin round the lips, which moves less than the lips it hangs on.
    """
    if not {"mouth", "skin"} <= head.parts.keys():
        return offsets
    faces = head.faces_numpy
    skin = np.unique(faces[head.parts["skin"].cpu().numpy()])
    bag = np.setdiff1d(faces[head.parts["mouth"].cpu().numpy()], skin)
    rest = head.v_template.cpu().numpy()
    rim = np.intersect1d(faces[head.parts["mouth"].cpu().numpy()], skin)
    if not len(bag) or not len(rim):
        return offsets
    away = np.asarray(cKDTree(rest[rim]).query(rest[bag])[0])
    share = torch.from_numpy(np.clip(away / BAG_FREE, 0, 1)).to(offsets)
    inside = offsets.clone()
    inside[bag, 2] -= BACK * share * offsets[bag].norm(dim=1)
    return inside


@dataclass(frozen=True)
class _Error:
    pixels: Array  # [468, 2]
    local: Array  # [468, 3] metres, in the axes the offsets are applied in


def _error(head: HeadModel, fit: Fit, offsets: Tensor, detected: Array) -> _Error:
    vertices = head.pose(fit.state, fit.betas, offsets)
    points = landmark_points(head, vertices)[:MESH].double()
    camera = fit.camera
    pixels = detected - camera.project(points.float()).double().numpy()
    depth = camera.depths(points.float()).double().numpy()
    focal = float(camera.K[0, 0])
    flat = np.column_stack([pixels * depth[:, None] / focal, np.zeros(len(pixels))])
    world = flat @ camera.viewmat[:3, :3].double().numpy()
    local = np.einsum("lij,lj->li", _unposing(head, fit), world)
    # An open jaw turns "down" into "back", and lips must not sink behind the teeth.
    lips = list(LIPS)
    local[lips, 2] = np.maximum(local[lips, 2], -SUNK)
    return _Error(pixels, local)


def _unposing(head: HeadModel, fit: Fit) -> Array:
    """Rotations [468, 3, 3] from world axes back to those before skinning, per landmark."""
    state = fit.state
    poses = torch.stack(
        [state.global_orient, state.neck_pose, state.jaw_pose, state.leye_pose, state.reye_pose]
    )
    turns = rodrigues(poses.double())
    root, neck = turns[0], turns[0] @ turns[1]
    spins = torch.stack([root, neck, neck @ turns[2], neck @ turns[3], neck @ turns[4]])
    points = embedding(head)
    corners = head.faces[points.faces[:MESH]]  # [468, 3]
    weights = (head.lbs_weights[corners] * points.barycentrics[:MESH, :, None]).sum(dim=1).double()
    mixed = torch.einsum("lj,jab->lab", weights, spins)
    inverse: Array = torch.linalg.inv(mixed).numpy()
    return inverse


class _Pull:
    """Smooth movement of a head that takes its landmarks where they are wished."""

    def __init__(self, head: HeadModel) -> None:
        self.head = head
        strength = np.full(MESH, 6.0)
        strength[list(OVAL)] = 2.0
        points = embedding(head)
        self.corners = head.faces_numpy[points.faces[:MESH].numpy()]
        shares = points.barycentrics[:MESH].numpy().astype(np.float64)
        self.shares = strength[:, None] * shares
        count = head.vertex_count
        total = np.zeros(count)
        np.add.at(total, self.corners, self.shares)
        self.total = np.maximum(total, 1e-12)
        vertices = head.v_template.numpy().astype(np.float64)
        at = vertices[self.corners[np.arange(MESH), shares.argmax(axis=1)]]
        far = _distance(vertices, at) > REACH
        self.spreading = Spreading(head, np.where(far & (total == 0), 1.0, total))

    def by(self, local: Array) -> Array:
        """Movement [V, 3] for wished ones [468, 3] of the landmarks, metres."""
        length = np.linalg.norm(local, axis=1, keepdims=True)
        wished = local * np.minimum(1.0, MOST / np.maximum(length, 1e-12))
        wished[list(OVAL)] *= OVAL_SHARE
        targets = np.zeros((self.head.vertex_count, 3))
        np.add.at(targets, self.corners, self.shares[..., None] * wished[:, None])
        moved = self.spreading.to(targets / self.total[:, None])
        for part, lids in eyeball_lids(self.head).items():
            # A ball keeps its shape, and its depth: only the picture plane is known.
            moved[list(part)] = wished[lids].mean(axis=0) * np.array([1.0, 1.0, 0.0])
        return moved


def eyeball_lids(head: HeadModel) -> dict[tuple[int, ...], list[int]]:
    """Vertices of each eyeball (as an index tuple) with the landmarks of its lids."""
    if "eyeballs" not in head.parts:
        return {}
    ids = head.faces[head.parts["eyeballs"]].unique()
    x = head.v_template[ids, 0]
    return {
        tuple(ids[x > 0].tolist()): list(EYE_LEFT),
        tuple(ids[x <= 0].tolist()): list(EYE_RIGHT),
    }


def _distance(points: Array, to: Array) -> Array:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(to).query(points)[0], np.float64)
