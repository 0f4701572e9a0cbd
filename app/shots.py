"""Cameras for an avatar: from the front as portraits are taken, or as its photo was."""

from dataclasses import dataclass, replace
from math import radians

import torch
from torch import Tensor

from app.render import Orbit, orbit_camera
from avatars.files.avatar_file import StoredAvatar
from avatars.head.landmarks import landmark_points
from avatars.head.state import HeadState
from avatars.head.tables import MEDIAPIPE
from avatars.kinds.uv_avatar import UvAvatar
from renderer.camera import Camera
from renderer.errors import UserError
from renderer.rotations import axis_angles_to_matrices

CHIN = 152


@dataclass(frozen=True, eq=False)
class Shot:
    """A camera and the state to take with it."""

    camera: Camera
    state: HeadState


def head_centre(avatar: UvAvatar) -> tuple[float, float, float]:
    """Middle of the bounding box of the neutral skin above the chin, identity applied, metres."""
    head = avatar.head
    vertices = head.pose(head.neutral(), avatar.identity.betas, avatar.identity.offsets)
    kept = vertices
    if MEDIAPIPE in head.landmarks:
        chin = float(landmark_points(head, vertices)[CHIN, 1])
        kept = vertices[vertices[:, 1] >= chin]
    middle = ((kept.amin(dim=0) + kept.amax(dim=0)) / 2).tolist()
    return middle[0], middle[1], middle[2]


def front_shot(avatar: UvAvatar, state: HeadState, orbit: Orbit, size: int) -> Shot:
    """The head upright at the origin, the camera on +z, orbited by ``orbit``."""
    still = torch.zeros(3)
    upright = replace(state, global_orient=still, transl=still, neck_pose=still)
    return Shot(orbit_camera(orbit, head_centre(avatar), size), upright)


def source_shot(stored: StoredAvatar, state: HeadState, orbit: Orbit, size: int) -> Shot:
    """The photo's camera and head pose, orbited about the head from there.

    Raises:
        UserError: the avatar was not made from a picture.
    """
    if stored.camera is None:
        raise UserError(
            "This avatar keeps no picture's camera.", "Leave --camera source away, or use front."
        )
    camera = stored.camera.scaled(size / stored.camera.width)
    if orbit.yaw == orbit.pitch == orbit.roll == 0:
        return Shot(camera, state)
    head = stored.avatar.head
    identity = stored.avatar.identity
    pivot = head.pose(state, identity.betas, identity.offsets).mean(dim=0)
    turn = _orbit_rotation(orbit)
    viewmat = camera.viewmat.clone()
    # The world turns the other way round the pivot.
    viewmat[:3, :3] = camera.viewmat[:3, :3] @ turn.mT
    viewmat[:3, 3] = camera.viewmat[:3, :3] @ (pivot - turn.mT @ pivot) + camera.viewmat[:3, 3]
    roll = axis_angles_to_matrices(torch.tensor([0.0, 0.0, -radians(orbit.roll)]))
    viewmat[:3] = roll @ viewmat[:3]
    return Shot(replace(camera, viewmat=viewmat), state)


def _orbit_rotation(orbit: Orbit) -> Tensor:
    yaw = axis_angles_to_matrices(torch.tensor([0.0, radians(orbit.yaw), 0.0]))
    pitch = axis_angles_to_matrices(torch.tensor([-radians(orbit.pitch), 0.0, 0.0]))
    return yaw @ pitch
