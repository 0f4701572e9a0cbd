"""Times of a repeated call, on the CPU's clock or the GPU's."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

Summary = dict[str, float]


def summary(milliseconds: Iterable[float]) -> Summary:
    """Median and 95th percentile."""
    values = sorted(milliseconds)
    return {
        "median": round(values[len(values) // 2], 4),
        "p95": round(values[min(len(values) - 1, round(0.95 * len(values)))], 4),
    }


def time_calls(
    call: Callable[[], object], device: torch.device, *, seconds: float = 2.0
) -> list[float]:
    """Milliseconds of each of many calls, after a warm-up; 10 at least, about ``seconds`` in all.

    On a GPU each call is followed by a wait for the device, so a time is that of a finished result.
    """

    def once() -> float:
        begin = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return (time.perf_counter() - begin) * 1000

    typical = min(once() for _ in range(3))
    count = int(min(2000, max(10, seconds * 1000 / max(typical, 1e-3))))
    return [once() for _ in range(count)]


def peak_memory_mb() -> float:
    """Largest resident memory this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would begin with the peak of the process that started us
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1e3
    import psutil

    memory = psutil.Process().memory_info()
    return float(getattr(memory, "peak_wset", memory.rss)) / 1e6
