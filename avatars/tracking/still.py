"""A photo file to everything a reconstruction starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UserError
from avatars.tracking.checks import check_input, refuse_unusable
from avatars.tracking.crop import Crop, working_crop
from avatars.tracking.faces import FoundFace, choose_face, find_faces
from avatars.tracking.hands import hands_over
from avatars.tracking.landmarks import scores_from_task
from avatars.tracking.matting import person_matte
from avatars.tracking.parts import person_parts
from avatars.tracking.photo import open_photo


@dataclass(frozen=True, eq=False)
class Still:
    """A photo, looked at.

    Attributes:
        image: [S, S, 3] the square crop round the head, 0..1.
        matte: [S, S] 0..1, the person's head: hair and skin without clothes and hands.
        inside: [S, S] what of the crop tells where the head is: it lies in the photo, and neither
            clothes nor hands cover it.
        landmarks: [478, 3] pixels of the crop.
        square: (x, y, side) of the crop in photo pixels.
        width: of the photo, pixels.
        height: of the photo, pixels.
        face_px: between the cheeks, photo pixels.
        focal: focal length in pixels of the crop where the file tells it, or None.
        pixels_per_metre: scale of the head in the crop.
        warnings: sentences for the user.
        hair: [S, S] 0..1 how much of the head is hair there; None where nobody looked.
        scores: blendshape scores of MediaPipe's face landmarker by ARKit name; empty without it.
        person: [S, S] 0..1 the whole person, clothes and hands too; None where nobody looked.
    """

    image: NDArray[np.float32]
    matte: NDArray[np.float32]
    inside: NDArray[np.bool_]
    landmarks: NDArray[np.float64]
    square: tuple[float, float, float]
    width: int
    height: int
    face_px: float
    focal: float | None
    pixels_per_metre: float
    warnings: tuple[str, ...]
    hair: NDArray[np.float32] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    person: NDArray[np.float32] | None = None


def look_at_photo(
    path: Path,
    face: int | None,
    size: int,
    task: Path | None = None,
    landmarks: Sequence[tuple[float, float]] | None = None,
) -> Still:
    """Open a photo, find and check its face, cut and matte the crop of ``size`` pixels.

    Args:
        path: the picture.
        face: which one, from 1, left to right; None is the largest.
        size: pixels a side of the crop.
        task: MediaPipe's ``face_landmarker.task`` where there is one, for expression scores.
        landmarks: 478 points in pixels of the file that replace those found, or None.

    Raises:
        UserError: corrected landmarks that are no 478 points of the picture.
        UnreadableFile: no picture, or a broken one.
        NoFaceFound: nobody there, no face of that number, or one that cannot be used.
    """
    photo = open_photo(path)
    chosen, notices = choose_face(find_faces(photo.rgb), face)
    if landmarks is not None:
        chosen = corrected(chosen, np.asarray(landmarks, np.float64) * photo.scale)
    crop = working_crop(photo, chosen, size)
    matte = person_matte(crop)
    findings = check_input(photo, chosen, matte)
    refuse_unusable(findings)
    found = [f"{finding.message} {finding.remedy}".strip() for finding in findings]
    warnings = (*photo.warnings, *notices, *found)
    x, y, side = crop.square
    scale = size / side
    image = crop.rgb.astype(np.float32) / 255
    head = _head_alone(crop, image, matte, chosen.pixels_per_mm * scale)
    return Still(
        image=image,
        matte=head.matte,
        inside=head.inside,
        landmarks=np.asarray(crop.landmarks, np.float64),
        square=(x / photo.scale, y / photo.scale, side / photo.scale),
        width=photo.width,
        height=photo.height,
        face_px=chosen.cheeks_px / photo.scale,
        focal=None if photo.focal_px is None else photo.focal_px * scale,
        pixels_per_metre=chosen.pixels_per_mm * scale * 1000,
        warnings=warnings,
        hair=head.hair,
        scores=scores_from_task(crop.rgb, task) or {},
        person=matte,
    )


def corrected(face: FoundFace, landmarks: NDArray[np.float64]) -> FoundFace:
    """The face with its points put elsewhere; place and scale of the head follow them.

    Args:
        face: as it was found.
        landmarks: [478, 2] where the points are, pixels of the same picture.

    Raises:
        UserError: not 478 finite points, or all of them in one place.
    """
    before = face.landmarks[:, :2]
    if landmarks.shape != before.shape or not np.isfinite(landmarks).all():
        raise UserError(
            "The corrected landmarks are not 478 points.", "Reset them and move them again."
        )
    spread = [float(np.linalg.norm(each - each.mean(0))) for each in (before, landmarks)]
    if not 0.2 < spread[1] / spread[0] < 5:
        raise UserError(
            "The corrected landmarks do not cover a face.", "Reset them and move them again."
        )
    moved = np.concatenate([landmarks, face.landmarks[:, 2:]], axis=1)
    growth = spread[1] / spread[0]
    centre = landmarks.mean(0) + (face.head_centre - before.mean(0)) * growth
    return replace(
        face,
        landmarks=moved.astype(face.landmarks.dtype),
        head_centre=centre.astype(face.head_centre.dtype),
        pixels_per_mm=face.pixels_per_mm * growth,
        cheeks_px=face.cheeks_px * growth,
    )


@dataclass(frozen=True, eq=False)
class _Head:
    """The person without clothes and hands, see ``Still``."""

    matte: NDArray[np.float32]
    inside: NDArray[np.bool_]
    hair: NDArray[np.float32]


def _head_alone(
    crop: Crop, image: NDArray[np.float32], matte: NDArray[np.float32], per_mm: float
) -> _Head:
    parts = person_parts(image, matte, crop.inside, crop.landmarks, per_mm)
    bare = matte * (1 - parts.hair - parts.clothes)
    hands = hands_over(crop.rgb, crop.landmarks, per_mm, bare)
    if hands.any():
        parts = person_parts(image, matte, crop.inside & ~hands, crop.landmarks, per_mm)
    kept = np.clip(1 - parts.clothes - parts.behind, 0, 1)
    own = np.where(hands, 0, matte * kept).astype(np.float32)
    inside = crop.inside & ~hands & (matte * parts.clothes < 0.5)
    return _Head(own, inside, np.where(hands, 0, parts.hair).astype(np.float32))
