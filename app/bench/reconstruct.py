"""`bench reconstruct`: from a tracked photo to an avatar, quick and fine."""

import argparse
import time
from pathlib import Path

import torch

from app.avatar_io import head_named
from app.bench.portrait import portrait
from app.bench.render import device_name
from app.bench.timing import peak_memory_mb, summary
from app.notices import say
from avatars.methods.textured_head import QUALITIES, TexturedHeadOptions, reconstructed
from avatars.progress import Progress, Report
from avatars.resources import Resources
from renderer.rasterizer import choose_rasterizer

REPEATS = 3


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """The figures as a JSON document and as a table. Finding the face is not counted."""
    rasterizer = choose_rasterizer(options.device, announce=say)
    still = portrait()
    none = Path()
    resources = Resources(rasterizer, head_named("default"), none, none, options.seed)
    rows: list[dict[str, object]] = []
    lines = [device_name(rasterizer.device)]
    for quality in QUALITIES:
        chosen = TexturedHeadOptions(quality=quality)  # type: ignore[arg-type]
        totals: list[float] = []
        stages: dict[str, float] = {}
        for number in range(REPEATS + 1):
            clock = _Stages()
            reconstructed(still, "bench", chosen, resources, Progress(clock.listen))
            if rasterizer.device.type == "cuda":
                torch.cuda.synchronize()
            clock.done()
            if number:  # the first warms up
                totals.append(clock.total * 1000)
                stages = clock.stages
        row = {"quality": quality, "ms": summary(totals), "stages_s": stages}
        rows.append(row | {"peak_mb": round(peak_memory_mb(), 1)})
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in stages.items())
        lines.append(f"{quality:<6} {summary(totals)['median'] / 1000:6.2f} s   ({parts})")
    lines.append(f"peak memory {peak_memory_mb():.0f} MB; finding the face is not counted")
    document: dict[str, object] = {"device": device_name(rasterizer.device), "rows": rows}
    return document, "\n".join(lines)


class _Stages:
    """Seconds by stage, from the notes that the work reports."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.begin = self.since = time.perf_counter()
        self.note = ""

    def listen(self, report: Report) -> None:
        note = report.note.split(",")[0]
        if note != self.note:
            self._close()
            self.note = note

    def done(self) -> None:
        """End the last stage."""
        self._close()

    @property
    def total(self) -> float:
        return sum(self.stages.values())

    def _close(self) -> None:
        now = time.perf_counter()
        if self.note:
            self.stages[self.note] = round(self.stages.get(self.note, 0) + now - self.since, 3)
        self.since = now
