"""Lid shapes of the right eye: skin that slides on the eyeball.

A lid vertex turns about the horizontal axis through the ball's centre, so that it keeps its
distance from the ball; the angle is what is spread over the skin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from avatars.head.default.shapes_handles import LID_ROW_BELOW, LID_ROWS_ABOVE
from avatars.head.default.shaping import Shaper
from avatars.head.default.topology import Bools, Floats, Ints

GAZE = {"eyeLookDown": 0.55, "eyeLookUp": 0.5, "eyeLookIn": 0.58, "eyeLookOut": 0.58}
"""Radians by which an eyeball turns at weight 1."""
_OVERLAP = 0.2
"""How far (mm) the closed upper lid reaches in front of the lower one."""
_OVERLAP_LIFT = 0.25
"""How far (mm) it then lies in front."""
_CLOSED_LIFT, _RAISED_LIFT = 0.2, 0.4
"""How far (mm) closed and raised lids stand off the ball more than at rest: straight paths cut
through the ball's curve, and mixes of shapes cut deeper than one alone."""
_LOWER_SHARE = 0.12
"""Share of the gap that the lower lid closes."""
_SPREAD = 17.0
_MARGIN_TO_ROW = (0.62, 0.17)
"""Share of the upper margin's turn that the two rows above take when the lid falls."""


@dataclass(frozen=True)
class _Lid:
    """The right eye's lid margin about the ball's centre, mm.

    Attributes:
        ids: [32] margin vertices from the outer corner over the upper lid.
        away: [32, 3] from the ball's centre.
        elevation: [32] angle above the horizontal plane through the centre.
        upper, lower: [32] which columns belong to which lid (corners to neither).
        taper: [32] 0 at the corners, 1 in the middle, as a sine along the lid.
    """

    ids: Ints
    away: Floats
    elevation: Floats
    upper: Bools
    lower: Bools
    taper: Floats


def lid_shapes(shaper: Shaper) -> dict[str, Floats]:
    """[V, 3] mm by name without side: blink, look, squint and wide of the **right** eye."""
    lid = _lid_of(shaper)
    return {
        "eyeBlink": _blink(shaper, lid),
        "eyeLookDown": _turned(shaper, lid, -5.8, -2.3, rows=(0.62, 0.2), low_row=0.6),
        "eyeLookUp": _turned(shaper, lid, 3.0, 1.0, rows=(0.8, 0.35), low_row=0.5),
        "eyeWide": _turned(shaper, lid, 3.7, -1.2, rows=(0.85, 0.45), low_row=0.6),
        "eyeSquint": _squint(shaper, lid),
        "eyeLookIn": _sideways(shaper, lid, 0.65),
        "eyeLookOut": _sideways(shaper, lid, -0.6),
    }


