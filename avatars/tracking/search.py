"""Where faces may be: both detectors over a picture at several scales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from avatars.tracking.graphs import Detection, Detector, Pixels

SHORT, FULL = "short-range", "full-range"

_TILE = 512  # px; both networks look at less, so finer tiles show them nothing new
_LEVELS = (512, 1024, 2048)  # longer side of the picture at each level
_STRIDE = 2 / 3  # of a tile, so that a face of up to a third of it lies whole in one
_MARGIN = 0.3  # border repeated around the whole picture, for faces larger than it
_LEAST_SHORT_SIDE = 0.75  # a level is skipped where the picture has fewer of its pixels
_SAME = 0.5  # boxes nearer than this share of the smaller side are one face
_MOST_OTHER_SIZE = 2.5
_MOST_BOXES = 40


@dataclass(frozen=True)
class Candidate:
    """A place where detectors claim a face.

    Attributes:
        box: x, y, width, height of the best claim, pixels.
        scores: best score of each detector that claims it, over all tiles, by name.
    """

    box: tuple[float, float, float, float]
    scores: dict[str, float]

    @property
    def best(self) -> float:
        """The highest score."""
        return max(self.scores.values())


def candidates(rgb: Pixels, detectors: dict[str, Detector]) -> list[Candidate]:
    """Places of possible faces in a picture [H, W, 3], best first.

    A face of 80 px in a picture of 2000, or of 200 in 4000, is 8 % of a tile or more.
    """
    claims = [
        (name, claim)
        for tile, scale, left, top in _tiles(rgb)
        for name, detector in detectors.items()
        for claim in _moved(detector.faces_in(tile), scale, left, top)
    ]
    claims.sort(key=lambda pair: -pair[1].score)
    found: list[Candidate] = []
    for name, claim in claims:
        box = (claim.x, claim.y, claim.width, claim.height)
        same = next((other for other in found if _is_same(other.box, box)), None)
        if same is not None:
            same.scores.setdefault(name, claim.score)
        elif len(found) < _MOST_BOXES:
            found.append(Candidate(box, {name: claim.score}))
    return found


def _tiles(rgb: Pixels) -> Iterator[tuple[Pixels, float, float, float]]:
    """Pictures to look at, each with its pixels per pixel and its corner in the picture."""
    import cv2

    longer = max(rgb.shape[:2])
    for level in _LEVELS:
        if level > _LEVELS[0] and longer < _LEAST_SHORT_SIDE * level:
            return
        scale = level / longer
        size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
        shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(rgb, size, interpolation=shrinks), np.uint8)
        if level == _LEVELS[0]:
            pad = round(_MARGIN * level)
            wider = cv2.copyMakeBorder(small, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
            yield small, scale, 0.0, 0.0
            yield np.asarray(wider, np.uint8), scale, -pad / scale, -pad / scale
            continue
        for top in _starts(small.shape[0]):
            for left in _starts(small.shape[1]):
                tile = small[top : top + _TILE, left : left + _TILE]
                yield np.ascontiguousarray(tile), scale, left / scale, top / scale


def _starts(length: int) -> list[int]:
    """Where tiles begin along a side, evenly spread, the last one ending at the border."""
    if length <= _TILE:
        return [0]
    steps = int(np.ceil((length - _TILE) / (_TILE * _STRIDE)))
    return [round(step * (length - _TILE) / steps) for step in range(steps + 1)]


def _moved(claims: list[Detection], scale: float, left: float, top: float) -> Iterator[Detection]:
    for claim in claims:
        yield Detection(
            score=claim.score,
            x=left + claim.x / scale,
            y=top + claim.y / scale,
            width=claim.width / scale,
            height=claim.height / scale,
        )


def _is_same(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    small, large = sorted((max(one[2:]), max(other[2:])))
    apart = max(
        abs(one[axis] + one[axis + 2] / 2 - other[axis] - other[axis + 2] / 2) for axis in (0, 1)
    )
    return apart < _SAME * small and large < _MOST_OTHER_SIZE * max(small, 1e-6)
