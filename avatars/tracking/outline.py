"""Hair and head outline: the mesh is inflated until its silhouette lies on the person's matte.

Vertices move along one fixed direction each, away from the head's axis (horizontal below the brow,
radial above), which is star-shaped, so inflating never folds the surface.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.tracking.fit import OVAL, Fit
from avatars.tracking.hanging import EARS
from avatars.tracking.spread import smoothstep, spread
from renderer.mesh import draw_mesh, vertex_normals

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDS = 4
NEAR_EDGE = 2.5  # px: how close to the mesh's outline a vertex must be seen
FARTHEST = 90.0  # px to walk to the matte's border
SOLID = 0.8  # of the matte: the mesh ends where hair begins to be see-through
INSET = 2  # px that splats reach past the mesh they lie on
LOCKS = 17  # px: hair thinner than this is no outline (single locks, sticks)
MARGIN = 6  # px from the picture's border that are not trusted
SHRINK = 0.014
"""Metres the outline may move inwards."""
GROW = (
    *((-0.03, 0.003), (0.0, 0.006), (0.04, 0.010), (0.075, 0.014), (0.10, 0.030)),
    *((0.13, 0.045), (0.17, 0.070)),
)
"""(height above the chin, metres the outline may grow). Lower down it is collar and shoulders; hair
that hangs beside jaw and ears would make wings, so only what lies above may be large."""
FRONT = 0.5  # z of a face vertex's normal from which it is no outline of any portrait
FOUND_PULL = 3.0
SIDE_PULL = 0.2  # of the sides of the face to where the landmarks put them
UNDER_HAIR = 0.5  # of the pull to zero of skin under hair that hangs below the ears
NECK = -0.118  # metres from the mean head's origin: nothing below moves


@dataclass(frozen=True, eq=False)
class Outline:
    """Result of fitting the silhouette.

    Attributes:
        offsets: [V, 3] free offsets with the outline's share added, metres.
        largest: the largest movement outwards, metres.
        remaining: mean distance left between outline and matte, metres.
    """

    offsets: Tensor
    largest: float
    remaining: float


def fit_outline(
    head: HeadModel,
    fit: Fit,
    offsets: Tensor,
    matte: NDArray[np.float32],
    inside: Mask,
    hanging: Mask | None = None,
) -> Outline:
    """Offsets whose silhouette follows the matte.

    Args:
        head: the head.
        fit: where it is in the picture; its camera has the matte's size.
        offsets: [V, 3] offsets found so far, metres.
        matte: [H, W] 0..1, the person.
        inside: [H, W] what of the picture really is in the photo.
        hanging: [H, W] hair below the ears with a shape of its own: the skin does not follow it.
    """
    solid = _without_locks(matte)
    direction = directions(head.v_template.numpy().astype(np.float64))
    moved = np.zeros(head.vertex_count)
    frozen = _frozen(head)
    if hanging is not None:
        inside = inside & ~hanging
        frozen = np.maximum(frozen, _under(head, fit, offsets, hanging))
    remaining = 0.0
    for _ in range(ROUNDS):
        current = offsets + torch.from_numpy(moved[:, None] * direction).float()
        step, found = _steps(head, fit, current, direction, solid, inside)
        found &= frozen <= SIDE_PULL
        if not found.any():
            break
        remaining = float(np.abs(step[found]).mean())
        targets = np.where(found, moved + step, 0.0)
        targets = _limited(head, fit, current, targets)
        weights = np.where(found, FOUND_PULL, frozen)
        moved = spread(head, targets[:, None], weights, first=1.0, second=1.2)[:, 0]
    total = offsets + torch.from_numpy(moved[:, None] * direction).float()
    return Outline(total, float(moved.max(initial=0.0)), remaining)


def directions(vertices: Array) -> Array:
    """Unit directions [V, 3] away from the head's axis: horizontal below y = 0.02, radial above."""
    height = np.minimum(vertices[:, 1], 0.02)
    away = vertices - np.column_stack([np.zeros_like(height), height, np.full_like(height, -0.02)])
    unit: Array = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    return unit


def _without_locks(matte: NDArray[np.float32]) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (LOCKS, LOCKS))
    opened = cv2.morphologyEx((matte > SOLID).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    # What lies beyond the picture is not outside the person.
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * INSET + 1, 2 * INSET + 1))
    solid: Mask = cv2.erode(opened, disc) > 0
    return solid


def _frozen(head: HeadModel) -> Array:
    """Weights [V] of a pull to zero: strong inside the face, weak on its sides and the neck."""
    vertices = head.v_template.numpy()
    weights = np.zeros(len(vertices))
    weights[vertices[:, 1] < NECK] = 0.5
    normals = vertex_normals(head.v_template, head.faces)
    if "face" in head.regions:
        face = head.regions["face"].numpy()
        weights[face] = np.where(normals[face, 2] > FRONT, 3.0, SIDE_PULL)
    for name in ("nose", "lips", "eyeball_left", "eyeball_right", "mouth_inner", "tongue"):
        if name in head.regions:
            weights[head.regions[name].numpy()] = 3.0
    for name in ("teeth_upper", "teeth_lower", "eyeballs", "mouth", "tongue"):
        if name in head.parts:
            weights[head.faces[head.parts[name]].unique().numpy()] = 3.0
    return weights


