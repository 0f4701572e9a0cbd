"""Strokes: what the hand did, and the even row of dabs along the skin that it becomes."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from avatars.edits.canvas import Canvas
from avatars.edits.points import Array, Indices, OffTheHead, Points, joined
from avatars.errors import UnreadableFile, UserError
from avatars.head.nearest import unit
from renderer.disk import open_input, shown

Tool = Literal["brush", "erase", "blur", "smudge", "clone"]
TOOLS: tuple[str, ...] = get_args(Tool)
FILE_TOOLS = ("brush", "erase", "blur")
"""Tools that a file of strokes may name."""

SIZE = 0.02
"""Usual diameter of a brush in units of u."""

SPACING = 0.12
"""Distance of dabs, of the brush's radius."""

MOST_BYTES = 32 << 20
MOST_STROKES = 100_000
MOST_POINTS = 1_000_000
MOST_DABS = 20_000
"""Dabs of one piece of a stroke at most; a longer one is dabbed more sparsely."""

_DETOUR = 6.0
"""A straight line on the map this many times as long as the straight way through space goes round
the head to the other side of a seam; what was meant is the short way over the seam."""

_FINE = 0.001  # metres between the places a line is looked at
_JUMP = 8.0  # of the usual gap between them: the line has left its island


@dataclass(frozen=True)
class Brush:
    """What paints.

    Attributes:
        tool: brush, erase, blur, smudge or clone.
        color: (r, g, b) 0..1.
        size: diameter in units of u, see ``Canvas.unit_length``.
        hardness: share of the radius that is covered fully, 0..1.
        opacity: of the whole stroke, 0..1.
        flow: share of what is missing that each dab adds, 0..1; 1 covers at once.
        symmetry: whether the other side of the face is painted as well.

    Raises:
        ValueError: a number out of range, or a tool that is none.
    """

    tool: Tool = "brush"
    color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    size: float = SIZE
    hardness: float = 0.5
    opacity: float = 1.0
    flow: float = 1.0
    symmetry: bool = False

    def __post_init__(self) -> None:
        if self.tool not in TOOLS:
            raise ValueError(f"'{self.tool}' is no tool")
        shares = (*self.color, self.hardness, self.opacity, self.flow)
        if not all(0 <= share <= 1 for share in shares) or not 0 < self.size <= 1:
            raise ValueError(f"a brush with a number out of range: {self}")

    def radius(self, canvas: Canvas) -> float:
        """Half its diameter on a head, metres."""
        return self.size * canvas.unit_length / 2


@dataclass(frozen=True)
class Stroke:
    """A stroke on the map.

    Attributes:
        brush: what paints.
        points: texture coordinates it goes through.
    """

    brush: Brush
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Dabs:
    """D dabs of a brush on the skin.

    Attributes:
        positions: [D, 3] metres.
        normals: [D, 3] unit.
        face: [D] triangle.
        part: [D] part of the head.
    """

    positions: Array
    normals: Array
    face: Indices
    part: Indices

    def __len__(self) -> int:
        return len(self.face)


def dabs_at(canvas: Canvas, points: Points) -> Dabs:
    """Dabs at points of the surface."""
    return Dabs(
        canvas.positions_at(points),
        canvas.normals_at(points),
        points.face,
        canvas.part_of_face[points.face],
    )


def dabs_between(canvas: Canvas, start: Points, end: Points, radius: float) -> Points:
    """The places of dabs from one point to another, without the first, evenly along the skin.

    Straight on the map where that is a way over the skin; else straight through space, brought
    back to the skin, which is how a line is drawn over a seam.

    Args:
        canvas: the head.
        start: one point.
        end: another.
        radius: of the brush, metres.
    """
    ends = canvas.positions_at(joined([start, end]))
    straight = float(np.linalg.norm(ends[1] - ends[0]))
    step = SPACING * radius
    if straight < 1e-9:
        return end[:0]
    uv = canvas.uv_at(joined([start, end]))
    drawn = float(np.linalg.norm(uv[1] - uv[0])) * canvas.unit_length
    fine = min(MOST_DABS, math.ceil(1.5 * max(straight, drawn) / min(step, _FINE)) + 2)
    shares = np.linspace(0, 1, fine)
    way, on = canvas.points_at_uv(uv[:1] + (uv[1:] - uv[:1]) * shares[:, None])
    places = canvas.positions_at(way)
    gaps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    even = gaps.max() <= max(_JUMP * float(np.median(gaps)), 3 * _FINE)
    if not on.all() or gaps.sum() > _DETOUR * straight or not even:
        way = _over_skin(canvas, start, end, ends, shares)
        places = canvas.positions_at(way)
        gaps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(gaps)])
    count = max(1, min(MOST_DABS, math.ceil(along[-1] / step)))
    wanted = np.linspace(0, along[-1], count + 1)[1:]
    chosen = np.clip(np.searchsorted(along, wanted - 1e-12), 0, fine - 1)
    return way[np.unique(chosen)]


def _over_skin(canvas: Canvas, start: Points, end: Points, ends: Array, shares: Array) -> Points:
    """Points along the straight way in space, each the nearest of the skin."""
    places = ends[:1] + (ends[1:] - ends[:1]) * shares[:, None]
    parts = canvas.part_of_face[[start.face[0], end.face[0]]]
    part = int(parts[0]) if parts[0] == parts[1] else None
    normals = canvas.normals_at(joined([start, end]))
    # A chord runs inside the head: from a little way out the nearest skin is the outer one.
    sag = np.linalg.norm(ends[1] - ends[0]) * (shares * (1 - shares))[:, None]
    lifted = places + sag * unit(normals.sum(axis=0)[None])
    return canvas.nearest(lifted, part)


