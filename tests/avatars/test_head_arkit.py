"""ARKit names, regions and landmarks, and how they are carried from one head to another."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from avatars.errors import HeadMismatch
from avatars.head import arkit, arkit_fit, landmarks, regions
from avatars.head.correspond import correspond
from avatars.head.flame_file import read_flame
from avatars.head.tables import ARKIT_NAMES, MEDIAPIPE
from tests.make_flame import flame_arrays, write_flame
from tests.make_head import small_head

BETAS = (0.8, -1.0, 0.5, 1.0, -0.7)


@pytest.fixture(scope="module")
def head():
    return small_head()


@pytest.fixture(scope="module")
def fit(head, tmp_path_factory):
    path = tmp_path_factory.mktemp("flame") / "flame2023_Open.pkl"
    return correspond(head, read_flame(write_flame(path, flame_arrays(betas=BETAS))))


def test_the_52_names_are_there_once():
    assert len(ARKIT_NAMES) == 52 == len(set(ARKIT_NAMES))


def test_weights_survive_the_way_to_the_state_and_back(head):
    weights = torch.rand(6, 52, generator=torch.Generator().manual_seed(0))
    weights[:, -1] = 0  # tongueOut moves nothing here
    back = arkit.arkit_from_state(head, arkit.state_from_arkit(head, weights))
    torch.testing.assert_close(back, weights, rtol=0, atol=2e-3)
    single = arkit.arkit_from_state(head, arkit.state_from_arkit(head, weights[0]))
    torch.testing.assert_close(single, back[0])
    report = arkit.round_trip(head)
    assert report.unmapped == ("tongueOut",)
    assert report.largest < 1e-3


def test_jaw_open_adds_to_a_jaw_pose(head):
    base = replace(head.neutral(), jaw_pose=torch.tensor([0.1, 0, 0]))
    weights = torch.zeros(52)
    weights[ARKIT_NAMES.index("jawOpen")] = 0.5
    state = arkit.state_from_arkit(head, weights, base)
    torch.testing.assert_close(state.jaw_pose, torch.tensor([0.25, 0, 0]))


def test_the_fit_recovers_place_and_identity(fit):
    np.testing.assert_allclose(fit.shift, [0, 1.5, 0], atol=2e-3)
    np.testing.assert_allclose(fit.linear, np.eye(3), atol=0.02)
    np.testing.assert_allclose(fit.betas, BETAS, atol=0.25)
    assert fit.residual < 5e-4


def test_a_flame_head_gets_the_names_by_motion(head, fit):
    found = arkit_fit.fitted_table(fit)
    left_out = found.residual[np.isfinite(found.residual)]
    assert len(left_out) == 51
    assert np.median(left_out) < 0.05
    assert left_out.max() < 0.1
    jaw = found.table.jaw_pose
    assert jaw[ARKIT_NAMES.index("jawOpen"), 0] == pytest.approx(0.3, abs=0.01)
    assert (jaw[:, 0] >= 0).all()
    torch.testing.assert_close(found.table.leye_pose, head.arkit.leye_pose)
    target = replace(fit.target, arkit=found.table)
    assert arkit.round_trip(target).mean < 0.01


def test_the_carried_names_move_the_same_skin(head, fit):
    target = replace(fit.target, arkit=arkit_fit.fitted_table(fit).table)
    weights = torch.zeros(52)
    weights[[3, 20, 24, 40]] = torch.tensor([0.7, 0.4, 0.8, 0.6])
    wanted = head.shaped(torch.tensor(BETAS))
    wanted_motion = (wanted.pose(arkit.state_from_arkit(head, weights)) - wanted.vertices).numpy()
    motion = target.pose(arkit.state_from_arkit(target, weights)) - target.v_template
    carried = fit.carried(wanted_motion.astype(np.float64))
    error = np.linalg.norm(motion.numpy() - carried, axis=1)
    assert np.percentile(error, 95) < 0.0012
    assert np.linalg.norm(carried, axis=1).max() > 0.01


def test_regions_arrive_at_the_same_places(head, fit):
    carried = regions.transferred(fit)
    egg = torch.from_numpy(np.array([0, 1.5, 0])).float()
    for name in ("nose", "lips", "scalp", "cheek_left"):
        mine = head.v_template[head.regions[name]].mean(0)
        theirs = fit.target.v_template[carried[name]].mean(0) - egg
        assert (mine - theirs).norm() < 0.012, name
    eyes = carried["eyeball_left"]
    assert (fit.target.lbs_weights[eyes, 3] > 0.5).all()
    assert eyes.sum() == (fit.target.lbs_weights[:, 3] > 0.5).sum()


def test_landmarks_arrive_on_the_same_points(head, fit):
    target = replace(fit.target, landmarks={MEDIAPIPE: landmarks.fitted(fit)})
    points = landmarks.landmark_points(target, target.v_template)
    expected = landmarks.landmark_points(head, head.pose(head.neutral(), torch.tensor(BETAS)))
    error = (points - expected - torch.tensor([0, 1.5, 0])).norm(dim=-1)
    assert error.median() < 0.001
    assert error.max() < 0.004
    on_balls = target.landmarks[MEDIAPIPE].faces[468:]
    assert (target.lbs_weights[target.faces[on_balls]][..., 3:].sum(-1) > 0.5).all()


def test_ict_names_are_taken_as_they_are():
    names = ("browInnerUp_L", "browInnerUp_R", "eyeBlink_L", "jawOpen", "mouthLeft", "cheekPuff")
    table = arkit_fit.named_table(names)

    def columns(name):
        return table.expression[ARKIT_NAMES.index(name)].tolist()

    assert columns("browInnerUp") == [1, 1, 0, 0, 0, 0]
    assert columns("eyeBlinkLeft") == [0, 0, 1, 0, 0, 0]
    assert columns("eyeBlinkRight") == [0] * 6
    assert columns("mouthLeft") == [0, 0, 0, 0, 1, 0]
    assert columns("cheekPuff") == [0, 0, 0, 0, 0, 1]
    assert columns("tongueOut") == [0] * 6


def test_unknown_regions_name_the_nearest(head):
    with pytest.raises(HeadMismatch, match="Did you mean 'lips'"):
        regions.vertex_mask(head, "lip")
    with pytest.raises(HeadMismatch, match="no region 'tongue'"):
        regions.vertex_mask(head, "tongue")
    skin = regions.vertex_mask(head, "skin")
    assert torch.equal(~skin, head.regions["eyeball_left"] | head.regions["eyeball_right"])
    assert torch.equal(regions.vertex_mask(head, "hair"), head.regions["scalp"])
    assert regions.face_mask(head, "nose").any()


def test_heads_without_tables_say_so(head):
    bare = replace(head, arkit=None, landmarks={})
    with pytest.raises(HeadMismatch, match="ARKit"):
        arkit.state_from_arkit(bare, torch.zeros(52))
    with pytest.raises(HeadMismatch, match="mediapipe"):
        landmarks.embedding(bare)
