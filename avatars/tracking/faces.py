"""Faces in a picture: found by several witnesses that must agree, and one chosen."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from math import degrees, sqrt
from types import MappingProxyType

import numpy as np

from avatars.errors import NoFaceFound
from avatars.tracking.graphs import Detector, Floats, Mesh, Pixels
from avatars.tracking.landmarks import Landmarks, mesh_at
from avatars.tracking.likeness import CHEEK_LEFT, CHEEK_RIGHT, FACE_POINTS
from avatars.tracking.search import FULL, SHORT, Candidate, candidates
from avatars.tracking.view import View, look

_LEAST_CLAIM = 0.5  # a detector's score on the picture or one of its tiles
_LEAST_ON_CROP = 0.5  # a detector's score on the crop around the landmarks
_LEAST_CHEEKS = 16.0  # px; smaller ones are not even counted

# Strangeness, see `strangeness`. Eleven people looking ahead (two in videos, the photos in 21
# variants of light, colour, blur, noise, size, mirror and lean): 0.6 to 2.6; in 180 random mixes
# of these once 3.2. The monkey, which detectors and mesh take for a person: 4.5 to 18; in 60 mixes
# from 4.2 on. Drawings, buildings and patterns that detectors claim: from 12 on.
_MOST_STRANGE = 3.6
_TURN_FROM, _TURN_PER = 15.0, 30.0  # degrees


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A human face in a picture.

    Attributes:
        box: x, y, width, height around the landmarks, pixels.
        witnesses: score by witness: the two detectors on the picture (`short-range`, `full-range`)
            and on the crop (`... on the crop`); absent where one saw nothing.
        landmarks: [478, 3] pixels; z in the same pixels, away from the camera.
        cheeks_px: width between the cheeks (points 234 and 454, in depth too), pixels.
        yaw, pitch, roll: radians, rough; as in the package's docstring.
        residual: what the fit of the mean face leaves, mm at 63 mm between the pupils.
        spread: how far repeated looks disagree, percent of the distance between the eyes.
        pixels_per_mm: scale of the head.
        head_centre: [2] where the middle between the tragions lies, pixels.
        head_rotation: [3, 3] head axes to image axes (x right, y up, z to the camera).
    """

    box: tuple[float, float, float, float]
    witnesses: MappingProxyType[str, float]
    landmarks: Floats
    cheeks_px: float
    yaw: float
    pitch: float
    roll: float
    residual: float
    spread: float
    pixels_per_mm: float
    head_centre: Floats
    head_rotation: Floats


def find_faces(rgb: Pixels) -> tuple[FoundFace, ...]:
    """All human faces in a picture [H, W, 3], from left to right; animals and things left out.

    A place counts where a detector claims it on the picture or a tile of it, a detector claims it
    again on the upright crop, the mesh network sees a face, and its landmarks are like a head's:
    they agree with the mean face and with each other from look to look.
    """
    found: list[FoundFace] = []
    with ExitStack() as stack:
        detectors = {
            SHORT: stack.enter_context(Detector(full_range=False, least_score=_LEAST_CLAIM)),
            FULL: stack.enter_context(Detector(full_range=True, least_score=_LEAST_CLAIM)),
        }
        mesh = stack.enter_context(Mesh(video=False))
        for place in candidates(rgb, detectors):
            if any(_covers(face, place.box) for face in found):
                continue
            face = _examined(rgb, place, detectors, mesh)
            if face is not None and not any(_is_same(face, other) for other in found):
                found.append(face)
    return tuple(sorted(found, key=lambda face: face.box[0] + face.box[2] / 2))


