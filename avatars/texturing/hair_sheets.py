"""The two sheets of hanging hair: the one the photo shows, and the one round the back."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from avatars.head.model import HeadModel
from avatars.kinds.attributes import Loose
from avatars.texturing.hair_hull import ROW, TOP, Widths, forward, on_hull, outward, ragged
from avatars.texturing.hair_paint import HairPaint, Skull
from avatars.texturing.seen import View, at_pixels, foreground_extended, project, smoothstep
from avatars.texturing.texels import Array, Mask
from avatars.tracking.hanging import EARS, LOWEST, Hanging, Rigid, rays_through
from renderer.mesh import draw_mesh

Doubles = NDArray[np.float64]

FRONT_STEP = 1.35e-3  # metres between splats of the front sheet
BEFORE = 0.004  # metres it stays in front of the skin
DEEP = 0.008  # metres behind the skin of a face from which hair is hidden by it
SPARSE = 3  # splats of the front sheet for each one behind it
BACKING = (0.0045, 0.7)  # metres a second sheet lies behind the first, and its brightness
WIDE = 0.8  # of their distance that splats of the front sheet keep from its outline
SCREENED = 0.012  # metres before the skin from which the front sheet has another behind it
BACK_AREA = 4.5e-6  # square metres of the back sheet for each splat
BACK_STRAND = np.array([0.85, 2.4, 0.6]) * 1e-3
SHIMMER = 0.06  # of a strand's brightness, by chance
AROUND, OUTER = 1.11, 0.965
"""Half turns that the back sheet takes, and its size: it ends behind the front sheet."""
LINING = (0.90, 0.55, 0.35)  # size, brightness and number of the sheet that is seen from inside
FADE = (LOWEST + 0.004, -0.112)  # metres over which hair fades in above the bust line
BLEND = (-0.02, 0.08)  # metres below the ears over which colours leave those of the scalp


@dataclass(frozen=True, eq=False)
class Grain:
    """How fine the layer is made.

    Attributes:
        area: of each splat, relative to the finest.
        most: splats, about; with more hair they are made larger.
    """

    area: float = 1.0
    most: int = 20_000

    @property
    def length(self) -> float:
        """Factor of lengths."""
        return float(np.sqrt(self.area))


def shown_by_sheet(head: HeadModel, view: View, hanging: Hanging) -> Mask:
    """Where [H, W] hair is drawn by a sheet: below the ears, and above them beside the mesh."""
    mesh = draw_mesh(view.camera, view.vertices, head.faces).mask
    inner = cv2.erode(mesh.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    low = hanging.places[..., 1] < TOP
    shown: Mask = hanging.mask | (hanging.hair & low & ~inner)
    return shown


def front_sheet(
    head: HeadModel,
    view: View,
    skull: Skull,
    rigid: Rigid,
    shown: Mask,
    wide: Widths,
    grain: Grain,
) -> list[Loose]:
    """The sheet that the photo shows, and one behind it."""
    focal = float(view.camera.K[0, 0])
    depth = float(view.camera.depths(view.vertices).median())
    step = FRONT_STEP * grain.length
    across = step * focal / depth
    height, width = view.matte.shape
    x, y = np.meshgrid(np.arange(across / 2, width, across), np.arange(across / 2, height, across))
    x[1::2] += across / 2
    pixels = np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)
    share = at_pixels(shown.astype(np.float32), pixels)
    pixels, share = pixels[share > 0.25], share[share > 0.25]
    points = forward(rays_through(view.camera, rigid, pixels.astype(np.float64)), wide)
    points, gap, hidden = _before_skin(head, view, rigid, pixels, points)
    matte = at_pixels(view.matte, pixels) * np.minimum(1, 2 * share)
    opacity = matte * smoothstep(points[:, 1] + ragged(points[:, 0]), *FADE)
    rgb = at_pixels(foreground_extended(view.image, shown & (view.matte > 0.9)), pixels)
    opacity *= wide.within(points)
    # Splats are wider than their middles; the rim is left to finer ones.
    edge = clear_of_background(view, pixels, round(WIDE * across))
    kept = (opacity > 0.05) & ~hidden & edge
    points, rgb, opacity, gap = points[kept], rgb[kept], opacity[kept], gap[kept]
    up = np.tile([0.0, 1.0, 0.0], (len(points), 1))
    out = outward(points)
    round_ = np.full((len(points), 3), 0.62 * step)
    front = skull.carry(points, up, out, rgb, opacity, round_)
    every = np.flatnonzero(gap > SCREENED)[::SPARSE]
    behind = points[every] - BACKING[0] * np.array([0.0, 0.0, 1.0])
    backing = skull.carry(
        behind, up[every], out[every], BACKING[1] * rgb[every], opacity[every], 1.7 * round_[every]
    )
    return [front, backing]


def _before_skin(
    head: HeadModel, view: View, rigid: Rigid, pixels: Array, points: Doubles
) -> tuple[Doubles, Doubles, Mask]:
    """Points [M, 3] moved towards the camera where skin would hide them.

    Also their way to the skin behind [M], metres, and whether they would lie deep behind a face:
    that hair is seen past the cheek.
    """
    buffer = draw_mesh(view.camera, view.vertices, head.faces)
    height, width = view.matte.shape
    columns, rows = pixels.astype(int).clip(0, [width - 1, height - 1]).T
    world = rigid.posed(points)
    own = view.camera.depths(torch.from_numpy(world).float()).double().numpy()
    skin = np.where(buffer.mask, buffer.depth, np.inf)[rows, columns].astype(np.float64)
    factor = np.minimum(own, skin - BEFORE) / own
    eye = view.camera.position.double().numpy()
    face = _region(head, "face")[head.faces_numpy].any(axis=1)
    on_face = face[np.maximum(buffer.face, 0)][rows, columns] & buffer.mask[rows, columns]
    hidden = on_face & (own > skin + DEEP)
    return rigid.rest(eye + factor[:, None] * (world - eye)), skin - factor * own, hidden


def _region(head: HeadModel, name: str) -> Mask:
    if name not in head.regions:
        return np.zeros(head.vertex_count, np.bool_)
    region: Mask = head.regions[name].cpu().numpy()
    return region


def back_sheet(
    rest: torch.Tensor,
    view: View,
    skull: Skull,
    rigid: Rigid,
    paint: HairPaint,
    hanging: Hanging,
    wide: Widths,
    grain: Grain,
) -> list[Loose]:
    """The sheet round the back of the neck, and its lining."""
    rng = np.random.default_rng(paint.seed + 1)
    full = np.pi * float(np.maximum(wide.sides.mean(axis=1), wide.back).mean())
    count = int(full * (TOP - LOWEST) / (BACK_AREA * grain.area))
    hairy = np.flatnonzero(paint.share > 0.5)
    if not len(hairy):
        return []
    near = cKDTree(rest.numpy()[hairy])
    sheets = []
    for size, bright, part, wider in ((OUTER, 1.0, 1.0, 1.0), (*LINING, 1.7)):
        number = int(count * part)
        height = LOWEST + (TOP - LOWEST) * rng.random(number)
        turn = AROUND * np.pi * (rng.random(number) - 0.5)  # 0 behind, to the left positive
        points, normals, cover = on_hull(wide, height, turn, size)
        base = _back_colors(view, hanging, paint, height, turn)
        scalp = np.asarray(near.query(points, eps=0.2)[1])
        share = smoothstep(EARS - height, *BLEND)[:, None]
        base = (paint.layer[hairy][scalp] * (1 - share) + base * share).astype(np.float32)
        flow = np.tile(np.array([0, -1, 0], np.float32), (number, 1))
        across = np.asarray(np.cross(normals, flow), np.float32)
        rgb = bright * paint.strands(base, points.astype(np.float32), flow, across)
        rgb = rgb * (1 + SHIMMER * rng.standard_normal((number, 1)))
        opacity = 0.95 * cover * smoothstep(height + ragged(points[:, 0]), *FADE)
        kept = (opacity > 0.05) & unseen(view, rigid.posed(points))
        if size < OUTER:
            kept &= height < EARS - 0.015
        scales = np.tile(BACK_STRAND * grain.length * wider, (int(kept.sum()), 1))
        sheets.append(
            skull.carry(points[kept], -flow[kept], normals[kept], rgb[kept], opacity[kept], scales)
        )
    return sheets


def _back_colors(
    view: View, hanging: Hanging, paint: HairPaint, height: Doubles, turn: Doubles
) -> Array:
    """Smooth colours [M, 3]: those of the seen hair at that height, of either side by turn."""
    chosen = hanging.mask & (view.matte > 0.9)
    places, colors = hanging.places[chosen], view.image[chosen]
    rows = np.arange(LOWEST, TOP + ROW, ROW)
    sides = []
    for side in (1, -1):
        own = side * places[:, 0] > 0
        row = np.clip(np.round((places[own, 1] - LOWEST) / ROW).astype(int), 0, len(rows) - 1)
        total = np.stack([np.bincount(row, colors[own, k], len(rows)) for k in range(3)], axis=1)
        number = np.bincount(row, minlength=len(rows)).astype(np.float64)[:, None]
        total, number = (gaussian_filter1d(v, 3.0, axis=0, mode="nearest") for v in (total, number))
        mean = (total + 3 * paint.usual) / (number + 3)
        sides.append(np.stack([np.interp(height, rows, mean[:, k]) for k in range(3)], axis=1))
    left = smoothstep(turn, -0.8, 0.8)[:, None]
    mixed: Array = (left * sides[0] + (1 - left) * sides[1]).astype(np.float32)
    return mixed


def unseen(view: View, world: Doubles) -> Mask:
    """Which points the photo's background does not rule out."""
    return clear_of_background(view, project(view.camera, world.astype(np.float32)), 2)


def clear_of_background(view: View, pixels: Array, margin: int) -> Mask:
    """Which places [M, 2] in the photo are at least a margin of pixels away from background."""
    disc = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    person = cv2.erode((view.matte > 0.5).astype(np.uint8), disc) > 0
    background = ~person & view.inside
    clear: Mask = at_pixels(background.astype(np.float32), pixels) < 0.5
    return clear
