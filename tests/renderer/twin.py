"""The renderer again, as short and obvious as possible: float64, every pixel times every splat."""

import torch
from torch import Tensor

from renderer import rotations, sh
from renderer.camera import Camera
from renderer.gaussians import Gaussians


def picture(
    gaussians: Gaussians, camera: Camera, background: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Colour [H, W, 3], alpha [H, W] and expected depth [H, W], as 3DGS defines them."""
    view, K = camera.viewmat.double(), camera.K.double()
    seen = gaussians.means @ view[:3, :3].T + view[:3, 3]
    x, y, z = seen.unbind(-1)
    fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
    width, height = camera.width, camera.height
    slope_x = (x / z).clamp(-(cx + 0.15 * width) / fx, (width - cx + 0.15 * width) / fx)
    slope_y = (y / z).clamp(-(cy + 0.15 * height) / fy, (height - cy + 0.15 * height) / fy)
    zero = torch.zeros_like(z)
    jacobian = torch.stack(
        [
            torch.stack([fx / z, zero, -fx / z * slope_x], dim=-1),
            torch.stack([zero, fy / z, -fy / z * slope_y], dim=-1),
        ],
        dim=-2,
    )
    axes = rotations.quats_to_matrices(gaussians.quats) * gaussians.scales[:, None, :]
    image = jacobian @ view[:3, :3] @ axes
    conic = torch.linalg.inv(image @ image.mT + 0.3 * torch.eye(2, dtype=torch.float64))
    direction = torch.nn.functional.normalize(gaussians.means - camera.position.double(), dim=-1)
    rgb = sh.colors(gaussians.sh, direction)

    rows, columns = torch.meshgrid(
        torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij"
    )
    light = torch.ones(height, width, dtype=torch.float64)
    live = torch.ones(height, width, dtype=torch.bool)
    color = torch.zeros(height, width, 3, dtype=torch.float64)
    depth = torch.zeros(height, width, dtype=torch.float64)
    # gsplat sorts float32 depths; ties keep their order.
    for i in torch.argsort(camera.depths(gaussians.means.float()), stable=True):
        if not camera.near <= z[i] <= camera.far:
            continue
        dx, dy = fx * x[i] / z[i] + cx - columns, fy * y[i] / z[i] + cy - rows
        sigma = 0.5 * (conic[i, 0, 0] * dx * dx + conic[i, 1, 1] * dy * dy)
        sigma = sigma + conic[i, 0, 1] * dx * dy
        alpha = (gaussians.opacities[i] * torch.exp(-sigma)).clamp_max(0.999)
        hit = live & (sigma >= 0) & (alpha >= 1 / 255)
        ended = hit & (light * (1 - alpha) <= 1e-4)
        live = live & ~ended
        alpha = torch.where(hit & ~ended, alpha, torch.zeros_like(alpha))
        color = color + (light * alpha)[..., None] * rgb[i]
        depth = depth + light * alpha * z[i]
        light = light * (1 - alpha)
    alpha = 1 - light
    return color + light[..., None] * background, alpha, depth / alpha.clamp_min(1e-10)
