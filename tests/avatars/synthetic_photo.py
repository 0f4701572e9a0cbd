"""A photo of a known person: the built-in head in its drawn looks, with landmarks and matte."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.head.arkit import state_from_arkit
from avatars.head.default.demo import read_drawn
from avatars.head.head_file import read_head_file
from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.texturing.seen import View
from renderer.camera import Camera, look_at
from renderer.mesh import draw_antialiased, draw_mesh, shade_textured

HEADS = Path(__file__).resolve().parents[2] / "assets" / "heads"
SIZE = 384
DISTANCE = 0.8


@dataclass(frozen=True, eq=False)
class Shot:
    """What was photographed, and the photo."""

    head: HeadModel
    camera: Camera
    state: HeadState
    betas: torch.Tensor
    view: View
    focal: float


@cache
def head() -> HeadModel:
    """The built-in head."""
    return read_head_file(HEADS / "default.npz")


def shot(
    *,
    turn: tuple[float, float, float] = (0.05, 0.15, 0.0),
    weights: dict[str, float] | None = None,
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0),
    background: tuple[float, float, float] = (0.1, 0.5, 0.9),
) -> Shot:
    """A photo of a person with given pose, ARKit weights and colour gains."""
    model = head()
    values = torch.zeros(len(ARKIT_NAMES))
    for name, value in (weights or {}).items():
        values[ARKIT_NAMES.index(name)] = value
    state = replace(
        state_from_arkit(model, values),
        global_orient=torch.tensor(turn),
        transl=torch.tensor([0.004, -0.006, 0.0]),
    )
    betas = torch.zeros(model.shape_count)
    betas[:6] = torch.tensor([0.8, -0.6, 0.7, 0.5, -0.8, 0.6])
    focal = 1.5 * SIZE * DISTANCE / 0.5
    camera = look_at((0, 0, DISTANCE), (0, 0, 0), focal=focal, width=SIZE, height=SIZE)
    vertices = model.pose(state, betas)
    picture = _picture(model, camera, vertices, gains)
    alpha = picture[..., 3:]
    image = picture[..., :3] * alpha + np.array(background, np.float32) * (1 - alpha)
    marks = camera.project(landmark_points(model, vertices)).double().numpy()
    view = View(
        camera,
        vertices,
        image.astype(np.float32),
        np.ascontiguousarray(alpha[..., 0]),
        np.ones((SIZE, SIZE), bool),
        marks,
    )
    return Shot(model, camera, state, betas, view, focal)


def _picture(
    model: HeadModel, camera: Camera, vertices: torch.Tensor, gains: tuple[float, float, float]
) -> NDArray[np.float32]:
    texture = read_drawn(HEADS).rgb.astype(np.float32) / 255 * np.array(gains, np.float32)
    return draw_antialiased(
        camera,
        vertices,
        model.faces,
        lambda buffer: shade_textured(buffer, model.uvs, model.uv_faces, texture),
    )


def mask(camera: Camera, vertices: torch.Tensor) -> NDArray[np.float32]:
    """Where the head is, 1 or 0."""
    return draw_mesh(camera, vertices, head().faces).mask.astype(np.float32)
