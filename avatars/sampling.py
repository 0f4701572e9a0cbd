"""The fixed places on a head's surface where an avatar's splats sit, independent of any map.

A regular grid over the texture layout, so that neighbours are evenly spaced and splats in
proportion to the spacing close the surface, with one more row along every border of an island:
the grid ends up to a step before a border, and at a seam two such gaps meet.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from avatars.errors import HeadMismatch
from avatars.head.model import HeadModel
from avatars.head.tables import is_on
from avatars.sampling_grid import Floats, Layout, Places, along_borders, borders, on_grid
from avatars.sampling_groups import RIMS, groups_of, hidden_edges

QUICK = 50_000
FINE = 100_000
"""Usual numbers of splats."""

SIGMA = 0.7
"""Standard deviation of a splat in units of the spacing, along each direction. In the middle of
four splats of opacity 0.985 a single layer then covers 0.985 (0.968 at 0.64, which shows)."""

THIN_SHARE = 0.15
"""Largest share of the samples on ears, eyes and the inside of the mouth together."""

THINNEST = 1.5
"""Widest mean spacing on such a part, in units of the skin's."""

RIM_STEP = 0.5
"""Spacing where a thin part meets the skin, in units of the part's."""

LEAST_LENGTH = 0.02
"""Metres per unit of u or v that a triangle counts at least: 0.07 mm from texel to texel."""

_KEPT = 8
_tables: OrderedDict[tuple[str, int, str], "SampleTable"] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class SampleTable:
    """Places of splats on a head.

    Attributes:
        face: [N] int64 triangle each sample lies on; samples of one triangle are neighbours.
        barycentrics: [N, 3] weights of its corners, >= 0, sum 1.
        uv: [N, 2] place in the texture layout.
        spacing: [N, 2] distance to the next sample along u and across it, metres on the head's
            mean template.
        steps: [F] the same distance in units of u and v, by triangle; 0 where there are none.
        wanted: the number of samples that was asked for; N comes close to it.

    Raises:
        ValueError: the shapes disagree.
    """

    face: Tensor
    barycentrics: Tensor
    uv: Tensor
    spacing: Tensor
    steps: Tensor
    wanted: int

    def __post_init__(self) -> None:
        count = self.face.shape[0]
        for name, width in (("barycentrics", 3), ("uv", 2), ("spacing", 2)):
            shape = getattr(self, name).shape
            if shape != (count, width):
                raise ValueError(f"{name} must be {[count, width]}, not {list(shape)}")

    def __len__(self) -> int:
        return self.face.shape[0]

    def to(self, device: torch.device | str) -> "SampleTable":
        """The same table on another device; itself if it is there already."""
        if is_on(self.face, device):
            return self
        moved = {
            name: getattr(self, name).to(device)
            for name in ("face", "barycentrics", "uv", "spacing", "steps")
        }
        return replace(self, **moved)


def sample_table(head: HeadModel, count: int = FINE) -> SampleTable:
    """The table of a head for about ``count`` samples, on the head's device; always the same.

    Kept for the last few heads (by fingerprint and parts) and counts.

    Raises:
        HeadMismatch: the head has no texture coordinates, or its layout has no area.
        ValueError: fewer than 100 samples are asked for.
    """
    if count < 100:
        raise ValueError(f"{count} samples cannot cover a head")
    groups, sampled = groups_of(head)
    # Parts decide where samples lie but are no part of the fingerprint.
    parts = sha256(groups.tobytes() + sampled.tobytes()).hexdigest()
    key = (head.fingerprint + parts, count, str(head.device))
    with _lock:
        if key in _tables:
            _tables.move_to_end(key)
            return _tables[key]
    table = _built(head, groups, sampled, count).to(head.device)
    with _lock:
        _tables[key] = table
        while len(_tables) > _KEPT:
            _tables.popitem(last=False)
    return table


def rest_lengths(head: HeadModel) -> Tensor:
    """Metres per unit of u, and across it per unit of v, on the mean template: [F, 2].

    The second is measured at a right angle to the first, so their product is the area of the
    surface per area of the layout. Needles and triangles without area count at least
    ``LEAST_LENGTH``.
    """
    corners = head.v_template.detach()[head.faces]  # [F, 3, 3]
    edges = corners[:, 1:] - corners[:, :1]
    flat = head.uvs.detach()[head.uv_faces]
    (du, dv), area = (flat[:, 1:] - flat[:, :1]).unbind(-1), torch.ones(())
    area = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]
    area = torch.where(area.abs() < 1e-12, torch.ones_like(area), area)
    along = (edges[:, 0] * dv[:, 1:] - edges[:, 1] * dv[:, :1]) / area[:, None]
    length: Tensor = along.norm(dim=-1)
    surface: Tensor = torch.linalg.cross(edges[:, 0], edges[:, 1]).norm(dim=-1)
    across = surface / area.abs() / length.clamp_min(1e-12)
    return torch.stack([length, across], dim=-1).clamp_min(LEAST_LENGTH)


