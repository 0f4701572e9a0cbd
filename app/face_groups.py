"""The 52 ARKit names as people look for them: by part of the face, left and right in one row."""

import re
from dataclasses import dataclass

from avatars.head.arkit_names import ARKIT_NAMES

_ONE_WAY = ("jaw", "mouth")
"""What jawLeft and its like are called without their side: directions, not sides of the face."""
_FIRST = ("Open", "Up", "Blink", "Smile", "Frown", "Pucker", "Funnel", "Close")
"""Rows that people look for most, at the head of their groups."""


@dataclass(frozen=True)
class FaceRow:
    """One line of sliders.

    Attributes:
        label: for people, within its group.
        names: one ARKit name, or the left and the right one.
    """

    label: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class FaceGroup:
    """A part of the face.

    Attributes:
        title: of the part.
        rows: its lines.
    """

    title: str
    rows: tuple[FaceRow, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All ARKit names in it."""
        return tuple(name for row in self.rows for name in row.names)


def readable(name: str) -> str:
    """An ARKit name in words, such as "Mouth smile left"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().capitalize()


def partner(name: str) -> str | None:
    """The name that does the same on the other side of the face, or None.

    Eyes look the same way: in on one side goes with out on the other.
    """
    base, side = _split(name)
    if not side or base in _ONE_WAY:
        return None
    swapped = {"eyeLookIn": "eyeLookOut", "eyeLookOut": "eyeLookIn"}.get(base, base)
    return swapped + ("Right" if side == "Left" else "Left")


def linked(name: str, value: float) -> dict[str, float]:
    """A weight together with the same one of the other side, if there is one."""
    other = partner(name)
    return {name: value} if other is None else {name: value, other: value}


def _split(name: str) -> tuple[str, str]:
    for side in ("Left", "Right"):
        if name.endswith(side):
            return name.removesuffix(side), side
    return name, ""


def _group(title: str, *prefixes: str, leave: str = " ") -> FaceGroup:
    chosen = [n for n in ARKIT_NAMES if n.startswith(prefixes) and not n.startswith(leave)]
    by_base: dict[str, list[str]] = {}
    for name in chosen:
        by_base.setdefault(_split(name)[0], []).append(name)
    rows = []
    for base, names in by_base.items():
        words = readable(base)
        # Under "Mouth" a row needs no "mouth" before its word.
        short = words if len(prefixes) > 1 else words.partition(" ")[2] or words
        label = "Sideways" if base in _ONE_WAY else short.capitalize()
        label = label.removeprefix("Look ").capitalize() if "eyeLook" in prefixes else label
        rows.append(FaceRow(label, tuple(names)))
    return FaceGroup(title, tuple(sorted(rows, key=_rank)))


def _rank(row: FaceRow) -> int:
    return _FIRST.index(row.label) if row.label in _FIRST else len(_FIRST)


GROUPS: tuple[FaceGroup, ...] = (
    _group("Brows", "brow"),
    _group("Eyes and lids", "eye", leave="eyeLook"),
    _group("Look", "eyeLook"),
    _group("Cheeks and nose", "cheek", "nose"),
    _group("Jaw", "jaw"),
    _group("Mouth", "mouth"),
    _group("Tongue", "tongue"),
)
"""All 52 names, from the top of the face to the bottom."""
