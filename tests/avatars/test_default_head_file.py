"""The shipped head is what the generator makes, and people it has never seen can be fitted."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.paths import asset
from avatars.head.arkit import round_trip
from avatars.head.default.assemble import assembled
from avatars.head.default.build import NeutralHead, build_neutral
from avatars.head.default.expressions import build_expressions
from avatars.head.default.identity import build_identity
from avatars.head.default.uv import build_uv
from avatars.head.head_file import read_head_file
from avatars.head.landmarks import landmark_points
from avatars.head.model import HeadModel
from avatars.head.regions import vertex_mask

REGIONS = [
    "hair",
    "face",
    "forehead",
    "brow_left",
    "brow_right",
    "eye_left",
    "eye_right",
    "eyeball_left",
    "eyeball_right",
    "iris_left",
    "iris_right",
    "nose",
    "cheek_left",
    "cheek_right",
    "lips",
    "chin",
    "jaw",
    "ear_left",
    "ear_right",
    "scalp",
    "neck",
    "mouth_inner",
    "teeth_upper",
    "teeth_lower",
    "tongue",
    "skin",
]
SLIDERS = [
    "face_width",
    "face_length",
    "jaw_width",
    "chin",
    "nose_length",
    "nose_width",
    "nose_bridge",
    "eye_distance",
    "eye_size",
    "lip_thickness",
    "mouth_width",
    "ear_size",
]


@pytest.fixture(scope="module")
def shipped() -> HeadModel:
    return read_head_file(asset("heads/default.npz"))


@pytest.fixture(scope="module")
def rebuilt() -> HeadModel:
    neutral = build_neutral()
    shown, people = build_expressions(neutral), build_identity(neutral)
    return assembled(neutral, shown, people, build_uv(neutral))


def test_the_generator_makes_the_shipped_file(shipped: HeadModel, rebuilt: HeadModel) -> None:
    assert torch.equal(shipped.faces, rebuilt.faces)
    assert torch.equal(shipped.uv_faces, rebuilt.uv_faces)
    assert shipped.expression_names == rebuilt.expression_names
    assert shipped.shape_names == rebuilt.shape_names
    for name in ("v_template", "shapedirs", "exprdirs"):
        difference = (getattr(shipped, name) - getattr(rebuilt, name)).abs().max()
        assert float(difference) < 1e-5, name
    for name in ("J_regressor", "lbs_weights", "uvs"):
        difference = (getattr(shipped, name) - getattr(rebuilt, name)).abs().max()
        assert float(difference) < 1e-4, name
    for name, mask in rebuilt.regions.items():
        assert torch.equal(mask, shipped.regions[name]), name


def test_the_sliders_come_first_and_every_region_is_there(shipped: HeadModel) -> None:
    assert list(shipped.shape_names[:12]) == SLIDERS
    assert shipped.shape_count >= 60
    for name in REGIONS:
        assert bool(vertex_mask(shipped, name).any()), name


def test_each_arkit_name_moves_something_and_reads_back(shipped: HeadModel) -> None:
    trip = round_trip(shipped)
    assert not trip.unmapped
    assert trip.largest < 0.2


def test_landmarks_are_the_first_vertices_and_the_irises(shipped: HeadModel) -> None:
    points = landmark_points(shipped, shipped.v_template)
    assert torch.allclose(points[:468], shipped.v_template[:468])
    joints = shipped.J_regressor @ shipped.v_template
    for centre, rim, joint in ((468, slice(469, 473), 4), (473, slice(474, 478), 3)):
        ahead = points[centre] - joints[joint]
        assert float(ahead[2]) > 0.01  # the pupil looks forward
        assert float((points[rim] - points[centre]).norm(dim=-1).max()) < 0.009


def test_people_left_out_of_the_mean_can_be_fitted(shared: Path) -> None:
    data = np.load(shared / "data" / "mean_face_landmarks.npz", allow_pickle=False)
    everybody, mirror = data["landmarks_by_person"], data["mirror"]
    names = [str(name) for name in data["sources"]]
    left_out = [number for number, name in enumerate(names) if "businesswoman" in name]
    left_out += [number for number, name in enumerate(names) if "glasses" in name]
    assert len(left_out) == 2, names
    kept = np.delete(everybody, left_out, axis=0).mean(axis=0)
    kept = (kept + kept[mirror] * [-1, 1, 1]) / 2
    # Lids on the ball and lips closed, as in the mean of all.
    kept = kept + (data["landmarks_closed"] - data["landmarks"])
    neutral = build_neutral(kept)
    people = build_identity(neutral)
    expressions = build_expressions(neutral)
    for number in left_out:
        median = _fitted_distance(
            neutral, people.directions, expressions.directions, everybody[number]
        )
        assert median < 0.9e-3, f"{names[number]}: {median * 1e3:.2f} mm"


def _fitted_distance(
    neutral: NeutralHead,
    shapes: NDArray[np.float64],
    shown: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> float:
    """Median distance left after pose, identity and expression, priors of one sigma and a third."""
    rest = neutral.v_template[:468]
    basis = np.concatenate([shapes[:468], shown[:468] / 3], axis=2)
    sigma = 0.0012
    target, coefficients = wanted, np.zeros(basis.shape[2])
    for _ in range(12):
        model = rest + basis @ coefficients
        target = _aligned(wanted, model)
        rows = basis.reshape(-1, basis.shape[2]) / sigma
        normal = rows.T @ rows + np.eye(rows.shape[1])
        coefficients = np.linalg.solve(normal, rows.T @ ((target - rest).reshape(-1) / sigma))
    model = rest + basis @ coefficients
    return float(np.median(np.linalg.norm(_aligned(wanted, model) - model, axis=1)))


def _aligned(points: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points moved, turned and scaled onto others (Umeyama 1991)."""
    a, b = points - points.mean(axis=0), to - to.mean(axis=0)
    u, s, vt = np.linalg.svd(b.T @ a)
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * np.diag(flip)).sum() / (a * a).sum()
    aligned: NDArray[np.float64] = scale * a @ (u @ flip @ vt).T + to.mean(axis=0)
    return aligned