def _built(head: HeadModel, groups: Floats, sampled: Floats, count: int) -> SampleTable:
    layout = _layout(head)
    areas = np.where(sampled, layout.areas, 0.0)
    if not areas.sum() > 0:
        raise HeadMismatch(
            f"The texture layout of the head '{head.name}' has no area.",
            "Import the head again with a usable layout, or use the built-in head.",
        )
    ends = borders(layout, groups, sampled & (layout.areas > 0))
    ends = ends.where(~hidden_edges(head, groups, ends.faces, ends.corners))
    flat = np.bincount(groups, areas, 2 * RIMS)
    edges = np.bincount(groups[ends.faces], ends.lengths, 2 * RIMS)
    steps = _steps(flat, edges, _coarseness(head, areas, groups), count)
    face_steps = np.where(areas > 0, steps[groups], 0.0)
    places = _joined(on_grid(layout, face_steps), along_borders(layout, ends, face_steps))
    face, barycentrics = places
    uv = (layout.corners[face] * barycentrics[..., None]).sum(axis=1)
    step_of = torch.from_numpy(face_steps.astype(np.float32))
    spacing = rest_lengths(head).cpu().float() * step_of[:, None]
    return SampleTable(
        face=torch.from_numpy(face),
        barycentrics=torch.from_numpy(barycentrics.astype(np.float32)),
        uv=torch.from_numpy(uv.astype(np.float32)),
        spacing=spacing[torch.from_numpy(face)],
        steps=step_of,
        wanted=count,
    )


def _layout(head: HeadModel) -> Layout:
    if not head.has_uv:
        raise HeadMismatch(
            f"The head '{head.name}' has no texture coordinates, so it cannot carry maps.",
            "Put head_template_mesh.obj beside its file and import it again.",
        )
    return Layout(
        head.uvs.detach().cpu().numpy().astype(np.float64),
        head.uv_faces.detach().cpu().numpy().astype(np.int64),
    )


def _coarseness(head: HeadModel, areas: Floats, groups: Floats) -> Floats:
    """[2 G] mean metres per unit of the layout, relative to the skin's; of rims their part's."""
    corners = head.v_template.detach().cpu().numpy().astype(np.float64)[head.faces_numpy]
    surface = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    used = areas > 0
    kinds = groups[used] % RIMS
    solid, flat = (np.bincount(kinds, part[used], RIMS) for part in (surface, areas))
    scale = np.sqrt(np.where(flat > 0, solid, 1.0) / np.where(flat > 0, flat, 1.0))
    # A head that is all eyes has no skin to compare with; then its finest part is the measure.
    whole = scale[0] if flat[0] > 0 else scale[flat > 0].min()
    return np.tile(scale / whole, 2)


def _steps(flat: Floats, edges: Floats, coarseness: Floats, count: int) -> Floats:
    """[2 G] distance of samples in the layout: ``count`` of them, the thin parts' share held.

    Args:
        flat: [2 G] area in the layout.
        edges: [2 G] length of the borders.
        coarseness: [2 G] see ``_coarseness``.
        count: samples wanted.
    """
    relative = np.minimum(1.0, THINNEST / coarseness)  # step in units of the skin's
    relative[RIMS:] *= RIM_STEP
    rows = 1.0
    for _ in range(30):
        area, length = (flat / relative**2).sum(), (edges / relative).sum()
        # count = area rows^2 + length rows
        rows = (-length + np.sqrt(length**2 + 4 * area * count)) / (2 * area)
        parts = flat * (rows / relative) ** 2 + edges * rows / relative
        share = parts[1:].sum() / parts.sum()
        if flat[0] == 0 or share <= THIN_SHARE:
            break
        relative[1:] *= np.sqrt(share / THIN_SHARE)
    steps: Floats = relative / rows
    return steps


def _joined(*parts: Places) -> Places:
    """All places, those of one triangle beside each other: neighbours in memory as on the skin."""
    face = np.concatenate([part[0] for part in parts])
    barycentrics = np.concatenate([part[1] for part in parts])
    order = np.argsort(face, kind="stable")
    return face[order], barycentrics[order]
