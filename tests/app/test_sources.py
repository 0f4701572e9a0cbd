"""Loopback senders against the listening sources."""

import gc
import socket
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from app.sources.udp import KINDS, Protocol, UdpSource, VmcSender, addresses
from avatars.live.live_link import write_live_link
from avatars.live.mocap_text import TRIGGER, write_mocap_text
from avatars.live.signal import FaceSignal
from avatars.live.vmc import vmc_packets
from renderer.errors import UserError


def face(value: float) -> FaceSignal:
    return FaceSignal(np.full(52, value), np.zeros(3), np.zeros(3))


WRITERS: dict[Protocol, Callable[[FaceSignal], list[bytes]]] = {
    "live-link": lambda signal: [write_live_link(signal, "Anna", 1, "x" * 36)],
    "ifacialmocap": lambda signal: [write_mocap_text(signal)],
    "vmc": lambda signal: list(vmc_packets(signal, 0.0)),
}


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    yield made
    made.close()


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return False


@pytest.mark.parametrize("protocol", sorted(KINDS))
def test_a_face_that_is_sent_arrives_and_wakes(protocol: Protocol, sender: socket.socket) -> None:
    woken: list[float] = []
    source = UdpSource(protocol, port=0, wake=lambda: woken.append(time.monotonic()))
    try:
        assert source.latest() is None
        waiting = source.status()
        assert waiting.state == "waiting"
        assert str(source.port) in waiting.remedy
        for packet in WRITERS[protocol](face(0.4)):
            sender.sendto(packet, ("127.0.0.1", source.port))
        assert until(lambda: source.latest() is not None)
        sample = source.latest()
        assert sample is not None
        np.testing.assert_allclose(sample.signal.weights, 0.4, atol=0.006)
        assert source.status().state == "live"
        assert woken
    finally:
        source.close()
    assert source.status().state == "stopped"


def test_the_newest_face_wins_and_none_is_dropped(sender: socket.socket) -> None:
    source = UdpSource("ifacialmocap", port=0)
    try:
        for number in range(1, 201):
            sender.sendto(write_mocap_text(face(number / 200)), ("127.0.0.1", source.port))
            if number % 20 == 0:
                time.sleep(0.005)
        assert until(lambda: (source.latest() or _none).number == 200)
        sample = source.latest()
        assert sample is not None
        assert sample.signal.weights[0] == pytest.approx(1.0)
    finally:
        source.close()


class _None:
    number = 0


_none = _None()


def test_a_second_sender_is_named_and_not_mixed_in(sender: socket.socket) -> None:
    source = UdpSource("ifacialmocap", port=0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        try:
            sender.sendto(write_mocap_text(face(0.2)), ("127.0.0.1", source.port))
            assert until(lambda: source.latest() is not None)
            for _ in range(5):
                other.sendto(write_mocap_text(face(0.9)), ("127.0.0.1", source.port))
            assert until(lambda: source.status().ignored == 5)
            sample = source.latest()
            assert sample is not None
            assert sample.signal.weights[0] == pytest.approx(0.2)
            assert "Two senders" in source.status().sentence
        finally:
            source.close()


def test_garbage_is_counted_and_explained_and_a_face_still_comes(sender: socket.socket) -> None:
    source = UdpSource("live-link", port=0)
    try:
        for _ in range(20):
            sender.sendto(b"GET / HTTP/1.1\r\n\r\n", ("127.0.0.1", source.port))
        assert until(lambda: source.status().ignored == 20)
        assert "ARKit" in source.status().sentence
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            packet = write_live_link(face(0.5), "Anna", 1, "x" * 36)
            phone.sendto(packet, ("127.0.0.1", source.port))
            assert until(lambda: source.latest() is not None)
    finally:
        source.close()


def test_a_lost_face_keeps_the_last_one(sender: socket.socket) -> None:
    source = UdpSource("live-link", port=0)
    try:
        for signal in (face(0.5), face(0).lost()):
            packet = write_live_link(signal, "Anna", 1, "x" * 36)
            sender.sendto(packet, ("127.0.0.1", source.port))
        assert until(lambda: (source.latest() or _none).number == 2)
        sample = source.latest()
        assert sample is not None
        assert sample.signal.is_lost
        assert sample.signal.weights[0] == pytest.approx(0.5)
        assert source.status().state == "lost"
    finally:
        source.close()


def test_a_silent_sender_is_said_and_may_come_back(sender: socket.socket) -> None:
    source = UdpSource("ifacialmocap", port=0)
    try:
        sender.sendto(write_mocap_text(face(0.2)), ("127.0.0.1", source.port))
        assert until(lambda: source.latest() is not None)
        assert until(lambda: "stopped sending" in source.status().sentence)
        sender.sendto(write_mocap_text(face(0.3)), ("127.0.0.1", source.port))
        assert until(lambda: source.status().state == "live")
    finally:
        source.close()


def test_a_port_in_use_is_a_sentence_and_frees_after_closing() -> None:
    first = UdpSource("vmc", port=0)
    try:
        with pytest.raises(UserError, match="in use") as told:
            UdpSource("vmc", port=first.port)
        assert "another port" in told.value.remedy
    finally:
        first.close()
    UdpSource("vmc", port=first.port).close()


@pytest.mark.parametrize(("host", "port"), [("203.0.113.9", 5000), ("127.0.0.1", 70000)])
def test_an_address_that_is_not_ours_is_a_sentence(host: str, port: int) -> None:
    with pytest.raises(UserError, match="cannot listen"):
        UdpSource("vmc", host, port)


def test_it_listens_on_this_machine_alone_unless_told_otherwise() -> None:
    source = UdpSource("vmc", port=0)
    assert source.host == "127.0.0.1"
    source.close()
    assert "127.0.0.1" in [address for _, address in addresses()]


def test_the_phone_is_asked_for_its_stream() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        try:
            phone.bind(("127.0.0.1", 49983))
        except OSError:
            pytest.skip("the phone's port is taken on this machine")
        phone.settimeout(5)
        source = UdpSource("ifacialmocap", port=0, phone="127.0.0.1")
        try:
            asked, back = phone.recvfrom(200)
            assert asked == TRIGGER
            phone.sendto(write_mocap_text(face(0.7)), back)
            assert until(lambda: source.latest() is not None)
        finally:
            source.close()


def test_vmc_goes_out_and_comes_in() -> None:
    source = UdpSource("vmc", port=0)
    sender = VmcSender(port=source.port)
    try:
        sender.send(face(0.25))
        assert until(lambda: source.latest() is not None)
        sample = source.latest()
        assert sample is not None
        np.testing.assert_allclose(sample.signal.weights, 0.25, atol=1e-6)
    finally:
        sender.close()
        source.close()
    with pytest.raises(UserError, match="no address"):
        VmcSender("no such host.invalid", 1)


def test_ten_minutes_of_packets_leave_nothing_behind(sender: socket.socket) -> None:
    import tracemalloc

    source = UdpSource("live-link", port=0)
    packet = write_live_link(face(0.5), "Anna", 1, "x" * 36)

    def send(count: int) -> None:
        # Called as the source's thread would: 36,000 packets at 60 a second are ten minutes.
        read = KINDS["live-link"].reader()
        for _ in range(count):
            source._take(read, packet, time.monotonic())

    try:
        send(500)
        gc.collect()
        tracemalloc.start()
        send(3500)  # fills the window of arrivals
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        send(3000)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        source.close()
    assert grown < 20_000
