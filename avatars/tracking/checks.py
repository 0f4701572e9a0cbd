"""What is wrong with a picture for making a head from it, in sentences a person understands."""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avatars.errors import NoFaceFound
from avatars.tracking.crop import working_crop
from avatars.tracking.face_light import face_light
from avatars.tracking.faces import FoundFace
from avatars.tracking.hands import share_under_hands
from avatars.tracking.likeness import OVAL
from avatars.tracking.photo import Photo
from avatars.tracking.view import filled

Severity = Literal["warning", "refusal"]

SMALL_PX, TOO_SMALL_PX = 80.0, 40.0
TURNED_DEG, TOO_TURNED_DEG = 45.0, 75.0

# Fine detail over coarse, see `face_light`: real photos .32 to .60 and video frames from .28 on; a
# blur of 1, 2, 3 % of the cheeks' width leaves .24-.31, .13-.16, .08-.10.
_LEAST_SHARPNESS = 0.17
_DARK_HIGHLIGHTS = 50.0  # luma; the darkest of ours, its skin darkened by half: 62
_MOST_BURNT = 0.25  # share of the face; ours have none

# Top and sides of an average bare head, in head axes.
_CROWN_MM = np.array(
    [
        (0.0, 115.0, 10.0),
        (-45.0, 102.0, 0.0),
        (45.0, 102.0, 0.0),
        (-78.0, 10.0, 0.0),
        (78.0, 10.0, 0.0),
    ]
)
_LEAST_CUT_MM = 4.0
_LEAST_HAIR_MM = 15.0  # along the border; less is a lock
_MOST_HAND = 0.005  # share of the face's area


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
        *_cut(photo, face, matte),
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


def _cut(photo: Photo, face: FoundFace, matte: NDArray[np.float32] | None) -> list[Finding]:
    height, width = photo.rgb.shape[:2]
    turned = _CROWN_MM @ face.head_rotation.T * face.pixels_per_mm
    crown = face.head_centre + turned[:, :2] * (1.0, -1.0)
    what = ""
    for points, name in ((face.landmarks[OVAL, :2], "face"), (crown, "head")):
        outside = np.maximum(-points, points - (width, height)).max()
        if not what and outside > _LEAST_CUT_MM * face.pixels_per_mm:
            what = name
    if not what and matte is not None and _hair_at_border(photo, face, matte):
        what = "hair"
    if not what:
        return []
    message = f"The {what} is cut off by the picture's border; the rest will be guessed."
    remedy = "Use a picture that shows the whole head with some space around it."
    return [Finding("cut", "warning", message, remedy)]


def _hair_at_border(photo: Photo, face: FoundFace, matte: NDArray[np.float32]) -> bool:
    """Whether the person reaches the photo's border beside or above the eyes."""
    crop = working_crop(photo, face, size=len(matte))
    eyes = int(np.clip(crop.landmarks[[33, 263], 1].mean(), 0, len(matte)))
    inside = np.pad(
        crop.inside, 1, constant_values=True
    )  # the crop's own border is not the photo's
    beside = ~(inside[:-2, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:])
    rim = crop.inside & beside & (matte > 0.5)
    return float(rim[:eyes].sum()) > _LEAST_HAIR_MM * face.pixels_per_mm * crop.view.scale


def _light_and_blur(photo: Photo, face: FoundFace) -> list[Finding]:
    light = face_light(photo, face)
    if light is None:
        return []
    found = []
    if light.sharpness < _LEAST_SHARPNESS:
        found.append(
            Finding(
                "blurred",
                "warning",
                "The face is strongly blurred, so the head will be too.",
                "Use a sharper picture.",
            )
        )
    if light.highlights < _DARK_HIGHLIGHTS:
        message = "The face is very dark, so its colours will be poor."
        found.append(Finding("dark", "warning", message, "Use a picture with more light."))
    elif light.burnt > _MOST_BURNT:
        message = "Much of the face is overexposed to white, so its colours are lost."
        found.append(Finding("bright", "warning", message, "Use a picture with less light."))
    return found


def _covered(photo: Photo, face: FoundFace) -> list[Finding]:
    """A hand at the face; other things over it change the landmarks too little to be told."""
    if share_under_hands(photo, face) < _MOST_HAND:
        return []
    return [
        Finding(
            "covered",
            "warning",
            "A hand touches or covers the face and may end up painted on it.",
            "Use a picture with nothing at or before the face.",
        )
    ]


def _separation(photo: Photo, face: FoundFace, matte: NDArray[np.float32]) -> list[Finding]:
    """A matte that leaves out much of the face has failed."""
    crop = working_crop(photo, face, size=len(matte))
    counted = filled(crop.landmarks[OVAL, :2], *matte.shape) & crop.inside
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
