"""Faces over UDP: Live Link Face, iFacialMocap and VMC, from one sender at a time."""

import errno
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.sources.base import Sample, SourceStatus
from avatars.live import live_link, mocap_text, vmc
from avatars.live.signal import FaceSignal
from renderer.errors import UserError

log = logging.getLogger(__name__)

Protocol = Literal["live-link", "ifacialmocap", "vmc"]
LOOPBACK = "127.0.0.1"
SILENT = 1.0  # seconds without a packet after which a sender counts as lost
HANDOVER = 2.0  # seconds of silence after which another sender is followed
MOST_PER_SECOND = 3000  # packets that are read; more is a flood
_WAIT = 0.1  # seconds between looks at the clock
_REMIND = 2.0  # seconds between requests to a phone that does not send yet


@dataclass(frozen=True)
class _Kind:
    """A protocol: its usual port, its name for people, and a new reader for each sender."""

    port: int
    title: str
    reader: Callable[[], Callable[[bytes], FaceSignal | None]]
    refusals: type[ValueError]


KINDS: dict[Protocol, _Kind] = {
    "live-link": _Kind(
        live_link.PORT,
        "Live Link Face",
        lambda: lambda packet: live_link.read_live_link(packet).signal,
        live_link.NotLiveLink,
    ),
    "ifacialmocap": _Kind(
        mocap_text.PORT,
        "iFacialMocap",
        lambda: mocap_text.read_mocap_text,
        mocap_text.NotMocapText,
    ),
    "vmc": _Kind(vmc.PORT, "VMC", lambda: vmc.VmcReader().feed, vmc.NotVmc),
}


