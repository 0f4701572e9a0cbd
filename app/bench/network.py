"""`bench network`: ten minutes' worth of packets of each protocol over the loopback."""

import argparse
import socket
import threading
import time
from collections.abc import Callable

import numpy as np
import psutil

from app.bench.timing import summary
from app.notices import say
from app.sources.udp import KINDS, LOOPBACK, Protocol, UdpSource
from avatars.live.live_link import write_live_link
from avatars.live.mocap_text import write_mocap_text
from avatars.live.signal import FaceSignal
from avatars.live.vmc import vmc_packets

FACES = 36_000  # ten minutes at 60 a second
RATE = 300.0  # faces a second here: five times as fast, three datagrams each with VMC

Writer = Callable[[FaceSignal], list[bytes]]
WRITERS: dict[Protocol, Writer] = {
    "live-link": lambda signal: [write_live_link(signal, "Bench", 1, "x" * 36)],
    "ifacialmocap": lambda signal: [write_mocap_text(signal)],
    "vmc": lambda signal: list(vmc_packets(signal, 0.0)),
}


def measure(options: argparse.Namespace) -> tuple[dict[str, object], str]:
    """Faces sent and received, their delay and the growth of memory, per protocol."""
    rows = [_row(protocol) for protocol in KINDS]
    lines = [
        f"{row['protocol']:<14} {row['received']} of {row['sent']} faces, delay "
        f"{row['delay_ms']['median']:.2f} ms (p95 {row['delay_ms']['p95']:.2f}), "  # type: ignore[index]
        f"memory {row['growth_mb']:+.1f} MB"
        for row in rows
    ]
    return {"device": "cpu", "rows": rows}, "\n".join(lines)


def _row(protocol: Protocol) -> dict[str, object]:
    say(f"{protocol}: {FACES} faces at {RATE:.0f} a second")
    packets = WRITERS[protocol](FaceSignal(np.full(52, 0.5), np.zeros(3), np.zeros(3)))
    arrived: list[float] = []
    event = threading.Event()

    def wake() -> None:
        arrived.append(time.perf_counter())
        event.set()

    source = UdpSource(protocol, port=0, wake=wake)
    delays: list[float] = []
    process = psutil.Process()
    begun, resident = time.perf_counter(), 0
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(FACES):
                if number == FACES // 10:
                    resident = process.memory_info().rss
                time.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
                event.clear()
                sent = time.perf_counter()
                for packet in packets:
                    sender.sendto(packet, (LOOPBACK, source.port))
                if event.wait(1.0):
                    delays.append((arrived[-1] - sent) * 1000)
        time.sleep(0.2)
        growth = (process.memory_info().rss - resident) / 1e6
        sample = source.latest()
        received = 0 if sample is None else sample.number
    finally:
        source.close()
    return {
        "protocol": protocol,
        "sent": FACES,
        "received": received,
        "delay_ms": summary(delays),
        "growth_mb": round(growth, 2),
    }
