"""Eyeballs in the person's colours: whole under the lids, so that the gaze can turn."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatars.head.model import HeadModel
from avatars.texturing.seen import Seen, View, smoothstep
from avatars.texturing.texels import EYE, Array, Texels
from avatars.tracking.fit import EYE_LEFT, EYE_RIGHT, IRIS_LEFT, IRIS_RIGHT

IRIS_ANGLES = (24.0, 34.0)  # degrees: between these the radius of an iris is believed
USUAL_IRIS = 29.0
PUPIL = 0.40  # of the iris radius
PLAIN_SCLERA = np.array([0.88, 0.86, 0.84], np.float32)
PLAIN_IRIS = np.array([0.30, 0.22, 0.17], np.float32)
FIBRES = 46


@dataclass(frozen=True, eq=False)
class EyeColors:
    """Colours of both eyes together (behind glasses one alone misleads).

    Attributes:
        iris: [3].
        sclera: [3].
        radius: of the iris, degrees on the ball.
    """

    iris: Array
    sclera: Array
    radius: float


def measure_eyes(view: View, ball_radius: float, brightness: float) -> EyeColors:
    """Colours and iris radius from the picture.

    Args:
        view: the photo.
        ball_radius: of the eyeball, metres.
        brightness: median brightness of the skin, 0..1, which bounds how dark a white may be.
    """
    depth = float(view.camera.depths(view.vertices).min())
    metre = float(view.camera.K[0, 0]) / depth
    irises, whites, radii = [], [], []
    for ring, centre in ((EYE_RIGHT, IRIS_RIGHT), (EYE_LEFT, IRIS_LEFT)):
        middle = view.landmarks[centre]
        rim = view.landmarks[centre + 1 : centre + 5]
        radius = float(np.linalg.norm(rim - middle, axis=1).mean())
        radii.append(np.degrees(np.arcsin(min(radius / metre / ball_radius, 0.9))))
        colors, reach = _inside_lids(view, ring, middle)
        iris = colors[(reach > 0.42 * radius) & (reach < 0.85 * radius)]
        if len(iris) >= 6:
            dark = iris[np.argsort(iris.sum(axis=1))][: max(3, int(0.7 * len(iris)))]
            irises.append(np.median(dark, axis=0))
        white = colors[reach > 1.2 * radius]
        if len(white) >= 6:
            whites.append(np.percentile(white, 60, axis=0))
    iris_color = np.mean(irises, axis=0) if irises else PLAIN_IRIS
    sclera = np.mean(whites, axis=0) if whites else PLAIN_SCLERA * brightness / 0.62
    sclera = 0.5 * sclera + 0.5 * sclera.mean()
    sclera *= max(1.0, 0.55 * brightness / 0.62 / max(float(sclera.mean()), 1e-3))
    radius = float(np.clip(np.mean(radii), *IRIS_ANGLES)) if radii else USUAL_IRIS
    return EyeColors(
        iris_color.astype(np.float32), np.clip(sclera, 0, 0.97).astype(np.float32), radius
    )


def _inside_lids(
    view: View, ring: tuple[int, ...], middle: NDArray[np.float64]
) -> tuple[Array, Array]:
    """Colours [K, 3] between the lids and their distance [K] (px) from the iris centre."""
    mask = np.zeros(view.matte.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(view.landmarks[list(ring)]).astype(np.int32)], (1,))
    rows, columns = np.nonzero(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    reach = np.hypot(columns + 0.5 - middle[0], rows + 0.5 - middle[1])
    return view.image[rows, columns], reach.astype(np.float32)


def paint_eyes(head: HeadModel, texels: Texels, rest: Array, colors: EyeColors, seed: int) -> Array:
    """Colours [M, 3] of all eyeball texels (others zero), drawn.

    Args:
        head: gives the centres of the eyes.
        texels: its texels.
        rest: [M, 3] texel positions of the neutral head with the identity applied, metres.
        colors: from ``measure_eyes``.
        seed: of the iris fibres.
    """
    painted = np.zeros((len(texels.index), 3), np.float32)
    eye = np.flatnonzero(texels.kind == EYE)
    random = np.random.default_rng(seed)
    for side in (1, -1):
        chosen = eye[np.sign(rest[eye, 0]) == side]
        if not len(chosen):
            continue
        points = rest[chosen]
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        ray = points - centre
        ray /= np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)
        angle = np.degrees(np.arccos(np.clip(ray[:, 2], -1, 1))) / colors.radius
        turn = np.arctan2(ray[:, 1], ray[:, 0])
        painted[chosen] = _eye(angle, turn, ray[:, 1], colors, random)
    return painted


def _eye(
    angle: Array, turn: Array, up: Array, colors: EyeColors, random: np.random.Generator
) -> Array:
    """Colours of one eye; ``angle`` in iris radii from its axis, ``turn`` around it."""
    phases = random.uniform(0, 2 * np.pi, (3, 1))
    waves = np.cos(np.array([[FIBRES], [FIBRES // 2], [17]]) * turn + phases)
    fibres = waves.mean(axis=0) * smoothstep(angle, PUPIL, PUPIL + 0.2)
    iris = colors.iris * (1.0 + 0.22 * fibres[:, None])
    iris = iris * (1.18 - 0.25 * np.abs(angle[:, None] - 0.62))
    ring = 1.0 - 0.55 * np.exp(-(((angle - 0.97) / 0.09) ** 2))
    pupil = smoothstep(angle, PUPIL - 0.05, PUPIL + 0.04)
    iris = iris * ring[:, None] * (0.06 + 0.94 * pupil[:, None])
    warm = colors.sclera * np.array([1.0, 0.97, 0.95], np.float32)
    edge = smoothstep(angle, 1.5, 3.0)[:, None]
    white = colors.sclera * (1 - edge) + warm * 0.86 * edge
    mixed = iris + (white - iris) * smoothstep(angle, 0.96, 1.06)[:, None]
    shade = 1.0 - 0.30 * smoothstep(up, 0.05, 0.45)  # the upper lid's shadow
    painted: Array = np.clip(mixed * shade[:, None], 0, 1).astype(np.float32)
    return painted


def blend_eyes(texels: Texels, seen: Seen, painted: Array) -> Array:
    """Drawn eyes with the photo over them where it shows them, highlights taken out.

    A highlight belongs to the lamp, not to the eye: it would turn with the gaze.
    """
    eye = texels.kind == EYE
    drawn = painted[eye]
    photo = seen.rgb[eye]
    # Brighter than the drawn eye by far is a highlight on the iris.
    shine = smoothstep(photo.mean(axis=1) - drawn.mean(axis=1), 0.12, 0.3)
    dark_here = smoothstep(-drawn.mean(axis=1), -0.6, -0.35)
    trust = seen.trust[eye] * (1 - shine * dark_here)
    out = painted.copy()
    out[eye] = trust[:, None] * photo + (1 - trust[:, None]) * drawn
    return out
