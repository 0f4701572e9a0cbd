"""Landmarks to head: known heads come back."""

import numpy as np
import pytest
import torch

from avatars.head.tables import ARKIT_NAMES
from avatars.tracking.fit import fit_landmarks
from avatars.tracking.landmark_rig import LandmarkRig, Pose
from avatars.tracking.residual import bake_residual
from avatars.tracking.spread import Spreading, graph_laplacian, spread
from tests.avatars.synthetic_photo import SIZE, head, shot


def test_derivatives_are_those_of_the_points() -> None:
    rig = LandmarkRig(head())
    random = np.random.default_rng(0)
    count = 6 + rig.betas + len(ARKIT_NAMES)
    x = np.concatenate([random.normal(size=6) * 0.2, random.uniform(0, 0.5, count - 6)])

    def points(values: np.ndarray) -> np.ndarray:
        rows = values[None]
        end = 6 + rig.betas
        return rig.points(Pose(rows[:, :3], rows[:, 3:6], rows[:, 6:end], rows[:, end:]))[0]

    end = 6 + rig.betas
    pose = Pose(x[None, :3], x[None, 3:6], x[None, 6:end], x[None, end:])
    at, slopes = rig.derivatives(pose)
    assert np.allclose(at, points(x), atol=1e-12)
    step = 1e-5
    for column in (0, 1, 2, 4, 7, 40, end, end + ARKIT_NAMES.index("jawOpen"), count - 3):
        unit = np.eye(count)[column] * step
        expected = (points(x + unit) - points(x - unit)) / (2 * step)
        assert np.abs(slopes[..., column] - expected).max() < 1e-6


def test_a_known_head_is_found() -> None:
    known = shot(weights={"jawOpen": 0.5, "browInnerUp": 0.4})
    fit = fit_landmarks(known.head, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    assert fit.residual_mm < 0.4
    assert torch.allclose(fit.state.global_orient, known.state.global_orient, atol=0.05)
    assert abs(float(fit.arkit[ARKIT_NAMES.index("jawOpen")]) - 0.5) < 0.2


def test_a_neutral_face_stays_neutral() -> None:
    known = shot()
    fit = fit_landmarks(known.head, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    assert float(fit.arkit.max()) < 0.25


def test_scores_pull_the_expression() -> None:
    known = shot()
    marks, size = known.view.landmarks, (SIZE, SIZE)
    plain = fit_landmarks(known.head, marks, size)
    pulled = fit_landmarks(known.head, marks, size, scores={"cheekPuff": 1.0})
    number = ARKIT_NAMES.index("cheekPuff")
    assert pulled.arkit[number] > plain.arkit[number]


@pytest.mark.parametrize("side", [0.0, 0.25])
def test_the_gaze_is_read_off_the_irises(side: float) -> None:
    known = shot(turn=(0.0, 0.0, 0.0))
    marks = known.view.landmarks.copy()
    # Moved by the way an iris goes that turns by `side` radians.
    marks[468:, 0] += 0.0119 * np.sin(side) * known.focal / 0.72
    fit = fit_landmarks(known.head, marks, (SIZE, SIZE), focal=known.focal)
    assert float(fit.state.leye_pose[1]) == pytest.approx(side, abs=0.08)


def test_bad_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match="478"):
        fit_landmarks(head(), np.zeros((10, 2)), (SIZE, SIZE))
    with pytest.raises(ValueError, match="finite"):
        fit_landmarks(head(), np.full((478, 2), np.nan), (SIZE, SIZE))


def test_baking_leaves_almost_nothing() -> None:
    known = shot()
    random = np.random.default_rng(1)
    marks = known.view.landmarks + random.normal(size=(478, 2)) * 0.7
    fit = fit_landmarks(known.head, marks, (SIZE, SIZE), focal=known.focal)
    before = float(np.linalg.norm(fit.residual[:468], axis=1).mean())
    baked = bake_residual(known.head, fit, marks)
    assert baked.residual_px < 0.5 * before
    assert float(baked.offsets.norm(dim=1).max()) < 0.02


def test_spreading_meets_targets_smoothly() -> None:
    model = head()
    weights = np.full(model.vertex_count, 50.0)
    targets = model.v_template.double().numpy()
    assert np.abs(spread(model, targets, weights) - targets).max() < 0.01
    constant = Spreading(model, weights).to(np.ones((model.vertex_count, 1)))
    assert np.allclose(constant, 1.0, atol=1e-5)
    assert abs(graph_laplacian(model).sum(axis=1)).max() < 1e-9
