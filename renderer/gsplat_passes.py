"""gsplat's kernels in the order that one pinhole camera needs.

gsplat's own ``rasterization()`` inverts the view matrix on the GPU, which waits for the device, and
spends a good part of a small picture's time in Python. ``Training`` calls its differentiable steps
instead; ``Quick`` calls the compiled functions themselves, without autograd's bookkeeping.
"""

from typing import Any, Protocol

from torch import Tensor

from renderer import sh
from renderer.camera import Camera
from renderer.gaussians import Gaussians

TILE = 16  # pixels; what gsplat's kernels are tuned for
BLUR = 0.3  # px^2, as on the CPU
Projected = tuple[Tensor, Tensor, Tensor, Tensor]


class Passes(Protocol):
    """Projection, colour and blending; shapes are gsplat's, with one camera in front."""

    def project(self, g: Gaussians, camera: Camera) -> Projected:
        """Radii [1, N, 2], centres [1, N, 2] px, depths [1, N] m, inverse covariances [1, N, 3]."""

    def colors(self, g: Gaussians, camera: Camera, radii: Tensor) -> Tensor:
        """Colours [N, 3] as seen from the camera."""

    def blend(
        self,
        camera: Camera,
        projected: Projected,
        colors: Tensor,
        opacities: Tensor,
        behind: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """Picture [1, H, W, C] and alpha [1, H, W, 1]."""


class Training:
    """Through gsplat's differentiable functions."""

    def __init__(self) -> None:
        from gsplat.cuda import _wrapper

        self.steps: Any = _wrapper

    def project(self, g: Gaussians, camera: Camera) -> Projected:
        """See ``Passes``."""
        radii, means2d, depths, conics, _ = self.steps.fully_fused_projection(
            g.means,
            None,
            g.quats,
            g.scales,
            camera.viewmat[None],
            camera.K[None],
            camera.width,
            camera.height,
            eps2d=BLUR,
            near_plane=camera.near,
            far_plane=camera.far,
            opacities=g.opacities,
        )
        return radii, means2d, depths, conics

    def colors(self, g: Gaussians, camera: Camera, radii: Tensor) -> Tensor:
        """See ``Passes``."""
        if g.sh_degree == 0:
            return sh.to_rgb(g.sh[:, 0])
        seen = (radii[0] > 0).all(dim=-1)
        directions = g.means - camera.position
        shaded: Tensor = self.steps.spherical_harmonics(g.sh_degree, directions, g.sh, masks=seen)
        return (shaded + 0.5).clamp_min(0.0)

    def blend(
        self,
        camera: Camera,
        projected: Projected,
        colors: Tensor,
        opacities: Tensor,
        behind: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """See ``Passes``."""
        radii, means2d, depths, conics = projected
        columns, rows = tiles(camera)
        # The one number that has to come back to the host: how many (tile, splat) pairs there are.
        _, pairs, splats = self.steps.isect_tiles(means2d, radii, depths, TILE, columns, rows)
        offsets = self.steps.isect_offset_encode(pairs, 1, columns, rows)
        drawn, alpha = self.steps.rasterize_to_pixels(
            means2d,
            conics,
            colors,
            opacities,
            camera.width,
            camera.height,
            TILE,
            offsets,
            splats,
            backgrounds=behind,
        )
        return drawn, alpha


class Quick:
    """Through the compiled functions, for pictures that nothing is learned from."""

    def __init__(self) -> None:
        from gsplat.cuda._backend import _C

        self.compiled: Any = _C
        self.pinhole = _C.CameraModelType.PINHOLE

    def project(self, g: Gaussians, camera: Camera) -> Projected:
        """See ``Passes``."""
        radii, means2d, depths, conics, _ = self.compiled.projection_ewa_3dgs_fused_fwd(
            g.means.contiguous(),
            None,
            g.quats.contiguous(),
            g.scales.contiguous(),
            g.opacities.contiguous(),
            camera.viewmat[None],
            camera.K[None],
            camera.width,
            camera.height,
            BLUR,
            camera.near,
            camera.far,
            0.0,
            False,
            self.pinhole,
        )
        return radii, means2d, depths, conics

    def colors(self, g: Gaussians, camera: Camera, radii: Tensor) -> Tensor:
        """See ``Passes``."""
        if g.sh_degree == 0:
            return sh.to_rgb(g.sh[:, 0])
        directions = g.means - camera.position
        shaded: Tensor = self.compiled.spherical_harmonics_fwd(
            g.sh_degree, directions, g.sh.contiguous(), None
        )
        return shaded.add_(0.5).clamp_min_(0.0)

    def blend(
        self,
        camera: Camera,
        projected: Projected,
        colors: Tensor,
        opacities: Tensor,
        behind: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """See ``Passes``."""
        radii, means2d, depths, conics = projected
        columns, rows = tiles(camera)
        _, pairs, splats = self.compiled.intersect_tile(
            means2d, radii, depths, None, None, 1, TILE, columns, rows, True, False
        )
        offsets = self.compiled.intersect_offset(pairs, 1, columns, rows)
        drawn, alpha, _ = self.compiled.rasterize_to_pixels_3dgs_fwd(
            means2d,
            conics,
            colors,
            opacities.contiguous(),
            behind,
            None,
            camera.width,
            camera.height,
            TILE,
            offsets,
            splats,
        )
        return drawn, alpha


def tiles(camera: Camera) -> tuple[int, int]:
    """Columns and rows of tiles that cover the picture."""
    return -(-camera.width // TILE), -(-camera.height // TILE)
