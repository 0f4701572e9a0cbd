"""How another head's surface corresponds to the built-in one.

The built-in head is laid onto the other by similarity and its own identity directions (iterated
closest points to planes with a prior, as in non-rigid ICP of morphable models). From then on each
vertex of the other head knows the nearest point of the fitted surface, which is what masks,
landmarks and expression motion are carried over by.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.head.model import HeadModel
from avatars.head.nearest import Array, Indices, Nearest, Surface, vertex_normals
from avatars.head.tables import MEDIAPIPE

EYES = (3, 4)  # joints

_ROUNDS = 14
_RIGID_ROUNDS = 4  # similarity alone first: identity must not make up for a wrong scale
_SAMPLES = 3000
_NOISE = 0.002  # metres; what the prior takes for mismatch rather than identity
_WEIGHT = 300.0  # neighbouring samples say the same; this many are counted as independent


@dataclass(frozen=True, eq=False)
class Correspondence:
    """The built-in head fitted to another head, and who is next to whom.

    Attributes:
        reference: the fitted (built-in) head.
        target: the other head.
        betas: [S] identity of the reference that fits best.
        linear: [3, 3] scale times rotation from reference to target space.
        shift: [3] translation, metres.
        vertices: [Vr, 3] fitted reference vertices in target space, metres.
        match: for each target vertex [Vt] the nearest point of the fitted surface; eyeballs are
            matched with eyeballs and skin with skin.
        residual: median distance of the target's face skin from the fitted surface, metres.
    """

    reference: HeadModel
    target: HeadModel
    betas: Array
    linear: Array
    shift: Array
    vertices: Array
    match: Nearest
    residual: float

    def carried(self, values: Array) -> Array:
        """Values [Vr, ...] of the reference's vertices, read at each target vertex [Vt, ...]."""
        corners = values[self.reference.faces_numpy[self.match.face]]  # [Vt, 3, ...]
        result: Array = np.einsum("vc,vc...->v...", self.match.barycentrics, corners)
        return result


def correspond(reference: HeadModel, target: HeadModel) -> Correspondence:
    """Fit ``reference`` to ``target``; both upright, looking to +z, at any scale and place."""
    goal = _array(target.v_template)
    skin = Surface(goal, target.faces_numpy, _faces_of(target, ~eyeball_vertices(target)))
    fit = _started(reference, target)
    chosen = _samples(reference)
    pins = _pins(reference, target)
    for turn in range(_ROUNDS):
        placed = fit.placed()
        normals = vertex_normals(placed, reference.faces_numpy)[chosen]
        found = skin.nearest(placed[chosen], normals)
        size = float(np.cbrt(np.linalg.det(fit.linear)))
        use = found.distance < size * (0.03 if turn < _RIGID_ROUNDS else 0.012)
        across = normals[use][:, :, None] * normals[use][:, None, :]
        # Sliding along the surface costs a fifth of leaving it.
        pull = across + 0.2 * (np.eye(3) - across)
        rows = _Rows(placed[chosen[use]], found.points[use], chosen[use], pull)
        fit = _improved(fit, [rows, *_pinned(pins, placed)], turn >= _RIGID_ROUNDS)
    placed = fit.placed()
    match = _matched(reference, target, placed)
    face = goal[:, 2] > np.median(goal[:, 2])
    near = match.distance[face & ~eyeball_vertices(target) & ~inner_vertices(target)]
    near = near[np.isfinite(near)]
    return Correspondence(
        reference=reference,
        target=target,
        betas=fit.betas,
        linear=fit.linear,
        shift=fit.shift,
        vertices=placed,
        match=match,
        residual=float(np.median(near)) if len(near) else float("inf"),
    )


def eyeball_vertices(head: HeadModel) -> NDArray[np.bool_]:
    """Mask [V] of the vertices that turn with an eye joint."""
    weights = _array(head.lbs_weights)
    result: NDArray[np.bool_] = weights[:, EYES].sum(axis=1) > 0.5
    return result


def inner_vertices(head: HeadModel) -> NDArray[np.bool_]:
    """Mask [V] of what lies inside the mouth, as far as the head says so."""
    inside = np.zeros(head.vertex_count, bool)
    for name in ("mouth", "teeth_upper", "teeth_lower", "tongue"):
        if name in head.parts:
            inside[head.faces_numpy[head.parts[name].cpu().numpy()]] = True
    for name in ("mouth_inner", "teeth_upper", "teeth_lower", "tongue"):
        if name in head.regions:
            inside |= head.regions[name].cpu().numpy()
    return inside


@dataclass(frozen=True, eq=False)
class _Fit:
    mean: Array
    directions: Array
    linear: Array
    shift: Array
    betas: Array

    def placed(self) -> Array:
        result: Array = (self.mean + self.directions @ self.betas) @ self.linear.T + self.shift
        return result


@dataclass(frozen=True, eq=False)
class _Rows:
    """Reference vertices that should come to lie at goals, weighed by [M, 3, 3] matrices."""

    points: Array
    goals: Array
    vertices: Indices
    pull: Array