def _lid_of(shaper: Shaper) -> _Lid:
    columns = shaper.head.right_lid
    away = shaper.vertices[columns.margin] - columns.centre * 1e3
    size = len(away)
    order = np.arange(size)
    return _Lid(
        ids=columns.margin,
        away=away,
        elevation=np.arctan2(away[:, 1], away[:, 2]),
        upper=(order > 0) & (order < size // 2),
        lower=order > size // 2,
        taper=np.abs(np.sin(2 * np.pi * order / size)),
    )


def _curve(lid: _Lid, side: Bools, of: Floats) -> Callable[[Floats], Floats]:
    """A quantity along one lid as a function of x, corners included."""
    chosen = side.copy()
    chosen[[0, len(side) // 2]] = True
    x, values = lid.away[chosen, 0], of[chosen]
    order = np.argsort(x)
    return lambda at: np.interp(at, x[order], values[order])


def _blink(shaper: Shaper, lid: _Lid) -> Floats:
    x = lid.away[:, 0]
    high = _curve(lid, lid.upper, lid.elevation)(x)
    low = _curve(lid, lid.lower, lid.elevation)(x)
    line = low + _LOWER_SHARE * (high - low)
    overlap = _OVERLAP / 13.0 * np.minimum(1, 1.6 * lid.taper)
    angle = np.where(lid.upper, line - overlap, np.where(lid.lower, line, lid.elevation))
    turn = angle - lid.elevation
    lift = np.where(lid.upper, _CLOSED_LIFT + _OVERLAP_LIFT, _CLOSED_LIFT)
    lift = lift * np.minimum(1, 1.6 * lid.taper)
    return _slid(shaper, lid, turn, lift, rows=_MARGIN_TO_ROW, low_row=0.8)


def _turned(
    shaper: Shaper,
    lid: _Lid,
    upper: float,
    lower: float,
    *,
    rows: tuple[float, float],
    low_row: float,
) -> Floats:
    """The lids moved along the ball by so many mm in their middles."""
    way = np.where(lid.upper, upper, np.where(lid.lower, lower, 0.0)) * lid.taper
    lift = np.where(lid.upper & (way > 0), _RAISED_LIFT, 0.0) * lid.taper
    return _slid(shaper, lid, way / 13.0, lift, rows=rows, low_row=low_row)


def _squint(shaper: Shaper, lid: _Lid) -> Floats:
    lids = _turned(shaper, lid, -0.9, 2.3, rows=(0.5, 0.2), low_row=0.85)
    cheek = shaper.from_handles(
        {
            (111, 117, 118, 119, 120): (0.0, 1.4, 0.8),
            (228, 229, 230, 231): (0.0, 1.5, 0.9),
            LID_ROW_BELOW: (0.0, 0.3, 0.5),
            tuple(int(v) for v in lid.ids): (0.0, 0.0, 0.0),
        },
        22,
        both=False,
    )
    return shaper.off_the_balls(lids + cheek)


def _sideways(shaper: Shaper, lid: _Lid, x: float) -> Floats:
    """Lids drawn along a little by the cornea; the right eye's nose side is at +x."""
    middle = tuple(int(v) for v in lid.ids[lid.taper > 0.5])
    corners = tuple(int(v) for v in lid.ids[[0, 16]])
    field = shaper.from_handles({middle: (x, 0.0, 0.0), corners: (0, 0, 0)}, 14, both=False)
    return shaper.off_the_balls(field)


def _slid(
    shaper: Shaper,
    lid: _Lid,
    turn: Floats,
    lift: Floats,
    *,
    rows: tuple[float, float],
    low_row: float,
) -> Floats:
    """[V, 3] the skin turned about the ball by angles given at the margin.

    Args:
        shaper: the head.
        lid: the margin.
        turn: [32] radians, positive upwards.
        lift: [32] mm away from the centre.
        rows: share of the turn of the upper margin below them that the rows above take.
        low_row: the same for the row below the lower margin.
    """
    values = dict(zip((int(v) for v in lid.ids), zip(turn, lift, strict=True), strict=True))
    centre = shaper.head.right_lid.centre * 1e3
    for row, side, share in (
        (LID_ROWS_ABOVE[0], lid.upper, rows[0]),
        (LID_ROWS_ABOVE[1], lid.upper, rows[1]),
        (LID_ROW_BELOW, lid.lower, low_row),
    ):
        x = shaper.vertices[list(row), 0] - centre[0]
        for vertex, angle in zip(row, share * _curve(lid, side, turn)(x), strict=True):
            # Farther from the ball the same way is a smaller angle.
            arm = float(np.linalg.norm(shaper.vertices[vertex, 1:] - centre[1:]))
            values[vertex] = (angle * min(1.0, 13.0 / arm), 0.0)
    ids = np.array(sorted(values), dtype=np.int64)
    spread = shaper.spread(ids, np.array([values[int(v)] for v in ids]), radius=_SPREAD)
    angle, raised = spread[:, 0], spread[:, 1]
    away = shaper.skin - centre
    y = away[:, 1] * np.cos(angle) + away[:, 2] * np.sin(angle)
    z = away[:, 2] * np.cos(angle) - away[:, 1] * np.sin(angle)
    moved = np.stack([away[:, 0], y, z], axis=1)
    moved *= 1 + (raised / np.linalg.norm(away, axis=1))[:, None]
    return shaper.off_the_balls(shaper.whole(moved - away))
