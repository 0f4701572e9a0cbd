"""A portrait to measure with that needs no camera and no face detector: the demo avatar's own."""

import numpy as np

from app.demo import demo_avatar, face
from app.render import Orbit, orbit_camera
from avatars.head.landmarks import landmark_points
from avatars.tracking.still import Still
from renderer.cpu_rasterizer import CpuRasterizer

SIZE = 512


def portrait() -> Still:
    """The demo avatar, faintly smiling and turned a little, as if it had been photographed.

    Its landmarks are projected from the head, its matte is the drawing's alpha.
    """
    avatar = demo_avatar(100_000)
    state = face(avatar.head, mouthSmileLeft=0.3, mouthSmileRight=0.3, eyeSquintLeft=0.2)
    camera = orbit_camera(Orbit(8.0, 3.0, 0.0, 0.9), (0.0, 0.0, 0.0), SIZE)
    drawn = CpuRasterizer().rasterize(avatar.pose(state), camera)
    points = landmark_points(avatar.head, avatar.head.pose(state))
    pixels = camera.project(points).numpy()
    depth = camera.depths(points).numpy()
    scale = float(camera.K[0, 0]) / 0.9
    landmarks = np.column_stack([pixels, (depth - depth.mean()) * scale]).astype(np.float64)
    alpha = drawn.alpha.numpy()[..., None]
    backdrop = np.array([0.55, 0.6, 0.68], np.float32)
    return Still(
        image=np.clip(drawn.rgb.numpy() + (1 - alpha) * backdrop, 0, 1).astype(np.float32),
        matte=drawn.alpha.numpy().astype(np.float32),
        inside=np.ones((SIZE, SIZE), np.bool_),
        landmarks=landmarks,
        square=(0.0, 0.0, float(SIZE)),
        width=SIZE,
        height=SIZE,
        face_px=float(np.linalg.norm(pixels[234] - pixels[454])),
        focal=None,
        pixels_per_metre=scale,
        warnings=(),
    )
