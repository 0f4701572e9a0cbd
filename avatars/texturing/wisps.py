"""Soft hair round the head's outline: small splats where the person reaches past the mesh.

A fitted mesh ends in a line as if cut with scissors, and stays inside single locks. What the matte
shows beyond it is filled with round splats in the plane of the outline, each riding on the
triangle of the outline that is nearest to it.
"""

import cv2
import numpy as np
import torch

from avatars.head.model import HeadModel
from avatars.kinds.attributes import Loose
from avatars.kinds.binding import Binding
from avatars.texturing.person import Person, distance, lab
from avatars.texturing.seen import View, at_pixels, foreground_extended, smoothstep
from avatars.texturing.texels import Array, Ints, Mask
from renderer import rotations
from renderer.mesh import draw_mesh

SPACING = 1.6  # px between splats
SIGMA = 0.55  # standard deviation of a splat, of the spacing
FAINTEST = 0.12  # of the matte
REACH = ((-0.006, 0.0), (0.0, 0.005), (0.020, 0.010), (0.035, 0.016))
"""(height above the chin, metres from the outline): lower down are shoulders and collars."""
HAIR_FROM = 0.045  # metres above the chin: dark clothes below it look like hair
REACH_OFF_SCALP = 0.010  # metres: further out, what rides on ears and jaw are flecks when turned
FADE = 0.4  # of the reach over which they end
OWN_HAIR = 3.5  # spreads of the hair's colour within which a colour is this person's hair
OWN_SKIN = 18.0  # Lab units, shadow counting little, within which it is this person's skin
HUE, SHADOW, SHINE = 1.3, 0.35, 0.6  # how much of a difference from skin each counts
SOLID = (0.85, 0.99)  # matte from which a pixel shows the person without the background
PIXEL = 0.3  # px^2 that drawing adds to a splat's variance
CHIN, FOREHEAD = 152, 10
CLOSE = 0.04  # of alpha that is not worth a splat
DEPTH = 0.005  # metres by which splats over the scalp leave the plane of the outline
MOST = 0.97  # of the matte that splats try to cover


def wisps(head: HeadModel, view: View, person: Person, drawn: Array | None = None) -> Loose | None:
    """Splats [M] for what the matte shows just outside the mesh, or None where there is nothing.

    Args:
        head: with texture coordinates.
        view: the photo, with the head posed in it.
        person: whose colours they may have.
        drawn: [H, W] 0..1 what the rest of the avatar covers already; None is the mesh.
    """
    buffer = draw_mesh(view.camera, view.vertices, head.faces)
    if not buffer.mask.any():
        return None
    nearest, away = nearest_inside(buffer.mask)
    depth = np.where(buffer.mask, buffer.depth, 0.0).reshape(-1)[nearest]  # [H, W] metres
    metres = depth / float(view.camera.K[0, 0])  # of a pixel
    above = _above_chin(view, float(np.median(metres[buffer.mask])))
    most = _reach_of_faces(head)[buffer.face.reshape(-1)[nearest]]  # [H, W] metres
    covered = buffer.mask.astype(np.float32) if drawn is None else drawn
    share = missing(view.matte, covered) * view.inside * within_reach(above, away * metres, most)
    pixels = _grid(view.matte.shape)
    opacity = at_pixels(share, pixels)
    columns, rows = pixels.astype(int).T
    chosen = opacity > FAINTEST
    if drawn is None:
        chosen &= ~buffer.mask[rows, columns]
    color = at_pixels(_colors(view), pixels)
    chosen &= own_colors(color, person, at_pixels(above, pixels) > HAIR_FROM)
    if not chosen.any():
        return None
    pixels, rows, columns = pixels[chosen], rows[chosen], columns[chosen]
    source = nearest[rows, columns]
    face = buffer.face.reshape(-1)[source].astype(np.int64)
    # A ring in one plane is a row of crumbs from the side.
    loft = DEPTH * np.random.default_rng(0).standard_normal(len(pixels)).clip(-2, 2)
    loft *= most[rows, columns] >= REACH[-1][1]
    return _tied(
        head,
        view,
        face,
        buffer.barycentric.reshape(-1, 3)[source],
        _unprojected(view, pixels, depth[rows, columns] + loft),
        color[chosen],
        splat_opacity(opacity[chosen]),
        SIGMA * SPACING * metres[rows, columns],
    )


