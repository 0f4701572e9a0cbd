"""gsplat's own top-level call on our inputs: the yardstick of the benchmark and the tests."""

from collections.abc import Callable
from typing import Any

import torch

from renderer.camera import Camera
from renderer.gaussians import Gaussians


def bare_call(gaussians: Gaussians, camera: Camera, **options: Any) -> Callable[[], Any]:
    """A function that runs ``gsplat.rasterization`` on one camera and returns what it returns.

    Everything that could be prepared once is prepared outside of the call; colours go in as plain
    RGB where the degree is 0, which is gsplat's cheapest way.
    """
    from gsplat import rasterization

    from renderer.sh import to_rgb

    g = gaussians
    degree = g.sh_degree or None
    colors = to_rgb(g.sh[:, 0]) if degree is None else g.sh
    views, intrinsics = camera.viewmat[None], camera.K[None]

    def call() -> Any:
        with torch.no_grad():
            return rasterization(
                g.means,
                g.quats,
                g.scales,
                g.opacities,
                colors,
                views,
                intrinsics,
                camera.width,
                camera.height,
                near_plane=camera.near,
                far_plane=camera.far,
                sh_degree=degree,
                packed=False,
                **options,
            )

    return call
