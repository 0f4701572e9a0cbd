"""Who is in a video: identity from several frames at once, a little work at a time.

Every frame has its own pose and expression, all share the identity; the shared part is solved with
the frames' own unknowns eliminated (Schur complement). What all frames leave over at a landmark is
the person's own too, and kept as a shift.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.fit import HUBER, MESH, OVAL, OVAL_WEIGHT
from avatars.tracking.frame_fit import FIRST_STEPS, STEPS, FrameFit, FrameFitter, Lens
from avatars.tracking.landmark_rig import LandmarkRig, Pose, rotation
from avatars.tracking.person import FITTED, Person, PersonRig

Array = NDArray[np.float64]

ROUNDS = 4
"""Rounds over all frames; the last only collects what is left over."""
_SHARED_NOISE = 0.006
"""Metres, see ``TRACKED_NOISE``: frames of one person err alike, so each says little alone."""
_SHIFT_TRUST = 0.7
"""Share of the common residual that becomes the person's: some of it is expression."""
_BELIEF = 0.25
"""Sigmas by which the identity usually differs from that of the first frame."""
_MOST_SHIFT = 0.004  # metres


@dataclass
class _Frame:
    points: Array  # [478, 2]
    fit: FrameFit


class Calibration:
    """Turns good frames of one shot into a ``Person``.

    Args:
        rig: of the head.
        lens: of the shot.
        person: who it is taken for until then.
    """

    def __init__(self, rig: LandmarkRig, lens: Lens, person: Person) -> None:
        self.rig, self.lens, self.person = rig, lens, person
        self._believed = person.betas
        self._frames: list[_Frame] = []
        self._todo: list[tuple[int, int]] = []
        self._fitter = FrameFitter(PersonRig(rig, person), lens)
        self._begin_round()

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, points: Array, fit: FrameFit) -> None:
        """Take one more frame: landmarks [478, 2+] (pixels), and about how the person fits."""
        self._frames.append(_Frame(np.asarray(points, np.float64)[:, :2], fit))

    def start(self) -> None:
        """Plan the work on the frames taken so far."""
        count = len(self._frames)
        self._todo = [(turn, index) for turn in range(ROUNDS) for index in range(count)]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not self._todo

    def work(self) -> None:
        """One frame's share of one round, some 10 ms."""
        turn, index = self._todo.pop(0)
        frame = self._frames[index]
        steps = FIRST_STEPS if turn == 0 else STEPS
        frame.fit = self._fitter.fit(frame.points, frame.fit, steps=steps, follow=False)
        if turn < ROUNDS - 1:
            self._collect(frame)
            if index == len(self._frames) - 1:
                self._solve()
                self._begin_round()
        elif index == len(self._frames) - 1:
            self.person = replace(self.person, shift=self._common_shift())

    def result(self) -> Person:
        """The person, once all work is done."""
        while not self.is_done:
            self.work()
        return self.person

    def _begin_round(self) -> None:
        self._fitter = FrameFitter(PersonRig(self.rig, self.person), self.lens)
        self._normal = _BELIEF**-2.0 * np.eye(self.rig.betas)
        self._right = _BELIEF**-2.0 * (self._believed - self.person.betas)

    def _collect(self, frame: _Frame) -> None:
        """Add a frame's say on the identity, its own unknowns eliminated."""
        fit, lens = frame.fit, self.lens
        pose = Pose(fit.orient[None], fit.transl[None], self.person.betas[None], fit.arkit[None])
        points, slopes = self.rig.derivatives(pose)
        points, slopes = points[:MESH], slopes[:MESH]
        depth = lens.distance - points[:, 2]
        project = np.zeros((MESH, 2, 3))
        project[:, 0, 0] = lens.focal / depth
        project[:, 1, 1] = -lens.focal / depth
        project[:, :, 2] = lens.focal * points[:, :2] / depth[:, None] ** 2 * [1.0, -1.0]
        residual = frame.points[:MESH] - lens.pixels(points)
        sigma = _SHARED_NOISE * lens.pixels_per_metre
        weights = np.ones(MESH)
        weights[list(OVAL)] = OVAL_WEIGHT
        length = np.linalg.norm(residual, axis=1) / sigma
        weights *= np.minimum(1.0, HUBER / np.maximum(length, 1e-9))
        rows = np.repeat(np.sqrt(weights) / sigma, 2)[:, None]
        jacobian = (project @ slopes).reshape(2 * MESH, -1) * rows
        end = 6 + self.rig.betas
        held = fit.arkit[FITTED] <= 1e-9  # pinned at rest: free to stay there
        own = np.concatenate([jacobian[:, :6], jacobian[:, end + FITTED[~held]]], axis=1)
        shared = jacobian[:, 6:end]
        left = residual.reshape(-1) * rows[:, 0]
        kept = np.concatenate([np.ones(6, bool), ~held])
        prior = self._fitter.prior[np.ix_(kept, kept)]
        inner = own.T @ own + prior + 1e-6 * np.eye(len(prior))
        cross = own.T @ shared
        pull = own.T @ left
        pull -= prior @ np.concatenate([np.zeros(6), fit.arkit[FITTED[~held]]])
        eliminated = np.linalg.solve(inner, np.column_stack([cross, pull]))
        self._normal += shared.T @ shared - cross.T @ eliminated[:, :-1]
        self._right += shared.T @ left - cross.T @ eliminated[:, -1]

    def _solve(self) -> None:
        step = np.linalg.solve(self._normal, self._right)
        betas = np.clip(self.person.betas + step, -3.5, 3.5)
        self.person = Person(betas, self.person.shift)

    def _common_shift(self) -> Array:
        """Median over frames of what is left, in head axes [468, 3], metres."""
        found = []
        for frame in self._frames:
            fit = frame.fit
            spin = rotation(fit.orient[None])[0]
            scale = self.lens.focal / (self.lens.distance - fit.transl[2])
            flat = np.column_stack([fit.residual * [1.0, -1.0] / scale, np.zeros(MESH)])
            found.append(flat @ spin)
        middle = _SHIFT_TRUST * np.median(found, axis=0)
        length = np.linalg.norm(middle, axis=1, keepdims=True)
        shift: Array = middle * np.minimum(1.0, _MOST_SHIFT / np.maximum(length, 1e-12))
        return shift
