"""One frame's landmarks to pose, expression and gaze of a person whose identity is known.

Robust Gauss-Newton from the frame before: a frame differs little from the last, so two or three
steps are enough. Conventions of the camera are those of ``fit``: on +z, looking at the origin.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv
from scipy.spatial.transform import Rotation

from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.fit import (
    EXPRESSION_SIGMA,
    EYE_LEFT,
    EYE_RIGHT,
    HUBER,
    IRIS_LEFT,
    IRIS_RIGHT,
    MESH,
    MOST,
    OVAL,
    OVAL_WEIGHT,
)
from avatars.tracking.gaze import FARTHEST
from avatars.tracking.landmark_rig import rotation
from avatars.tracking.person import FITTED, PersonRig

Array = NDArray[np.float64]

STEPS = 3
"""Gauss-Newton steps of a frame that follows another ..."""
FIRST_STEPS = 10
"""... and of one that follows none."""
_CHANGE_SIGMA = 0.25
"""By how much a weight usually differs from the frame before: settles what landmarks leave open."""
TRACKED_NOISE = 0.0018
"""Metres: more than the noise of a single point, as neighbouring points err together."""
_LEAN_SIGMA = 0.15
"""By how much the two sides of a face usually differ. Without it a turn of the head and a crooked
mouth take each other's place from frame to frame."""
_LEANING = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
_PIN_ROUNDS = 8
_EPSILON = 1e-9
_BLOCKS = 9


@dataclass(frozen=True)
class Lens:
    """The camera of a shot: the head near the origin, the camera on +z.

    Attributes:
        focal: pixels.
        distance: metres from the camera to the origin.
        x, y: principal point, pixels.
    """

    focal: float
    distance: float
    x: float
    y: float

    @property
    def pixels_per_metre(self) -> float:
        """At the origin."""
        return self.focal / self.distance

    def pixels(self, points: Array) -> Array:
        """Points [..., 3] of the world, metres, as pixels [..., 2]."""
        depth = self.distance - points[..., 2:]
        flat: Array = self.focal * points[..., :2] / depth * np.array([1.0, -1.0])
        placed: Array = flat + np.array([self.x, self.y])
        return placed


@dataclass(frozen=True, eq=False)
class FrameFit:
    """A person in one frame.

    Attributes:
        orient: [3] axis-angle of the head, radians.
        transl: [3] metres.
        arkit: [52] weights, those of the gaze included.
        gaze: turn to the subject's left and lift of both eyes, radians, in head axes.
        residual: [468, 2] landmark minus model, pixels.
        residual_mm: median length of the residual, millimetres at the head.
    """

    orient: Array
    transl: Array
    arkit: Array
    gaze: tuple[float, float]
    residual: Array
    residual_mm: float


