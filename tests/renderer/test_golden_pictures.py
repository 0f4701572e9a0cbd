"""Pictures that were looked at once, drawn again on the CPU path and compared."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from app.render import Orbit, orbit_camera
from renderer import sh
from renderer.bench_scene import shell, shell_camera
from renderer.camera import Camera
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.gaussians import Gaussians
from renderer.rasterizer import Color
from tests import make


def banded_shell(count: int) -> Gaussians:
    """A head-sized egg of splats in coloured bands that gleam from one side (SH degree 1)."""
    egg = shell(count)
    x, y, z = (egg.means / egg.means.norm(dim=-1, keepdim=True)).unbind(-1)
    band = 0.5 + 0.5 * torch.sin(9.0 * y + 2.0 * torch.atan2(x, z))
    low, high = torch.tensor([0.16, 0.33, 0.45]), torch.tensor([0.95, 0.72, 0.45])
    rgb = low + band[:, None] * (high - low)
    light = torch.tensor([0.4, 0.7, 0.6])
    shade = 0.62 + 0.38 * (torch.stack([x, y, z], dim=-1) @ (light / light.norm()))
    bands = torch.zeros(count, 4, 3)
    bands[:, 0] = sh.from_rgb(rgb * shade[:, None])
    bands[:, 3] = 0.25 / 3**0.5 * band[:, None]  # brighter when seen from the subject's right
    return Gaussians(
        egg.means, egg.quats, egg.scales, egg.opacities.clamp_min(0.6), bands, sh_degree=1
    )


GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ARTIFACTS = Path(__file__).resolve().parents[1] / "artifacts"
MEAN = 0.5  # of 255; a machine that rounds otherwise stays well under it

SCENES: dict[str, tuple[Gaussians, Camera, Color | None]] = {
    "shell": (shell(14000), shell_camera(128), (1.0, 1.0, 1.0)),
    "banded-front": (
        banded_shell(14000),
        orbit_camera(Orbit(20, 15, 0, 0.75), (0, 0, 0), 128),
        (0.1, 0.1, 0.12),
    ),
    "banded-side": (
        banded_shell(14000),
        orbit_camera(Orbit(110, -10, 0, 0.75), (0, 0, 0), 128),
        (0.1, 0.1, 0.12),
    ),
    "large-splats-transparent": (
        make.splats(80, seed=11, sh_degree=3, size=0.02),
        make.camera(128, 128),
        None,
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_looks_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    gaussians, camera, background = SCENES[name]
    drawn = CpuRasterizer().draw(gaussians, camera, background).rgba.numpy()
    file = GOLDEN / f"{name}.png"
    if request.config.getoption("--regenerate-golden"):
        GOLDEN.mkdir(exist_ok=True)
        cv2.imwrite(str(file), drawn[..., [2, 1, 0, 3]])
    expected = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    assert expected is not None, f"{file} is missing: run pytest --regenerate-golden and look at it"
    expected = expected[..., [2, 1, 0, 3]]
    difference = np.abs(drawn.astype(int) - expected.astype(int))
    if difference.mean() > MEAN:
        ARTIFACTS.mkdir(exist_ok=True)
        cv2.imwrite(str(ARTIFACTS / f"{name}.png"), drawn[..., [2, 1, 0, 3]])
        scaled = np.clip(difference[..., [2, 1, 0]] * 8, 0, 255).astype(np.uint8)
        cv2.imwrite(str(ARTIFACTS / f"{name}-difference.png"), scaled)
    assert difference.mean() <= MEAN
    assert np.quantile(difference, 0.999) <= 8
