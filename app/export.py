"""`avatar-gui export`: posed splats for other programs, or the UV colour map for painters."""

import argparse
from pathlib import Path

import numpy as np

from app.avatar_io import load_shown
from app.notices import say
from app.pictures import write_picture
from app.posing import parse_setting, posed
from app.render import Orbit
from app.shots import front_shot
from renderer.errors import UserError
from renderer.ply import write_ply


def run(options: argparse.Namespace) -> int:
    """Write the file; exit code 0.

    Raises:
        UserError: another ending, an unknown setting, or a file that cannot be read or written.
    """
    output: Path = options.output
    kind = output.suffix.lower()
    if kind not in (".ply", ".png"):
        raise UserError(
            f"{output.name} is nothing we export.", "End it in .ply (splats) or .png (UV map)."
        )
    settings = [parse_setting(text) for text in options.settings]
    stored = load_shown(options.avatar)
    if kind == ".png":
        maps = stored.avatar.maps
        rgb = maps.rgb.clamp(0, 1).numpy()
        alpha = maps.valid.numpy()[..., None].astype(np.float32)
        write_picture(output, np.round(np.concatenate([rgb, alpha], 2) * 255).astype(np.uint8))
    else:
        avatar, state = posed(stored.avatar, stored.state, settings, neutral=options.neutral)
        upright = front_shot(avatar, state, Orbit(), 512).state
        write_ply(output, avatar.pose(upright), sh_degree=options.sh_degree)
    say(f"Wrote {output}")
    return 0
