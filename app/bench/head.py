"""`bench head`: posing, normals, picking and the texel table of a head."""

import argparse
from collections.abc import Callable

import torch

from app.bench.render import device_name
from app.bench.timing import summary, time_calls
from app.heads import library
from app.notices import say
from app.paths import paths
from avatars.head.head_file import read_head_file
from avatars.head.model import HeadModel
from avatars.head.picking import pick
from avatars.head.state import HeadState, stack
from avatars.head.surface import vertex_normals
from avatars.uv_layout import texel_table
from renderer.rasterizer import choose_rasterizer

FRAMES = 1000


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """The figures as a JSON document and as a table."""
    device = choose_rasterizer(options.device, announce=say).device
    heads = library(paths().heads)
    head = heads.load(heads.in_use()).to(device)
    calls = _calls(head)
    rows = [
        {"what": what, "ms": summary(time_calls(call, device, seconds=1.0))}
        for what, call in calls.items()
    ]
    rows.append({"what": "texel table 512, uncached", "ms": summary([_texels(head)])})
    document: dict[str, object] = {
        "device": device_name(device),
        "head": head.name,
        "vertices": head.vertex_count,
        "rows": rows,
    }
    lines = [f"{document['device']}; head '{head.name}', {head.vertex_count} vertices"]
    for row in rows:
        ms = row["ms"]
        assert isinstance(ms, dict)
        lines.append(f"{row['what']!s:<28} {ms['median']:>9.3f} ms ({ms['p95']:.3f})")
    lines.append("median (95th percentile)")
    return document, "\n".join(lines)


def _calls(head: HeadModel) -> dict[str, Callable[[], object]]:
    states = _states(head)
    one, many = states.at(0), states
    betas = torch.zeros(head.shape_count, device=head.device)
    shaped = head.shaped(betas)
    vertices = head.pose(head.neutral())
    eye = vertices.mean(dim=0) + torch.tensor([0.01, 0.0, 0.5], device=head.device)
    ray = (eye, torch.tensor([0.0, 0.0, -1.0], device=head.device))

    def inference(call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            with torch.no_grad():
                return call()

        return run

    calls: dict[str, Callable[[], object]] = {
        "pose one state": lambda: shaped.pose(one),
        "pose with new betas": lambda: head.pose(one, betas),
        f"pose {FRAMES} states": lambda: shaped.pose(many),
        "vertex normals": lambda: vertex_normals(vertices, head.faces),
        "pick": lambda: pick(ray, vertices, head),
    }
    if head.device.type == "cuda":
        calls["pose one state, CUDA graph"] = _graph(lambda: shaped.pose(one))
    return {what: inference(call) for what, call in calls.items()}


def _graph(call: Callable[[], object]) -> Callable[[], object]:
    """The call captured once, to be replayed."""
    with torch.no_grad():
        for _ in range(3):
            call()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            call()
    return graph.replay


def _states(head: HeadModel) -> HeadState:
    """A talking, turning head of ``FRAMES`` frames."""
    random = torch.Generator().manual_seed(0)
    states = []
    for _ in range(FRAMES):
        rest = head.neutral()
        moved = {
            "expression": torch.rand(head.expression_count, generator=random),
            "jaw_pose": 0.2 * torch.rand(3, generator=random),
            "neck_pose": 0.1 * torch.randn(3, generator=random),
        }
        states.append(
            HeadState(**{**vars(rest), **{k: v.to(head.device) for k, v in moved.items()}})
        )
    return stack(states)


def _texels(head: HeadModel) -> float:
    """Milliseconds of one uncached table, on a copy that no cache knows."""
    import time

    copy = read_head_file(library(paths().heads).path(head.name))
    begin = time.perf_counter()
    texel_table(copy, 512)
    return (time.perf_counter() - begin) * 1000
