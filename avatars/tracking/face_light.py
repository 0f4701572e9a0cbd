"""How sharp and how bright a face is in its photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.faces import FoundFace
from avatars.tracking.likeness import OVAL
from avatars.tracking.photo import Photo
from avatars.tracking.view import View, filled, look

Luma = NDArray[np.float32]

_CHEEKS = 160.0  # px between the cheeks at which a face is judged; smaller ones keep their size
_SIDE = 1.2  # of the crop over the longer side of the face's box
_RIM = 9  # px left out along the face's outline
_BURNT = 250.0


@dataclass(frozen=True)
class FaceLight:
    """A face as a light meter sees it.

    Attributes:
        sharpness: detail finer than 1.5 % of the face's width over that between 3 and 12 %.
        highlights: 95th percentile of luma, 0..255.
        burnt: share of the face that is white.
    """

    sharpness: float
    highlights: float
    burnt: float


def face_light(photo: Photo, face: FoundFace) -> FaceLight | None:
    """Sharpness and brightness of a face; None where none of it lies in the photo."""
    import cv2

    scale = min(1.0, _CHEEKS / face.cheeks_px)
    x, y, width, height = face.box
    side = _SIDE * max(width, height)
    view = View(x + width / 2, y + height / 2, side, max(8, round(side * scale)), face.roll)
    luma: Luma = np.asarray(cv2.cvtColor(look(photo.rgb, view), cv2.COLOR_RGB2GRAY), np.float32)
    oval = filled(view.into(face.landmarks)[OVAL, :2], view.size, view.size)
    skin = cv2.erode(oval.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)) > 0
    if not skin.any():
        return None
    return FaceLight(
        sharpness=_sharpness(luma, skin, face.cheeks_px * view.scale),
        highlights=float(np.percentile(luma[skin], 95)),
        burnt=float((luma[skin] >= _BURNT).mean()),
    )


def _sharpness(luma: Luma, skin: NDArray[np.bool_], cheeks: float) -> float:
    import cv2

    def blurred(share: float) -> Luma:
        return np.asarray(cv2.GaussianBlur(luma, (0, 0), share * cheeks), np.float32)

    fine = luma - blurred(0.015)
    coarse = blurred(0.03) - blurred(0.12)
    return float(np.sqrt((fine[skin] ** 2).mean() / max((coarse[skin] ** 2).mean(), 1e-3)))
