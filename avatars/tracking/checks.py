"""What is wrong with a picture for making a head from it, in sentences a person understands."""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avatars.errors import NoFaceFound
from avatars.tracking.crop import working_crop
from avatars.tracking.faces import FoundFace
from avatars.tracking.graphs import Floats, HandFinder, Pixels
from avatars.tracking.likeness import OVAL
from avatars.tracking.photo import Photo
from avatars.tracking.view import View, look

Severity = Literal["warning", "refusal"]
Luma = NDArray[np.float32]

SMALL_PX, TOO_SMALL_PX = 80.0, 40.0
TURNED_DEG, TOO_TURNED_DEG = 45.0, 75.0

# Fine detail over coarse, see `_sharpness`: real photos .32 to .60 and video frames from .28 on; a
# blur of 1, 2, 3 % of the cheeks' width leaves .24-.31, .13-.16, .08-.10.
_LEAST_SHARPNESS = 0.17
_DARK_HIGHLIGHTS = 50.0  # 95th percentile of luma; the darkest of ours, skin darkened by half: 62
_BURNT, _MOST_BURNT = 250.0, 0.25  # luma, share of the face; ours have none

_HAND_SCORE = 0.4
_FINGER_MM = 16.0  # how thick bones of a hand are drawn
_NEAR_MM = 7.0  # a hand this near the outline of the face touches it
_MOST_HAND = 0.005  # share of the face's area

_CROWN_MM = np.array(  # top and sides of an average bare head, in head axes
    [(0.0, 115.0, 10.0), (-45.0, 102.0, 0.0), (45.0, 102.0, 0.0), (-78.0, 10.0, 0.0)]
    + [(78.0, 10.0, 0.0)]
)
_LEAST_CUT_MM = 4.0

# Bones between the 21 joints of mediapipe's hand.
_BONES = (
    *((0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (5, 9), (9, 10), (10, 11)),
    *((11, 12), (9, 13), (13, 14), (14, 15), (15, 16), (13, 17), (0, 17), (17, 18), (18, 19)),
    (19, 20),
)


@dataclass(frozen=True)
class Finding:
    """Something wrong with a picture.

    Attributes:
        kind: `small`, `turned`, `tilted`, `cut`, `blurred`, `dark`, `bright`, `covered` or
            `unseparated`.
        severity: whether it can be used all the same.
        message: one sentence that says what is wrong.
        remedy: one sentence that says what would be better.
    """

    kind: str
    severity: Severity
    message: str
    remedy: str


def check_input(
    photo: Photo, face: FoundFace, matte: NDArray[np.float32] | None = None
) -> tuple[Finding, ...]:
    """All that is wrong with a face in a photo, the worst first.

    Args:
        photo: the picture.
        face: a face found in it.
        matte: [S, S] person matte of its working crop, where it is at hand.
    """
    findings = [
        *_size(face),
        *_turn(face),
        *_cut(photo, face),
        *_light_and_blur(photo, face),
        *_covered(photo, face),
        *(() if matte is None else _separation(photo, face, matte)),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity != "refusal"))


def refuse_unusable(findings: tuple[Finding, ...]) -> None:
    """Raise for the first refusal among findings.

    Raises:
        NoFaceFound: there is one.
    """
    for finding in findings:
        if finding.severity == "refusal":
            raise NoFaceFound(finding.message, finding.remedy)


def _size(face: FoundFace) -> list[Finding]:
    width = face.cheeks_px
    if width >= SMALL_PX:
        return []
    remedy = f"Use a larger or closer picture; {SMALL_PX:.0f} pixels or more look good."
    if width < TOO_SMALL_PX:
        message = (
            f"The face is only {width:.0f} pixels wide; at least {TOO_SMALL_PX:.0f} are needed."
        )
        return [Finding("small", "refusal", message, remedy)]
    message = f"The face is only {width:.0f} pixels wide, so the head will lack detail."
    return [Finding("small", "warning", message, remedy)]


def _turn(face: FoundFace) -> list[Finding]:
    found = []
    yaw, pitch = abs(degrees(face.yaw)), abs(degrees(face.pitch))
    remedy = "Use a picture in which the person looks towards the camera."
    if yaw > TURNED_DEG:
        too_far = yaw > TOO_TURNED_DEG
        message = f"The face is turned to the side by about {yaw:.0f} degrees" + (
            ", which hides too much of it." if too_far else "; the hidden half will be guessed."
        )
        found.append(Finding("turned", "refusal" if too_far else "warning", message, remedy))
    if pitch > TURNED_DEG:
        too_far = pitch > TOO_TURNED_DEG
        way = "up" if face.pitch > 0 else "down"
        message = f"The face is tilted {way} by about {pitch:.0f} degrees" + (
            ", which hides too much of it." if too_far else "; what it hides will be guessed."
        )
        found.append(Finding("tilted", "refusal" if too_far else "warning", message, remedy))
    return found


