"""Where on the map lips, lids, ears, neck and scalp are."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree

from avatars.head.arkit import table_of
from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES
from avatars.texturing.seen import smoothstep
from avatars.texturing.texels import SKIN, Array, Texels, placed
from avatars.tracking.fit import EYE_LEFT, EYE_RIGHT

LID_DROP = (0.0012, 0.0035)  # metres a blink moves what counts as lid
CHIN = 152  # landmark
THROAT = (0.0, 0.025)  # metres below the chin over which the photo stops counting on the neck
HANGING = 0.035  # metres from the scalp over which locks may hang
LASHES = (0.0004, 0.0016)  # metres from the upper lid's rim


@dataclass(frozen=True, eq=False)
class Places:
    """Shares 0..1 at M texels.

    Attributes:
        scalp: where hair grows, [M].
        under_hair: where hair may hang: the scalp and what is near it, [M].
        ears: [M].
        neck: below jaw and skull, [M].
        throat: the part of the neck far enough below the chin that collars begin there, [M].
        lips: [M].
        lids: skin that a blink pulls over the eye, [M].
        lashes: along the upper lids' rims, [M].
        features: lips, brows, eyes and nostrils' surroundings: no plain skin, [M].
    """

    scalp: Array
    under_hair: Array
    ears: Array
    neck: Array
    throat: Array
    lips: Array
    lids: Array
    lashes: Array
    features: Array


def places(head: HeadModel, texels: Texels) -> Places:
    """The shares for a head; regions that it lacks are empty."""

    def region(*names: str) -> Array:
        mask = torch.zeros(head.vertex_count, dtype=torch.bool)
        for name in names:
            if name in head.regions:
                mask |= head.regions[name].cpu()
        return texels.gather(mask.numpy().astype(np.float32))

    scalp, ears = region("scalp"), region("ear_left", "ear_right")
    neck = region("neck") * (1 - scalp) * (1 - ears)
    lids = texels.gather(_lids(head))
    skin = (texels.kind == SKIN).astype(np.float32)
    return Places(
        scalp=scalp,
        under_hair=np.maximum(scalp, texels.gather(_near_scalp(head)) * (1 - neck)) * skin,
        ears=ears,
        neck=neck,
        throat=neck * _below_chin(head, texels),
        lips=region("lips") * skin,
        lids=lids * skin,
        lashes=_lashes(head, texels) * skin,
        features=np.maximum(
            region("lips", "brow_left", "brow_right", "eye_left", "eye_right"), lids
        ),
    )


def _below_chin(head: HeadModel, texels: Texels) -> Array:
    points, _ = placed(texels, head, head.v_template)
    chin = float(landmark_points(head, head.v_template)[CHIN, 1])
    below: Array = smoothstep(chin - points[:, 1], *THROAT)
    return below


def _lids(head: HeadModel) -> Array:
    """[V] 0..1 by how far a blink moves the skin down."""
    weights = table_of(head).expression
    rows = [ARKIT_NAMES.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight")]
    moved = head.exprdirs[:, 1] @ weights[rows].sum(dim=0)  # [V]
    lid: Array = smoothstep(-moved.cpu().numpy(), *LID_DROP)
    return lid


def _lashes(head: HeadModel, texels: Texels) -> Array:
    points, _ = placed(texels, head, head.v_template)
    marks = landmark_points(head, head.v_template).cpu().numpy()
    rims = []
    for ring in (EYE_RIGHT, EYE_LEFT):
        upper = marks[list(ring[:9])]  # corner to corner along the upper lid
        steps = np.linspace(0, 8, 65)
        rims.append(
            np.column_stack([np.interp(steps, np.arange(9), upper[:, axis]) for axis in range(3)])
        )
    gap = np.asarray(cKDTree(np.concatenate(rims)).query(points, distance_upper_bound=0.004)[0])
    near: Array = 1 - smoothstep(np.minimum(gap, 1.0), *LASHES)
    return near


def _near_scalp(head: HeadModel) -> Array:
    """[V] 1 on the scalp, 0 from ``HANGING`` away from it."""
    vertices = head.v_template.cpu().numpy()
    if "scalp" not in head.regions:
        return np.zeros(len(vertices), np.float32)
    grown = vertices[head.regions["scalp"].cpu().numpy()]
    gap = np.asarray(cKDTree(grown).query(vertices)[0])
    near: Array = 1 - smoothstep(gap, 0.6 * HANGING, HANGING)
    return near
