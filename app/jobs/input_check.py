"""A look at a photo before anything is made of it: the face, its points, what is wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs.cores import leave_one_core
from avatars.progress import Progress
from renderer.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
SHOWN = 1024  # pixels along the longer side of the picture that panels show


@dataclass(frozen=True, eq=False)
class InputCheck:
    """What was found in a photo; all places are in pixels of ``rgb``.

    Attributes:
        path: the photo.
        rgb: [h, w, 3] uint8, the photo scaled down to be shown.
        scale: pixels of ``rgb`` per pixel of the file.
        boxes: x, y, width, height of every face, from left to right.
        face: which of them is used, from 1; None if none can be.
        landmarks: [478, 2] of that face, or None.
        crop: x, y, side of the square that is worked on, or None.
        warnings: sentences on what would be better.
        problem: why the photo cannot be used, or None.
    """

    path: Path
    rgb: "NDArray[np.uint8]"
    scale: float
    boxes: tuple[Box, ...]
    face: int | None
    landmarks: "NDArray[np.float64] | None"
    crop: tuple[float, float, float] | None
    warnings: tuple[str, ...]
    problem: UserError | None = None


def check_photo(path: Path, face: int | None, progress: Progress) -> InputCheck:
    """What is in a photo and whether it will do.

    Args:
        path: the picture.
        face: which face, from 1, left to right; None is the largest.
        progress: told how far it is.

    Raises:
        UnreadableFile: no picture, or a broken one.
        Cancelled: the user asked to stop.
    """
    leave_one_core()
    from avatars.errors import NoFaceFound
    from avatars.tracking.checks import check_input, refuse_unusable
    from avatars.tracking.crop import working_crop
    from avatars.tracking.faces import choose_face, find_faces
    from avatars.tracking.matting import person_matte
    from avatars.tracking.photo import open_photo

    progress.report(0.0, "Reading the photo")
    photo = open_photo(path)
    rgb, shrink = _shown(photo.rgb)
    scale = shrink * photo.scale
    progress.report(0.1, "Looking for faces")
    faces = find_faces(photo.rgb)
    boxes = tuple(_times(each.box, shrink) for each in faces)
    try:
        chosen, _ = choose_face(faces, face)
    except NoFaceFound as problem:
        return InputCheck(path, rgb, scale, boxes, None, None, None, photo.warnings, problem)
    progress.report(0.6, "Checking the face")
    crop = working_crop(photo, chosen)
    findings = check_input(photo, chosen, person_matte(crop))
    found = [f"{finding.message} {finding.remedy}".strip() for finding in findings]
    problem_found: UserError | None = None
    try:
        refuse_unusable(findings)
    except NoFaceFound as problem:
        problem_found = problem
    x, y, side = crop.square
    return InputCheck(
        path=path,
        rgb=rgb,
        scale=scale,
        boxes=boxes,
        face=next(number for number, each in enumerate(faces, 1) if each is chosen),
        landmarks=chosen.landmarks[:, :2] * shrink,
        crop=(x * shrink, y * shrink, side * shrink),
        warnings=(*photo.warnings, *found),
        problem=problem_found,
    )


def _times(box: Box, factor: float) -> Box:
    x, y, width, height = box
    return x * factor, y * factor, width * factor, height * factor


def _shown(rgb: "NDArray[np.uint8]") -> "tuple[NDArray[np.uint8], float]":
    """The picture small enough to be shown, and pixels of it per pixel of the original."""
    import cv2
    import numpy as np

    height, width = rgb.shape[:2]
    factor = min(1.0, SHOWN / max(height, width))
    if factor == 1.0:
        return rgb, 1.0
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.ascontiguousarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)), factor
