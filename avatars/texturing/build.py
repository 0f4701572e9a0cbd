"""The order of texturing: from a fitted photo to a complete colour map."""

from dataclasses import dataclass

import cv2
import numpy as np
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.texturing.drawn import drawn_looks
from avatars.texturing.eyes import blend_eyes, measure_eyes, paint_eyes
from avatars.texturing.fill import fill_skin
from avatars.texturing.light import measure_light
from avatars.texturing.mouth import blend_mouth, paint_mouth
from avatars.texturing.person import Person, bare_skin, measure_person, without_strangers
from avatars.texturing.regions import places
from avatars.texturing.seen import View, read_photo
from avatars.texturing.texels import EYE, MOUTH, SKIN, Array, Mask, placed, texels_of
from avatars.texturing.trust import believed
from avatars.tracking.fit import Fit
from renderer.mesh import draw_mesh

STRAY = 6  # px from the mesh beyond which the person is shoulders, hands, loose hair
BELOW_CHIN = 12  # px below the chin where the picture stops counting
TONE_TRUST = 0.1  # of the photo where only its tone is used
BALL_RADIUS = 0.0122  # metres, of an eye


@dataclass(frozen=True, eq=False)
class Textured:
    """A photo on a head, complete.

    Attributes:
        rgb: [R, R, 3] 0..1; zero outside the islands.
        trust: [R, R] 0..1 how much of it the photo says.
        facing: [R, R] cosine between normal and view; 1 in a mouth that is seen, whose walls run
            along the view; -1 outside the islands.
        hair: [R, R] 0..1 how much of it is hair.
        weight: [H, W] 0..1 which pixels of the photo refinement may learn from.
        offset: [R, R, 3] how far splats stand off the skin, tangent frame, metres; or None.
        person: the colours of skin and hair.
    """

    rgb: Array
    trust: Array
    facing: Array
    hair: Array
    weight: Array
    offset: Array | None
    person: Person


def textured(
    head: HeadModel, fit: Fit, offsets: Tensor, view: View, *, size: int, seed: int
) -> Textured:
    """Colours of the whole head from one photo.

    Args:
        head: with texture coordinates and an ARKit table.
        fit: how it lies in the photo.
        offsets: [V, 3] its free offsets, metres.
        view: the photo, with the head posed in it.
        size: R.
        seed: of what is drawn by chance (iris fibres).
    """
    texels = texels_of(head, size)
    seen = read_photo(head, texels, view)
    where = places(head, texels)
    drawn = drawn_looks(head, texels)
    person = measure_person(texels, seen, view, where)
    rest, _ = placed(texels, head, head.shaped(fit.betas, offsets).vertices)
    base, _ = placed(texels, head, head.v_template)
    toward = view.camera.viewmat[:3, :3].double().numpy() * np.array([[1.0], [-1.0], [-1.0]])
    bare = bare_skin(texels, where)
    squarely = bare & (seen.trust > 0.6) & (seen.facing > 0.6)
    light = measure_light(seen.rgb, seen.normals, squarely, toward)
    trust = without_strangers(person, texels, seen, where, light, base)
    shade = np.where(texels.kind == SKIN, light.on(seen.normals), 1.0).astype(np.float32)
    belief = believed(head, texels, seen, trust, person, where, shade)
    filled = fill_skin(head, texels, seen, belief, shade, person, where, drawn, base, seed)
    # What only gave its tone may still be corrected a little.
    taught = np.maximum(filled.trust, TONE_TRUST * belief.tone)
    bright = _brightness(seen.rgb, squarely)
    colors = measure_eyes(view, BALL_RADIUS, bright)
    eyes = blend_eyes(texels, seen, paint_eyes(head, texels, rest, colors, seed))
    inside = paint_mouth(head, texels, base, bright, drawn)
    mouth = blend_mouth(head, texels, seen, inside)
    kind = texels.kind[:, None]
    pictured = (texels.kind == MOUTH) & (trust > 0)
    rgb = np.where(kind == EYE, eyes, np.where(kind == MOUTH, mouth, filled.rgb))
    return Textured(
        texels.as_map(rgb),
        texels.as_map(np.where(texels.kind == SKIN, taught, trust)),
        texels.as_map(np.where(pictured, 1.0, seen.facing), empty=-1.0),
        texels.as_map(filled.hair),
        counted(head, view),
        None,
        person,
    )


def counted(head: HeadModel, view: View) -> Array:
    """Where [H, W] the photo is a picture of this head: not shoulders, hands, or loose hair."""
    mask = draw_mesh(view.camera, view.vertices, head.faces).mask
    away = cv2.distanceTransform(1 - mask.astype(np.uint8), cv2.DIST_L2, 5)
    stray = (away > STRAY) & (view.matte > 0.1)
    weight = view.inside.astype(np.float32) * (1 - stray)
    weight[max(0, int(view.landmarks[152, 1]) + BELOW_CHIN) :] = 0
    counts: Array = weight.astype(np.float32)
    return counts


def _brightness(rgb: Array, chosen: Mask) -> float:
    """Median brightness of the chosen skin texels, 0..1."""
    return float(np.median(rgb[chosen])) if chosen.any() else 0.62
