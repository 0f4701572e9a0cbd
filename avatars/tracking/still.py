"""A photo file to everything a reconstruction starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.checks import check_input, refuse_unusable
from avatars.tracking.crop import working_crop
from avatars.tracking.faces import choose_face, find_faces
from avatars.tracking.landmarks import scores_from_task
from avatars.tracking.matting import person_matte
from avatars.tracking.photo import open_photo


@dataclass(frozen=True, eq=False)
class Still:
    """A photo, looked at.

    Attributes:
        image: [S, S, 3] the square crop round the head, 0..1.
        matte: [S, S] 0..1, the person.
        inside: [S, S] what of the crop lies in the photo.
        landmarks: [478, 3] pixels of the crop.
        square: (x, y, side) of the crop in photo pixels.
        width: of the photo, pixels.
        height: of the photo, pixels.
        face_px: between the cheeks, photo pixels.
        focal: focal length in pixels of the crop where the file tells it, or None.
        pixels_per_metre: scale of the head in the crop.
        warnings: sentences for the user.
        scores: blendshape scores of MediaPipe's face landmarker by ARKit name; empty without it.
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
    scores: Mapping[str, float] = field(default_factory=dict)


def look_at_photo(path: Path, face: int | None, size: int, task: Path | None = None) -> Still:
    """Open a photo, find and check its face, cut and matte the crop of ``size`` pixels.

    Args:
        path: the picture.
        face: which one, from 1, left to right; None is the largest.
        size: pixels a side of the crop.
        task: MediaPipe's ``face_landmarker.task`` where there is one, for expression scores.

    Raises:
        UnreadableFile: no picture, or a broken one.
        NoFaceFound: nobody there, no face of that number, or one that cannot be used.
    """
    photo = open_photo(path)
    chosen, notices = choose_face(find_faces(photo.rgb), face)
    crop = working_crop(photo, chosen, size)
    matte = person_matte(crop)
    findings = check_input(photo, chosen, matte)
    refuse_unusable(findings)
    found = [f"{finding.message} {finding.remedy}".strip() for finding in findings]
    warnings = (*photo.warnings, *notices, *found)
    x, y, side = crop.square
    scale = size / side
    return Still(
        image=crop.rgb.astype(np.float32) / 255,
        matte=matte,
        inside=crop.inside,
        landmarks=np.asarray(crop.landmarks, np.float64),
        square=(x / photo.scale, y / photo.scale, side / photo.scale),
        width=photo.width,
        height=photo.height,
        face_px=chosen.cheeks_px / photo.scale,
        focal=None if photo.focal_px is None else photo.focal_px * scale,
        pixels_per_metre=chosen.pixels_per_mm * scale * 1000,
        warnings=warnings,
        scores=scores_from_task(crop.rgb, task) or {},
    )
