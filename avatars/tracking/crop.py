"""The square around the whole head that reconstruction works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.faces import FoundFace
from avatars.tracking.graphs import Floats, Pixels
from avatars.tracking.photo import Photo
from avatars.tracking.view import View, is_inside, look

WIDTH_MM = 340.0
"""How much the crop shows at the head's depth: the head, its hair and some background."""

_CENTRE_MM = (0.0, 2.0, 0.0)  # in head axes


@dataclass(frozen=True, eq=False)
class Crop:
    """The source crop, resampled.

    Attributes:
        view: where it lies in the photo.
        rgb: [S, S, 3]; beyond the photo its border is repeated.
        alpha: [S, S] the file's own opacity, or None.
        inside: [S, S] which pixels lie in the photo.
        landmarks: [478, 3] pixels of the crop.
    """

    view: View
    rgb: Pixels
    alpha: Pixels | None
    inside: NDArray[np.bool_]
    landmarks: Floats

    @property
    def square(self) -> tuple[float, float, float]:
        """X and y of the upper left corner and side, photo pixels; may reach past the photo."""
        half = self.view.side / 2
        return self.view.x - half, self.view.y - half, self.view.side

    def to_photo(self, points: Floats) -> Floats:
        """Points [N, 2 or 3] of the crop in photo pixels."""
        return self.view.out_of(points)

    def to_crop(self, points: Floats) -> Floats:
        """Points [N, 2 or 3] of the photo in crop pixels."""
        return self.view.into(points)


def working_crop(photo: Photo, face: FoundFace, size: int = 512) -> Crop:
    """The source crop of a face, `size` pixels square.

    Its scale and place are those of the head in weak perspective, so that at 512 pixels a
    millimetre of the average head is 1.5 pixels whatever the photo's size.
    """
    right, up, _ = face.head_rotation @ np.array(_CENTRE_MM) * face.pixels_per_mm
    x, y = face.head_centre
    side = WIDTH_MM * face.pixels_per_mm
    return crop_of(photo, face, View(float(x + right), float(y - up), side, size))


def crop_of(photo: Photo, face: FoundFace, view: View) -> Crop:
    """The crop of a view that is already known, for example from an avatar's file."""
    height, width = photo.rgb.shape[:2]
    return Crop(
        view=view,
        rgb=look(photo.rgb, view),
        alpha=None if photo.alpha is None else look(photo.alpha, view),
        inside=is_inside(view, width, height),
        landmarks=view.into(face.landmarks),
    )