class FrameFitter:
    """Fits frame after frame of one person.

    Args:
        rig: of the person.
        lens: camera of the shot.
    """

    def __init__(self, rig: PersonRig, lens: Lens) -> None:
        self.rig, self.lens = rig, lens
        self.weights = np.ones(MESH)
        self.weights[list(OVAL)] = OVAL_WEIGHT
        count = 6 + len(FITTED)
        self.prior = np.zeros((count, count))
        self.prior[6:, 6:] = expression_prior()
        self.change = np.zeros(count)
        self.change[6:] = _CHANGE_SIGMA**-2.0
        self.low = np.full(count, -np.inf)
        self.high = np.full(count, np.inf)
        self.low[6:], self.high[6:] = 0.0, MOST

    def fit(
        self,
        points: Array,
        start: FrameFit,
        *,
        steps: int = STEPS,
        follow: bool = True,
        scores: Array | None = None,
    ) -> FrameFit:
        """The person on landmarks [478, 2+] (pixels), from a fit nearby.

        Args:
            points: detected.
            start: where to begin, the frame before for instance.
            steps: of Gauss-Newton.
            follow: whether ``start`` is the frame before, so that weights stay near it where the
                landmarks leave them open.
            scores: [52] weights a detector believes in, to pull the expression; NaN where none.
        """
        detected = np.asarray(points, np.float64)[:, :2]
        x = np.concatenate([start.orient, start.transl, start.arkit[FITTED]])
        before = x.copy()
        mean = np.zeros_like(x)
        if scores is not None:
            believed = scores[FITTED]
            mean[6:] = np.where(np.isfinite(believed), believed, 0.0)
        arkit = start.arkit
        gaze = start.gaze
        for number in range(steps):
            if number == steps - 1:
                # The last step knows where the eyes look: lids follow them, and would else have
                # to be explained by a blink.
                gaze = self._gaze(x, arkit, detected)
            arkit = self._weights(x, gaze)
            x = self._step(x, arkit, detected[:MESH], mean, before if follow else None)
        return self._result(x, gaze, detected)

    def coarse(self, points: Array, last: FrameFit) -> FrameFit:
        """About the right pose at rest, by scaled orthography, for a frame that follows none."""
        rest = self.rig.points(np.zeros(3), np.zeros(3), np.zeros(len(ARKIT_NAMES)))
        middle = np.array([self.lens.x, self.lens.y])
        seen = (np.asarray(points, np.float64)[:MESH, :2] - middle) * [1.0, -1.0]
        rows = np.linalg.lstsq(rest - rest.mean(axis=0), seen - seen.mean(axis=0), rcond=None)[0].T
        scale = max(float(np.linalg.norm(rows, axis=1).mean()), _EPSILON)
        first = rows[0] / max(float(np.linalg.norm(rows[0])), _EPSILON)
        second = rows[1] - first * (first @ rows[1])
        second /= max(float(np.linalg.norm(second)), _EPSILON)
        orient = vector_of(np.stack([first, second, np.cross(first, second)]))
        # Where the head must be for its size, along the line of sight through its middle.
        depth = self.lens.focal / scale
        place = np.append(seen.mean(axis=0) / scale, self.lens.distance - depth)
        turned = self.rig.points(orient, np.zeros(3), np.zeros(len(ARKIT_NAMES))).mean(axis=0)
        return replace(last, orient=orient, transl=place - turned, arkit=last.arkit)

    def _step(
        self, x: Array, arkit: Array, detected: Array, mean: Array, before: Array | None
    ) -> Array:
        points, slopes = self.rig.derivatives(x[:3], x[3:6], arkit, FITTED)
        lens = self.lens
        depth = lens.distance - points[:, 2]
        residual = detected - lens.pixels(points)
        a = np.empty((MESH, 2, slopes.shape[2]))
        lean = lens.focal * points[:, :2] / depth[:, None] ** 2 * [1.0, -1.0]
        a[:, 0] = (lens.focal / depth)[:, None] * slopes[:, 0]
        a[:, 1] = -(lens.focal / depth)[:, None] * slopes[:, 1]
        a += lean[:, :, None] * slopes[:, 2][:, None]
        sigma = TRACKED_NOISE * lens.pixels_per_metre
        length = np.linalg.norm(residual, axis=1) / sigma
        robust = np.minimum(1.0, HUBER / np.maximum(length, _EPSILON)) * self.weights
        rows = np.repeat(np.sqrt(robust) / sigma, 2)
        flat = a.reshape(2 * MESH, -1) * rows[:, None]
        # In blocks so small that the library does not start threads, which would wait for each
        # other on a busy machine.
        blocks = flat.reshape(_BLOCKS, 2 * MESH // _BLOCKS, -1)
        normal: Array = (blocks.transpose(0, 2, 1) @ blocks).sum(axis=0)
        right = flat.T @ (residual.reshape(-1) * rows)
        normal += self.prior
        right += self.prior @ (mean - x)
        if before is not None:
            normal[np.diag_indices(len(x))] += self.change
            right += self.change * (before - x)
        normal[np.diag_indices(len(x))] *= 1.0 + 1e-5
        return x + bounded(normal, right, self.low - x, self.high - x)

    def _weights(self, x: Array, gaze: tuple[float, float]) -> Array:
        arkit = look_weights(self.rig.joint_angles, gaze)
        arkit[FITTED] = x[6:]
        return arkit

    def _result(self, x: Array, gaze: tuple[float, float], detected: Array) -> FrameFit:
        arkit = self._weights(x, gaze)
        residual = detected[:MESH] - self.lens.pixels(self.rig.points(x[:3], x[3:6], arkit))
        length = np.linalg.norm(residual, axis=1) / self.lens.pixels_per_metre
        return FrameFit(
            orient=x[:3],
            transl=x[3:6],
            arkit=arkit,
            gaze=gaze,
            residual=residual,
            residual_mm=float(np.median(length)) * 1000,
        )

    def _gaze(self, x: Array, arkit: Array, detected: Array) -> tuple[float, float]:
        """The turn of both eyes that brings the irises where they are seen."""
        residual = detected[:MESH] - self.lens.pixels(self.rig.points(x[:3], x[3:6], arkit))
        centres = self.rig.eyes(x[:3], x[3:6], arkit)
        spin = rotation(x[None, :3])[0]
        places = self.lens.pixels(centres)
        found = []
        for eye, (iris, ring) in enumerate(((IRIS_RIGHT, EYE_RIGHT), (IRIS_LEFT, EYE_LEFT))):
            rest = self.rig.irises[eye]
            reach = float(np.linalg.norm(rest))
            scale = self.lens.focal / (self.lens.distance - centres[eye, 2])
            off = (detected[iris] - residual[list(ring)].mean(axis=0) - places[eye]) / scale
            forward = np.sqrt(max(reach**2 - float(off @ off), (0.5 * reach) ** 2))
            look = spin.T @ np.array([off[0], -off[1], forward])
            look /= np.linalg.norm(look)
            still = rest / max(reach, _EPSILON)
            turn = np.arctan2(look[0], look[2]) - np.arctan2(still[0], still[2])
            lift = np.arcsin(np.clip(look[1], -1, 1)) - np.arcsin(np.clip(still[1], -1, 1))
            found.append((turn, lift))
        turn, lift = np.clip(np.mean(found, axis=0), -FARTHEST, FARTHEST)
        return float(turn), float(lift)


def vector_of(turn: Array) -> Array:
    """Axis-angle [3] of a rotation matrix [3, 3], radians."""
    vector: Array = Rotation.from_matrix(turn).as_rotvec()
    return vector


def bounded(normal: Array, right: Array, low: Array, high: Array) -> Array:
    """Step [P] that minimises a quadratic model between bounds.

    Projected active sets: what leaves the bounds is pinned to them; what the model would pull back
    from a bound is freed again.
    """
    count = len(right)
    pinned = np.zeros(count, bool)
    step = np.zeros(count)
    for _ in range(_PIN_ROUNDS):
        free = ~pinned
        if free.any():
            goal = right[free] - normal[np.ix_(free, pinned)] @ step[pinned]
            # Not numpy's solver: it starts threads, which wait for each other on a busy machine.
            _, step[free], failed = dposv(normal[np.ix_(free, free)], goal)
            if failed:
                return np.zeros(count)
        outside = free & ((step < low) | (step > high))
        step = np.clip(step, low, high)
        pull = right - normal @ step
        wrong = pinned & (((step <= low) & (pull > 0)) | ((step >= high) & (pull < 0)))
        if not outside.any() and not wrong.any():
            break
        pinned = (pinned | outside) & ~wrong
    return step


def expression_prior() -> Array:
    """Inverse covariance [n, n] of the fitted names."""
    names = [ARKIT_NAMES[number] for number in FITTED]
    prior = np.diag(
        [(_LEAN_SIGMA if name in _LEANING else EXPRESSION_SIGMA) ** -2.0 for name in names]
    )
    for left, name in enumerate(names):
        other = name.removesuffix("Left") + "Right"
        if name.endswith("Left") and name not in _LEANING:
            right = names.index(other)
            both = np.ix_([left, right], [left, right])
            prior[both] += _LEAN_SIGMA**-2.0 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return prior


def look_weights(joint_angles: Array, gaze: tuple[float, float]) -> Array:
    """ARKit weights [52] under which both eyes look there, all others 0.

    Args:
        joint_angles: [52, 3, 3] what each name turns jaw, left and right eye by, radians.
        gaze: turn to the subject's left and lift, radians.
    """
    arkit = np.zeros(len(ARKIT_NAMES))
    turn, lift = gaze
    for side, joint in (("Left", 1), ("Right", 2)):
        outwards = turn if side == "Left" else -turn
        for way, axis, amount, wanted in (
            ("Out", 1, outwards, turn),
            ("In", 1, -outwards, turn),
            ("Up", 0, lift, -lift),
            ("Down", 0, -lift, -lift),
        ):
            number = ARKIT_NAMES.index(f"eyeLook{way}{side}")
            angle = joint_angles[number, joint, axis]
            if amount > 0 and wanted * angle > 0:
                arkit[number] = min(wanted / angle, MOST)
    return arkit
