"""The head's formula, its gradients and its states."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from avatars.head.model import HeadModel
from avatars.head.skinning import rodrigues
from avatars.head.state import HeadState, stack
from renderer import rotations
from tests.make_head import small_head


def random_head(seed=0, count=60, shapes=7, expressions=6, lids=False, height=1.5) -> HeadModel:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(5), count)
    regressor = rng.dirichlet(np.ones(count), 5)
    arrays = {
        "v_template": rng.uniform(-0.12, 0.12, (count, 3)) + np.array([0, height, 0]),
        "shapedirs": rng.normal(size=(count, 3, shapes)) * 3e-3,
        "exprdirs": rng.normal(size=(count, 3, expressions)) * 3e-3,
        "posedirs": rng.normal(size=(count, 3, 36)) * 1e-3,
        "J_regressor": regressor,
        "lbs_weights": weights,
        "uvs": np.zeros((0, 2)),
    }
    return HeadModel(
        **{name: torch.from_numpy(values) for name, values in arrays.items()},
        faces=torch.from_numpy(rng.integers(0, count, (20, 3))),
        uv_faces=torch.zeros(0, 3, dtype=torch.int64),
        parents=(-1, 0, 1, 1, 1),
        expression_names=tuple("abcdef"[:expressions]),
        eyelids=torch.from_numpy(rng.normal(size=(2, count, 3)) * 1e-3) if lids else None,
    )


def random_state(head, seed=1, frames=None) -> HeadState:
    rng = np.random.default_rng(seed)
    neutral = head.neutral(frames)
    names = {"expression": 1.5, "jaw_pose": 0.3, "neck_pose": 0.4, "leye_pose": 0.4}
    names |= {"reye_pose": 0.4, "global_orient": 1.2, "transl": 0.3, "eyelids": 0.5}
    values = {
        name: torch.from_numpy(rng.normal(size=tuple(getattr(neutral, name).shape)) * size)
        for name, size in names.items()
    }
    return HeadState(**{name: value.to(head.v_template.dtype) for name, value in values.items()})


def formula(head, state, betas, offsets=None):
    """FLAME's published formula for one frame, in float64, vertex by vertex and joint by joint."""
    array = {n: getattr(head, n).double().numpy() for n in ("v_template", "shapedirs", "exprdirs")}
    regressor, weights = head.J_regressor.double().numpy(), head.lbs_weights.double().numpy()
    posedirs = head.posedirs.double().numpy()
    rest = array["v_template"] + np.tensordot(array["shapedirs"], betas.double().numpy(), 1)
    rest = rest + np.tensordot(array["exprdirs"], state.expression.double().numpy(), 1)
    if offsets is not None:
        rest = rest + offsets.double().numpy()
    joints = regressor @ rest
    names = ("global_orient", "neck_pose", "jaw_pose", "leye_pose", "reye_pose")
    turns = []
    for name in names:
        vector = getattr(state, name).double().numpy()
        angle = np.linalg.norm(vector + 1e-8)
        x, y, z = vector / angle
        k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turns.append(np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k)
    feature = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    posed = rest + np.tensordot(posedirs, feature, 1)
    if head.eyelids is not None:
        lids = head.eyelids.double().numpy()
        posed = posed + np.tensordot(state.eyelids.double().numpy(), lids, 1)
    world = []
    for j, parent in enumerate(head.parents):
        local = np.eye(4)
        local[:3, :3] = turns[j]
        local[:3, 3] = joints[j] - (joints[parent] if parent >= 0 else 0)
        world.append(local if parent < 0 else world[parent] @ local)
    result = np.zeros_like(posed)
    for j in range(5):
        relative = world[j].copy()
        relative[:3, 3] -= relative[:3, :3] @ joints[j]
        moved = posed @ relative[:3, :3].T + relative[:3, 3]
        result += weights[:, j : j + 1] * moved
    return result + state.transl.double().numpy()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("lids", [False, True])
def test_posing_equals_the_published_formula(dtype, lids):
    tolerance = 1e-6 if dtype == torch.float32 else 1e-12
    for seed in range(4):
        head = random_head(seed, lids=lids).to("cpu", dtype)
        state = random_state(head, seed + 10)
        betas = torch.randn(7, generator=torch.Generator().manual_seed(seed)).to(dtype)
        offsets = (1e-3 * torch.randn(60, 3, generator=torch.Generator().manual_seed(seed))).to(
            dtype
        )
        expected = formula(head, state, betas, offsets)
        posed = head.pose(state, betas, offsets).numpy()
        np.testing.assert_allclose(posed, expected, rtol=0, atol=tolerance)


def test_the_neutral_state_returns_the_template():
    head = small_head()
    torch.testing.assert_close(head.pose(head.neutral()), head.v_template, rtol=0, atol=1e-6)


