"""The drawn appearance of the built-in head: everything from its geometry, no photo material."""

from __future__ import annotations

import cv2
import numpy as np

from avatars.head.default.build import NeutralHead
from avatars.head.default.noise import mixed
from avatars.head.default.paint_eyes import paint_eyes
from avatars.head.default.paint_hair import paint_hair
from avatars.head.default.paint_mouth import paint_mouth
from avatars.head.default.paint_skin import paint_skin
from avatars.head.default.strokes import brow_strokes
from avatars.head.default.studio import studio_light
from avatars.head.default.texels import Texels, texels_of
from avatars.head.default.topology import Floats
from avatars.head.default.uv import UvAtlas, build_uv

BROW = (0.150, 0.098, 0.072)
BROW_HEIGHT = 0.0006
INSIDE = ("mouth", "teeth_upper", "teeth_lower", "tongue")


def draw_maps(
    neutral: NeutralHead, atlas: UvAtlas | None = None, size: int = 1024
) -> dict[str, Floats]:
    """The demo's maps, row 0 at the top (v = 1), the same on every run.

    Args:
        neutral: the head.
        atlas: its layout; built when missing.
        size: R.

    Returns:
        ``rgb`` [R, R, 3] 0..1; ``opacity`` [R, R] 0..1; ``valid`` [R, R] 1 where a texel stands
        for a point of the head, borders of islands included; ``hair`` [R, R] 0..1 cover of the
        scalp; ``brows`` [R, R] 0..1; ``hair_offset`` [R, R] metres that hair and brows stand off
        the skin; ``offset`` [R, R, 3] the same in the tangent frame, z along the normal.
    """
    atlas = build_uv(neutral) if atlas is None else atlas
    texels = texels_of(neutral, atlas, size)
    skin = texels.islands["skin"]
    colour = paint_skin(neutral, atlas, texels)
    brows = brow_strokes(neutral, atlas, size)
    under = np.asarray(cv2.GaussianBlur(brows, (0, 0), size / 1024 * 4.0), np.float64)
    cover = np.clip(texels.picked(brows), 0, 1) * skin
    colour = mixed(colour, BROW, 0.42 * np.clip(texels.picked(under) * 1.5, 0, 1) * skin)
    colour = mixed(colour, BROW, 0.92 * cover)
    hair = paint_hair(neutral, texels)
    colour = mixed(colour, hair.colour, hair.cover)
    colour = paint_eyes(neutral, texels, colour)
    colour = paint_mouth(neutral, texels, colour)
    colour = _lit(neutral, texels, colour, hair.cover)
    height = np.maximum(hair.height, BROW_HEIGHT * cover)
    offset = np.zeros((len(height), 3))
    offset[:, 2] = height
    valid = texels.as_map(np.ones(len(height)))
    return {
        "rgb": texels.as_map(np.clip(colour, 0, 1)),
        "opacity": valid.copy(),
        "valid": valid,
        "hair": texels.as_map(hair.cover),
        "brows": texels.as_map(cover),
        "hair_offset": texels.as_map(height),
        "offset": texels.as_map(offset),
    }


def _lit(neutral: NeutralHead, texels: Texels, colour: Floats, hair: Floats) -> Floats:
    """The colours under the studio's light, so that splats without lighting read as a face."""
    light, sky = (texels.on_texels(values) for values in studio_light(neutral))
    shade = 0.47 + 0.61 * np.clip(light, 0, 1.1)
    shade *= 0.76 + 0.24 * sky
    # Strands hide the roots' shade, and the lid's shade is painted on the eyes already.
    eyes = texels.islands["eye_right"] | texels.islands["eye_left"]
    shade = np.where(eyes, 0.55 + 0.45 * np.clip(shade, 0, 1), shade)
    shade = shade + 0.38 * hair * (1 - shade)
    inside = np.zeros(len(shade), bool)
    for name in INSIDE:
        inside |= texels.islands[name]
    shade = np.where(inside, 1.0, shade)
    # Light that went through skin comes back red: shadows are warm.
    warm = np.where(eyes[:, None], [1.0, 1.0, 1.0], [0.80, 1.06, 1.14])
    lit: Floats = colour * np.clip(shade, 0.02, 1.2)[:, None] ** warm
    # A soft sheen, strongest where the lamp is mirrored to the front.
    halfway = np.array([0.0, 0.30, 0.954])
    sheen = np.clip(texels.normals @ halfway, 0, 1) ** 22 * np.clip(sky, 0, 1)
    skin = texels.islands["skin"] | texels.islands["ear_right"] | texels.islands["ear_left"]
    lit += (0.075 * sheen * skin * (1 - hair))[:, None]
    return lit