def read_strokes(path: Path) -> tuple[Stroke, ...]:
    """The strokes of a file, as the command line takes them.

    Raises:
        UnreadableFile: missing, too long, no JSON, or a field that makes no sense.
    """
    with open_input(path) as handle:
        content = handle.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"{shown(path)} is longer than {MOST_BYTES >> 20} MB.", "Divide it into several files."
        )
    try:
        raw = json.loads(content.decode(), parse_constant=_no_number)
        return _strokes(raw)
    except RecursionError as error:
        raise _bad(path, "it is nested too deeply") from error
    except _Wrong as error:
        raise _bad(path, str(error)) from error
    except ValueError as error:  # no JSON, no UTF-8
        raise _bad(path, "it is no JSON") from error


def points_of(canvas: Canvas, stroke: Stroke) -> Points:
    """The points of a stroke on the surface.

    Raises:
        OffTheHead: one of them is on no part of the head.
    """
    points, on = canvas.points_at_uv(np.array(stroke.points, np.float64))
    if not on.all():
        u, v = stroke.points[int(np.argmin(on))]
        raise OffTheHead(
            f"A stroke goes through {u:g},{v:g}, which is off the head.",
            "Keep all points inside the map's islands; `export AVATAR -o uv.png` shows them.",
        )
    return points


class _Wrong(ValueError):
    """Something in a file of strokes; the text says what."""


def _bad(path: Path, why: str) -> UserError:
    return UnreadableFile(
        f"{shown(path)} is no file of strokes: {why}.",
        'Write {"strokes": [{"tool": "brush", "color": "#rrggbb", "size": 0.02, '
        '"points": [[u, v], ...]}]}.',
    )


def _strokes(raw: Any) -> tuple[Stroke, ...]:
    listed = raw.get("strokes") if isinstance(raw, dict) else None
    if not isinstance(listed, list) or not listed:
        raise _Wrong("it has no list 'strokes'")
    if len(listed) > MOST_STROKES:
        raise _Wrong(f"it has more than {MOST_STROKES} strokes")
    strokes = tuple(_stroke(item, number) for number, item in enumerate(listed, start=1))
    if sum(len(stroke.points) for stroke in strokes) > MOST_POINTS:
        raise _Wrong(f"it has more than {MOST_POINTS} points")
    return strokes


def _stroke(raw: Any, number: int) -> Stroke:
    if not isinstance(raw, dict):
        raise _Wrong(f"stroke {number} is no JSON object")
    known = ("tool", "color", "size", "hardness", "opacity", "flow", "symmetry", "points")
    for name in raw:
        if name not in known:
            raise _Wrong(f"stroke {number} has an unknown field '{str(name)[:40]}'")
    tool = raw.get("tool", "brush")
    if tool not in FILE_TOOLS:
        raise _Wrong(f"the tool of stroke {number} is none of {', '.join(FILE_TOOLS)}")
    symmetry = raw.get("symmetry", False)
    if not isinstance(symmetry, bool):
        raise _Wrong(f"'symmetry' of stroke {number} is neither true nor false")
    size = _number(raw.get("size", SIZE), f"'size' of stroke {number}")
    if size <= 0:
        raise _Wrong(f"'size' of stroke {number} is not above 0")
    color = (0.0, 0.0, 0.0)
    if tool == "brush" or "color" in raw:
        color = parse_color(raw.get("color"), f"'color' of stroke {number}")
    shares = {
        name: _number(raw.get(name, usual), f"'{name}' of stroke {number}")
        for name, usual in (("hardness", 0.5), ("opacity", 1.0), ("flow", 1.0))
    }
    brush = Brush(tool=tool, color=color, size=size, symmetry=symmetry, **shares)
    return Stroke(brush, _points(raw.get("points"), number))


def _points(raw: Any, number: int) -> tuple[tuple[float, float], ...]:
    if not isinstance(raw, list) or not raw or len(raw) > MOST_POINTS:
        raise _Wrong(f"stroke {number} has no points")
    points = []
    for item in raw:
        if not isinstance(item, list) or len(item) != 2:
            raise _Wrong(f"a point of stroke {number} is not [u, v]")
        u, v = (_number(value, f"a point of stroke {number}", -10, 10) for value in item)
        points.append((u, v))
    return tuple(points)


def parse_color(text: object, what: str = "the colour") -> tuple[float, float, float]:
    """A colour 0..1 of ``#rrggbb``.

    Raises:
        ValueError: it is none; the text names ``what``.
    """
    digits = text[1:] if isinstance(text, str) and text.startswith("#") else ""
    if len(digits) != 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        raise _Wrong(f"{what} is not #rrggbb")
    red, green, blue = bytes.fromhex(digits)
    return red / 255, green / 255, blue / 255


def _number(value: Any, what: str, low: float = 0.0, high: float = 1.0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"{what} is no number")
    if not low <= value <= high:
        raise _Wrong(f"{what} is not between {low:g} and {high:g}")
    return float(value)


def _no_number(name: str) -> float:
    raise _Wrong(f"it holds the number {name}")
