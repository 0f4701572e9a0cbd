"""Spherical harmonics against what defines them, and the colour at degree 0."""

import math

import numpy as np
import torch
from scipy.special import sph_harm_y

from renderer import sh
from renderer.cpu_sh import fill_basis, fill_basis_slopes


def directions(count: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    drawn = torch.randn(count, 3, generator=random, dtype=torch.float64)
    return torch.nn.functional.normalize(drawn, dim=-1)


def real_harmonics(points: np.ndarray, degree: int) -> np.ndarray:
    """From the complex harmonics, which carry the Condon-Shortley sign."""
    x, y, z = points.T
    polar, azimuth = np.arccos(z), np.arctan2(y, x)
    columns = []
    for band in range(degree + 1):
        for m in range(-band, band + 1):
            value = sph_harm_y(band, abs(m), polar, azimuth)
            part = value.imag if m < 0 else value.real
            columns.append(part * (math.sqrt(2) if m else 1.0))
    return np.stack(columns, axis=-1)


def test_the_basis_is_the_closed_form() -> None:
    points = directions(200)
    assert np.allclose(sh.basis(points, 3).numpy(), real_harmonics(points.numpy(), 3), atol=1e-12)


def test_the_basis_is_orthonormal_on_the_sphere() -> None:
    points = directions(200_000, seed=1)
    values = sh.basis(points, 3)
    gram = 4 * math.pi * values.T @ values / len(points)
    assert torch.allclose(gram, torch.eye(16, dtype=torch.float64), atol=0.03)


def test_the_kernels_use_the_same_basis_and_its_slopes() -> None:
    for point in directions(20, seed=2):
        x, y, z = (np.float32(v) for v in point)
        for bases, degree in ((1, 0), (4, 1), (9, 2), (16, 3)):
            values = np.zeros(16, np.float32)
            fill_basis(x, y, z, bases, values)
            assert np.allclose(values[:bases], sh.basis(point, degree).numpy(), atol=1e-6)
        slopes = np.zeros((16, 3), np.float32)
        fill_basis_slopes(x, y, z, 16, slopes)
        expected = torch.autograd.functional.jacobian(lambda p: sh.basis(p, 3), point)
        assert np.allclose(slopes, expected.numpy(), atol=2e-6)


def test_degree_zero_stores_a_colour_and_gives_it_back() -> None:
    rgb = torch.rand(10, 3)
    assert torch.allclose(sh.to_rgb(sh.from_rgb(rgb)), rgb, atol=1e-6)
    assert torch.allclose(
        sh.colors(sh.from_rgb(rgb)[:, None], directions(10).float()), rgb, atol=1e-6
    )
    assert float(sh.to_rgb(torch.full((1, 3), -9.0)).min()) == 0.0
