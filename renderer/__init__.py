"""Floor 1: splats and a camera become pixels. Knows no face, no window, no settings.

Conventions, said once for all three floors:

=============  ==========================================================================
length, angle  metres, radians
world          right-handed, +y up, the face looks to +z
camera         OpenCV: +x right, +y down, +z forward; ``viewmat`` maps world to camera;
               ``K`` in pixels with the centre of the first pixel at (0.5, 0.5)
quaternions    w, x, y, z; axis-angle ``[3]`` for joints
splats         stored after activation: ``scales`` in metres, ``opacities`` in 0..1
colour         display values 0..1 (no gamma step anywhere); SH ``[N, K, 3]``,
               ``K = (sh_degree + 1) ** 2``
letters        N splats, V vertices, F faces, H W pixels, K spherical-harmonic bases
=============  ==========================================================================

Map: ``camera``, ``gaussians``, ``rotations``, ``sh`` describe a picture; ``rasterizer`` chooses
who draws it: ``gsplat_rasterizer`` (``gsplat_kernels``: can they run here, ``gsplat_passes``: in
which order) on CUDA, ``cpu_rasterizer`` (``cpu_projection``, ``cpu_tiles``, ``cpu_kernels`` and
their ``..._backward``, ``cpu_sh``) anywhere; ``kernels`` compiles for the CPU. ``mesh`` and
``mesh_...`` draw triangles. ``ply`` reads and writes splat files (``ply_header``, ``ply_rows``,
``unusable``); ``disk`` opens and replaces files safely. ``bench_scene``, ``bare_gsplat`` and
``selftest`` measure and check; ``errors`` is the root of every error a user can act on.

The names below are imported on first use, so that naming this package costs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from renderer.camera import Camera, look_at
    from renderer.errors import UserError
    from renderer.gaussians import Gaussians
    from renderer.rasterizer import Frame, Rasterizer, choose_rasterizer

_HOMES = {
    "Camera": "camera",
    "look_at": "camera",
    "Gaussians": "gaussians",
    "Frame": "rasterizer",
    "Rasterizer": "rasterizer",
    "choose_rasterizer": "rasterizer",
    "UserError": "errors",
}

__all__ = [
    "Camera",
    "Frame",
    "Gaussians",
    "Rasterizer",
    "UserError",
    "choose_rasterizer",
    "look_at",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'renderer' has no attribute '{name}'")
    return getattr(import_module(f"renderer.{_HOMES[name]}"), name)