def test_a_root_turn_keeps_the_root_joint_in_place():
    head = random_head()
    state = replace(head.neutral(), global_orient=torch.tensor([0.3, 0.8, -0.2]).double())
    moved, rest = head.pose(state), head.v_template
    root = head.J_regressor[0] @ rest
    distances = (moved - root).norm(dim=-1), (rest - root).norm(dim=-1)
    torch.testing.assert_close(*distances)


def test_a_batch_gives_the_same_as_its_frames_one_by_one():
    head = random_head(lids=True)
    states = random_state(head, frames=5)
    batch = head.shaped(torch.ones(7).double()).pose(states)
    single = [head.pose(states.at(t), torch.ones(7).double()) for t in range(5)]
    torch.testing.assert_close(batch, torch.stack(single))
    torch.testing.assert_close(stack([states.at(t) for t in range(5)]).jaw_pose, states.jaw_pose)


def test_fewer_coefficients_are_the_first_ones():
    head = random_head()
    state = replace(random_state(head), expression=torch.ones(2).double())
    full = replace(state, expression=torch.tensor([1.0, 1, 0, 0, 0, 0]).double())
    short = head.pose(state, torch.ones(3).double())
    long = head.pose(full, torch.tensor([1.0, 1, 1, 0, 0, 0, 0]).double())
    torch.testing.assert_close(short, long)
    with pytest.raises(ValueError, match="8 betas"):
        head.pose(state, torch.ones(8).double())


def test_gradients_agree_with_finite_differences():
    head = random_head(count=6)
    state = random_state(head)
    betas = torch.zeros(7, dtype=torch.float64, requires_grad=True)

    def posed(betas, expression, jaw, root):
        moved = replace(state, expression=expression, jaw_pose=jaw, global_orient=root)
        return head.pose(moved, betas)

    inputs = [t.clone().requires_grad_() for t in (state.expression, state.jaw_pose)]
    inputs.append(torch.zeros(3, dtype=torch.float64).add_(0.2).requires_grad_())
    assert torch.autograd.gradcheck(posed, (betas, *inputs))


def test_the_gradient_at_rest_is_finite_and_right():
    vector = torch.zeros(3, requires_grad=True)
    rodrigues(vector)[2, 1].backward()
    torch.testing.assert_close(vector.grad, torch.tensor([1.0, 0, 0]), rtol=0, atol=1e-4)


def test_blending_takes_the_shortest_turn():
    head = small_head()
    start = replace(head.neutral(), jaw_pose=torch.tensor([0.0, 3.0, 0]))
    end = replace(head.neutral(), jaw_pose=torch.tensor([0.0, -3.0, 0]), transl=torch.ones(3))
    middle = start.blend(end, 0.5)
    torch.testing.assert_close(middle.transl, torch.full((3,), 0.5))
    turn = rotations.axis_angles_to_matrices(middle.jaw_pose)
    half_turn = rotations.axis_angles_to_matrices(torch.tensor([0.0, torch.pi, 0]))
    torch.testing.assert_close(turn, half_turn, rtol=0, atol=1e-5)
    torch.testing.assert_close(start.blend(end, 0.0).jaw_pose, start.jaw_pose)


def test_wrong_shapes_are_refused():
    head = small_head()
    with pytest.raises(ValueError, match="lbs_weights"):
        replace(head, lbs_weights=head.lbs_weights[:, :4])
    with pytest.raises(ValueError, match="parents"):
        replace(head, parents=(-1, 0, 1, 1, 2))
    with pytest.raises(ValueError, match="jaw_pose"):
        replace(head.neutral(), jaw_pose=torch.zeros(2, 3))


def test_the_fingerprint_follows_the_geometry_and_nothing_else():
    head = small_head()
    assert replace(head, name="other", fingerprint="").fingerprint == head.fingerprint
    assert head.to("cpu", torch.float64).fingerprint == head.fingerprint
    moved = replace(head, v_template=head.v_template + 1e-4, fingerprint="")
    assert moved.fingerprint != head.fingerprint


@pytest.mark.gpu
def test_posing_is_captured_as_a_cuda_graph():
    head = small_head().to("cuda")
    shaped = head.shaped(torch.ones(5, device="cuda"))
    state = replace(head.neutral(), jaw_pose=torch.full((3,), 0.1, device="cuda"))
    with torch.no_grad():
        expected = shaped.pose(state)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            shaped.pose(state)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            posed = shaped.pose(state)
        graph.replay()
    torch.testing.assert_close(posed, expected)
    on_cpu = small_head().shaped(torch.ones(5)).pose(state.to("cpu"))
    torch.testing.assert_close(posed.cpu(), on_cpu, rtol=0, atol=1e-6)
