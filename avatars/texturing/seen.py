"""Colours of texels read off the photo, each with a trust between 0 and 1."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.texturing.texels import EYE, MOUTH, SKIN, Array, Mask, Texels, placed
from avatars.tracking.fit import EYE_LEFT, EYE_RIGHT
from renderer.camera import Camera
from renderer.mesh import draw_mesh

INNER_LIPS = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(308, 324, 318, 402, 317, 14, 87, 178, 88, 95),
)
DEPTH_SLACK = 0.0025  # metres behind the nearest surface that still counts as seen
MOUTH_SLACK = 0.005  # the same inside the mouth, whose walls have few texels
GRAZING = (0.18, 0.42)  # cosine between normal and view where trust begins and is full
WALLS = 0.5
STRAY = (3.0, 9.0)  # px outside the solid person where trust fades
OPEN_MOUTH = 0.0025  # metres of lip gap from which teeth are believed
RIM_PER_GAP = 0.25  # the same, of the gap
MOUTH_RIM = 0.005  # metres from an open mouth within which its dark and its teeth get onto lips


@dataclass(frozen=True, eq=False)
class View:
    """A picture of the posed head.

    Attributes:
        camera: of the picture's size.
        vertices: [V, 3] posed head, metres.
        image: [H, W, 3] float 0..1.
        matte: [H, W] 0..1, the person.
        inside: [H, W] what of it lies in the photo.
        landmarks: [478, 2] detected points, pixels.
    """

    camera: Camera
    vertices: Tensor
    image: Array
    matte: Array
    inside: Mask
    landmarks: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the photo says of each texel.

    Attributes:
        rgb: [M, 3] colours 0..1, meaningful where ``trust`` is above 0.
        trust: [M] 0..1.
        facing: [M] cosine between normal and direction to the camera.
        normals: [M, 3] unit, world axes, of the head as it is in the photo.
        pixels: [M, 2] where the texel is in the picture.
        visible: [M] nothing lies in front of it.
        sure: [M] the trust before grazing views are doubted.
        beside_gap: [M] 1 at the rim of an open mouth to 0 from ``MOUTH_RIM`` away from it.
    """

    rgb: Array
    trust: Array
    facing: Array
    normals: Array
    pixels: Array
    visible: Mask
    sure: Array
    beside_gap: Array


def smoothstep(x: NDArray[Any], low: float, high: float) -> Array:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    smooth: Array = (t * t * (3 - 2 * t)).astype(np.float32)
    return smooth


def read_photo(head: HeadModel, texels: Texels, view: View) -> Seen:
    """Colours and trust of all texels in one picture."""
    points, normals = placed(texels, head, view.vertices)
    pixels = project(view.camera, points)
    toward = view.camera.position.numpy() - points
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing: Array = (normals * toward).sum(axis=1)
    slack = np.where(texels.kind == MOUTH, MOUTH_SLACK, DEPTH_SLACK)
    visible = _visible(head, view, points, pixels, slack)
    solid = view.matte > 0.9
    extended = foreground_extended(view.image, solid)
    stray = cv2.distanceTransform(1 - solid.astype(np.uint8), cv2.DIST_L2, 5)
    # The walls of the mouth are seen along their length, and hold the teeth that a photo shows.
    toward_us = np.where(texels.kind == MOUTH, WALLS, facing)
    sure = visible.astype(np.float32)
    sure *= at_pixels(view.inside.astype(np.float32), pixels) > 0.99
    sure *= 1 - smoothstep(at_pixels(stray, pixels), *STRAY)
    sure *= _openings(texels, view, pixels)
    trust = smoothstep(toward_us, *GRAZING) * sure
    rim = at_pixels(_rim_of_gap(view), pixels)
    return Seen(at_pixels(extended, pixels), trust, facing, normals, pixels, visible, sure, rim)


def project(camera: Camera, points: Array) -> Array:
    """Pixel positions [M, 2] of world points [M, 3]."""
    view, K = camera.viewmat.numpy(), camera.K.numpy()
    seen = points @ view[:3, :3].T + view[:3, 3]
    flat = seen @ K.T
    pixels: Array = flat[:, :2] / flat[:, 2:]
    return pixels


