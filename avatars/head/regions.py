"""Named parts of the head: which vertices and faces a word such as "lips" means."""

import difflib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from avatars.errors import HeadMismatch
from avatars.head.correspond import Correspondence, eyeball_vertices
from avatars.head.model import HeadModel

REGIONS = (
    *("hair", "face", "forehead", "brow_left", "brow_right", "eye_left", "eye_right"),
    *("eyeball_left", "eyeball_right", "iris_left", "iris_right", "nose"),
    *("cheek_left", "cheek_right", "lips", "chin", "jaw", "ear_left", "ear_right"),
    *("scalp", "neck", "mouth_inner", "teeth_upper", "teeth_lower", "tongue", "skin"),
)
"""Every region name; left and right are the subject's."""

_INSIDE = ("eyeball_left", "eyeball_right", "mouth_inner", "teeth_upper", "teeth_lower", "tongue")
_ON_EYEBALLS = ("eyeball_left", "eyeball_right", "iris_left", "iris_right")
_FLAME_NAMES = {
    "left_eyeball": "eyeball_left",
    "right_eyeball": "eyeball_right",
    "left_eye_region": "eye_left",
    "right_eye_region": "eye_right",
    "left_ear": "ear_left",
    "right_ear": "ear_right",
    **{name: name for name in ("forehead", "lips", "nose", "scalp", "neck", "face")},
}
_FARTHEST = 0.02  # metres; beyond this a nearest point says nothing about a region


def vertex_mask(head: HeadModel, name: str) -> Tensor:
    """Mask [V] bool of the vertices of a region.

    ``hair`` is the scalp here: the hair kept with an avatar is not part of a head.

    Raises:
        HeadMismatch: no such region, or this head does not have it.
    """
    if name not in REGIONS:
        near = difflib.get_close_matches(name, REGIONS, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Choose from {', '.join(REGIONS)}."
        raise HeadMismatch(f"There is no region '{name}'.", hint)
    if name in head.regions:
        return head.regions[name]
    if name == "hair":
        return vertex_mask(head, "scalp")
    if name == "skin":
        return ~_union(head.regions, _INSIDE, head)
    raise HeadMismatch(
        f"The head '{head.name or head.version}' has no region '{name}'.",
        "Put its region masks beside its file and import it again, or use the built-in head.",
    )


def face_mask(head: HeadModel, name: str) -> Tensor:
    """Mask [F] bool of the faces whose three corners belong to a region.

    Raises:
        HeadMismatch: as ``vertex_mask``.
    """
    return vertex_mask(head, name)[head.faces].all(dim=-1)


def from_flame(masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """FLAME's vertex masks [V] under our names; masks that have no counterpart are left out."""
    return {_FLAME_NAMES[name]: mask for name, mask in masks.items() if name in _FLAME_NAMES}


def transferred(correspondence: Correspondence) -> dict[str, Tensor]:
    """All regions of the fitted reference, carried to the target by nearest surface point [Vt].

    Eyeballs are matched with eyeballs only, so a lid never gets an iris; what lies farther than
    20 mm (in the reference's scale) from the fitted surface stays without a region.
    """
    reference, target = correspondence.reference, correspondence.target
    size = float(np.cbrt(np.linalg.det(correspondence.linear)))
    near = correspondence.match.distance < _FARTHEST * size
    balls = eyeball_vertices(target)
    found = {}
    for name, mask in reference.regions.items():
        share = correspondence.carried(mask.cpu().numpy().astype(np.float64))
        inside = (share >= 0.5) & near
        if name in _ON_EYEBALLS:
            inside &= balls
        elif name not in ("eye_left", "eye_right"):
            inside &= ~balls
        found[name] = torch.from_numpy(inside)
    return found


def _union(masks: Mapping[str, Tensor], names: tuple[str, ...], head: HeadModel) -> Tensor:
    total = torch.zeros(head.vertex_count, dtype=torch.bool, device=head.device)
    for name in names:
        if name in masks:
            total = total | masks[name]
    return total
