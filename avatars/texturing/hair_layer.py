"""Splats of the hair's own: strands over the unseen scalp, and hair that hangs below the ears.

Hanging hair is a hull open to the front: its front sheet lies where the photo shows hair, at a
plausible depth beside the face; its back sheet runs from the seen silhouette round the back of the
neck. Everything moves with the skull. At the bust line it fades.
"""

from dataclasses import replace

import numpy as np
import torch

from avatars.head.model import HeadModel
from avatars.kinds.attributes import Loose
from avatars.texturing.hair_hull import Widths, back_area, unit, widths_of
from avatars.texturing.hair_paint import HairPaint, Skull, joined
from avatars.texturing.hair_sheets import (
    BACK_AREA,
    FRONT_STEP,
    LINING,
    SHIMMER,
    SPARSE,
    Grain,
    back_sheet,
    front_sheet,
    shown_by_sheet,
    unseen,
)
from avatars.texturing.hair_texture import strand_flow
from avatars.texturing.seen import View, smoothstep
from avatars.texturing.texels import Array
from avatars.tracking.hanging import Hanging, rigid_of
from renderer.mesh import vertex_normals

STRAND = np.array([0.55, 2.0, 0.35]) * 1e-3  # deviations of a strand's splat, metres
SCALP_AREA = 5.0e-6  # square metres of unseen scalp for each strand
LOFT = (0.2e-3, 0.7e-3)  # metres strands stand off the scalp, at least and by chance


def hair_layer(
    head: HeadModel,
    rest: torch.Tensor,
    view: View,
    paint: HairPaint,
    hanging: Hanging | None,
    grain: Grain,
) -> Loose | None:
    """All of a person's hair that is no skin; None where there is none.

    Args:
        head: with texture coordinates.
        rest: [V, 3] its shaped vertices, metres.
        view: the photo, with the head posed in it.
        paint: the hair's colours.
        hanging: hair below the ears, or None.
        grain: how fine.
    """
    if "scalp" not in head.regions:
        return None
    skull = Skull(head, rest)
    wide = None
    if hanging is not None:
        wide = widths_of(rest, hanging)
        grain = _afforded(head, rest, view, paint, hanging, wide, grain)
    parts = [_on_scalp(head, rest, view, skull, paint, grain)]
    if hanging is not None and wide is not None:
        rigid = rigid_of(head, rest, view.vertices)
        shown = shown_by_sheet(head, view, hanging)
        parts += front_sheet(head, view, skull, rigid, shown, wide, grain)
        parts += back_sheet(rest, view, skull, rigid, paint, hanging, wide, grain)
    return joined(parts)


def _afforded(
    head: HeadModel,
    rest: torch.Tensor,
    view: View,
    paint: HairPaint,
    hanging: Hanging,
    wide: Widths,
    grain: Grain,
) -> Grain:
    """The grain that keeps the number of splats within its bounds."""
    metre = float(view.camera.K[0, 0]) / float(view.camera.depths(view.vertices).median())
    front = (
        float(shown_by_sheet(head, view, hanging).sum())
        / metre**2
        / FRONT_STEP**2
        * (1 + 1 / SPARSE)
    )
    back = back_area(wide) / BACK_AREA * (1 + LINING[2])
    scalp = float(_unseen_scalp(head, rest, paint).sum()) / SCALP_AREA
    return replace(grain, area=max(grain.area, (front + back + scalp) / grain.most))


def _unseen_scalp(head: HeadModel, rest: torch.Tensor, paint: HairPaint) -> Array:
    """Area [F] of hair on each triangle that the photo does not show, square metres."""
    corners, points = head.faces_numpy, rest.numpy()
    a, b, c = (points[corners[:, k]] for k in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    share, sure = paint.share[corners].mean(axis=1), paint.sure[corners].mean(axis=1)
    return np.asarray(area * smoothstep(share, 0.5, 0.9) * (1 - smoothstep(sure, 0.1, 0.5)))


def _on_scalp(
    head: HeadModel, rest: torch.Tensor, view: View, skull: Skull, paint: HairPaint, grain: Grain
) -> Loose:
    rng = np.random.default_rng(paint.seed)
    corners = head.faces_numpy
    points = rest.numpy()
    wanted = _unseen_scalp(head, rest, paint) / (SCALP_AREA * grain.area)
    count = np.floor(wanted + rng.random(len(wanted))).astype(np.int64)
    face = np.repeat(np.arange(len(corners)), count)
    weights = rng.dirichlet((1.0, 1.0, 1.0), len(face)).astype(np.float32)

    def at(values: Array) -> Array:
        return np.asarray((values[corners[face]] * weights[..., None]).sum(axis=1), np.float32)

    mean = head.v_template.numpy()
    normals = unit(at(np.asarray(vertex_normals(rest, head.faces))))
    upright = unit(at(np.asarray(vertex_normals(head.v_template, head.faces))))
    flow, across = strand_flow(at(mean), upright.astype(np.float32))
    rgb = paint.strands(at(paint.layer), at(mean), flow, across)
    rgb = rgb * (1 + SHIMMER * rng.standard_normal((len(face), 1)))
    loft = LOFT[0] + LOFT[1] * np.abs(rng.standard_normal((len(face), 1)))
    scales = np.tile(STRAND * grain.length, (len(face), 1))
    opacity = np.full(len(face), 0.9)
    places = at(points).astype(np.float64) + loft * normals
    kept = unseen(view, rigid_of(head, rest, view.vertices).posed(places))
    return skull.carry(
        places[kept], -flow[kept], normals[kept], rgb[kept], opacity[kept], scales[kept]
    )
