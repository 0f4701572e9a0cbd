"""Handles of the hand-made shapes: landmarks of the right side and how they move (mm).

The numbers are amplitudes for weight 1. A landmark's mirror image moves alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from avatars.head.default.shaping import Handles

LID_ROWS_ABOVE = ((247, 30, 29, 27, 28, 56, 190), (113, 225, 224, 223, 222, 221, 189))
"""The two rows of landmarks above the right upper lid, outer end first."""
LID_ROW_BELOW = (110, 24, 23, 22, 26, 112)
LID_MARGIN = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)

UPPER_INNER, UPPER_OUTER = (191, 80, 81, 82, 13), (185, 40, 39, 37, 0)
LOWER_INNER, LOWER_OUTER = (95, 88, 178, 87, 14), (146, 91, 181, 84, 17)
CORNER = (78, 62, 76, 61)
NOSE = (2, 97, 98, 129, 4, 1, 5, 94, 141)


@dataclass(frozen=True)
class HandShape:
    """One hand-made shape.

    Attributes:
        handles: wishes by landmarks, mm.
        radius: skin farther than this (mm) stays.
        gain: factor on all of it, found by what a detector of expressions answers.
        fixed: landmarks that stay.
        lips: "closed" keeps lips together, "contact" lets them part only, "" leaves them.
        slide: share by which the skin keeps to the surface at rest, as skin over bone does.
    """

    handles: Handles
    radius: float
    gain: float = 1.0
    fixed: tuple[int, ...] = field(default=())
    lips: str = ""
    slide: float = 0.0


BROWS = {
    "browDown": HandShape(
        {
            (107, 55): (2.2, -5.5, 1.0),
            (66, 65): (1.8, -5.0, 0.8),
            (105, 52): (1.0, -4.2, 0.4),
            (63, 53): (0.4, -2.8, 0.0),
            (70, 46): (0.0, -1.4, 0.0),
            (9,): (0.0, -1.8, 0.6),
            (8,): (0.0, -1.4, 0.4),
            LID_MARGIN: (0.0, 0.0, 0.0),
            LID_ROWS_ABOVE[0]: (0.0, -0.35, 0.0),
            (221, 222): (0.5, -2.4, 0.4),
            (223, 224): (0.2, -2.0, 0.3),
            (225, 113): (0.0, -1.0, 0.0),
            (189,): (0.6, -1.5, 0.4),
        },
        radius=26,
        gain=1.35,
        slide=0.35,
    ),
    "browInnerUp": HandShape(
        {
            (107, 55): (0.3, 7.0, -1.2),
            (66, 65): (0.2, 6.2, -1.0),
            (105, 52): (0.0, 4.2, -0.5),
            (63, 53): (0.0, 1.8, 0.0),
            (70, 46): (0.0, 0.4, 0.0),
            (9,): (0.0, 2.6, -0.3),
            (151,): (0.0, 2.3, -0.3),
            (108,): (0.0, 5.2, -0.8),
            (69,): (0.0, 3.8, -0.5),
            # The crease stays: the row at it barely moves, the one above half as far as the brow.
            LID_MARGIN: (0.0, 0.0, 0.0),
            LID_ROWS_ABOVE[0]: (0.0, 0.2, 0.0),
            (221, 222): (0.0, 2.6, -0.3),
            (223,): (0.0, 1.9, -0.2),
            (224, 189): (0.0, 1.0, 0.0),
            (225, 113): (0.0, 0.3, 0.0),
        },
        radius=30,
        gain=1.35,
        slide=0.6,
    ),
    "browOuterUp": HandShape(
        {
            (63, 53): (-0.7, 7.4, -1.0),
            (70, 46): (-0.6, 6.4, -1.0),
            (105, 52): (-0.2, 6.3, -0.8),
            (66, 65): (0.0, 3.0, -0.3),
            (107, 55): (0.0, 0.8, 0.0),
            (104,): (0.0, 5.0, -0.8),
            (68,): (0.0, 4.5, -0.6),
            LID_MARGIN: (0.0, 0.0, 0.0),
            LID_ROWS_ABOVE[0]: (0.0, 0.3, 0.0),
            (113, 225): (-0.1, 2.4, -0.2),
            (224, 223): (0.0, 2.3, -0.2),
            (222,): (0.0, 1.2, 0.0),
            (221, 189): (0.0, 0.3, 0.0),
        },
        radius=28,
        gain=1.3,
        slide=0.6,
    ),
}

CHEEKS_AND_NOSE = {
    "cheekPuff": HandShape(
        {
            (187, 205, 207): (-3.5, 0.0, 6.0),
            (50, 147, 192, 214, 216): (-3.5, 0.0, 3.5),
            (*UPPER_INNER, *LOWER_INNER): (0.0, 0.0, 0.0),
            (*UPPER_OUTER, *LOWER_OUTER): (0.0, 0.0, 0.6),
            CORNER: (0.0, 0.0, 0.0),
        },
        radius=30,
        fixed=NOSE,
        lips="closed",
    ),
    "cheekSquint": HandShape(
        {
            (117, 118, 119, 50, 101): (-0.3, 3.6, 1.8),
            (36, 205): (-0.2, 1.5, 0.8),
            (230, 229, 231): (0.0, 2.2, 0.9),
            LID_ROW_BELOW: (0.0, 1.0, 0.3),
            LID_MARGIN: (0.0, 0.0, 0.0),
        },
        radius=24,
        lips="closed",
    ),
    "noseSneer": HandShape(
        {
            (48, 115, 131, 64, 102): (-0.6, 4.2, 0.3),
            (98, 129, 203): (-0.4, 3.6, 0.2),
            (198, 126, 142): (-0.1, 3.0, 0.4),
            (188, 122): (0.2, 1.6, 0.5),
            (37, 39): (-0.2, 1.4, 0.3),
            (81, 82): (-0.1, 1.1, 0.2),
            (4, 1): (0.0, 0.5, 0.0),
            LID_MARGIN: (0.0, 0.0, 0.0),
            LOWER_INNER: (0.0, 0.0, 0.0),
        },
        radius=22,
        gain=1.3,
        lips="contact",
    ),
}

MOUTH = {
    "mouthStretch": HandShape(
        {
            CORNER: (-6.5, -1.5, -2.5),
            (40, 91): (-3.5, -0.6, -1.0),
            (57, 186): (-4.5, -1.2, -1.5),
            (43,): (-4.0, -2.2, -1.8),
            (37, 84): (-0.8, 0.0, -0.4),
        },
        radius=30,
        gain=1.4,
        fixed=NOSE,
        lips="closed",
    ),
    "mouthPress": HandShape(
        {
            UPPER_INNER: (0.0, 0.4, -1.4),
            LOWER_INNER: (0.0, 0.4, -1.4),
            UPPER_OUTER[1:]: (0.0, -1.3, -1.0),
            LOWER_OUTER[1:]: (0.0, 2.2, -1.0),
            CORNER: (-1.3, 0.9, -1.3),
            (18, 83, 182): (0.0, 0.9, 0.3),
        },
        radius=18,
        gain=1.2,
        lips="closed",
    ),
    "mouthShrugUpper": HandShape(
        {
            (0, 13): (0.0, 1.7, 1.8),
            (37, 39, 81, 82): (0.0, 2.5, 2.1),
            (40, 80): (0.0, 1.6, 1.2),
            CORNER: (0.0, 0.0, 0.0),
            LOWER_INNER[2:]: (0.0, 1.5, 0.8),
            (84, 17): (0.0, 0.6, 0.4),
        },
        radius=22,
        gain=1.4,
        lips="contact",
    ),
    "mouthFrown": HandShape(
        {
            CORNER: (-1.4, -7.2, -1.4),
            (191, 95): (-1.0, -5.4, -1.0),
            (146, 185): (-0.8, -5.0, -0.8),
            (80, 88): (-0.4, -3.0, -0.4),
            (40, 91): (-0.3, -2.4, -0.2),
            (81, 178): (0.0, -0.9, 0.2),
            (57, 43): (-1.0, -5.8, -1.0),
            (186, 92): (-0.4, -3.2, -0.4),
            (212, 202, 204): (-0.4, -3.0, 0.4),
            (106, 182): (0.0, -0.6, 0.8),
            (13, 14): (0.0, 0.9, 0.6),
            (82, 87): (0.0, 0.6, 0.6),
            (0, 37): (0.0, 0.6, 0.3),
            (17, 84): (0.0, 1.0, 1.4),
            (18, 200, 83, 201): (0.0, 1.4, 1.0),
        },
        radius=28,
        gain=1.15,
        fixed=NOSE,
        lips="closed",
    ),
    "mouthFunnel": HandShape(
        {
            CORNER: (7.2, -0.8, 3.6),
            (191,): (6.0, 0.5, 4.2),
            (95,): (6.0, -2.0, 4.2),
            (80,): (3.8, 2.2, 5.2),
            (88,): (3.8, -4.2, 5.2),
            (81,): (1.9, 3.4, 6.0),
            (178,): (1.9, -5.6, 5.8),
            (82,): (0.8, 4.0, 6.4),
            (87,): (0.8, -6.4, 6.2),
            (13,): (0.0, 4.1, 6.4),
            (14,): (0.0, -6.6, 6.2),
            (0, 37): (0.2, 2.6, 5.6),
            (17, 84): (0.2, -4.6, 5.4),
            (39,): (1.4, 2.0, 5.2),
            (181,): (1.4, -3.6, 4.8),
            (40, 91): (3.2, -0.4, 4.6),
            (185, 146): (5.6, -0.6, 4.0),
            (57,): (4.4, -0.4, 2.0),
            (18, 83): (0.0, -2.2, 2.2),
            (164, 167): (0.0, 0.8, 2.0),
        },
        radius=30,
        gain=1.15,
        fixed=NOSE,
        lips="contact",
    ),
    "mouthRollLower": HandShape(
        {
            LOWER_INNER[1:]: (0.0, -0.15, -3.0),
            (179, 86, 15, 89): (0.0, 0.8, -2.8),
            (180, 85, 16, 90): (0.0, 2.4, -2.6),
            LOWER_OUTER[1:]: (0.0, 3.3, -1.8),
            (83, 18, 182): (0.0, 1.4, 0.3),
            UPPER_INNER[1:]: (0.0, -0.3, -0.8),
            UPPER_OUTER[1:]: (0.0, -0.5, -0.3),
            CORNER: (0.3, 0.0, -0.8),
        },
        radius=17,
        gain=1.2,
        lips="contact",
    ),
    "mouthRollUpper": HandShape(
        {
            UPPER_INNER[1:]: (0.0, 0.15, -4.0),
            (41, 38, 12, 42): (0.0, -1.8, -4.0),
            (73, 72, 11, 74): (0.0, -2.8, -3.0),
            UPPER_OUTER[1:]: (0.0, -3.4, -1.6),
            (167, 164, 165): (0.0, -1.2, 0.3),
            LOWER_INNER[1:]: (0.0, 0.0, -0.8),
            LOWER_OUTER[1:]: (0.0, 0.4, -0.3),
            CORNER: (0.3, 0.0, -0.8),
        },
        radius=17,
        gain=1.2,
        lips="contact",
    ),
    "mouthDimple": HandShape(
        {
            CORNER: (-3.6, 1.2, -3.6),
            (57, 216): (-2.2, 0.8, -2.6),
            (186, 43): (-2.4, 0.6, -2.2),
            (40, 91): (-1.6, 0.3, -1.0),
            (205, 187): (-0.4, 0.3, 0.6),
        },
        radius=22,
        lips="closed",
    ),
}
