"""What every live source can be asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from avatars.live.signal import FaceSignal

State = Literal["waiting", "live", "lost", "failed", "stopped"]


@dataclass(frozen=True)
class SourceStatus:
    """How a source is, for people.

    Attributes:
        state: ``waiting`` for a first face, ``live``, ``lost`` (the face or the sender),
            ``failed`` (see the sentence), or ``stopped``.
        sentence: what happens, one sentence.
        remedy: what to do about it, or nothing.
        per_second: packets or frames in the last second.
        sender: whom it follows, or nothing.
        ignored: packets that could not be used since it was started.
    """

    state: State
    sentence: str
    remedy: str = ""
    per_second: float = 0.0
    sender: str = ""
    ignored: int = 0


@dataclass(frozen=True, eq=False)
class Sample:
    """A face and when it came.

    Attributes:
        signal: the face.
        number: counts up with every face of this source.
        seconds: on the clock of ``time.monotonic``.
    """

    signal: "FaceSignal"
    number: int
    seconds: float


class Source(Protocol):
    """Something that says what a face does, now. All calls return at once, from any thread."""

    def latest(self) -> Sample | None:
        """The newest face; None before the first."""

    def status(self) -> SourceStatus:
        """How it is."""

    def close(self) -> None:
        """Stop; waits for its thread, at most half a second."""
