"""The person's own hair on those parts of the scalp that the photo does not show."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from avatars.head.model import HeadModel
from avatars.texturing.build import Textured
from avatars.texturing.hair_paint import HairPaint
from avatars.texturing.hair_strands import Exemplar, exemplar_of
from avatars.texturing.person import distance, lab, ramp
from avatars.texturing.seen import View, at_pixels, read_photo, smoothstep
from avatars.texturing.texels import SKIN, Array, Mask, Texels, placed, texels_of
from avatars.tracking.spread import spread
from renderer.mesh import draw_mesh, vertex_normals

CROWN = np.array([0.0, 0.116, -0.055], np.float32)
"""Where hair parts on the mean head, metres."""
SURE = 0.55  # cosine to the view from which hair makes patches to be laid elsewhere
HAIRY = (0.5, 0.9)  # share of hair in a pixel from which it lends its colour
AHEAD = (0.2, 0.4)  # cosine to the view from which no strands are laid over the photo
EDGE = (1.5, 5.0)  # px inside the person's outline over which its pixels are believed
SHEEN, SLANT = (1.4, 2.4), (-0.65, -0.45)
"""Spreads of the hair's colour from which brighter hair is odd, where the view is this oblique."""
STIFF = (0.3, 0.6)  # of the smooth layer of colour
PULL = 2e-3  # of the smooth layer to the usual colour
LEAST = 50  # texels of seen scalp to tell from
BALD = 0.06  # of the scalp's seen texels: fewer with hair are none


@dataclass(frozen=True, eq=False)
class Tress:
    """What is known of a person's hair.

    Attributes:
        exemplar: patches of it, or None where too little is seen.
        rgb: [3] its usual colour.
    """

    exemplar: Exemplar | None
    rgb: Array


