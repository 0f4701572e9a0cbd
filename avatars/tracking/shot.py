"""One person through one shot: the camera fixed at its start, then frame after frame."""

import numpy as np
from numpy.typing import NDArray

from avatars.head.model import HeadModel
from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.calibration import Calibration
from avatars.tracking.crop import WIDTH_MM
from avatars.tracking.fit import MESH, fit_landmarks
from avatars.tracking.frame_fit import FIRST_STEPS, FrameFit, FrameFitter, Lens
from avatars.tracking.landmark_rig import LandmarkRig
from avatars.tracking.likeness import CHEEK_LEFT, CHEEK_RIGHT, Likeness, likeness
from avatars.tracking.person import Person, PersonRig

Array = NDArray[np.float64]

FRAMES = 12
"""How many frames tell who somebody is."""
_WORKING = 512.0  # pixels of the crop that the first fit sees, as a reconstruction's
_CENTRE_MM = np.array([0.0, 2.0, 0.0])  # of that crop, head axes
_GOOD_MM, _BAD_MM = 1.2, 4.0  # residual of a good fit, and of none
_LEAST_CHEEKS, _GOOD_CHEEKS = 16.0, 60.0  # pixels
_STRAIGHT, _TURNED = np.radians(45.0), np.radians(80.0)
_JUMP = 0.25  # of the face's width: farther from one frame to the next, a fit starts anew


class ShotFitter:
    """Fits the landmarks of one person's frames.

    Args:
        head: with an ARKit table and landmarks.
        rig: of the head, where one was made before.
    """

    def __init__(self, head: HeadModel, rig: LandmarkRig | None = None) -> None:
        self.head = head
        self.rig = rig or LandmarkRig(head)
        self.forget()

    def forget(self) -> None:
        """Begin with somebody else, or another shot."""
        self._fitter: FrameFitter | None = None
        self._last: FrameFit | None = None
        self._points: Array | None = None

    @property
    def is_begun(self) -> bool:
        """Whether somebody is known."""
        return self._fitter is not None

    def begin(self, points: Array, scores: dict[str, float] | None = None) -> None:
        """Take camera and identity from one frame's landmarks [478, 3], pixels."""
        alike = likeness(points)
        centre = _centre(alike)
        scale = _WORKING / (WIDTH_MM * alike.pixels_per_mm)
        moved = (points[:, :2] - centre) * scale + _WORKING / 2
        size = (int(_WORKING), int(_WORKING))
        fit = fit_landmarks(self.head, moved, size, scores=scores)
        focal = float(fit.camera.K[0, 0]) / scale
        distance = float(fit.camera.viewmat[:3, 3].norm())  # of the camera from the origin
        self.lens = Lens(focal, distance, float(centre[0]), float(centre[1]))
        self.identify(Person(fit.betas.double().numpy(), np.zeros((MESH, 3))))
        self._last = FrameFit(
            orient=fit.state.global_orient.double().numpy(),
            transl=fit.state.transl.double().numpy(),
            arkit=fit.arkit.double().numpy(),
            gaze=(0.0, 0.0),
            residual=np.zeros((MESH, 2)),
            residual_mm=0.0,
        )
        self._points = None

    def identify(self, person: Person) -> None:
        """Hold another identity from now on."""
        self.person = person
        self._fitter = FrameFitter(PersonRig(self.rig, person), self.lens)

    def calibration(self) -> Calibration:
        """An empty one for this shot."""
        return Calibration(self.rig, self.lens, self.person)

    def fit(self, points: Array, scores: dict[str, float] | None = None) -> FrameFit:
        """The person on a frame's landmarks [478, 3], pixels.

        Args:
            points: detected.
            scores: a detector's by ARKit name, to pull the expression.

        Raises:
            RuntimeError: nothing was begun.
        """
        if self._fitter is None or self._last is None:
            raise RuntimeError("begin first")
        pull = None
        if scores:
            pull = np.array([min(scores.get(name, np.nan), 1.0) for name in ARKIT_NAMES])
        if self._points is not None and not self._jumped(points):
            self._last = self._fitter.fit(points, self._last, scores=pull)
        else:
            start = self._fitter.coarse(points, self._last)
            self._last = self._fitter.fit(
                points, start, steps=FIRST_STEPS, follow=False, scores=pull
            )
        self._points = points
        return self._last

    def lose(self) -> None:
        """Say that a frame shows nobody, so that the next does not follow the one before."""
        self._points = None

    def _jumped(self, points: Array) -> bool:
        assert self._points is not None
        width = np.linalg.norm(points[CHEEK_LEFT, :2] - points[CHEEK_RIGHT, :2])
        moved = np.linalg.norm(points[:MESH, :2].mean(0) - self._points[:MESH, :2].mean(0))
        return bool(moved > _JUMP * width)


def quality_of(fit: FrameFit, points: Array) -> float:
    """How far a fit can be trusted, 0..1: by its residual, the face's size and its turn."""
    agreement = (_BAD_MM - fit.residual_mm) / (_BAD_MM - _GOOD_MM)
    cheeks = float(np.linalg.norm(points[CHEEK_LEFT] - points[CHEEK_RIGHT]))
    size = (cheeks - _LEAST_CHEEKS) / (_GOOD_CHEEKS - _LEAST_CHEEKS)
    turn = float(np.linalg.norm(fit.orient[:2]))
    facing = 1 - 0.8 * (turn - _STRAIGHT) / (_TURNED - _STRAIGHT)
    parts = np.clip([agreement, size, facing], 0.0, 1.0)
    return float(np.prod(parts))


def is_sound(fit: FrameFit) -> bool:
    """Whether a fit is of a head at all."""
    finite = np.isfinite(fit.orient).all() and np.isfinite(fit.transl).all()
    return bool(finite and fit.residual_mm < _BAD_MM)


def _centre(alike: Likeness) -> Array:
    right, up, _ = alike.rotation @ _CENTRE_MM * alike.pixels_per_mm
    centre: Array = alike.centre + np.array([right, -up])
    return centre