def _under(head: HeadModel, fit: Fit, offsets: Tensor, hanging: Mask) -> Array:
    """Weights [V] of a pull to zero of what lies under hanging hair."""
    pixels = fit.camera.project(head.pose(fit.state, fit.betas, offsets)).numpy()
    near = cv2.dilate(hanging.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    low = smoothstep(EARS - head.v_template[:, 1].numpy(), 0.0, 0.03)
    return np.asarray(UNDER_HAIR * low * _sample(near, pixels), np.float64)


def _steps(
    head: HeadModel, fit: Fit, offsets: Tensor, direction: Array, solid: Mask, inside: Mask
) -> tuple[Array, Mask]:
    """How far [V] (metres) outline vertices must move along their direction, and which they are."""
    camera = fit.camera
    posed = head.pose(fit.state, fit.betas, offsets)
    ahead = head.pose(fit.state, fit.betas, offsets + torch.from_numpy(0.001 * direction).float())
    buffer = draw_mesh(camera, posed, head.faces)
    edge = _distance_to_edge(buffer.mask)
    pixels = camera.project(posed).numpy().astype(np.float64)
    per_mm = camera.project(ahead).numpy().astype(np.float64) - pixels
    speed = np.linalg.norm(per_mm, axis=1)  # px per millimetre
    toward = (camera.position - posed).numpy()
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing = (vertex_normals(posed, head.faces) * toward).sum(axis=1)
    columns, rows = pixels[:, 0].astype(int), pixels[:, 1].astype(int)
    height, width = solid.shape
    shown = (columns >= MARGIN) & (columns < width - MARGIN)
    shown &= (rows >= MARGIN) & (rows < height - MARGIN)
    columns, rows = columns.clip(0, width - 1), rows.clip(0, height - 1)
    found = shown & (np.abs(facing) < 0.35) & (edge[rows, columns] < NEAR_EDGE)
    found &= inside[rows, columns] & (speed > 0.3)
    step = np.zeros(len(pixels))
    chosen = np.flatnonzero(found)
    unit = per_mm[chosen] / speed[chosen, None]
    walked, met = _walk(pixels[chosen], unit, solid, inside)
    step[chosen] = walked / speed[chosen] / 1000
    found[chosen[~met]] = False
    return step, found


def _distance_to_edge(mask: Mask) -> NDArray[np.float32]:
    area = mask.astype(np.uint8)
    inner = cv2.distanceTransform(area, cv2.DIST_L2, 3)
    outer = cv2.distanceTransform(1 - area, cv2.DIST_L2, 3)
    distance: NDArray[np.float32] = np.where(mask, inner, outer)
    return distance


def _walk(start: Array, unit: Array, solid: Mask, inside: Mask) -> tuple[Array, Mask]:
    """Signed way [M] in px from each start to the border of ``solid``, and whether it was met."""
    lengths = np.arange(0.0, FARTHEST, 0.5)
    height, width = solid.shape
    began = _sample(solid, start)
    sign = np.where(began, 1.0, -1.0)
    path = start[:, None] + (sign[:, None] * lengths)[..., None] * unit[:, None]
    within = (path[..., 0] >= 0) & (path[..., 0] < width) & (path[..., 1] >= 0)
    within &= path[..., 1] < height
    crossed = (_sample(solid, path) != began[:, None]) | ~within
    met = crossed.any(axis=1)
    first = crossed.argmax(axis=1)
    rows = np.arange(len(start))
    # Leaving the photo is not meeting the border of the person.
    met &= within[rows, first] & _sample(inside, path[rows, first])
    way: Array = sign * lengths[first]
    return way, met


def _sample(mask: Mask, points: Array) -> Mask:
    columns = np.nan_to_num(points[..., 0]).astype(int).clip(0, mask.shape[1] - 1)
    rows = np.nan_to_num(points[..., 1]).astype(int).clip(0, mask.shape[0] - 1)
    values: Mask = mask[rows, columns]
    return values


def _limited(head: HeadModel, fit: Fit, offsets: Tensor, targets: Array) -> Array:
    """Targets kept between ``-SHRINK`` and what their height above the chin allows."""
    rest = head.pose(head.neutral(), fit.betas, offsets)
    chin = float(landmark_points(head, rest)[list(OVAL), 1].min())
    heights = [row[0] for row in GROW]
    most = np.interp(rest[:, 1].numpy() - chin, heights, [row[1] for row in GROW])
    limited: Array = np.clip(targets, -SHRINK, most)
    return limited