def tress_of(head: HeadModel, view: View, hair: Array) -> Tress | None:
    """The hair of the person in a photo; None where there is none.

    Args:
        head: the head.
        view: the photo with the head posed in it.
        hair: [H, W] 0..1 how much of each pixel is hair.
    """
    buffer = draw_mesh(view.camera, view.vertices, head.faces)
    normals = vertex_normals(view.vertices, head.faces)
    corners = head.faces_numpy[np.maximum(buffer.face, 0)]
    normal = (normals[corners] * buffer.barycentric[..., None]).sum(axis=2)
    facing = -(normal @ view.camera.viewmat[2, :3].numpy())
    inner = cv2.erode((view.matte > 0.9).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    own = (hair > 0.8) & view.inside
    usual = own & inner
    if usual.sum() < 100:
        return None
    # Loose hair off the mesh counts too: it hangs facing the camera.
    square = inner & own & (~buffer.mask | (facing > SURE))
    scale = float(view.camera.K[0, 0]) / float(view.camera.depths(view.vertices).median())
    down = (view.landmarks[152] - view.landmarks[10]).astype(np.float32)
    down /= max(float(np.linalg.norm(down)), 1e-6)
    rgb = np.median(view.image[usual], axis=0).astype(np.float32)
    return Tress(exemplar_of(view.image, square, down, scale), rgb)


def with_hair(
    head: HeadModel, looks: Textured, view: View, hair: Array, covered: Array, seed: int
) -> tuple[Textured, HairPaint | None]:
    """Looks whose unseen hair is that of the photo, laid along strands from the crown down.

    Also the hair's colours for splats of its own; None where there is none.

    Args:
        head: the head.
        looks: what the photo and smooth fills say.
        view: the photo with the head posed in it.
        hair: [H, W] 0..1 how much of each pixel is hair.
        covered: [V] 0..1 skin that hair covers where usually none grows (ears).
        seed: of which patch lies where.
    """
    texels = texels_of(head, looks.rgb.shape[0])
    pick = texels.index
    rgb, trust, facing, grows = (
        values.reshape(-1, *values.shape[2:])[pick]
        for values in (looks.rgb, looks.trust, looks.facing, looks.hair)
    )
    seen = read_photo(head, texels, view)
    pixels = seen.pixels
    solid = (view.matte > 0.5).astype(np.uint8)
    inset = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    edge = smoothstep(at_pixels(inset, pixels), *EDGE)
    labelled = at_pixels(hair, pixels)
    skin = texels.kind == SKIN
    over = np.minimum(texels.gather(covered), labelled)[:, None] * (skin & seen.visible)[:, None]
    rgb = rgb + over * (seen.rgb - rgb)
    trust = trust + over[:, 0] * (seen.trust - trust)
    sure = trust * edge * _no_sheen(looks, rgb, facing)
    bald = _is_bald(texels, sure, labelled, grows)
    share = np.where(skin, np.maximum(grows, texels.gather(covered)), 0)
    tress = None if bald else tress_of(head, view, hair)
    own = (sure > 0.5) & (share > 0.5)
    if tress is None and not own.any():
        return looks, None
    usual = np.median(rgb[own], axis=0).astype(np.float32) if tress is None else tress.rgb
    # A bald scalp takes the colours that are seen on it, whatever they are.
    lends = np.ones_like(labelled) if tress is None else smoothstep(labelled, *HAIRY)
    weight = sure * share * lends
    layer = _smooth(head, texels, rgb, weight, usual)
    # What faces the camera is the photo's even where it is doubted.
    ahead = smoothstep(facing, *AHEAD) * seen.visible
    means = _means(head, texels, np.column_stack([share, np.maximum(sure, ahead)]))
    exemplar = None if tress is None else tress.exemplar
    paint = HairPaint(layer, means[:, 0], means[:, 1], exemplar, usual, seed)
    # Where skin was seen squarely the photo stays, whatever grows there.
    kept = np.where(labelled > 0.3, sure, trust)
    made = _painted(head, texels, paint, (share > 0.02) & (sure < 0.99))
    mixed = kept[:, None] * rgb + (1 - kept[:, None]) * made
    changed = replace(
        looks,
        rgb=texels.as_map((rgb + share[:, None] * (mixed - rgb)).astype(np.float32)),
        trust=texels.as_map((trust + share * (np.minimum(trust, kept) - trust)).astype(np.float32)),
        hair=texels.as_map(np.where(tress is None, 0, share).astype(np.float32)),
    )
    return changed, None if tress is None else paint


def _painted(head: HeadModel, texels: Texels, paint: HairPaint, chosen: Mask) -> Array:
    """[M, 3] the hair's smooth colours, with strands where they are chosen [M]."""
    made = texels.gather(paint.layer)
    points, normals = placed(texels, head, head.v_template)
    flow, across = strand_flow(points[chosen], normals[chosen])
    made[chosen] = paint.strands(made[chosen], points[chosen], flow, across)
    return made


def _no_sheen(looks: Textured, rgb: Array, facing: Array) -> Array:
    """1, less [M] where hair seen at a slant is far brighter than this hair is: light behind it."""
    hair = looks.person.hair
    if hair is None:
        return np.ones(len(rgb), np.float32)
    colors = lab(rgb)
    odd = ramp(distance(colors, hair) / looks.person.hair_spread, *SHEEN)
    sheen = odd * ramp(-facing, *SLANT) * (colors[:, 0] > hair[0])
    return np.asarray(1 - sheen, np.float32)


def strand_flow(points: Array, normals: Array) -> tuple[Array, Array]:
    """Directions [M, 3] of strands on the mean head, from the crown and down; and those across."""
    away = points - CROWN
    far = np.linalg.norm(away, axis=1, keepdims=True)
    away = away / np.maximum(far, 1e-6) + smoothstep(far, 0.03, 0.12) * np.array([0.0, -0.8, 0.0])
    flow = away - (away * normals).sum(axis=1, keepdims=True) * normals
    flow /= np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-6)
    across = np.cross(normals, flow)
    return flow.astype(np.float32), across.astype(np.float32)


def _is_bald(texels: Texels, sure: Array, labelled: Array, grows: Array) -> bool:
    """Whether the scalp that is seen bears no hair."""
    weight = sure * ((grows > 0.8) & (texels.kind == SKIN))
    seen = float(weight.sum())
    return seen >= LEAST and float((weight * labelled).sum()) < BALD * seen


def _smooth(head: HeadModel, texels: Texels, rgb: Array, weight: Array, usual: Array) -> Array:
    """[V, 3] smooth layer through the colours that count, towards the usual one far from them."""
    sums = texels.scatter(
        np.column_stack([weight[:, None] * rgb, weight, np.ones_like(weight)]), head.vertex_count
    )
    mean = sums[:, :3] / np.maximum(sums[:, 3:4], 1e-9)
    count = np.clip(sums[:, 3] / np.maximum(sums[:, 4], 1e-9), 0, 1)
    target = (count[:, None] * mean + PULL * usual) / (count + PULL)[:, None]
    layer = spread(head, target, count + PULL, first=STIFF[0], second=STIFF[1])
    return np.clip(layer, 0, 1).astype(np.float32)


def _means(head: HeadModel, texels: Texels, values: Array) -> Array:
    """[V, C] means of skin texels' values [M, C] around each vertex."""
    skin = (texels.kind == SKIN)[:, None].astype(np.float64)
    sums = texels.scatter(np.column_stack([skin * values, skin]), head.vertex_count)
    means: Array = (sums[:, :-1] / np.maximum(sums[:, -1:], 1e-9)).astype(np.float32)
    return means
