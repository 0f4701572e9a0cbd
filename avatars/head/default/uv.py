"""The texture layout of the built-in head: one square, the face upright in its middle.

The skin fills the upper part, mirror-symmetrical about u = 0.5, its seam down the back of the
head at the left and right edges. Lid rims lie inside the eye openings. Below: ears, eyeballs,
teeth, tongue and mouth cavity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.head.default import uv_islands
from avatars.head.default.build import NeutralHead
from avatars.head.default.topology import Floats, Ints
from avatars.head.default.uv_islands import Island
from avatars.head.default.uv_skin import flat_skin, half_skin

SKIN_BOTTOM = 0.15
SLOPE_TOP = 0.26
NAPE_U = 0.125
"""The neck narrows to the bottom, which leaves room for the ears in the corners."""
EAR_HEIGHT = 184 / 1024
TEETH_SCALE = 1.85 / 1024
TONGUE_SCALE = 1.5 / 1024
MARGIN = 3 / 1024
"""Distance of the islands from the edge of the square."""
PADDING = 7 / 1024
"""Least distance between islands: bilinear reading and smaller maps must not mix them."""
_GRID = 2.0**-30


@dataclass(frozen=True)
class UvAtlas:
    """The layout.

    Attributes:
        uvs: [U, 2] texture coordinates in 0..1, u right, v up.
        uv_faces: [F, 3] indices into `uvs`, corner by corner as the faces of the head.
        islands: face ids by island: skin (with lid rims), ear_right, ear_left, eye_right,
            eye_left, mouth, teeth_upper, teeth_lower, tongue.
    """

    uvs: Floats
    uv_faces: Ints
    islands: dict[str, Ints]


@dataclass(frozen=True)
class Slot:
    """Where an island goes: left edge and middle height in the square, and its scale.

    Attributes:
        u: of the left edge.
        v: of the middle.
        per_mm: size of a millimetre in the square.
    """

    u: float
    v: float
    per_mm: float


def build_uv(neutral: NeutralHead) -> UvAtlas:
    """The layout of the neutral head, always the same."""
    pieces = {"skin": _skin(neutral)} | _strip(neutral)
    corners = np.full((len(neutral.faces), 3), -1, dtype=np.int64)
    uvs, count = [], 0
    for piece in pieces.values():
        corners[piece.face_ids] = piece.corners + count
        uvs.append(piece.places)
        count += len(piece.places)
    # On a coarse grid 1 - u is exact, so that left and right are mirror images to the last bit.
    snapped = np.round(np.concatenate(uvs) / _GRID) * _GRID
    islands = {name: piece.face_ids for name, piece in pieces.items()}
    return UvAtlas(snapped, corners, islands)


def _skin(neutral: NeutralHead) -> Island:
    half = half_skin(neutral)
    top, nape = 1 - MARGIN, (NAPE_U, SKIN_BOTTOM)
    outline = np.array([(0.5, top), (MARGIN, top), (MARGIN, SLOPE_TOP), nape, (0.5, SKIN_BOTTOM)])
    right = flat_skin(neutral, half, outline)[: len(half.ids)]
    right = np.round(right / _GRID) * _GRID
    # Points of the midline in front are shared; those on the seam at the back are not.
    shared = right[:, 0] == 0.5
    left_index = np.where(shared, np.arange(len(right)), 0)
    left_index[~shared] = len(right) + np.arange((~shared).sum())
    left = right[~shared].copy()
    left[:, 0] = 1 - left[:, 0]
    faces = half.faces[: half.real]
    count = len(neutral.faces) // 2
    return Island(
        np.concatenate([half.face_ids, half.face_ids + count]),
        np.concatenate([faces, left_index[faces][:, ::-1]]),
        np.concatenate([right, left]),
    )


def _strip(neutral: NeutralHead) -> dict[str, Island]:
    """The islands below the skin; pairs are mirror images about u = 0.5."""
    ear, eye = uv_islands.right_ear(neutral), uv_islands.right_eye(neutral)
    low, high = MARGIN, SKIN_BOTTOM - PADDING
    middle, room = (low + high) / 2, high - low
    ear_scale, eye_scale = EAR_HEIGHT / _size(ear)[1], room / _size(eye)[1]
    ear_slot = Slot(MARGIN, MARGIN + EAR_HEIGHT / 2, ear_scale)
    eye_slot = Slot(MARGIN + ear_scale * _size(ear)[0] + PADDING, middle, eye_scale)
    result = {
        "ear_right": _placed(ear, ear_slot),
        "eye_right": _placed(eye, eye_slot),
    }
    beside = np.array([1.0, 0.0])
    for name in ("ear", "eye"):
        other = result[f"{name}_right"].mirrored(neutral)
        result[f"{name}_left"] = Island(other.face_ids, other.corners, other.places + beside)
    u = eye_slot.u + eye_scale * _size(eye)[0] + PADDING
    end = 1 - u
    rows = [uv_islands.teeth(neutral, name) for name in ("teeth_upper", "teeth_lower")]
    tongue, bag = uv_islands.tongue(neutral), uv_islands.mouth_bag(neutral)
    bottom = low
    for name, row in (("teeth_lower", rows[1]), ("teeth_upper", rows[0])):
        height = TEETH_SCALE * _size(row)[1]
        result[name] = _placed(row, Slot(u, bottom + height / 2, TEETH_SCALE))
        bottom += height + PADDING
    u += TEETH_SCALE * max(_size(row)[0] for row in rows) + PADDING
    result["tongue"] = _placed(tongue, Slot(u, middle, TONGUE_SCALE))
    u += TONGUE_SCALE * _size(tongue)[0] + PADDING
    bag_scale = min(room / _size(bag)[1], (end - u) / _size(bag)[0])
    result["mouth"] = _placed(bag, Slot(u, middle, bag_scale))
    return result


def _size(island: Island) -> tuple[float, float]:
    width, height = np.ptp(island.places, axis=0)
    return float(width), float(height)


def _placed(island: Island, slot: Slot) -> Island:
    low, high = island.places.min(axis=0), island.places.max(axis=0)
    corner = np.array([slot.u, slot.v - slot.per_mm * (high[1] - low[1]) / 2])
    return Island(island.face_ids, island.corners, corner + slot.per_mm * (island.places - low))
