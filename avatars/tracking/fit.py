"""Landmarks of one picture to camera, head pose, identity and expression.

Robust Gauss-Newton on the reprojection of MediaPipe's points under a perspective camera, with
Gaussian priors in sigmas and bounds on the expression by active sets. The focal length cannot be
seen in landmarks (every distance fits about as well), so it comes from outside.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.head.arkit import state_from_arkit
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.gaze import eye_pose, gaze_of
from avatars.tracking.landmark_rig import LandmarkRig, Pose
from renderer.camera import Camera, look_at

Array = NDArray[np.float64]

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""MediaPipe's face outline: it slides along the skin from person to person."""
EYE_RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
EYE_LEFT = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
IRIS_RIGHT, IRIS_LEFT = 468, 473
MESH = 468  # the points before the irises

USUAL_DISTANCE = 0.8  # metres from which portraits are taken, where the file does not say
NOISE = 0.0012  # metres: how far a detected point usually is from the model's
OVAL_WEIGHT = 0.35
HUBER = 3.0  # sigmas beyond which a point counts linearly only
EXPRESSION_SIGMA = 1 / 3
STIFF = {
    "mouthSmileLeft": 2.0,
    "mouthSmileRight": 2.0,
    "browDownLeft": 2.0,
    "browDownRight": 2.0,
    "jawOpen": 0.4,
}
"""How much stiffer than others: names that identity is easily mistaken for (a friendly face at
rest), and the jaw, which nothing else replaces."""
MOST = 1.2  # largest ARKit weight a fit may use
LOWER = 2.2  # the same of a lower lip pulled down, which shouts do further than the shape goes
ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Fit:
    """A head that lies on a picture's landmarks.

    Attributes:
        camera: the picture's camera; the head is near the origin, the camera on +z.
        state: expression, jaw, gaze, orientation and translation.
        arkit: [52] weights the expression came from, without gaze.
        betas: [S] identity, sigmas.
        residual: [478, 2] landmark minus model, pixels.
        residual_mm: median length of the residual of the 468 mesh points, millimetres.
    """

    camera: Camera
    state: HeadState
    arkit: torch.Tensor
    betas: torch.Tensor
    residual: Array
    residual_mm: float


def fit_landmarks(
    head: HeadModel,
    landmarks: Array,
    size: tuple[int, int],
    *,
    focal: float | None = None,
    scores: dict[str, float] | None = None,
    expression: bool = True,
    identity: bool = True,
) -> Fit:
    """The head whose landmarks project onto the detected ones.

    Args:
        head: with an ARKit table and a landmark embedding.
        landmarks: [478, 2 or 3] in pixels of the picture, y down.
        size: (width, height) of the picture, pixels.
        focal: focal length in pixels; without, a camera ``USUAL_DISTANCE`` away.
        scores: blendshape scores of a detector, which seed and pull the expression.
        expression: whether to fit one at all.
        identity: whether to fit betas.

    Raises:
        ValueError: fewer than 478 landmarks, or ones that are not finite.
    """
    detected = np.asarray(landmarks, np.float64)[:, :2]
    if detected.shape[0] != len(embedding_order()) or not np.isfinite(detected).all():
        raise ValueError("478 finite landmarks are needed")
    rig = LandmarkRig(head)
    problem = _Problem(rig, detected, size, focal, scores, expression, identity)
    x = problem.start()
    for number in range(ROUNDS):
        x = problem.step(x, damping=1e-2 if number < 2 else 1e-4)
    return problem.result(head, x)


def embedding_order() -> range:
    """Numbers of the landmarks a fit expects."""
    return range(478)


