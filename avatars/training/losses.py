"""What a rendering is compared with a picture by."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
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
    channels = a.shape[0]
    means = blurred(torch.cat([a, b]))
    mean_a, mean_b = means[:channels], means[channels:]
    # Sum and sum of squares are all that is needed of the second moments.
    powers = blurred(torch.cat([a * b, a * a + b * b]))
    product, squares = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
    covariance = powers[:channels] - product
    variances = powers[channels:] - squares
    upper = (2 * product + C1) * (2 * covariance + C2)
    similarity: Tensor = upper / ((squares + C1) * (variances + C2))
    return similarity


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of values [..., H, W] under weights [H, W]; 0 where all weights are."""
    channels = values.numel() // weights.numel()
    mean: Tensor = (values * weights).sum() / (weights.sum() * channels).clamp_min(1e-8)
    return mean


def blurred(pictures: Tensor) -> Tensor:
    """Pictures [C, H, W] under the Gaussian window, black beyond the border; differentiable."""
    found: Tensor = _Blur.apply(pictures)  # type: ignore[no-untyped-call]
    return found


class _Blur(torch.autograd.Function):
    """A symmetric filter with black beyond the border is its own transpose."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor) -> Tensor:
        return _filtered(pictures)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> Tensor:
        return _filtered(slopes)


def _filtered(pictures: Tensor) -> Tensor:
    if pictures.device.type == "cpu" and pictures.dtype == torch.float32:
        # Several times faster than torch's convolution of single channels.
        taps = _window(torch.float32, pictures.device).numpy()
        planes = pictures.detach().contiguous().numpy()
        out = np.empty_like(planes)
        for plane, target in zip(planes, out, strict=True):
            cv2.sepFilter2D(plane, -1, taps, taps, target, borderType=cv2.BORDER_CONSTANT)
        return torch.from_numpy(out)
    window = _window(pictures.dtype, pictures.device)
    flat = pictures[:, None]
    flat = conv2d(flat, window[None, None, None, :], padding=(0, WINDOW // 2))
    found: Tensor = conv2d(flat, window[None, None, :, None], padding=(WINDOW // 2, 0))
    return found[:, 0]


@lru_cache(maxsize=4)
def _window(dtype: torch.dtype, device: torch.device) -> Tensor:
    x = torch.arange(WINDOW, dtype=dtype, device=device) - WINDOW // 2
    weights = torch.exp(-0.5 * (x / SIGMA) ** 2)
    return weights / weights.sum()