def _improved(fit: _Fit, wishes: list[_Rows], with_identity: bool) -> _Fit:
    """One Gauss-Newton step on similarity and, if asked, identity."""
    count = len(fit.betas) if with_identity else 0
    centre = fit.placed().mean(axis=0)
    normal = np.zeros((7 + count, 7 + count))
    gradient = np.zeros(7 + count)
    for rows in wishes:
        if not len(rows.points):
            continue
        arm = rows.points - centre
        jacobian = np.concatenate(
            [
                -_cross_matrices(arm),
                np.broadcast_to(np.eye(3), (len(arm), 3, 3)),
                arm[:, :, None],
                np.einsum("ij,mjk->mik", fit.linear, fit.directions[rows.vertices][..., :count]),
            ],
            axis=2,
        )
        jacobian = (rows.pull @ jacobian).reshape(-1, 7 + count)
        miss = (rows.pull @ (rows.goals - rows.points)[..., None]).reshape(-1)
        scale = _WEIGHT / len(arm) / (np.linalg.det(fit.linear) ** (2 / 3) * _NOISE**2)
        normal += scale * jacobian.T @ jacobian
        gradient += scale * jacobian.T @ miss
    normal[7:, 7:] += np.eye(count)
    gradient[7:] -= fit.betas[:count]
    # A little damping keeps a symmetrical ball from spinning freely.
    step = np.linalg.solve(normal + 1e-6 * np.diag(normal.diagonal() + 1e-9), gradient)
    turn, _ = np.linalg.qr(np.eye(3) + _cross_matrices(step[None, :3])[0])
    turn = turn * np.sign(np.diag(turn))
    linear = np.exp(step[6]) * turn @ fit.linear
    shift = np.exp(step[6]) * turn @ (fit.shift - centre) + centre + step[3:6]
    betas = fit.betas.copy()
    betas[:count] += step[7:]
    return replace(fit, linear=linear, shift=shift, betas=betas)


def _started(reference: HeadModel, target: HeadModel) -> _Fit:
    """Eyes on eyes: both heads are upright, so two points settle scale and place."""
    joints = [_array(head.J_regressor) @ _array(head.v_template) for head in (reference, target)]
    source, goal = (places[list(EYES)] for places in joints)
    apart = np.linalg.norm(source[0] - source[1])
    scale = np.linalg.norm(goal[0] - goal[1]) / apart if apart > 1e-9 else 1.0
    shift = goal.mean(axis=0) - scale * source.mean(axis=0)
    directions = _array(reference.shapedirs)
    betas = np.zeros(directions.shape[-1])
    return _Fit(_array(reference.v_template), directions, scale * np.eye(3), shift, betas)


def _samples(reference: HeadModel) -> Indices:
    """Evenly numbered skin vertices of the reference."""
    skin = np.flatnonzero(~eyeball_vertices(reference) & ~inner_vertices(reference))
    return skin[:: max(1, len(skin) // _SAMPLES)]


def _pins(reference: HeadModel, target: HeadModel) -> tuple[Indices, Array] | None:
    """Reference vertices and the places on the target that both heads' embeddings tie together."""
    known = target.landmarks.get(f"{MEDIAPIPE}105")
    own = reference.landmarks.get(MEDIAPIPE)
    if known is None or own is None or not known.ids:
        return None
    goal = _array(target.v_template)[target.faces_numpy[known.faces.cpu().numpy()]]
    places = (goal * _array(known.barycentrics)[..., None]).sum(axis=1)
    ids = np.array(known.ids)
    corner = own.barycentrics.argmax(dim=-1).cpu().numpy()[ids]
    vertices = reference.faces_numpy[own.faces.cpu().numpy()[ids], corner]
    return vertices, places


def _pinned(pins: tuple[Indices, Array] | None, placed: Array) -> list[_Rows]:
    if pins is None:
        return []
    vertices, places = pins
    pull = np.broadcast_to(np.eye(3), (len(vertices), 3, 3))
    return [_Rows(placed[vertices], places, vertices, pull)]


def _matched(reference: HeadModel, target: HeadModel, placed: Array) -> Nearest:
    """For each target vertex the nearest point of the fitted surface, like with like."""
    goal = _array(target.v_template)
    normals = vertex_normals(goal, target.faces_numpy)
    count = target.vertex_count
    face, weights = np.zeros(count, np.int64), np.tile([1.0, 0.0, 0.0], (count, 1))
    points, distance = np.zeros((count, 3)), np.full(count, np.inf)
    balls = eyeball_vertices(target), eyeball_vertices(reference)
    inner = inner_vertices(target), inner_vertices(reference)
    groups = (
        (balls[0], balls[1]),
        (inner[0] & ~balls[0], inner[1] & ~balls[1]),
        (~inner[0] & ~balls[0], ~inner[1] & ~balls[1]),
    )
    for mine, theirs in groups:
        surface = Surface(placed, reference.faces_numpy, _faces_of(reference, theirs))
        found = surface.nearest(goal[mine], normals[mine])
        face[mine], weights[mine] = found.face, found.barycentrics
        points[mine], distance[mine] = found.points, found.distance
    return Nearest(face, weights, points, distance)


def _faces_of(head: HeadModel, vertices: NDArray[np.bool_]) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = vertices[head.faces_numpy].all(axis=1)
    return result


def _cross_matrices(vectors: Array) -> Array:
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    rows = [zero, -z, y, z, zero, -x, -y, x, zero]
    result: Array = np.stack(rows, axis=-1).reshape(-1, 3, 3)
    return result


def _array(values: torch.Tensor) -> Array:
    return values.detach().cpu().numpy().astype(np.float64)
