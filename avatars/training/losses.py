"""What a rendering is compared with a picture by."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import conv2d

WINDOW = 11
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2


def ssim_map(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity [C, H, W] of two pictures [C, H, W] in 0..1 (Wang et al. 2004).

    Gaussian window of 11 pixels, sigma 1.5; beyond the border both are black.
    """
    window = _window(a.dtype, a.device)
    stacked = torch.stack([a, b, a * a, b * b, a * b])  # [5, C, H, W]
    mean_a, mean_b, aa, bb, ab = _blurred(stacked, window)
    variance_a, variance_b = aa - mean_a * mean_a, bb - mean_b * mean_b
    covariance = ab - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a * mean_a + mean_b * mean_b + C1)
    similarity: Tensor = luminance * (2 * covariance + C2) / (variance_a + variance_b + C2)
    return similarity


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of values [..., H, W] under weights [H, W]; 0 where all weights are."""
    channels = values.numel() // weights.numel()
    mean: Tensor = (values * weights).sum() / (weights.sum() * channels).clamp_min(1e-8)
    return mean


def _blurred(pictures: Tensor, window: Tensor) -> Tensor:
    count, channels, height, width = pictures.shape
    flat = pictures.reshape(count * channels, 1, height, width)
    flat = conv2d(flat, window[None, None, None, :], padding=(0, WINDOW // 2))
    flat = conv2d(flat, window[None, None, :, None], padding=(WINDOW // 2, 0))
    return flat.reshape(count, channels, height, width)


@lru_cache(maxsize=4)
def _window(dtype: torch.dtype, device: torch.device) -> Tensor:
    x = torch.arange(WINDOW, dtype=dtype, device=device) - WINDOW // 2
    weights = torch.exp(-0.5 * (x / SIGMA) ** 2)
    return weights / weights.sum()
