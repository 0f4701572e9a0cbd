"""What a method is, what it says about itself, and what it is given."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from avatars.avatar import Avatar
    from avatars.progress import Progress
    from avatars.resources import Resources


@dataclass(frozen=True)
class Photo:
    """One picture.

    Attributes:
        path: its file.
        face: which face, from 1, left to right in the picture; None is the largest.
        landmarks: 478 points (x, y) of that face in pixels of the file, put right by hand; None
            has them found.
    """

    path: Path
    face: int | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True)
class Video:
    """A clip of one person.

    Attributes:
        path: its file.
        face: which face, from 1, left to right at the start; None is the largest.
    """

    path: Path
    face: int | None = None


@dataclass(frozen=True)
class Seed:
    """Nothing but a number, for methods that invent a person."""

    number: int = 0


Source = Photo | Video | Seed
Kind = type[Photo] | type[Video] | type[Seed]
CpuSpeed = Literal["fast", "slow", "no"]


@dataclass(frozen=True)
class MethodInfo:
    """What a method says about itself; enough to list it without loading anything.

    Attributes:
        id: short name for flags and files: small letters, digits and dashes.
        title: name for people.
        takes: the kind of input: ``Photo``, ``Video`` or ``Seed``.
        weights: names of downloads it needs, see ``avatars.weights``.
        cpu: without a GPU it takes under two minutes (``fast``), longer (``slow``), or cannot
            work (``no``).

    Raises:
        ValueError: the id cannot be used in flags and files.
    """

    id: str
    title: str
    takes: Kind
    weights: tuple[str, ...] = ()
    cpu: CpuSpeed = "fast"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.id):
            raise ValueError(f"'{self.id}' is no id of a method")


class Method(Protocol):
    """Makes an avatar from an input. One object per method file, named ``METHOD``.

    ``Options`` is a frozen dataclass of ``avatars.options.option`` fields; forms and flags are
    made from it.
    """

    @property
    def info(self) -> MethodInfo:
        """What it is."""

    @property
    def Options(self) -> type[Any]:
        """Its options."""

    def reconstruct(
        self, source: Any, options: Any, res: "Resources", progress: "Progress"
    ) -> "Avatar":
        """The avatar of a source.

        Args:
            source: of the kind that ``info.takes`` says.
            options: an instance of ``Options``.
            res: what it may use.
            progress: told how far it is; its ``Cancelled`` is let through.

        Raises:
            UserError: the input cannot be used, weights are missing, memory runs out.
            Cancelled: the user asked to stop.
        """
