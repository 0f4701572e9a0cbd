"""What `make run` does: the window where there is a display, else the main job without one.

This version has no window yet. It makes a file of splats, reads it back, draws it from four sides
and leaves both under ``out/``.
"""

import math
import sys
from pathlib import Path

from app.startup import prepare

if __name__ == "__main__":
    prepare()  # before torch and numba are imported below

import torch

from app.notices import say
from app.pictures import side_by_side, write_picture
from app.render import DISTANCE, Orbit, orbit_camera
from renderer import sh
from renderer.bench_scene import shell
from renderer.gaussians import Gaussians
from renderer.ply import read_ply, write_ply
from renderer.rasterizer import choose_rasterizer

OUT = Path("out")
SPLATS = 50_000


def main() -> int:
    """Make, save, load and draw the demo; returns the exit code."""
    say("There is no window in this version yet: drawing the demo without one.")
    OUT.mkdir(exist_ok=True)
    file, picture = OUT / "demo.ply", OUT / "demo.png"
    write_ply(file, banded_shell(SPLATS))
    gaussians = read_ply(file).gaussians
    rasterizer = choose_rasterizer("auto", announce=say)
    views = [
        rasterizer.draw(
            gaussians, orbit_camera(Orbit(yaw, 12.0, 0.0, DISTANCE), (0, 0, 0), 384), (1, 1, 1)
        )
        for yaw in (0.0, 45.0, 90.0, 180.0)
    ]
    write_picture(picture, side_by_side([view.rgba.numpy() for view in views], columns=4))
    milliseconds = sorted(view.seconds for view in views)[1] * 1000
    say(f"Drew {SPLATS} splats with the {rasterizer.name} renderer, {milliseconds:.0f} ms a view.")
    say(f"Wrote {file} and {picture}.")
    return 0


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
    bands[:, 3] = 0.25 / math.sqrt(3) * band[:, None]  # brighter when seen from the subject's right
    return Gaussians(
        egg.means, egg.quats, egg.scales, egg.opacities.clamp_min(0.6), bands, sh_degree=1
    )


if __name__ == "__main__":
    sys.exit(main())
