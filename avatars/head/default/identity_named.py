"""The twelve named ways in which people differ, as handles: one standard deviation in mm.

A handle is a landmark of the right side or of the middle (its mirror image moves alike), or "eye",
the centre of the eyeball. Between handles a direction is the smoothest field of its reach, and it
fades to nothing away from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Wish = tuple[float, float, float]
EYE = -1
"""Stands for the centre of the right eyeball among landmarks."""
LID_REACH = (15.5, 28.0)
"""Skin nearer (mm) to a ball's centre than the first slides on it, beyond the second it is free."""
_STILL: Wish = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class NamedDirection:
    """One slider.

    Attributes:
        handles: how far landmarks move, mm for one standard deviation.
        reach: length (mm) over which neighbouring skin follows.
        lids_slide: share of the lids' own motion about the ball that is kept.
        lid_reach: distances (mm) from the ball's centre between which skin stops sliding on it.
    """

    handles: Mapping[tuple[int, ...], Wish]
    reach: float
    lids_slide: float = 0.25
    lid_reach: tuple[float, float] = LID_REACH


NAMED = {
    "face_width": NamedDirection(
        {
            (234, 93, 127): (-3.1, 0.0, 0.0),
            (132, 162): (-2.5, 0.0, 0.0),
            (123, 116): (-2.4, 0.0, 0.2),
            (21, 54): (-1.8, 0.0, 0.0),
            (58,): (-1.5, 0.0, 0.0),
            (172,): (-0.7, 0.0, 0.0),
            (50,): (-1.4, 0.0, 0.2),
            (EYE,): (-0.5, 0.0, 0.0),
            (61, 129): (-0.2, 0.0, 0.0),
            (4, 13, 152, 168, 10): _STILL,
        },
        reach=42,
    ),
    "face_length": NamedDirection(
        {
            (152, 175, 148): (0.0, -4.4, 0.0),
            (149, 136): (0.0, -3.9, 0.0),
            (172,): (0.0, -3.2, 0.0),
            (58,): (0.0, -2.4, 0.0),
            (17,): (0.0, -3.0, 0.0),
            (13, 14, 61): (0.0, -2.3, 0.0),
            (2, 129): (0.0, -1.3, 0.0),
            (4,): (0.0, -1.0, 0.0),
            (234, 127): (0.0, -0.1, 0.0),
            (EYE, 168): (0.0, 0.4, 0.0),
            (9, 105): (0.0, 1.0, 0.0),
            (10, 109, 54): (0.0, 2.0, 0.0),
        },
        reach=40,
    ),
    "jaw_width": NamedDirection(
        {
            (58, 172): (-3.1, 0.0, 0.0),
            (136,): (-2.8, 0.0, 0.0),
            (150,): (-2.0, 0.0, 0.0),
            (149,): (-1.1, 0.0, 0.0),
            (132, 213): (-2.0, 0.0, 0.0),
            (192,): (-1.0, 0.0, 0.0),
            (93,): (-0.8, 0.0, 0.0),
            (234, 50, 61, 152, 17): _STILL,
        },
        reach=26,
    ),
    "chin": NamedDirection(
        {
            (152,): (0.0, -1.0, 2.3),
            (175, 199): (0.0, -0.6, 2.7),
            (148, 176): (0.0, -0.6, 2.0),
            (200,): (0.0, -0.1, 1.8),
            (18,): (0.0, 0.0, 0.6),
            (149,): (0.0, -0.2, 0.8),
            (17, 14, 13, 61, 172, 58): _STILL,
        },
        reach=18,
    ),
    "nose_length": NamedDirection(
        {
            (4,): (0.0, -1.6, 1.3),
            (1,): (0.0, -1.8, 1.0),
            (2,): (0.0, -1.7, 0.3),
            (5,): (0.0, -1.1, 1.0),
            (195,): (0.0, -0.6, 0.6),
            (98,): (0.0, -1.5, 0.2),
            (129,): (0.0, -1.1, 0.0),
            (164,): (0.0, -0.8, 0.0),
            (0,): (0.0, -0.3, 0.0),
            (13, 14, 168, 205, 50, 61, EYE): _STILL,
        },
        reach=15,
    ),
    "nose_width": NamedDirection(
        {
            (129, 64, 48): (-1.6, 0.0, -0.1),
            (98, 115): (-1.2, 0.0, 0.0),
            (131, 198): (-0.9, 0.0, 0.0),
            (4, 1, 2, 5): _STILL,
            (205, 36, 61, 168, 37, 0): _STILL,
        },
        reach=11,
    ),
    "nose_bridge": NamedDirection(
        {
            (6, 197): (0.0, 0.1, 2.0),
            (168,): (0.0, 0.2, 1.5),
            (195,): (0.0, 0.0, 1.3),
            (5, 9): (0.0, 0.0, 0.4),
            (122, 196, 3): (0.0, 0.0, 1.2),
            (4, 133, EYE, 151, 129, 50): _STILL,
        },
        reach=13,
    ),
    "eye_distance": NamedDirection(
        {
            (EYE, 33, 133, 159, 145): (-1.7, 0.0, 0.0),
            (105, 66): (-1.4, 0.0, 0.0),
            (118,): (-1.0, 0.0, 0.0),
            (168, 6, 4, 205, 13, 234, 127, 10): _STILL,
        },
        reach=20,
    ),
    "eye_size": NamedDirection(
        {
            (33,): (-0.8, 0.0, -0.5),
            (133,): (0.6, 0.0, 0.0),
            (159, 158, 160): (0.0, 0.3, 0.0),
            (161, 246): (-0.5, 0.26, 0.0),
            (157,): (0.2, 0.26, 0.0),
            (145, 144, 153): (0.0, -0.18, 0.0),
            (163, 7): (-0.5, -0.16, 0.0),
            (155, 154): (0.2, -0.14, 0.0),
            (27, 29, 56): (0.0, 0.3, 0.1),
            (EYE, 105, 66, 63, 118, 168, 35): _STILL,
        },
        reach=7,
        lids_slide=1.0,
        lid_reach=(13.2, 15.3),  # the corners lie outside the ball and may come nearer
    ),
    "lip_thickness": NamedDirection(
        {
            (0, 37, 39): (0.0, 1.1, 0.7),
            (40,): (0.0, 0.8, 0.5),
            (185,): (0.0, 0.4, 0.2),
            (17, 84, 181): (0.0, -1.2, 0.8),
            (91,): (0.0, -0.9, 0.6),
            (146,): (0.0, -0.4, 0.2),
            (11, 72): (0.0, 0.6, 0.9),
            (16, 85): (0.0, -0.6, 0.9),
            (13, 14, 81, 178, 78, 61): _STILL,
            (164,): (0.0, 0.4, 0.2),
            (18,): (0.0, -0.6, 0.1),
            (2, 200, 57, 205): _STILL,
        },
        reach=8,
    ),
    "mouth_width": NamedDirection(
        {
            (61, 78): (-1.9, 0.0, -0.7),
            (40, 91, 80, 88): (-1.2, 0.0, -0.2),
            (39, 181): (-0.6, 0.0, 0.0),
            (57, 43): (-1.7, 0.0, -0.5),
            (205,): (-0.4, 0.0, 0.0),
            (13, 14, 0, 17, 2, 129, 152, 172): _STILL,
        },
        reach=14,
    ),
}
"""All but ear_size, which is a magnification of the auricle."""

ORDER = (
    *("face_width", "face_length", "jaw_width", "chin", "nose_length", "nose_width"),
    *("nose_bridge", "eye_distance", "eye_size", "lip_thickness", "mouth_width", "ear_size"),
)
"""The sliders in the order of the identity directions."""
EAR_GROWTH = 0.068
"""Share by which an ear grows for one standard deviation (4.2 mm of 61)."""
EAR_REACH = 12.0
"""How far (mm) from the ear the skin of the skull still follows."""
