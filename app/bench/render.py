"""`bench render`: splats to pixels, forward and forward + backward, beside the bare gsplat call."""

import argparse
from collections.abc import Callable

import torch

from app.bench.timing import Summary, peak_memory_mb, summary, time_calls
from app.notices import say
from renderer.bench_scene import shell, shell_camera
from renderer.camera import Camera
from renderer.gaussians import Gaussians
from renderer.rasterizer import Rasterizer, choose_rasterizer


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """The figures as a JSON document and as a table."""
    rasterizer = choose_rasterizer(options.device, announce=say)
    if rasterizer.note:
        say(rasterizer.note)
    rows = [_row(rasterizer, count, options) for count in options.splats]
    document: dict[str, object] = {"device": device_name(rasterizer.device), "rows": rows}
    if rasterizer.device.type == "cuda":
        document["orbit"] = _orbit(rasterizer, options)
    return document, _table(document, rows)


def device_name(device: torch.device) -> str:
    """The GPU's name, or how many CPU threads draw."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    from renderer.kernels import thread_count

    return f"cpu, {thread_count()} threads"


def _row(rasterizer: Rasterizer, count: int, options: argparse.Namespace) -> dict[str, object]:
    device = rasterizer.device
    gaussians = shell(count, seed=options.seed).to(device)
    camera = shell_camera(options.size).to(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)

    def forward() -> object:
        with torch.no_grad():
            return rasterizer.rasterize(gaussians, camera)

    leaves = _leaves(gaussians)

    def forward_backward() -> None:
        for field in (leaves.means, leaves.quats, leaves.scales, leaves.opacities, leaves.sh):
            field.grad = None
        rasterizer.rasterize(leaves, camera).rgb.square().mean().backward()

    row: dict[str, object] = {"splats": count, "size": options.size}
    if device.type == "cuda":
        ours, bare = _side_by_side(forward, _bare_call(gaussians, camera), device)
        row["forward_ms"] = ours
        row["bare_gsplat_ms"] = bare
        row["over_bare_percent"] = round(100 * (ours["median"] / bare["median"] - 1), 2)
    else:
        row["forward_ms"] = summary(time_calls(forward, device))
    row["forward_backward_ms"] = summary(time_calls(forward_backward, device))
    if device.type == "cuda":
        row["peak_mb"] = round(torch.cuda.max_memory_allocated(device) / 1e6, 1)
    else:
        row["peak_mb"] = round(peak_memory_mb(), 1)
    return row


def _leaves(g: Gaussians) -> Gaussians:
    fields = (g.means, g.quats, g.scales, g.opacities, g.sh)
    means, quats, scales, opacities, sh = (f.detach().clone().requires_grad_() for f in fields)
    return Gaussians(means, quats, scales, opacities, sh, g.sh_degree)


def _bare_call(gaussians: Gaussians, camera: Camera) -> Callable[[], object]:
    """``gsplat.rasterization`` on the same tensors, nothing around it."""
    from renderer.bare_gsplat import bare_call

    return bare_call(gaussians, camera)


def _side_by_side(
    ours: Callable[[], object], bare: Callable[[], object], device: torch.device
) -> tuple[Summary, Summary]:
    """Both calls measured in turns, so that a change of clocks hits both alike."""
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(8):
        mine += time_calls(ours, device, seconds=0.25)
        theirs += time_calls(bare, device, seconds=0.25)
    return summary(mine), summary(theirs)


def _orbit(rasterizer: Rasterizer, options: argparse.Namespace) -> dict[str, object]:
    """Copies to the host and growth of memory over an orbit of 600 frames."""
    gaussians = shell(max(options.splats), seed=options.seed).to(rasterizer.device)
    cameras = [shell_camera(options.size, azimuth=0.0105 * i) for i in range(600)]

    def fly() -> None:
        for camera in cameras:
            rasterizer.draw(gaussians, camera, (1.0, 1.0, 1.0))

    fly()
    before = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CUDA], acc_events=True
    ) as profile:
        fly()
    after = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    copies = {e.key: e.count for e in profile.key_averages() if "DtoH" in e.key}
    return {
        "frames": len(cameras),
        "copies_to_host": copies,
        "copies_to_host_per_frame": round(sum(copies.values()) / len(cameras), 3),
        "allocated_growth_bytes": after[0] - before[0],
        "reserved_growth_bytes": after[1] - before[1],
    }


def _table(document: dict[str, object], rows: list[dict[str, object]]) -> str:
    lines = [str(document["device"])]
    lines.append(
        f"{'splats':>8} {'size':>6} {'forward ms':>16} {'+ backward ms':>16} {'peak MB':>9}"
    )
    for row in rows:
        times = [row["forward_ms"], row["forward_backward_ms"]]
        texts = [f"{t['median']:.2f} ({t['p95']:.2f})" for t in times if isinstance(t, dict)]
        line = f"{row['splats']:>8} {row['size']:>6} {texts[0]:>16} {texts[1]:>16}"
        line += f" {row['peak_mb']:>9}"
        bare = row.get("bare_gsplat_ms")
        if isinstance(bare, dict):
            line += f"   bare gsplat {bare['median']:.3f} ms ({row['over_bare_percent']:+} %)"
        lines.append(line)
    if "orbit" in document:
        lines.append(f"orbit: {document['orbit']}")
    lines.append("median (95th percentile)")
    return "\n".join(lines)
