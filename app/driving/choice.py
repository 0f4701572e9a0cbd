"""Which live source is wanted and how, as plain values that settings keep by kind."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from app.driving.options import Plain

SourceKind = Literal["camera", "video", "live-link", "ifacialmocap", "vmc"]
KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
TITLES: Mapping[SourceKind, str] = {
    "camera": "Camera",
    "video": "Video file",
    "live-link": "Live Link Face (iPhone)",
    "ifacialmocap": "iFacialMocap (iPhone)",
    "vmc": "VMC (other programs)",
}
SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))
"""Pictures that cameras are asked for; they give the nearest they have."""
PORTS = (1024, 65535)


@dataclass(frozen=True)
class SourceChoice:
    """A live source.

    Attributes:
        kind: what it is.
        camera: number of the camera.
        size: index among ``SIZES``.
        mirror: whether the face is taken over as in a mirror.
        video: file that plays in a camera's place.
        host: address of this machine to listen on.
        port: to listen on; 0 is the protocol's usual one.
        phone: address that is asked for its stream, or nothing.
    """

    kind: SourceKind = "camera"
    camera: int = 0
    size: int = 1
    mirror: bool = False
    video: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    phone: str = ""

    @property
    def is_network(self) -> bool:
        """Whether faces come over the network."""
        return self.kind not in ("camera", "video")

    @property
    def usual_port(self) -> int:
        """The port that senders of this kind know; 0 for cameras."""
        if not self.is_network:
            return 0
        from app.sources.udp import KINDS as PROTOCOLS

        return PROTOCOLS[self.kind].port  # type: ignore[index]  # what is no camera is one of them

    def problem(self) -> str:
        """Why it cannot be started, or nothing."""
        if self.kind == "video" and not self.video:
            return "Choose a video first."
        if self.is_network and self.port and not PORTS[0] <= self.port <= PORTS[1]:
            return f"Choose a port from {PORTS[0]} to {PORTS[1]}."
        return ""


def choice_of(kind: SourceKind, kept: Mapping[str, Plain]) -> SourceChoice:
    """The choice that settings kept for a kind; what is unknown or senseless is as usual."""
    # Before a camera people expect a mirror; a film shows somebody else.
    usual = SourceChoice(kind, mirror=kind == "camera")
    known: dict[str, Any] = {}
    for item in fields(SourceChoice):
        value, default = kept.get(item.name), getattr(usual, item.name)
        if item.name != "kind" and type(value) is type(default):
            known[item.name] = value
    made = replace(usual, **known)
    return replace(
        made,
        size=min(max(made.size, 0), len(SIZES) - 1),
        camera=min(max(made.camera, 0), 255),
        port=min(max(made.port, 0), PORTS[1]),
    )


def plain_choice(choice: SourceChoice) -> dict[str, Plain]:
    """The choice as settings keep it."""
    return {item.name: getattr(choice, item.name) for item in fields(SourceChoice)}
