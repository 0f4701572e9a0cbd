"""`bench track`: live tracking, by parts, on a drawn face that moves."""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from app.avatar_io import head_named
from app.bench.timing import peak_memory_mb, summary
from app.demo import demo_avatar, face
from app.render import Orbit, orbit_camera
from app.track import landmarker
from avatars.kinds.uv_avatar import UvAvatar
from avatars.tracking.graphs import Pixels
from avatars.tracking.seer import Seer
from avatars.tracking.tracker import LiveTracker
from renderer.cpu_rasterizer import CpuRasterizer

FRAMES = 150
FPS = 30.0
CAMERA = (640, 480)
FIRST = 90  # frames in which the person is still being learned


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """The figures as a JSON document and as a table; on the CPU, where tracking runs."""
    frames = drawn_clip()
    head = head_named("default")
    task = landmarker()
    with Seer(task) as seer:
        networks = _timed(lambda number: seer.seen(frames[number]))
    seen = 0
    with LiveTracker(head, task=task) as tracker:

        def follow(number: int) -> None:
            nonlocal seen
            seen += tracker.track(frames[number], number / FPS).is_valid

        whole = _timed(follow)
    rows: list[dict[str, object]] = [
        {"part": "landmarks", "ms": summary(networks[FIRST:])},
        {"part": "whole, learning the person", "ms": summary(whole[1:FIRST])},
        {"part": "whole", "ms": summary(whole[FIRST:])},
    ]
    document: dict[str, object] = {
        "device": "cpu",
        "size": list(CAMERA),
        "scores": task is not None,
        "seen": seen / len(frames),
        "rows": rows,
        "peak_mb": round(peak_memory_mb(), 1),
    }
    lines = [
        f"tracking {CAMERA[0]} x {CAMERA[1]} pixels on the CPU, {100 * seen / FRAMES:.0f} % seen"
    ]
    for row in rows:
        times = row["ms"]
        assert isinstance(times, dict)
        lines.append(f"{row['part']!s:<28} {times['median']:6.1f} ms  p95 {times['p95']:6.1f} ms")
    return document, "\n".join(lines)


def drawn_clip() -> list[Pixels]:
    """The demo avatar turning its head and speaking, [480, 640, 3] each."""
    avatar, rasterizer = demo_avatar(14_000), CpuRasterizer()
    return [_frame(avatar, rasterizer, number / FPS) for number in range(FRAMES)]


def _frame(avatar: UvAvatar, rasterizer: CpuRasterizer, seconds: float) -> Pixels:
    opened = 0.4 * (1 + np.sin(9 * seconds)) / 2
    closed = 1.0 if seconds % 1.5 < 0.15 else 0.0
    state = face(avatar.head, jawOpen=opened, eyeBlinkLeft=closed, eyeBlinkRight=closed)
    turn = torch.tensor([0.1 * np.sin(2 * seconds), 0.3 * np.sin(1.3 * seconds), 0.0])
    state = replace(state, global_orient=turn.float())
    width, height = CAMERA
    camera = orbit_camera(Orbit(distance=0.9), (0.0, 0.0, 0.0), height)
    drawn = rasterizer.draw(avatar.pose(state), camera, (0.5, 0.55, 0.6)).rgba.numpy()[..., :3]
    side = (width - height) // 2
    return np.pad(drawn, ((0, 0), (side, side), (0, 0)), mode="edge")


def _timed(call: Callable[[int], object]) -> list[float]:
    times = []
    for number in range(FRAMES):
        begin = time.perf_counter()
        call(number)
        times.append((time.perf_counter() - begin) * 1000)
    return times
