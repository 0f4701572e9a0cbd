"""What an avatar of a photo must keep when it turns, measured on its own renders."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from app.render import Orbit
from app.shots import front_shot
from avatars.files.avatar_file import StoredAvatar
from avatars.head.landmarks import landmark_points
from avatars.tracking.graphs import Mesh
from avatars.tracking.landmarks import mesh_at
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.mesh import draw_mesh

SIZE = 512
FOCAL = 1200.0
RASTERIZER = CpuRasterizer()
STEADY = [
    1,
    4,
    5,
    6,
    33,
    133,
    263,
    362,
    168,
    197,
    195,
    152,
    61,
    291,
    234,
    454,
    10,
    127,
    356,
    50,
    280,
]
"""Points that expressions move little."""  # fmt: skip


@dataclass(frozen=True)
class Turned:
    """One render: the head pose read back (degrees, None without a face) and its edges."""

    yaw: float | None
    pitch: float | None
    holes: float
    spill: float


def turned(stored: StoredAvatar, yaw: float, pitch: float) -> Turned:
    """Read the pose of a render back, and count holes inside and splats outside the mesh.

    ``holes``: share of the pixels well inside the mesh with alpha under 0.98; ``spill``: share of
    those more than 4 px outside the mesh and its opaque hair with alpha over 0.05.
    """
    avatar = stored.avatar
    shot = front_shot(avatar, stored.state, Orbit(yaw, pitch), SIZE)
    with torch.no_grad():
        drawn = RASTERIZER.rasterize(avatar.pose(shot.state), shot.camera)
    alpha = drawn.alpha.numpy()
    rgb = drawn.rgb.numpy() + 1 - alpha[..., None]
    pixels = np.ascontiguousarray((rgb.clip(0, 1) * 255).round().astype(np.uint8))
    head, identity = avatar.head, avatar.identity
    vertices = head.pose(shot.state, identity.betas, identity.offsets)
    mesh = draw_mesh(shot.camera, vertices, head.faces).mask
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    inside = cv2.erode(mesh.astype(np.uint8), disk) > 0
    far = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    solid = mesh | (alpha > 0.95)
    outside = cv2.dilate(solid.astype(np.uint8), far) == 0
    # The neck ends in the open: what is within 12 mm of its rim is neither.
    lowest = float(vertices[:, 1].min()) + 0.012
    floor = _row(shot.camera, float(vertices[:, 2].mean()), lowest)
    inside[floor:] = False
    angles = _pose(pixels, vertices_of_mean(stored), mesh)
    return Turned(
        None if angles is None else angles[0],
        None if angles is None else angles[1],
        float((alpha[inside] < 0.98).mean()),
        float((alpha[outside] > 0.05).mean()),
    )


def vertices_of_mean(stored: StoredAvatar) -> NDArray[np.float64]:
    """The 478 landmarks [478, 3] on the neutral head of this identity."""
    head, identity = stored.avatar.head, stored.avatar.identity
    vertices = head.pose(head.neutral(), identity.betas, identity.offsets)
    points: NDArray[np.float64] = landmark_points(head, vertices).numpy().astype(np.float64)
    return points


def _row(camera: object, z: float, y: float) -> int:
    point = torch.tensor([0.0, y, z, 1.0])
    seen = camera.viewmat @ point  # type: ignore[attr-defined]
    row = float(camera.K[1, 1] * seen[1] / seen[2] + camera.K[1, 2])  # type: ignore[attr-defined]
    return int(min(max(row, 0), SIZE))


def _pose(
    pixels: NDArray[np.uint8], points: NDArray[np.float64], mesh: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """Yaw and pitch that the 478 landmarks of a render say, by PnP with its own focal length."""
    rows, columns = np.nonzero(mesh)
    top, left = int(rows.min()), int(columns.min())
    width = int(columns.max()) - left
    with Mesh(video=False, least_detection=0.3) as face:
        box = (left + 0.15 * width, top + 0.3 * width, 0.7 * width, 0.8 * width)
        found = mesh_at(face, pixels, box)
    if found is None:
        return None
    camera = np.array([[FOCAL, 0, SIZE / 2], [0, FOCAL, SIZE / 2], [0, 0, 1]])
    flipped = points[STEADY] * [1, -1, -1]  # the camera's y points down and z away
    seen = found.points[STEADY, :2].astype(np.float64)
    ok, turn, _ = cv2.solvePnP(flipped, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    if not ok:
        return None
    matrix = cv2.Rodrigues(turn)[0]
    yaw = -np.degrees(np.arctan2(matrix[0, 2], matrix[2, 2]))
    pitch = np.degrees(np.arcsin(np.clip(matrix[1, 2], -1, 1)))
    return float(yaw), float(-pitch)