def nearest_inside(mask: Mask) -> tuple[Ints, Array]:
    """For each pixel [H, W] the flat position of the nearest one of ``mask`` and its distance, px.

    Args:
        mask: [H, W], somewhere true.
    """
    distances, labels = cv2.distanceTransformWithLabels(
        1 - mask.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    position = np.zeros(int(labels.max()) + 1, np.int64)
    position[labels[mask]] = np.flatnonzero(mask)
    return position[labels], np.asarray(distances, np.float32)


def missing(matte: Array, covered: Array) -> Array:
    """Share [H, W] that must be laid over what covers a pixel already for the matte's cover."""
    left: Array = np.clip(1 - (1 - matte) / np.maximum(1 - covered, 1e-3), 0, 1)
    return np.asarray(np.where(matte > covered + CLOSE, left, 0), np.float32)


def own_colors(rgb: Array, person: Person, hairy: Mask) -> Mask:
    """Which of the colours [M, 3], 0..1, can be this person's skin, or hair where ``hairy`` [M]."""
    colors = lab(rgb)
    hue = HUE * np.linalg.norm(colors[:, 1:] - person.skin[1:], axis=1)
    light = colors[:, 0] - person.skin[0]
    light *= np.where(light > 0, SHINE, SHADOW)
    own: Mask = np.hypot(hue, light) < OWN_SKIN * person.spread
    if person.hair is not None:
        own |= hairy & (distance(colors, person.hair) < OWN_HAIR * person.hair_spread)
    return own


def splat_opacity(share: Array) -> Array:
    """Opacities [M] of splats that together cover as much as ``share`` [M], 0..1, says.

    On a grid of step d each point is covered by 2 pi s^2 / d^2 splats of deviation s.
    """
    layers = 2 * np.pi * (SIGMA**2 + PIXEL / SPACING**2)
    return np.asarray(1 - (1 - np.clip(share, 0, MOST)) ** (1 / layers), np.float32)


def within_reach(above: Array, away: Array, most: Array) -> Array:
    """1 near the outline, fading to 0 where the reach at that height ends.

    Args:
        above: [H, W] height above the chin, metres.
        away: [H, W] distance from the outline, metres.
        most: [H, W] what the nearest triangle allows, metres.
    """
    heights, reaches = zip(*REACH, strict=True)
    reach = np.maximum(np.minimum(np.interp(above, heights, reaches), most), 1e-6)
    near: Array = 1 - smoothstep(away / reach, 1 - FADE, 1.0)
    return near


def _reach_of_faces(head: HeadModel) -> Array:
    """[F] metres splats may stand off each triangle: most on the scalp, none on the neck."""
    corners = head.faces_numpy

    def touched(name: str) -> Mask:
        if name not in head.regions:
            return np.zeros(len(corners), np.bool_)
        found: Mask = head.regions[name].cpu().numpy()[corners].any(axis=1)
        return found

    scalp, neck = touched("scalp"), touched("neck")
    reach = np.where(scalp, REACH[-1][1], np.where(neck, 0.0, REACH_OFF_SCALP))
    return reach.astype(np.float32)


def _above_chin(view: View, metres: float) -> Array:
    """[H, W] height above the chin along the face's upright, metres; a pixel is ``metres`` wide."""
    height, width = view.matte.shape
    chin, up = view.landmarks[CHIN], view.landmarks[FOREHEAD] - view.landmarks[CHIN]
    up = up * metres / max(float(np.linalg.norm(up)), 1e-6)
    x, y = np.meshgrid(np.arange(width) + 0.5 - chin[0], np.arange(height) + 0.5 - chin[1])
    return np.asarray(x * up[0] + y * up[1], np.float32)


def _colors(view: View) -> Array:
    """[H, W, 3] the person's colours; where the background shines through, the nearest of them."""
    extended = foreground_extended(view.image, view.matte > 0.9)
    solid = smoothstep(view.matte, *SOLID)[..., None]
    colors: Array = extended + (view.image - extended) * solid
    return colors


def _grid(shape: tuple[int, ...]) -> Array:
    """Pixel positions [M, 2] on a triangular grid of about ``SPACING`` over a picture."""
    rows = np.arange(SPACING / 2, shape[0], SPACING)
    columns = np.arange(SPACING / 4, shape[1] - SPACING / 2, SPACING)
    x, y = np.meshgrid(columns, rows)
    x[1::2] += SPACING / 2
    return np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)


def _unprojected(view: View, pixels: Array, depth: Array) -> torch.Tensor:
    """World points [M, 3] at pixels [M, 2] and depths [M], metres."""
    K, world = view.camera.K.double(), view.camera.viewmat.double()
    flat = torch.from_numpy(np.column_stack([pixels, np.ones(len(pixels))])).double()
    seen = flat @ torch.linalg.inv(K).T * torch.from_numpy(depth).double()[:, None]
    points: torch.Tensor = ((seen - world[:3, 3]) @ world[:3, :3]).float()
    return points


def _tied(
    head: HeadModel,
    view: View,
    face: Ints,
    barycentrics: Array,
    points: torch.Tensor,
    rgb: Array,
    opacity: Array,
    sigma: Array,
) -> Loose:
    """Round splats at world points [M, 3], given relative to their places on the posed skin."""
    faces = torch.from_numpy(face)
    weights = torch.from_numpy(np.asarray(barycentrics, np.float32))
    bound = Binding(head, faces, weights).on(view.vertices)
    offset = rotations.rotate(rotations.inverse(bound.quats), points - bound.positions)
    scales = torch.from_numpy(np.asarray(sigma, np.float32))[:, None].expand(-1, 3)
    return Loose(
        faces,
        weights,
        offset.detach(),
        torch.from_numpy(np.clip(rgb, 0, 1).astype(np.float32)),
        torch.from_numpy(opacity),
        scales.contiguous(),
    )
