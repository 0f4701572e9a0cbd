"""Hands at a face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.crop import working_crop
from avatars.tracking.faces import FoundFace
from avatars.tracking.graphs import Floats, HandFinder, Pixels
from avatars.tracking.likeness import OVAL
from avatars.tracking.photo import Photo
from avatars.tracking.view import filled

_LEAST_SCORE = 0.4
_FINGER_MM = 16.0  # how thick the bones are drawn
_NEAR_MM = 12.0  # a hand this near the outline of the face touches it
_HAND_MM = 30.0  # how thick bones are drawn to cover flesh, and what the joints are off by
_ARM_MM = (48.0, 130.0)  # thickness and length of the arm below the wrist
_FLESH_MM = 26.0  # from the bones within which bare skin off the face belongs to the hand
_MOST_FACE = 0.45  # of the face: hands that cover more are not believed
_BORDER_MM = 2.5  # around a hand: its shadow and blur
_MIDDLE = 9  # joint at the root of the middle finger

# Bones between the 21 joints of mediapipe's hand.
_BONES = (
    *((0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (5, 9), (9, 10), (10, 11)),
    *((11, 12), (9, 13), (13, 14), (14, 15), (15, 16), (13, 17), (0, 17), (17, 18), (18, 19)),
    (19, 20),
)


def hands_over(
    rgb: Pixels, landmarks: Floats, pixels_per_mm: float, skin: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """[S, S] where hands and their wrists are, generously.

    Args:
        rgb: [S, S, 3] the crop.
        landmarks: [478, 2+] of the face, pixels.
        pixels_per_mm: of the face.
        skin: [S, S] 0..1 how much of each pixel is bare skin.
    """
    import cv2

    with HandFinder(_LEAST_SCORE) as finder:
        hands = finder.hands_in(rgb)
    covered = np.zeros(rgb.shape[:2], np.bool_)
    oval = filled(landmarks[OVAL, :2], *rgb.shape[:2])
    for joints in hands:
        bones = _drawn(joints, rgb.shape[:2], 1)
        reach = cv2.distanceTransform(1 - bones, cv2.DIST_L2, 5) / pixels_per_mm
        flesh = (reach < _FLESH_MM) & (skin > 0.5) & ~oval
        wrist, along = joints[0], joints[0] - joints[_MIDDLE]
        end = wrist + along / max(float(np.linalg.norm(along)), 1e-6) * _ARM_MM[1] * pixels_per_mm
        arm = np.zeros(rgb.shape[:2], np.uint8)
        places = [(int(x), int(y)) for x, y in (wrist, end)]
        thickness = max(1, round(_ARM_MM[0] * pixels_per_mm))
        cv2.line(arm, places[0], places[1], (1,), thickness)
        # Sleeves are clothes; what the arm hides of a face is skin itself.
        hand = (reach < _HAND_MM / 2) | flesh | ((arm > 0) & (skin > 0.5) & ~oval)
        border = 2 * round(_BORDER_MM * pixels_per_mm) + 1
        hand = cv2.dilate(hand.astype(np.uint8), np.ones((border, border), np.uint8)) > 0
        if (hand & oval).sum() <= _MOST_FACE * oval.sum():
            covered |= hand
    return covered


def _drawn(joints: Floats, shape: tuple[int, ...], thickness: int) -> NDArray[np.uint8]:
    import cv2

    drawn = np.zeros(shape, np.uint8)
    places = [(int(x), int(y)) for x, y in joints]
    for start, end in _BONES:
        cv2.line(drawn, places[start], places[end], (1,), thickness)
    return drawn


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
        drawn |= _drawn(hand, oval.shape, max(1, round(_FINGER_MM * per_mm)))
    return float(((drawn > 0) & (near > 0)).sum()) / max(float(oval.sum()), 1.0)