class UdpSource:
    """Listens on one address and port and keeps the newest face.

    Args:
        protocol: what is sent.
        host: this machine's address to listen on; only the machine itself by default.
        port: 0 lets the system choose one; None is the protocol's usual one.
        phone: address to ask for a stream (iFacialMocap), or nothing.
        wake: called after each face, from the source's thread.

    Raises:
        UserError: the address or the port cannot be had.
    """

    def __init__(
        self,
        protocol: Protocol,
        host: str = LOOPBACK,
        port: int | None = None,
        *,
        phone: str = "",
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._kind = KINDS[protocol]
        self._phone = phone.strip()
        self._wake = wake
        self._socket = _bound(host, self._kind.port if port is None else port, self._kind.title)
        self.host, self.port = self._socket.getsockname()[:2]
        self._sample: Sample | None = None
        self._sender: tuple[str, int] | None = None
        self._other: tuple[str, int] | None = None
        self._other_at = 0.0
        self._heard = 0.0
        self._arrivals: deque[float] = deque(maxlen=MOST_PER_SECOND)
        self._ignored = 0
        self._complaint = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source {protocol}")
        self._thread.start()

    def latest(self) -> Sample | None:
        """The newest face; None before the first."""
        return self._sample

    def status(self) -> SourceStatus:
        """How it is, with the address that has to be typed into the phone while it waits."""
        now = time.monotonic()
        rate = float(sum(1 for at in tuple(self._arrivals) if now - at < 1))
        sender = "" if self._sender is None else self._sender[0]
        title, ignored = self._kind.title, self._ignored
        if self._stop.is_set():
            return SourceStatus("stopped", f"{title} is off.", ignored=ignored)
        if self._sample is None:
            where = f"{self.host}, port {self.port}"
            if self._complaint:
                sentence = f"Packets come, but they are {self._complaint}."
                return SourceStatus("waiting", sentence, _CHECK.format(title), rate, "", ignored)
            remedy = f"Type {where} into the sending program."
            return SourceStatus(
                "waiting", f"Waiting for {title} on {where}.", remedy, rate, "", ignored
            )
        if now - self._heard > SILENT:
            sentence = f"{title} at {sender} has stopped sending; the last face is kept."
            remedy = "Start it again on the sender; nothing has to be restarted here."
            return SourceStatus("lost", sentence, remedy, rate, sender, ignored)
        if self._sample.signal.is_lost:
            sentence = f"{title} at {sender} sees no face; the last one is kept."
            return SourceStatus("lost", sentence, "Look at the camera.", rate, sender, ignored)
        if self._other is not None and now - self._other_at < HANDOVER:
            sentence = f"Two senders at once: following {sender}, not {self._other[0]}."
            remedy = "Stop one of them, or give it another port."
            return SourceStatus("live", sentence, remedy, rate, sender, ignored)
        if rate >= MOST_PER_SECOND:
            sentence = f"{sender} floods this port; only {MOST_PER_SECOND} packets a second count."
            return SourceStatus("live", sentence, "Lower its rate.", rate, sender, ignored)
        return SourceStatus("live", f"Following {title} at {sender}.", "", rate, sender, ignored)

    def close(self) -> None:
        """Stop; waits for the thread."""
        self._stop.set()
        self._thread.join(0.5)
        self._socket.close()

    def _run(self) -> None:
        read = self._kind.reader()
        asked = 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            if self._phone and now - self._heard > _REMIND and now - asked > _REMIND:
                asked = now
                self._ask()
            try:
                packet, sender = self._socket.recvfrom(vmc.LARGEST)
            except TimeoutError:
                continue
            except OSError as error:
                # On Windows a refused request shows up here; the port itself is still fine.
                log.info("receiving failed: %s", error)
                time.sleep(_WAIT)
                continue
            now = time.monotonic()
            if not self._is_followed(sender, now):
                continue
            if sender != self._sender:
                self._sender = sender
                read = self._kind.reader()
            if len(self._arrivals) == MOST_PER_SECOND and now - self._arrivals[0] < 1:
                self._ignored += 1
                continue
            self._take(read, packet, now)

    def _take(self, read: Callable[[bytes], FaceSignal | None], packet: bytes, now: float) -> None:
        try:
            signal = read(packet)
        except self._kind.refusals as refusal:
            self._ignored += 1
            self._complaint = str(refusal)
            if self._sample is None:
                self._sender = None  # who sends garbage is not followed
            return
        self._heard = now
        self._arrivals.append(now)
        if signal is None:
            return
        last = self._sample
        if signal.is_lost and last is not None:
            signal = last.signal.lost()
        self._sample = Sample(signal, 1 if last is None else last.number + 1, now)
        self._wake()

    def _is_followed(self, sender: tuple[str, int], now: float) -> bool:
        if self._sender is None or sender == self._sender:
            return True
        if now - self._heard > HANDOVER:
            return True
        self._other, self._other_at = sender, now
        self._ignored += 1
        return False

    def _ask(self) -> None:
        """Ask the phone to stream to this port."""
        try:
            self._socket.sendto(mocap_text.TRIGGER, (self._phone, mocap_text.PORT))
        except OSError as error:
            log.info("the phone at %s cannot be asked: %s", self._phone, error)


_CHECK = "Choose {0} in the sending program, or its protocol here."


class VmcSender:
    """Sends the shown face to another program that speaks VMC.

    Args:
        host: its address.
        port: its port.

    Raises:
        UserError: no such address.
    """

    def __init__(self, host: str = LOOPBACK, port: int = vmc.PORT) -> None:
        try:
            found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0]
        except (OSError, OverflowError, UnicodeError) as error:
            raise UserError(
                f"There is no address '{host}', port {port}.", "Check the address of the receiver."
            ) from error
        self._address = found[4]
        self._socket = socket.socket(found[0], found[1])
        self._socket.setblocking(False)
        self._begin = time.monotonic()

    def send(self, signal: FaceSignal) -> None:
        """Send a face; what the network does not take is dropped, as UDP may."""
        for packet in vmc.vmc_packets(signal, time.monotonic() - self._begin):
            try:
                self._socket.sendto(packet, self._address)
            except OSError as error:
                log.info("sending failed: %s", error)
                return

    def close(self) -> None:
        """Stop."""
        self._socket.close()


def addresses() -> list[tuple[str, str]]:
    """Names and IPv4 addresses of this machine's interfaces, the loopback last."""
    import psutil

    found = [
        (name, each.address)
        for name, each_of in psutil.net_if_addrs().items()
        for each in each_of
        if each.family == socket.AF_INET
    ]
    return sorted(found, key=lambda pair: (pair[1].startswith("127."), pair[0]))


def _bound(host: str, port: int, title: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.settimeout(_WAIT)
        made.bind((host, port))
    except (OSError, OverflowError) as error:
        made.close()
        number = getattr(error, "errno", None)
        if number in (errno.EADDRINUSE, errno.EACCES):
            raise UserError(
                f"Port {port} for {title} is in use by another program or not free to use.",
                "Close that program, or choose another port here and on the sender.",
            ) from error
        raise UserError(
            f"This machine cannot listen on {host}, port {port}.",
            "Choose one of its own addresses and a port from 1024 to 65535.",
        ) from error
    return made
