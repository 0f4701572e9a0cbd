"""Hands at a face."""

from __future__ import annotations

import numpy as np

from avatars.tracking.crop import working_crop
from avatars.tracking.faces import FoundFace
from avatars.tracking.graphs import HandFinder
from avatars.tracking.likeness import OVAL
from avatars.tracking.photo import Photo
from avatars.tracking.view import filled

_LEAST_SCORE = 0.4
_FINGER_MM = 16.0  # how thick the bones are drawn
_NEAR_MM = 12.0  # a hand this near the outline of the face touches it

# Bones between the 21 joints of mediapipe's hand.
_BONES = (
    *((0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (5, 9), (9, 10), (10, 11)),
    *((11, 12), (9, 13), (13, 14), (14, 15), (15, 16), (13, 17), (0, 17), (17, 18), (18, 19)),
    (19, 20),
)


def share_under_hands(photo: Photo, face: FoundFace) -> float:
    """Area of hands on a face or touching it, over the face's area."""
    import cv2

    crop = working_crop(photo, face)
    with HandFinder(_LEAST_SCORE) as finder:
        hands = finder.hands_in(crop.rgb)
    if not hands:
        return 0.0
    per_mm = crop.view.scale * face.pixels_per_mm
    oval = filled(crop.landmarks[OVAL, :2], crop.view.size, crop.view.size).astype(np.uint8)
    reach = 2 * round(_NEAR_MM * per_mm) + 1
    near = cv2.dilate(oval, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    drawn = np.zeros(oval.shape, np.uint8)
    for hand in hands:
        joints = [(int(x), int(y)) for x, y in hand]
        for start, end in _BONES:
            cv2.line(drawn, joints[start], joints[end], (1,), max(1, round(_FINGER_MM * per_mm)))
    return float(((drawn > 0) & (near > 0)).sum()) / max(float(oval.sum()), 1.0)
