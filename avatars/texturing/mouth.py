"""The inside of the mouth, which a photo with closed lips does not show."""

import numpy as np

from avatars.head.model import HeadModel
from avatars.texturing.drawn import USUAL_SKIN, Drawn
from avatars.texturing.seen import Seen, smoothstep
from avatars.texturing.texels import MOUTH, Array, Texels

CAVITY = (0.23, 0.07, 0.07)
UPPER_TEETH = (0.76, 0.73, 0.67)
LOWER_TEETH = (0.58, 0.55, 0.50)  # at the upper ones' brightness they look like a plate
TONGUE = (0.60, 0.29, 0.27)
PALER, LIGHTER = (0.02, 0.12), (0.08, 0.2)  # than the drawn tongue: how teeth differ from it
LEVELS = (0.35, 1.1)


def paint_mouth(
    head: HeadModel, texels: Texels, rest: Array, brightness: float, drawn: Drawn | None = None
) -> Array:
    """Colours [M, 3] of all mouth texels (others zero), as bright as the person's face.

    Args:
        head: tells the parts apart.
        texels: its texels.
        rest: [M, 3] texel positions of the neutral head, metres.
        brightness: median brightness of the person's skin, 0..1.
        drawn: the head's drawn looks; without, plain colours, darker the deeper they lie.
    """
    painted = np.zeros((len(texels.index), 3), np.float32)
    mouth = texels.kind == MOUTH
    if not mouth.any():
        return painted
    level = float(np.clip(brightness / USUAL_SKIN, *LEVELS))
    if drawn is not None:
        painted[mouth] = np.clip(drawn.rgb[mouth] * level, 0, 1)
        return painted
    faces = np.tile(np.array(CAVITY, np.float32), (head.face_count, 1))
    for name, color in (
        ("teeth_upper", UPPER_TEETH),
        ("teeth_lower", LOWER_TEETH),
        ("tongue", TONGUE),
    ):
        if name in head.parts:
            faces[head.parts[name].cpu().numpy()] = color
    front = float(np.quantile(rest[mouth, 2], 0.98))
    depth = front - rest[mouth, 2]
    light = 1.0 - 0.65 * smoothstep(depth, 0.006, 0.034)
    painted[mouth] = faces[texels.face[mouth]] * light[:, None] * level
    return painted


def blend_mouth(head: HeadModel, texels: Texels, seen: Seen, painted: Array) -> Array:
    """Drawn mouth with the photo over it where an open mouth shows it.

    The bag behind the teeth takes part: a person's teeth are rarely exactly where the model's are.
    But teeth on the tongue and on what moves with the jaw would be seen to part from the others,
    so those take only what is as dull as they are.
    """
    mouth = texels.kind == MOUTH
    out = painted.copy()
    photo, drawn = seen.rgb[mouth], painted[mouth]
    pale = photo.min(axis=1) / np.maximum(photo.max(axis=1), 1e-3)
    usual = drawn.min(axis=1) / np.maximum(drawn.max(axis=1), 1e-3)
    lighter = photo.mean(axis=1) - drawn.mean(axis=1)
    tooth = smoothstep(pale - usual, *PALER) * smoothstep(lighter, *LIGHTER)
    fixed = np.zeros(head.face_count, bool)
    if "teeth_upper" in head.parts:
        fixed |= head.parts["teeth_upper"].cpu().numpy()
    loose = ~fixed[texels.face[mouth]]
    trust = (seen.trust[mouth] * (1 - tooth * loose))[:, None]
    out[mouth] = trust * photo + (1 - trust) * drawn
    return out
