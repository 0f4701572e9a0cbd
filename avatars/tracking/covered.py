"""Ears under hair: where the photo shows hair over an ear, the ear lies down against the skull."""

from dataclasses import dataclass

import cv2
import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.tracking.fit import Fit
from avatars.tracking.spread import factorised, graph_laplacian, smoothstep
from renderer.mesh import draw_mesh, vertex_normals

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SOFT = 0.005  # metres over which hair over an ear is told from the ear beside it
STEEP = (0.35, 0.75)  # share of hair around a vertex from which it lies down, and does fully
UNDER = 0.002  # metres below the surrounding skin
SEEN = 0.15  # cosine to the view from which a vertex says something of its ear
BESIDE = 0.05  # metres behind a covered ear that hair covers too
FEW = 20  # seen vertices that are too few to tell
SIDES = ("ear_left", "ear_right")


@dataclass(frozen=True, eq=False)
class Covered:
    """Ears with hair over them.

    Attributes:
        offsets: [V, 3] free offsets that lay them down, metres.
        share: [V] 0..1 how much hair covers ears and what lies behind them; 0 elsewhere.
    """

    offsets: Tensor
    share: NDArray[np.float32]


def cover_ears(
    head: HeadModel, fit: Fit, offsets: Tensor, hair: NDArray[np.float32], inside: Mask
) -> Covered:
    """Ears laid down where a picture shows hair over them; an unseen ear does as the other one.

    Args:
        head: the head.
        fit: where it is in the picture.
        offsets: [V, 3] offsets found so far, metres.
        hair: [H, W] 0..1 how much of each pixel is hair.
        inside: [H, W] what of the picture tells.
    """
    share = np.zeros(head.vertex_count, np.float32)
    nothing = Covered(offsets, share)
    if not all(side in head.regions for side in SIDES):
        return nothing
    told, weight = _hair_at(head, fit, offsets, hair, inside)
    vertices = head.shaped(fit.betas, offsets).vertices.detach().numpy().astype(np.float64)
    ears = [np.flatnonzero(head.regions[side].numpy()) for side in SIDES]
    shares = [_share(head, told[ear], weight[ear], ear) for ear in ears]
    for ear, own, other, twin in zip(ears, shares, shares[::-1], ears[::-1], strict=True):
        if own is not None:
            share[ear] = own
        elif other is not None:
            share[ear] = other[_nearest(vertices[ear] * [-1, 1, 1], vertices[twin])]
    if share.max() < 0.05:
        return nothing
    moved = np.zeros_like(vertices)
    for ear in ears:
        moved[ear] = share[ear, None] * (_laid_down(head, vertices, ear) - vertices[ear])
    behind = _behind(head, vertices, ears, share)
    return Covered(offsets + torch.from_numpy(moved).float(), np.maximum(share, behind))


def _behind(
    head: HeadModel, vertices: Array, ears: list[NDArray[np.int64]], share: NDArray[np.float32]
) -> NDArray[np.float32]:
    """[V] hair behind a covered ear, where none usually grows."""
    cover = np.zeros(len(vertices), np.float32)
    skin = np.ones(len(vertices), bool)
    for name in ("face", "ear_left", "ear_right", "eyeballs", "mouth_inner"):
        if name in head.regions:
            skin &= ~head.regions[name].numpy()
    for ear in ears:
        middle = vertices[ear].mean(axis=0)
        away = vertices - middle
        low = float(vertices[ear, 1].min())
        near = 1 - smoothstep(np.linalg.norm(away, axis=1), 0.6 * BESIDE, BESIDE)
        near *= smoothstep(-away[:, 2], 0.0, 0.01) * smoothstep(vertices[:, 1] - low, 0.0, 0.015)
        cover = np.maximum(cover, near * skin * float(share[ear].mean())).astype(np.float32)
    return cover


def _hair_at(
    head: HeadModel, fit: Fit, offsets: Tensor, hair: NDArray[np.float32], inside: Mask
) -> tuple[Array, Array]:
    """Hair around each vertex's pixel [V] and how much that says of the vertex [V]."""
    posed = head.pose(fit.state, fit.betas, offsets)
    camera = fit.camera
    pixels = camera.project(posed).numpy()
    depth = camera.depths(posed).numpy()
    scale = float(camera.K[0, 0]) / float(np.median(depth))
    known = inside.astype(np.float32)
    sigma = SOFT * scale
    blurred = cv2.GaussianBlur(hair * known, (0, 0), sigma)
    soft = blurred / np.maximum(cv2.GaussianBlur(known, (0, 0), sigma), 1e-3)
    height, width = hair.shape
    columns = np.nan_to_num(pixels[:, 0]).astype(int)
    rows = np.nan_to_num(pixels[:, 1]).astype(int)
    within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    columns, rows = columns.clip(0, width - 1), rows.clip(0, height - 1)
    toward = (camera.position - posed).numpy()
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing = (vertex_normals(posed, head.faces) * toward).sum(axis=1)
    buffer = draw_mesh(camera, posed, head.faces)
    front = depth < buffer.depth[rows, columns] + 0.003
    weight = within & front & (facing > SEEN) & inside[rows, columns]
    return soft[rows, columns].astype(np.float64), weight.astype(np.float64)


def _share(head: HeadModel, told: Array, weight: Array, ear: NDArray[np.int64]) -> Array | None:
    """How far [E] each vertex of an ear lies down; None where too little of the ear is seen."""
    if weight.sum() < FEW:
        return None
    inner = graph_laplacian(head)[ear][:, ear]
    system = 0.5 * inner + sp.diags(weight + 1e-3)
    mean = float((told * weight).sum() / weight.sum())
    smooth = factorised(sp.csc_matrix(system)).solve(told * weight + 1e-3 * mean)
    steep = np.clip((smooth - STEEP[0]) / (STEEP[1] - STEEP[0]), 0, 1)
    return np.asarray(steep * steep * (3 - 2 * steep))


def _laid_down(head: HeadModel, vertices: Array, ear: NDArray[np.int64]) -> Array:
    """Places [E, 3] of an ear's vertices on a membrane across the ear's root, a little inside."""
    laplacian = graph_laplacian(head)[ear]
    inner = laplacian[:, ear]
    others = np.ones(head.vertex_count, bool)
    others[ear] = False
    pull = -(laplacian[:, np.flatnonzero(others)] @ vertices[others])
    membrane = factorised(sp.csc_matrix(inner + 1e-9 * sp.eye(len(ear)))).solve(pull)
    side = np.sign(vertices[ear, 0].mean())
    placed: Array = membrane - np.array([side * UNDER, 0.0, 0.0])
    return placed


def _nearest(points: Array, others: Array) -> NDArray[np.int64]:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(others).query(points)[1], np.int64)