class _Problem:
    """Unknowns x = (orientation 3, translation 3, betas S, ARKit weights 52)."""

    def __init__(
        self,
        rig: LandmarkRig,
        detected: Array,
        size: tuple[int, int],
        focal: float | None,
        scores: dict[str, float] | None,
        expression: bool,
        identity: bool,
    ) -> None:
        self.rig, self.detected = rig, detected
        self.width, self.height = size
        self.betas = rig.betas
        self.count = 6 + self.betas + len(ARKIT_NAMES)
        rest = rig.points(self._pose(np.zeros((1, self.count))))[0]
        eyes = np.linalg.norm(rest[list(EYE_LEFT)].mean(0) - rest[list(EYE_RIGHT)].mean(0))
        seen = detected[list(EYE_LEFT)].mean(0) - detected[list(EYE_RIGHT)].mean(0)
        # Foreshortening by yaw would shrink the eye distance, so height counts as well.
        tall = np.linalg.norm(rest[10] - rest[152])
        seen_tall = np.linalg.norm(detected[10] - detected[152])
        wide, high = np.linalg.norm(seen) / eyes, seen_tall / tall
        scale = float(max(wide, high))  # px per metre
        self.focal = float(focal) if focal else USUAL_DISTANCE * scale
        self.distance: float = self.focal / scale
        self.pixels_per_metre = scale
        self.weights = np.ones(detected.shape[0])
        self.weights[list(OVAL)] = OVAL_WEIGHT
        self.weights[MESH:] = 0.0  # the irises tell the gaze, and nothing else
        self._priors(scores or {}, expression, identity)

    def _priors(self, scores: dict[str, float], expression: bool, identity: bool) -> None:
        shapes = slice(6, 6 + self.betas)
        names = slice(6 + self.betas, self.count)
        self.mean = np.zeros(self.count)
        self.stiffness = np.zeros(self.count)
        self.stiffness[:6] = 1e-6
        self.stiffness[shapes] = 1.0 if identity else 1e6
        stiff = np.array([STIFF.get(name, 1.0) for name in ARKIT_NAMES]) / EXPRESSION_SIGMA
        self.stiffness[names] = stiff if expression else 1e6
        for number, name in enumerate(ARKIT_NAMES):
            if name in scores:
                self.mean[6 + self.betas + number] = min(scores[name], 1.0)
            if name.startswith("eyeLook") or name == "tongueOut":
                self.stiffness[6 + self.betas + number] = 1e6  # gaze comes from the irises
        self.low = np.full(self.count, -np.inf)
        self.high = np.full(self.count, np.inf)
        self.low[names] = 0.0
        self.high[names] = [LOWER if "LowerDown" in name else MOST for name in ARKIT_NAMES]
        self.low[shapes], self.high[shapes] = -3.5, 3.5

    def start(self) -> Array:
        """Rest, turned and shifted so that eyes and chin are about where they are seen."""
        x = np.array(self.mean)
        rest = self.rig.points(self._pose(np.zeros((1, self.count))))[0][:MESH]
        seen = np.column_stack(
            [
                (self.detected[:MESH, 0] - self.width / 2) / self.pixels_per_metre,
                -(self.detected[:MESH, 1] - self.height / 2) / self.pixels_per_metre,
            ]
        )
        # Scaled orthography: two rows of a rotation by least squares, made orthonormal.
        centred, flat = rest - rest.mean(0), seen - seen.mean(0)
        rows = np.linalg.lstsq(centred, flat, rcond=None)[0].T
        first = rows[0] / np.linalg.norm(rows[0])
        second = rows[1] - first * (first @ rows[1])
        second /= np.linalg.norm(second)
        turn = np.stack([first, second, np.cross(first, second)])
        x[:3] = _vector(turn)
        placed = self.rig.points(self._pose(x[None]))[0][:MESH].mean(0)
        x[3:5] = seen.mean(0) - placed[:2]
        return x

    def step(self, x: Array, *, damping: float) -> Array:
        """One robust Gauss-Newton step with the bounds kept."""
        residual, jacobian = self._linear(x)
        sigma = NOISE * self.pixels_per_metre
        length = np.linalg.norm(residual, axis=1) / sigma
        robust = np.minimum(1.0, HUBER / np.maximum(length, 1e-9)) * self.weights
        rows = np.repeat(np.sqrt(robust) / sigma, 2)
        a = jacobian.reshape(-1, self.count) * rows[:, None]
        b = residual.reshape(-1) * rows
        normal = a.T @ a + np.diag(self.stiffness**2)
        normal[np.diag_indices(self.count)] *= 1.0 + damping
        right = a.T @ b + self.stiffness**2 * (self.mean - x)
        return self._bounded(normal, right, x)

    def _bounded(self, normal: Array, right: Array, x: Array) -> Array:
        """Minimum of the quadratic model inside the bounds: pin what leaves, solve again."""
        pinned = np.zeros(self.count, bool)
        target = x.copy()
        for _ in range(12):
            free = ~pinned
            rest = right - normal[:, pinned] @ (target - x)[pinned]
            target[free] = x[free] + np.linalg.solve(normal[np.ix_(free, free)], rest[free])
            outside = free & ((target < self.low) | (target > self.high))
            if not outside.any():
                break
            target = np.clip(target, self.low, self.high)
            pinned |= outside
        clipped: Array = np.clip(target, self.low, self.high)
        return clipped

    def _linear(self, x: Array) -> tuple[Array, Array]:
        """Residual [L, 2] (detected minus model, px) and d model / d x [L, 2, P]."""
        points, slopes = self.rig.derivatives(self._pose(x[None]))
        depth = self.distance - points[:, 2]
        # d pixel / d point of the camera at +z: x right, y up in the world, y down in the picture.
        project = np.zeros((len(points), 2, 3))
        project[:, 0, 0] = self.focal / depth
        project[:, 1, 1] = -self.focal / depth
        project[:, :, 2] = self.focal * points[:, :2] / depth[:, None] ** 2 * [1.0, -1.0]
        return self.detected - self._pixels(points), project @ slopes

    def _pixels(self, points: Array) -> Array:
        depth = self.distance - points[..., 2:]
        flat = self.focal * points[..., :2] / depth
        middle = np.array([self.width / 2, self.height / 2])
        pixels: Array = flat * np.array([1.0, -1.0]) + middle
        return pixels

    def _pose(self, batch: Array) -> Pose:
        end = 6 + self.betas
        return Pose(batch[:, :3], batch[:, 3:6], batch[:, 6:end], batch[:, end:])

    def result(self, head: HeadModel, x: Array) -> Fit:
        """The solution in the house's types, with the gaze read off the irises."""
        points = self.rig.points(self._pose(x[None]))
        residual = self.detected - self._pixels(points)[0]
        weights = torch.from_numpy(x[6 + self.betas :]).float()
        state = replace(
            state_from_arkit(head, weights),
            global_orient=torch.from_numpy(x[:3]).float(),
            transl=torch.from_numpy(x[3:6]).float(),
        )
        camera = look_at(
            (0, 0, self.distance),
            (0, 0, 0),
            focal=self.focal,
            width=self.width,
            height=self.height,
        )
        betas = torch.from_numpy(x[6 : 6 + self.betas]).float()
        eyes = tuple(
            (iris, self.detected[iris], residual[list(ring)].mean(axis=0))
            for iris, ring in ((IRIS_RIGHT, EYE_RIGHT), (IRIS_LEFT, EYE_LEFT))
        )
        look = eye_pose(*gaze_of(head, camera, state, betas, eyes))
        state = replace(state, leye_pose=look, reye_pose=look)
        length = np.linalg.norm(residual[:MESH], axis=1) / self.pixels_per_metre
        return Fit(
            camera,
            state,
            weights,
            betas,
            residual,
            float(np.median(length)) * 1000,
        )


def _vector(turn: Array) -> Array:
    from renderer.rotations import matrices_to_axis_angles

    vector: Array = matrices_to_axis_angles(torch.from_numpy(turn)).numpy()
    return vector
