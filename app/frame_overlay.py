"""The head's triangles drawn over a picture."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from renderer.camera import Camera

COLOR = (140, 235, 255)
STRENGTH = 0.75
CALM = 0.4
"""Share of an area that lines may tint: where triangles are small they are drawn more faintly."""
AROUND = 9  # pixels
FINE = 2
"""How many times larger per side the lines are drawn before they are averaged."""


def with_mesh(
    rgba: NDArray[np.uint8],
    camera: "Camera",
    vertices: "Tensor",
    faces: "Tensor",
    *,
    fine: int = FINE,
) -> NDArray[np.uint8]:
    """A copy of the picture [H, W, 4] with the outlines of all triangles that face the camera.

    Args:
        rgba: alpha straight.
        camera: which it was drawn with.
        vertices: [V, 3] posed, metres, on the CPU.
        faces: [F, 3] vertex indices, on the CPU.
        fine: 1 draws jagged lines in a quarter of the time.
    """
    from scipy.ndimage import uniform_filter

    from renderer.mesh import draw_mesh, wireframe

    height, width = camera.height, camera.width
    lines = wireframe(draw_mesh(camera.scaled(fine), vertices, faces, cull_back=True))
    shares = lines.reshape(height, fine, width, fine).mean(axis=(1, 3), dtype=np.float32)
    lines_here = np.minimum(shares * fine, 1.0)
    crowd = uniform_filter(lines_here, AROUND, mode="nearest")
    cover = (lines_here * STRENGTH * np.minimum(1.0, CALM / np.maximum(crowd, 1e-3)))[..., None]
    below = rgba[..., 3:].astype(np.float32) / 255
    alpha = cover + below * (1 - cover)
    color = cover * np.array(COLOR, np.float32) + (1 - cover) * below * rgba[..., :3]
    drawn = np.empty_like(rgba)
    drawn[..., :3] = color / np.maximum(alpha, 1e-6) + 0.5
    drawn[..., 3:] = alpha * 255 + 0.5
    return drawn
