"""`avatar-gui render`: a picture of an avatar or of a file of splats."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import torch

from app.notices import say
from app.pictures import write_picture
from renderer.camera import Camera, look_at
from renderer.disk import open_input
from renderer.errors import UserError
from renderer.gaussians import Gaussians
from renderer.ply import read_ply
from renderer.rasterizer import Color, choose_rasterizer

FOCAL_AT_512 = 1200.0  # pixels: a mild telephoto lens, as portraits are taken with
DISTANCE = 0.75  # metres
LARGEST = 8192  # pixels


@dataclass(frozen=True)
class Orbit:
    """Where the camera stands relative to what it looks at.

    Attributes:
        yaw: degrees the camera goes to the subject's left.
        pitch: degrees it goes up.
        roll: degrees it turns about its axis.
        distance: metres to what it looks at.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = DISTANCE


def run(options: argparse.Namespace) -> int:
    """Draw and write the picture or clip; exit code 0.

    Raises:
        UserError: a bad size, colour or distance, or a file that cannot be read or written.
    """
    background = parse_color(options.background)
    if not 1 <= options.size <= LARGEST:
        raise UserError(f"--size {options.size} is no picture size.", f"Use 1 to {LARGEST} pixels.")
    if options.distance is not None and not 0.01 < options.distance < 1e6:
        raise UserError(
            f"--distance {options.distance:g} is no distance.", "Use metres above 0.01."
        )
    if is_avatar(options.file):
        from app.render_avatar import render_avatar

        return render_avatar(options, background)
    found = read_ply(options.file)
    if found.dropped:
        say(f"{options.file.name}: left out {found.dropped} unusable splats.")
    rasterizer = choose_rasterizer(options.device, announce=say)
    if rasterizer.note:
        say(rasterizer.note)
    middle, fitting = frame_splats(found.gaussians)
    distance = fitting if options.distance is None else options.distance
    orbit = Orbit(options.yaw, options.pitch, options.roll, distance)
    frame = rasterizer.draw(found.gaussians, orbit_camera(orbit, middle, options.size), background)
    write_picture(options.output, frame.rgba.numpy())
    say(f"Wrote {options.output}")
    return 0


def is_avatar(path: Path) -> bool:
    """Whether a file begins like an avatar file (a zip).

    Raises:
        UnreadableFile: it cannot be opened.
    """
    with open_input(path) as handle:
        return handle.read(4) == b"PK\x03\x04"


def parse_color(text: str) -> Color | None:
    """A background as colour in 0..1, None for ``transparent``.

    Raises:
        UserError: neither a known word nor #rrggbb.
    """
    words: dict[str, Color | None] = {
        "white": (1.0, 1.0, 1.0),
        "black": (0.0, 0.0, 0.0),
        "transparent": None,
    }
    if text in words:
        return words[text]
    digits = text.removeprefix("#")
    if text.startswith("#") and len(digits) == 6:
        try:
            red, green, blue = bytes.fromhex(digits)
        except ValueError:
            pass
        else:
            return red / 255, green / 255, blue / 255
    raise UserError(
        f"'{text}' is not a background.", "Use white, black, transparent or #rrggbb, as '#2060a0'."
    )


def orbit_camera(orbit: Orbit, target: tuple[float, float, float], size: int) -> Camera:
    """The camera of an orbit around ``target`` (metres); yaw 0 stands on +z."""
    yaw, pitch = math.radians(orbit.yaw), math.radians(orbit.pitch)
    toward = (
        math.sin(yaw) * math.cos(pitch),
        math.sin(pitch),
        math.cos(yaw) * math.cos(pitch),
    )
    eye = [target[i] + orbit.distance * toward[i] for i in range(3)]
    # Near the poles "up" follows the orbit, so that the picture does not flip over the crown.
    up = (-math.sin(yaw) * math.sin(pitch), math.cos(pitch), -math.cos(yaw) * math.sin(pitch))
    return look_at(
        eye,
        target,
        focal=FOCAL_AT_512 * size / 512,
        width=size,
        height=size,
        up=up,
        roll=math.radians(orbit.roll),
    )


def frame_splats(gaussians: Gaussians) -> tuple[tuple[float, float, float], float]:
    """The middle of the splats, and the distance from which nearly all of them are in the picture.

    Head-sized scenes keep the usual distance, so that heads compare from file to file.
    """
    if len(gaussians) == 0:
        return (0.0, 0.0, 0.0), DISTANCE
    ends = torch.tensor([0.005, 0.995])
    sample = gaussians.means[:: max(1, len(gaussians) // 100_000)].float()
    low, high = sample.quantile(ends, dim=0)
    middle = ((low + high) / 2).tolist()
    reach = float((high - low).norm()) / 2
    fitting = max(reach * 1.15, 1e-3) * FOCAL_AT_512 / 256
    usual = 0.3 * DISTANCE <= fitting <= 1.6 * DISTANCE
    return (middle[0], middle[1], middle[2]), DISTANCE if usual else fitting