def _cut(photo: Photo, face: FoundFace) -> list[Finding]:
    height, width = photo.rgb.shape[:2]
    turned = _CROWN_MM @ face.head_rotation.T * face.pixels_per_mm
    crown = face.head_centre + turned[:, :2] * (1.0, -1.0)
    remedy = "Use a picture that shows the whole head with some space around it."
    for points, name in ((face.landmarks[OVAL, :2], "face"), (crown, "head")):
        outside = np.maximum(-points, points - (width, height)).max(axis=0)
        if outside.max() > _LEAST_CUT_MM * face.pixels_per_mm:
            message = f"The {name} is cut off by the picture's border; the rest will be guessed."
            return [Finding("cut", "warning", message, remedy)]
    return []


def _light_and_blur(photo: Photo, face: FoundFace) -> list[Finding]:
    luma, skin = _face_luma(photo, face)
    if not skin.any():
        return []
    found = []
    if _sharpness(luma, skin) < _LEAST_SHARPNESS:
        found.append(
            Finding(
                "blurred",
                "warning",
                "The face is strongly blurred, so the head will be too.",
                "Use a sharper picture.",
            )
        )
    if np.percentile(luma[skin], 95) < _DARK_HIGHLIGHTS:
        message = "The face is very dark, so its colours will be poor."
        found.append(Finding("dark", "warning", message, "Use a picture with more light."))
    elif float((luma[skin] >= _BURNT).mean()) > _MOST_BURNT:
        message = "Much of the face is overexposed to white, so its colours are lost."
        found.append(Finding("bright", "warning", message, "Use a picture with less light."))
    return found


_CHEEKS = 160  # px between the cheeks at which blur is judged; smaller faces keep their size


def _face_luma(photo: Photo, face: FoundFace) -> tuple[Luma, NDArray[np.bool_]]:
    """Luma 0..255 of the face, upright, and which of its pixels are the face in the photo."""
    import cv2

    scale = min(1.0, _CHEEKS / face.cheeks_px)
    x, y, width, height = face.box
    side = 1.2 * max(width, height)
    view = View(x + width / 2, y + height / 2, side, max(8, round(side * scale)), face.roll)
    luma: Luma = np.asarray(cv2.cvtColor(look(photo.rgb, view), cv2.COLOR_RGB2GRAY), np.float32)
    skin = np.zeros(luma.shape, np.uint8)
    cv2.fillPoly(skin, [np.round(view.into(face.landmarks)[OVAL, :2]).astype(np.int32)], 1)
    return luma, cv2.erode(skin, np.ones((9, 9), np.uint8)) > 0


def _sharpness(luma: Luma, skin: NDArray[np.bool_]) -> float:
    """Detail finer than 1.5 % of the face's width over that between 3 and 12 %."""
    import cv2

    cheeks = luma.shape[0] / 1.2 * 0.85  # the box is as high as the face is long

    def blurred(share: float) -> Luma:
        return np.asarray(cv2.GaussianBlur(luma, (0, 0), share * cheeks), np.float32)

    fine = luma - blurred(0.015)
    coarse = blurred(0.03) - blurred(0.12)
    return float(np.sqrt((fine[skin] ** 2).mean() / max((coarse[skin] ** 2).mean(), 1e-3)))


def _covered(photo: Photo, face: FoundFace) -> list[Finding]:
    """A hand at the face; other things over it change the landmarks too little to be told."""
    crop = working_crop(photo, face)
    with HandFinder(_HAND_SCORE) as finder:
        hands = finder.hands_in(crop.rgb)
    per_mm = crop.view.scale * face.pixels_per_mm
    if not hands or _share_covered(hands, crop.rgb, crop.landmarks, per_mm) < _MOST_HAND:
        return []
    return [
        Finding(
            "covered",
            "warning",
            "A hand touches or covers the face and may end up painted on it.",
            "Use a picture with nothing at or before the face.",
        )
    ]


def _share_covered(hands: list[Floats], rgb: Pixels, points: Floats, per_mm: float) -> float:
    import cv2

    face = np.zeros(rgb.shape[:2], np.uint8)
    cv2.fillPoly(face, [np.round(points[OVAL, :2]).astype(np.int32)], 1)
    area = float(face.sum())
    reach = 2 * round(_NEAR_MM * per_mm) + 1
    near = cv2.dilate(face, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    drawn = np.zeros(rgb.shape[:2], np.uint8)
    for hand in hands:
        joints = np.round(hand).astype(int).tolist()
        for start, end in _BONES:
            cv2.line(drawn, joints[start], joints[end], 1, max(1, round(_FINGER_MM * per_mm)))
    return float(((drawn > 0) & (near > 0)).sum()) / max(area, 1.0)


def _separation(photo: Photo, face: FoundFace, matte: NDArray[np.float32]) -> list[Finding]:
    """A matte that leaves out much of the face has failed."""
    import cv2

    crop = working_crop(photo, face, size=len(matte))
    oval = np.zeros(matte.shape, np.uint8)
    cv2.fillPoly(oval, [np.round(crop.landmarks[OVAL, :2]).astype(np.int32)], 1)
    counted = (oval > 0) & crop.inside
    if not counted.any() or float((matte[counted] > 0.5).mean()) >= 0.85:
        return []
    return [
        Finding(
            "unseparated",
            "warning",
            "The person could not be told well from the background, so the outline may be wrong.",
            "Use a picture with a plain background of another colour than skin and hair.",
        )
    ]
