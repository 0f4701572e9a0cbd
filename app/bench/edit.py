"""`bench edit`: from a moved sticker or a longer stroke to the new picture."""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch

from app.bench.render import device_name
from app.bench.timing import Summary, peak_memory_mb, summary
from app.demo import demo_avatar
from app.notices import say
from app.render import Orbit
from app.shots import front_shot
from avatars.edits.brush import Painting
from avatars.edits.canvas import canvas_for
from avatars.edits.compose import compose
from avatars.edits.layer import Adjustment, Layer, Picture, Placement
from avatars.edits.strokes import Brush
from avatars.edits.tiles import TiledImage
from avatars.head.state import HeadState
from avatars.kinds.uv_avatar import UvAvatar
from renderer.camera import Camera
from renderer.rasterizer import Rasterizer, choose_rasterizer

FROM, TO, STEPS = 0.22, 0.40, 60
FRAMES = 40

Layers = tuple[Layer, ...]


@dataclass(frozen=True, eq=False)
class _Scene:
    avatar: UvAvatar
    state: HeadState
    camera: Camera
    rasterizer: Rasterizer


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """The figures as a JSON document and as a table."""
    rasterizer = choose_rasterizer(options.device, announce=say)
    if rasterizer.note:
        say(rasterizer.note)
    rows: list[dict[str, object]] = []
    lines = [device_name(rasterizer.device)]
    for splats in options.splats:
        avatar = demo_avatar(splats)
        shot = front_shot(avatar, avatar.head.neutral(), Orbit(), options.size)
        there = rasterizer.device
        scene = _Scene(avatar.to(there), shot.state.to(there), shot.camera, rasterizer)
        for name, steps in _subjects(scene.avatar):
            parts = _timed(scene, steps)
            rows.append({"splats": splats, "size": options.size, "edit": name, **parts})
            texts = (f"{k[:-3]} {v['median']:.1f} ({v['p95']:.1f})" for k, v in parts.items())
            lines.append(f"{splats:>8} splats  {name:<16} {'   '.join(texts)} ms")
    lines.append(f"maps {demo_avatar(1000).maps.size} px, picture {options.size} px")
    lines.append(f"median (95th percentile); peak memory {peak_memory_mb():.0f} MB")
    return {"device": device_name(rasterizer.device), "rows": rows}, "\n".join(lines)


def _subjects(avatar: UvAvatar) -> Iterator[tuple[str, Iterator[Callable[[], Layers]]]]:
    """What is measured; each step makes the layers after one more move of the pointer."""
    yield "sticker dragged", _dragged()
    for size in (0.02, 0.08):
        yield f"stroke of {size:g} u", _extended(avatar, size)
    yield "hair recoloured", _recolored()


def _dragged() -> Iterator[Callable[[], Layers]]:
    y, x = np.mgrid[:256, :256] / 255.0
    round_ = (np.hypot(x - 0.5, y - 0.5) < 0.5) * 255.0
    picture = Picture(np.stack([255 * x, 255 * y, 128 + 0 * x, round_], axis=-1).astype(np.uint8))
    for number in count():

        def move(at: float = _along(number)) -> Layers:
            placed = Placement((at, 0.47))
            return (Layer("1", "sticker", "sticker", picture=picture, placement=placed),)

        yield move


def _extended(avatar: UvAvatar, size: float) -> Iterator[Callable[[], Layers]]:
    canvas = canvas_for(avatar)
    brush = Brush(color=(0.8, 0.1, 0.2), size=size)
    painting = Painting(TiledImage.empty(canvas.size), brush, canvas)
    for number in count():
        if number % STEPS == 0:
            painting = Painting(TiledImage.empty(canvas.size), brush, canvas)

        def go(at: float = _along(number), painting: Painting = painting) -> Layers:
            image = painting.extend(canvas.point_at_uv((at, 0.47)))
            return (Layer("1", "paint", "paint", image=image),)

        yield go


def _recolored() -> Iterator[Callable[[], Layers]]:
    for number in count():

        def turn(red: float = number % 256 / 255) -> Layers:
            change = Adjustment(color=(red, 0.2, 0.1))
            return (Layer("1", "hair", "adjust", region="hair", adjustment=change),)

        yield turn


def _along(number: int) -> float:
    return FROM + (TO - FROM) * (number % STEPS) / STEPS


def _timed(scene: _Scene, steps: Iterator[Callable[[], Layers]]) -> dict[str, Summary]:
    """Milliseconds of making the maps, reading them, and all up to the pixels."""
    composing, gathering, whole = [], [], []
    for number, step in zip(range(FRAMES + 5), steps, strict=False):
        begin = time.perf_counter()
        maps = compose(scene.avatar, step()).maps
        _wait(scene)
        composed = time.perf_counter()
        scene.avatar.attributes(maps)
        _wait(scene)
        gathered = time.perf_counter()
        splats = scene.avatar.pose(scene.state, maps)
        scene.rasterizer.draw(splats, scene.camera, (1.0, 1.0, 1.0)).rgba.cpu()
        done = time.perf_counter()
        if number >= 5:  # the first ones warm up
            composing.append(1000 * (composed - begin))
            gathering.append(1000 * (gathered - composed))
            whole.append(1000 * (done - begin))
    found = {"compose_ms": composing, "gather_ms": gathering, "picture_ms": whole}
    return {name: summary(values) for name, values in found.items()}


def _wait(scene: _Scene) -> None:
    if scene.rasterizer.device.type == "cuda":
        torch.cuda.synchronize(scene.rasterizer.device)
