"""The main job without a window: a photo becomes an avatar, and pictures show it.

The photo is ``PHOTO=...`` or the NASA portrait that scikit-image brings; the avatar and pictures of
it are left under ``out/``.
"""

import os
from pathlib import Path

from app.demo import demo_avatar, face
from app.notices import say
from app.pictures import Pixels, side_by_side, write_picture
from app.reconstruct import reconstruct, say_progress
from app.render import Orbit
from app.shots import front_shot
from avatars.files.avatar_file import write_avatar
from avatars.head.state import HeadState
from avatars.kinds.uv_avatar import UvAvatar
from renderer.rasterizer import Rasterizer, choose_rasterizer

OUT = Path("out")
SIZE = 384
SMILE = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "eyeSquintLeft": 0.4, "eyeSquintRight": 0.4}
VIEWS: tuple[tuple[float, float, dict[str, float] | None], ...] = (
    (0, 0, None),
    (35, 5, None),
    (90, 0, None),
    (180, 5, None),
    (20, 0, {"jawOpen": 0.7, "browInnerUp": 0.6}),
    (-15, 0, SMILE),
    (0, 0, {"eyeBlinkLeft": 1.0, "mouthLeft": 0.5, "browOuterUpRight": 0.8}),
    (-30, -8, {"mouthPucker": 1.0, "eyeLookOutRight": 0.7, "eyeLookInLeft": 0.7}),
)
"""Yaw, pitch (degrees) and face; None keeps the avatar's own."""


def main() -> int:
    """Reconstruct, save and draw; returns the exit code."""
    say("There is no display here: making an avatar of a photo without the window.")
    OUT.mkdir(exist_ok=True)
    photo = Path(os.environ.get("PHOTO") or nasa_portrait())
    made = reconstruct(
        photo,
        method=None,
        quality="fine",
        face=None,
        head="default",
        device="auto",
        seed=0,
        report=say_progress(),
    )
    name = "astronaut" if not os.environ.get("PHOTO") else photo.stem
    file, picture = OUT / f"{name}.avatar", OUT / f"{name}.png"
    write_avatar(file, made)
    rasterizer = choose_rasterizer("auto", announce=say)
    write_picture(picture, sheet(made.avatar, made.state, rasterizer))
    demo = demo_avatar()
    write_picture(OUT / "demo.png", sheet(demo, demo.head.neutral(), rasterizer))
    say(f"Wrote {file}, {picture} and {OUT / 'demo.png'} (the demo avatar).")
    say(f"Next: .venv/bin/avatar-gui render {file} -o face.png --yaw 30 --set jawOpen=0.6")
    return 0


def nasa_portrait() -> Path:
    """A photo in the public domain that every installation has."""
    import skimage

    return Path(skimage.__file__).parent / "data" / "astronaut.png"


def sheet(avatar: UvAvatar, own: HeadState, rasterizer: Rasterizer) -> Pixels:
    """An avatar from several sides and with several faces, on white."""
    moved = avatar.to(rasterizer.device)
    pictures = []
    for yaw, pitch, weights in VIEWS:
        state = own if weights is None else face(avatar.head, **weights)
        shot = front_shot(avatar, state, Orbit(yaw, pitch, 0.0, 0.85), SIZE)
        splats = moved.pose(shot.state.to(rasterizer.device))
        pictures.append(rasterizer.draw(splats, shot.camera, (1, 1, 1)).rgba.cpu().numpy())
    return side_by_side(pictures, columns=4)
