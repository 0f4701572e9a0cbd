"""`bench frame`: head state to pixels, a different pose each frame."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from app.bench.render import device_name
from app.bench.timing import summary
from app.demo import demo_avatar
from app.frame_painter import Painter
from app.frame_picture import Picture, Sharing
from app.frame_request import RenderRequest
from app.notices import say
from app.shots import head_centre
from app.view import ViewOrbit
from avatars.head.arkit import state_from_arkit
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.uv_avatar import UvAvatar

POSES = 200
WARM_UP = 12
SECONDS = 2.0  # per figure
LONG = 600
"""Frames over which nothing may grow."""


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """The figures as a JSON document and as a table."""
    painter = Painter(options.device, say, Sharing())
    if painter.rasterizer.note:
        say(painter.rasterizer.note)
    painter.warm_up()
    document: dict[str, Any] = {"device": device_name(painter.rasterizer.device), "rows": []}
    with _textures(painter) as (show, what):
        document["opengl"] = what
        for count in options.splats:
            requests = _requests(demo_avatar(count), options)
            row = _on_gpu if painter.stream is not None else _on_cpu
            document["rows"].append(row(painter, requests, show))
    return document, _table(document)


Show = Callable[[Picture], object]


def _requests(avatar: UvAvatar, options: argparse.Namespace) -> list[RenderRequest]:
    orbit = ViewOrbit(target=head_centre(avatar))
    size = options.size
    return [
        RenderRequest(number, avatar, state=state, orbit=orbit, width=size, height=size)
        for number, state in enumerate(_states(avatar, options.seed))
    ]


def _states(avatar: UvAvatar, seed: int) -> list[HeadState]:
    """A talking, turning head; every state has memory of its own, as when a slider makes it."""
    random = torch.Generator().manual_seed(seed)
    states = []
    for _ in range(POSES):
        state = state_from_arkit(avatar.head, 0.4 * torch.rand(len(ARKIT_NAMES), generator=random))
        turn = 0.15 * torch.randn(3, generator=random)
        states.append(replace(state, neck_pose=turn))
    return states


def _on_cpu(painter: Painter, requests: list[RenderRequest], show: Show | None) -> dict[str, Any]:
    pictures: list[Picture] = []

    def frame(request: RenderRequest) -> None:
        pictures.append(painter.paint(request))
        if show is not None:
            show(pictures[-1])

    times = _times(frame, requests)
    pictures = pictures[-len(times) :]
    return {
        **_head(painter, pictures[-1]),
        "total_ms": summary(times),
        "pose_ms": summary(picture.pose_ms for picture in pictures),
        "raster_ms": summary(picture.raster_ms for picture in pictures),
    }


def _on_gpu(painter: Painter, requests: list[RenderRequest], show: Show | None) -> dict[str, Any]:
    """Times until the pixels are done on the GPU, in memory, and in a texture either way."""
    with torch.cuda.stream(painter.stream), torch.no_grad():
        made: list[Any] = []

        def draw(request: RenderRequest) -> Any:
            made.append(painter.pixels(request, painter.camera(request))[0])
            return made[-1]

        done = _times(lambda request: draw(request).wait(), requests)
        row: dict[str, Any] = _head(painter, painter.paint(requests[0]))
        row["on_gpu_ms"] = summary(done)
        made.clear()
        painter.timed_every, usual = 1, painter.timed_every
        _times(lambda request: draw(request).wait(), requests)
        painter.timed_every = usual
        shares = [pixels.milliseconds for pixels in made[WARM_UP:]]
        row["device_ms"] = summary(pose + raster for pose, raster in shares)
        row["device_pose_ms"] = summary(pose for pose, _ in shares)
        made.clear()
        row["in_memory_ms"] = summary(_times(lambda request: draw(request).fetch(), requests))
        made.clear()
        if show is not None:
            row.update(_to_texture(painter, requests, show))
        row["long_run"] = _long_run(painter, requests)
    return row


def _to_texture(
    painter: Painter, requests: list[RenderRequest], show: Show
) -> dict[str, dict[str, float]]:
    """From state to texture: straight into OpenGL's memory, and through the program's."""
    found: dict[str, dict[str, float]] = {}
    for name, refused in (("texture_ms", False), ("texture_by_copy_ms", True)):
        painter.sharing.refused = refused
        kinds: set[bool] = set()

        def frame(request: RenderRequest, kinds: set[bool] = kinds) -> None:
            kinds.add(bool(show(painter.paint(request))))

        times = _times(frame, requests)
        if kinds == {not refused}:
            found[name] = summary(times)
    painter.sharing.refused = False
    return found


def _long_run(painter: Painter, requests: list[RenderRequest]) -> dict[str, object]:
    """Copies to the host and growth of GPU memory."""

    def run() -> None:
        for number in range(LONG):
            request = requests[number % len(requests)]
            painter.pixels(request, painter.camera(request))[0].wait()

    run()
    before = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CUDA], acc_events=True
    ) as profile:
        run()
    after = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    events = profile.key_averages()
    kernels = sum(e.count for e in events if "Memcpy" not in e.key and "Memset" not in e.key)
    return {
        "frames": LONG,
        "copies_to_host_per_frame": round(
            sum(e.count for e in events if "DtoH" in e.key) / LONG, 3
        ),
        "kernels_per_frame": round(kernels / LONG, 1),
        "allocated_growth_bytes": after[0] - before[0],
        "reserved_growth_bytes": after[1] - before[1],
    }


def _times(call: Callable[[RenderRequest], object], requests: list[RenderRequest]) -> list[float]:
    """Milliseconds of each call, for about ``SECONDS``, each with another pose than before."""
    for request in requests[:WARM_UP]:
        call(request)
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    while len(times) < 20 or (time.perf_counter() < until and len(times) < 4000):
        request = requests[(WARM_UP + len(times)) % len(requests)]
        begin = time.perf_counter()
        call(request)
        times.append((time.perf_counter() - begin) * 1000)
    return times


def _head(painter: Painter, picture: Picture) -> dict[str, Any]:
    return {"splats": picture.splats, "size": picture.width, "device": painter.device}


@contextmanager
def _textures(painter: Painter) -> Iterator[tuple[Show | None, str]]:
    """A way to put pictures into a texture (true if straight), and what OpenGL draws with."""
    from app.gui.offscreen import has_offscreen, offscreen

    if painter.stream is None or not has_offscreen():
        yield None, "not used"
    else:
        with offscreen() as name:
            from app.gui.texture import PictureTexture

            texture = PictureTexture()

            def show(picture: Picture) -> bool:
                texture.show(picture)
                texture.finish()
                return texture.is_direct

            yield show, name
            texture.close()


def _table(document: dict[str, Any]) -> str:
    lines = [f"{document['device']}; OpenGL: {document['opengl']}"]
    for row in document["rows"]:
        lines.append(f"{row['splats']} splats, {row['size']} x {row['size']} pixels")
        for name, value in row.items():
            if name.endswith("_ms"):
                what = name.removesuffix("_ms").replace("_", " ")
                lines.append(f"  {what:<16} {value['median']:>9.3f} ms ({value['p95']:.3f})")
        if "long_run" in row:
            lines.append(f"  {row['long_run']}")
    lines.append("median (95th percentile), a different pose each frame")
    return "\n".join(lines)