def choose_face(
    faces: tuple[FoundFace, ...], number: int | None = None
) -> tuple[FoundFace, tuple[str, ...]]:
    """The face to use, and sentences on what was passed over.

    Args:
        faces: from left to right.
        number: counted from 1; without it the largest is taken.

    Raises:
        NoFaceFound: there is none, or none of that number.
    """
    if not faces:
        raise NoFaceFound(
            "No human face was found in the picture.",
            "Use an upright photo in which one person looks towards the camera, "
            "the face at least 80 pixels wide.",
        )
    if number is not None:
        if not 1 <= number <= len(faces):
            have = "only one face" if len(faces) == 1 else f"{len(faces)} faces"
            raise NoFaceFound(
                f"There is no face {number}: the picture shows {have}.",
                f"Choose a number from 1 to {len(faces)}, counted from left to right.",
            )
        return faces[number - 1], ()
    largest = max(range(len(faces)), key=lambda index: faces[index].cheeks_px)
    if len(faces) == 1:
        return faces[0], ()
    return faces[largest], (
        f"The picture shows {len(faces)} faces; the largest, number {largest + 1} from the left, "
        "is used. Choose another with --face N.",
    )


def _examined(
    rgb: Pixels, place: Candidate, detectors: dict[str, Detector], mesh: Mesh
) -> FoundFace | None:
    """The face at a place, or None where the witnesses do not agree on one."""
    landmarks = mesh_at(mesh, rgb, place.box)
    if landmarks is None:
        return None
    on_crop = _scores_on(look(rgb, landmarks.view), landmarks.view, detectors)
    if max(on_crop.values(), default=0.0) < _LEAST_ON_CROP:
        return None
    fit = landmarks.likeness
    if strangeness(landmarks) > _limit(degrees(fit.yaw)):
        return None
    points = landmarks.points
    cheeks = float(np.linalg.norm(points[CHEEK_LEFT] - points[CHEEK_RIGHT]))
    if cheeks < _LEAST_CHEEKS:
        return None
    low, high = points[:FACE_POINTS, :2].min(axis=0), points[:FACE_POINTS, :2].max(axis=0)
    points.flags.writeable = False
    return FoundFace(
        box=(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        witnesses=MappingProxyType(place.scores | on_crop),
        landmarks=points,
        cheeks_px=cheeks,
        yaw=fit.yaw,
        pitch=fit.pitch,
        roll=fit.roll,
        residual=fit.residual,
        spread=landmarks.spread,
        pixels_per_mm=fit.pixels_per_mm,
        head_centre=fit.centre,
        head_rotation=fit.rotation,
    )


def strangeness(landmarks: Landmarks) -> float:
    """How unlike a human face landmarks are: sqrt(residual in mm) x spread in percent."""
    return sqrt(landmarks.likeness.residual) * landmarks.spread


def _limit(yaw: float) -> float:
    """Strangeness up to which a face turned by this many degrees counts as human.

    The far half of a turned face is guessed anew in every look, so the limit grows with the turn.
    Real faces at 50 to 60 degrees read 4 to 8, limits 8 to 12; the monkey, turned by rendering its
    own pixels anew, stays above twice its limit.
    """
    return _MOST_STRANGE * (1 + (max(0.0, abs(yaw) - _TURN_FROM) / _TURN_PER) ** 2)


def _scores_on(crop: Pixels, view: View, detectors: dict[str, Detector]) -> dict[str, float]:
    """Each detector's best score for a face that fills the middle of a crop."""
    middle, scores = view.size / 2, {}
    for name, detector in detectors.items():
        fitting = [
            claim.score
            for claim in detector.faces_in(crop)
            if abs(claim.x + claim.width / 2 - middle) < 0.25 * view.size
            and abs(claim.y + claim.height / 2 - middle) < 0.25 * view.size
            and claim.width > 0.25 * view.size
        ]
        if fitting:
            scores[f"{name} on the crop"] = max(fitting)
    return scores


def _covers(face: FoundFace, box: tuple[float, float, float, float]) -> bool:
    """Whether a found face is what a claim of about its size points at."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    left, top, width, height = face.box
    inside = left <= x <= left + width and top <= y <= top + height
    return inside and 0.4 * width < box[2] < 2.5 * width


def _is_same(one: FoundFace, other: FoundFace) -> bool:
    apart = np.linalg.norm(_centre(one.box) - _centre(other.box))
    return bool(apart < 0.5 * min(one.box[2], other.box[2]))


def _centre(box: Iterable[float]) -> Floats:
    x, y, width, height = box
    return np.array([x + width / 2, y + height / 2])
