"""Hair that hangs below the ears: where in the picture, and how far it reaches to each side."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avatars.head.model import HeadModel
from avatars.tracking.fit import OVAL, Fit
from avatars.tracking.view import filled
from renderer.camera import Camera
from renderer.mesh import draw_mesh, vertex_normals

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

EARS = -0.008  # metres on the mean head: hair above lies on the scalp
AXIS = -0.02  # depth of the plane in which hair is widest, metres
LOWEST = -0.152  # metres on the mean head: nothing below is told or made
SQUARE = 0.4  # cosine to the view from which hair over a cheek is painted on it
APART = 0.007  # metres beside the face
LEAST = 5e-4  # square metres of hanging hair: less lies on the head


@dataclass(frozen=True, eq=False)
class Rigid:
    """From the head at rest to the head in a picture: posed = rest @ turn.T + shift."""

    turn: Array
    shift: Array

    def posed(self, rest: Array) -> Array:
        """World points [M, 3] of points at rest."""
        there: Array = rest @ self.turn.T + self.shift
        return there

    def rest(self, posed: Array) -> Array:
        """Points [M, 3] at rest of world points."""
        back: Array = (posed - self.shift) @ self.turn
        return back


def rigid_of(head: HeadModel, rest: Tensor, posed: Tensor) -> Rigid:
    """How the skull moved (Kabsch 1976); expressions leave the scalp alone."""
    chosen = head.regions["scalp"] if "scalp" in head.regions else slice(None)
    a, b = rest[chosen].double().numpy(), posed[chosen].double().numpy()
    middle_a, middle_b = a.mean(axis=0), b.mean(axis=0)
    u, _, vt = np.linalg.svd((a - middle_a).T @ (b - middle_b))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = (u @ flip @ vt).T
    return Rigid(turn, middle_b - turn @ middle_a)


@dataclass(frozen=True, eq=False)
class Rays:
    """Lines of sight of pixels in the axes of the head at rest: origin + t * directions."""

    origin: Array  # [3]
    directions: Array  # [..., 3], depth 1

    def at_plane(self, z: Array | float) -> Array:
        """Points [..., 3] where they meet the planes of these depths, metres."""
        t = (z - self.origin[2]) / np.minimum(self.directions[..., 2], -1e-6)
        points: Array = self.origin + t[..., None] * self.directions
        return points


def rays_through(camera: Camera, rigid: Rigid, pixels: Array) -> Rays:
    """The lines of sight through pixel positions [..., 2]."""
    K, view = camera.K.double().numpy(), camera.viewmat.double().numpy()
    flat = np.concatenate([pixels, np.ones((*pixels.shape[:-1], 1))], axis=-1)
    seen = flat @ np.linalg.inv(K).T
    origin = rigid.rest(camera.position.double().numpy()[None])[0]
    return Rays(origin, seen @ view[:3, :3] @ rigid.turn)


@dataclass(frozen=True, eq=False)
class Hanging:
    """Hair below the ears, in front of or beside face and neck.

    Attributes:
        mask: [H, W] where it is seen.
        apart: [H, W] where it is seen so far beside the face that no skin is learnt from there.
        hair: [H, W] all hair, on the head too.
        places: [H, W, 3] where lines of sight meet the plane in which hair is widest, at rest.
    """

    mask: Mask
    apart: Mask
    hair: Mask
    places: Array


def hanging_hair(
    head: HeadModel,
    fit: Fit,
    offsets: Tensor,
    landmarks: Array,
    hair: NDArray[np.float32],
    matte: NDArray[np.float32],
    inside: Mask,
) -> Hanging | None:
    """Hair that hangs below the ears; None where there is too little for geometry of its own.

    Args:
        head: the head.
        fit: where it is in the picture.
        offsets: [V, 3] offsets found so far, metres.
        landmarks: [478, 2+] pixels.
        hair: [H, W] 0..1 how much of each pixel is hair.
        matte: [H, W] 0..1, the person.
        inside: [H, W] what of the picture tells.
    """
    rest = head.shaped(fit.betas, offsets).vertices.detach()
    posed = head.pose(fit.state, fit.betas, offsets).detach()
    rigid = rigid_of(head, rest, posed)
    height, width = hair.shape
    grid = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    places = rays_through(fit.camera, rigid, grid).at_plane(AXIS)
    face = filled(landmarks[list(OVAL), :2], height, width) | _squarely(head, fit, posed)
    # Hair on the face itself is painted there.
    every = (hair > 0.5) & (matte > 0.3) & inside & ~face
    mask = every & (places[..., 1] < EARS) & (places[..., 1] > LOWEST)
    pixel = float(fit.camera.depths(torch.zeros(1, 3)).mean()) / float(fit.camera.K[0, 0])
    if mask.sum() * pixel**2 < LEAST:
        return None
    away = cv2.distanceTransform(1 - face.astype(np.uint8), cv2.DIST_L2, 5) * pixel
    return Hanging(mask, mask & (away > APART), every, places)


def _squarely(head: HeadModel, fit: Fit, posed: Tensor) -> Mask:
    """Where [H, W] the skin of the face, cheeks and jaw included, turns to the camera."""
    buffer = draw_mesh(fit.camera, posed, head.faces)
    if "face" not in head.regions:
        return np.zeros_like(buffer.mask)
    of_face = head.regions["face"].numpy()[head.faces_numpy].all(axis=1)
    toward = (fit.camera.position - posed).numpy()
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing = (vertex_normals(posed, head.faces) * toward).sum(axis=1)
    square = of_face & (facing[head.faces_numpy].mean(axis=1) > SQUARE)
    squarely: Mask = buffer.mask & square[np.maximum(buffer.face, 0)]
    return squarely
