"""Where both eyes look, from the irises a detector finds."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from renderer.camera import Camera
from renderer.rotations import axis_angles_to_matrices

Array = NDArray[np.float64]
FARTHEST = 0.6  # radians a gaze may turn


def gaze_of(
    head: HeadModel,
    camera: Camera,
    state: HeadState,
    betas: Tensor,
    eyes: tuple[tuple[int, Array, Array], ...],
) -> tuple[float, float]:
    """Turn (to the subject's left) and lift of both eyes together, radians.

    Args:
        head: with eyeballs, or the gaze is straight.
        camera: of the picture.
        state: the fitted head, eyes straight.
        betas: [S] its identity.
        eyes: for each eye the number of its iris landmark, the detected place [2] (pixels) and
            how far [2] (pixels) the model's lids are off.
    """
    if "eyeballs" not in head.parts:
        return 0.0, 0.0
    posed = head.pose(state, betas)
    ids = head.faces[head.parts["eyeballs"]].unique()
    root = axis_angles_to_matrices(state.global_orient[None])[0].double().numpy()
    points = landmark_points(head, posed)
    found = []
    for number, iris, lids in eyes:
        front = points[number]
        balls = posed[ids]
        # The ball of this eye: the half of the vertices around its iris.
        own = balls[(balls - front).norm(dim=-1) < 0.03]
        centre = (own.amin(dim=0) + own.amax(dim=0)) / 2
        reach = float((front - centre).norm())
        scale = float(camera.K[0, 0]) / float(camera.depths(centre[None])[0])
        off = (iris - lids - camera.project(centre[None])[0].double().numpy()) / scale
        x, y = off[0], -off[1]
        z = np.sqrt(max(reach**2 - x * x - y * y, (0.5 * reach) ** 2))
        rest = root.T @ (front - centre).double().numpy()
        local = root.T @ np.array([x, y, z])
        turn = np.arctan2(local[0], local[2]) - np.arctan2(rest[0], rest[2])
        lift = np.arcsin(np.clip(local[1] / np.linalg.norm(local), -1, 1))
        lift -= np.arcsin(np.clip(rest[1] / np.linalg.norm(rest), -1, 1))
        found.append((turn, lift))
    turn, lift = np.clip(np.mean(found, axis=0), -FARTHEST, FARTHEST)
    return float(turn), float(lift)


def eye_pose(turn: float, lift: float) -> Tensor:
    """Axis-angle [3] of an eye joint that looks there."""
    return torch.tensor([-lift, turn, 0.0])
