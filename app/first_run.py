"""What `make run` does: the window where there is a display, else the main job without one.

This version has no window yet. It draws the demo avatar from several sides and with several faces,
and leaves a picture and the posed splats under ``out/``.
"""

import sys
from pathlib import Path

from app.startup import prepare

if __name__ == "__main__":
    prepare()  # before torch and numba are imported below

from app.demo import demo_avatar, face
from app.notices import say
from app.pictures import side_by_side, write_picture
from app.render import Orbit, orbit_camera
from renderer.ply import write_ply
from renderer.rasterizer import choose_rasterizer

OUT = Path("out")
SIZE = 384
VIEWS: tuple[tuple[Orbit, dict[str, float]], ...] = (
    (Orbit(0, 0, 0, 0.75), {}),
    (Orbit(35, 8, 0, 0.75), {}),
    (Orbit(90, 0, 0, 0.75), {}),
    (Orbit(180, 5, 0, 0.75), {}),
    (Orbit(20, 0, 0, 0.75), {"jawOpen": 0.7, "browInnerUp": 0.6}),
    (
        Orbit(-15, 0, 0, 0.75),
        {
            "mouthSmileLeft": 0.9,
            "mouthSmileRight": 0.9,
            "eyeSquintLeft": 0.5,
            "eyeSquintRight": 0.5,
        },
    ),
    (Orbit(0, 0, 0, 0.75), {"eyeBlinkLeft": 1.0, "mouthLeft": 0.5, "browOuterUpRight": 0.8}),
    (Orbit(-30, -10, 0, 0.75), {"mouthPucker": 1.0, "eyeLookOutRight": 0.7, "eyeLookInLeft": 0.7}),
)


def main() -> int:
    """Pose and draw the demo avatar; returns the exit code."""
    say("There is no window in this version yet: drawing the demo avatar without one.")
    OUT.mkdir(exist_ok=True)
    file, picture = OUT / "demo.ply", OUT / "demo.png"
    avatar = demo_avatar()
    rasterizer = choose_rasterizer("auto", announce=say)
    shown = avatar.to(rasterizer.device)
    frames = []
    for orbit, weights in VIEWS:
        state = face(avatar.head, **weights).to(rasterizer.device)
        camera = orbit_camera(orbit, (0.0, -0.01, 0.0), SIZE)
        frames.append(rasterizer.draw(shown.pose(state), camera, (1, 1, 1)))
    write_picture(picture, side_by_side([frame.rgba.numpy() for frame in frames], columns=4))
    write_ply(file, avatar.pose(avatar.head.neutral()))
    milliseconds = sorted(frame.seconds for frame in frames)[len(frames) // 2] * 1000
    name = rasterizer.name
    say(f"Drew {len(avatar)} splats with {name}, {milliseconds:.0f} ms a view.")
    say(f"Wrote {picture} and {file}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