def at_pixels(values: NDArray[Any], pixels: Array) -> Array:
    """Values [H, W] or [H, W, C] read bilinearly at pixel positions [M, 2]; borders repeat."""
    # Rows of at most 32767 entries are all that remap takes.
    rows = -(-len(pixels) // 16384)
    padded = np.zeros((rows * 16384, 2), np.float32)
    padded[: len(pixels)] = np.nan_to_num(pixels) - 0.5
    grid = padded.reshape(rows, 16384, 2)
    read = cv2.remap(
        np.asarray(values, np.float32),
        grid[..., 0],
        grid[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    flat = read.reshape(rows * 16384, *read.shape[2:])[: len(pixels)]
    return np.asarray(flat, np.float32)


def foreground_extended(image: Array, solid: Mask) -> Array:
    """The picture with everything outside the solid person replaced by the nearest of it.

    Without this the background's colour rings every outline.
    """
    core = cv2.erode(solid.astype(np.uint8), np.ones((7, 7), np.uint8))
    if not core.any():
        return image
    _, labels = cv2.distanceTransformWithLabels(
        1 - core, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colors = np.zeros((labels.max() + 1, 3), np.float32)
    colors[labels[core > 0]] = image[core > 0]
    nearest = cv2.GaussianBlur(colors[labels], (0, 0), 1.5)
    return np.where(core[..., None] > 0, image, nearest).astype(np.float32)


def _visible(
    head: HeadModel, view: View, points: Array, pixels: Array, slack: NDArray[np.float64]
) -> Mask:
    buffer = draw_mesh(view.camera, view.vertices, head.faces)
    height, width = buffer.depth.shape
    # The farthest of the surrounding pixels: a texel beside an edge must not hide behind it.
    depth = np.where(np.isfinite(buffer.depth), buffer.depth, np.inf).astype(np.float32)
    farthest = cv2.dilate(
        np.where(np.isfinite(depth), depth, 1e6).astype(np.float32), np.ones((2, 2))
    )
    columns = pixels[:, 0].astype(int).clip(0, width - 1)
    rows = pixels[:, 1].astype(int).clip(0, height - 1)
    own = view.camera.depths(_tensor(points)).numpy()
    within = (pixels >= 0).all(axis=1) & (pixels[:, 0] < width) & (pixels[:, 1] < height)
    visible: Mask = (
        within & (own < farthest[rows, columns] + slack) & (own < depth[rows, columns] + 2 * slack)
    )
    return visible


def _openings(texels: Texels, view: View, pixels: Array) -> Array:
    """1 where a texel's kind of surface can be what the picture shows there, else 0."""
    shape = view.matte.shape
    eyes = np.zeros(shape, np.uint8)
    for ring in (EYE_LEFT, EYE_RIGHT):
        cv2.fillPoly(eyes, [np.round(view.landmarks[list(ring)]).astype(np.int32)], (1,))
    lips, opened = _lip_gap(view)
    inner_eyes = cv2.erode(eyes, np.ones((3, 3), np.uint8))
    in_eyes = at_pixels(eyes.astype(np.float32), pixels)
    # Teeth blur into the pixels beside them.
    between = cv2.dilate(lips, np.ones((3, 3), np.uint8))
    in_lips = at_pixels(between.astype(np.float32), pixels)
    allowed = np.ones(len(pixels), np.float32)
    skin = texels.kind == SKIN
    allowed[skin] = 1 - np.maximum(in_eyes, in_lips * opened)[skin]
    eye = texels.kind == EYE
    allowed[eye] = at_pixels(inner_eyes.astype(np.float32), pixels)[eye]
    mouth = texels.kind == MOUTH
    allowed[mouth] = (at_pixels(lips.astype(np.float32), pixels) * opened)[mouth]
    return allowed


def _lip_gap(view: View) -> tuple[NDArray[np.uint8], bool]:
    """[H, W] 1 between the lips, and whether they are apart."""
    lips = np.zeros(view.matte.shape, np.uint8)
    cv2.fillPoly(lips, [np.round(view.landmarks[list(INNER_LIPS)]).astype(np.int32)], (1,))
    gap = np.linalg.norm(view.landmarks[13] - view.landmarks[14])
    return lips, bool(gap * _metres_per_pixel(view) > OPEN_MOUTH)


def _metres_per_pixel(view: View) -> float:
    depth = float(view.camera.depths(view.vertices).median())
    return depth / float(view.camera.K[0, 0])


def _rim_of_gap(view: View) -> Array:
    """[H, W] 1 at an open mouth to 0 away from it."""
    lips, opened = _lip_gap(view)
    if not opened or not lips.any():
        return np.zeros(view.matte.shape, np.float32)
    metre = _metres_per_pixel(view)
    away = cv2.distanceTransform(1 - lips, cv2.DIST_L2, 5) * metre
    gap = float(np.linalg.norm(view.landmarks[13] - view.landmarks[14])) * metre
    reach = MOUTH_RIM + RIM_PER_GAP * gap
    return 1 - smoothstep(away, 0.3 * reach, reach)


def _tensor(points: Array) -> Tensor:
    import torch

    return torch.from_numpy(points)
