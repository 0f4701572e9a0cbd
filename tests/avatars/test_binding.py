"""Where splats are on the posed skin, how they lie, how far it stretches; reading and gathering."""

from dataclasses import replace

import pytest
import torch

from avatars.avatar import Identity
from avatars.head.surface import surface_points
from avatars.kinds.attributes import bilinear
from avatars.kinds.binding import Binding
from avatars.kinds.gather import Gather
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.sampling import sample_table
from renderer import rotations
from tests.make_head import uv_head


@pytest.fixture(scope="module")
def head():
    return uv_head()


@pytest.fixture(scope="module")
def avatar(head):
    table = sample_table(head, 20_000)
    return UvAvatar(head, Identity(torch.zeros(2)), initial_maps(head, table, 64), table, "test")


def state_of(head, **changes):
    neutral = head.neutral()
    return replace(neutral, **{name: torch.tensor(value) for name, value in changes.items()})


def test_the_frame_of_a_splat_is_that_of_the_surface(avatar):
    head, table = avatar.head, avatar.table
    state = state_of(head, expression=[0.3, 0.5], jaw_pose=[0.2, 0.0, 0.0])
    vertices = head.pose(state)
    bound = avatar.surface(state)
    expected = surface_points(
        vertices, (head.faces, head.uvs, head.uv_faces), table.face, table.barycentrics
    )
    torch.testing.assert_close(bound.positions, expected.positions, rtol=0, atol=1e-6)
    turned = rotations.quats_to_matrices(bound.quats).mT @ expected.frames
    angle = (turned.diagonal(dim1=-2, dim2=-1).sum(-1) / 2 - 0.5).clamp(-1, 1).acos()
    # Interpolated corner frames against frames of interpolated normals: alike but at the poles.
    middle = (table.uv[:, 1] > 0.4) & (table.uv[:, 1] < 0.9)
    assert angle[middle].max() < 0.02
    torch.testing.assert_close(bound.quats.norm(dim=-1), torch.ones(len(table)))


def test_stretch_is_one_at_rest_and_what_the_expression_says(avatar):
    equator = ((avatar.table.uv[:, 1] - 0.64).abs() < 0.05) & (avatar.table.uv[:, 1] > 0.3)
    rest = avatar.surface(avatar.head.neutral()).stretch
    torch.testing.assert_close(rest, torch.ones_like(rest), rtol=0, atol=1e-4)
    tall = avatar.surface(state_of(avatar.head, expression=[1.0, 0.0])).stretch[equator]
    expected = torch.tensor([1.0, 1.8, 1.0]).expand_as(tall)
    torch.testing.assert_close(tall, expected, rtol=0.03, atol=0)


def test_the_binding_passes_a_gradient_check(head):
    double = head.to("cpu", torch.float64)
    table = sample_table(head, 1000)
    pick = torch.tensor([10, 300, 700])
    binding = Binding(double, table.face[pick], table.barycentrics[pick])
    vertices = double.v_template.clone()
    near = double.faces[table.face[pick]].reshape(-1).unique()

    def posed(moved):
        bound = binding.on(vertices.index_copy(0, near, moved))
        return bound.positions, bound.quats, bound.stretch

    assert torch.autograd.gradcheck(posed, vertices[near].clone().requires_grad_())


def test_bilinear_reading_at_texel_centres_and_beyond_the_edge():
    uv = torch.tensor([[0.125, 0.875], [0.375, 0.625], [0.0, 0.0], [1.0, 1.0], [0.25, 0.875]])
    texels, weights = bilinear(uv, 4)
    values = torch.arange(16.0)
    read = (values[texels] * weights).sum(-1)
    torch.testing.assert_close(read, torch.tensor([0.0, 5.0, 12.0, 3.0, 0.5]))
    texels, weights = bilinear(uv, 1)
    assert (texels == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(5))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_gather_sums_what_a_matrix_would_and_so_do_its_gradients(weighted):
    random = torch.Generator().manual_seed(0)
    indices = torch.randint(0, 7, (11,), generator=random)
    starts = torch.tensor([0, 3, 3, 8, 10])  # runs of 3, 0, 5, 2 and 1
    weights = torch.rand(11, generator=random, dtype=torch.float64) if weighted else None
    gather = Gather(indices, starts, weights, rows=7)
    matrix = torch.zeros(5, 7, dtype=torch.float64)
    owner = torch.tensor([0, 0, 0, 2, 2, 2, 2, 2, 3, 3, 4])
    for place in range(11):
        matrix[owner[place], indices[place]] += 1 if weights is None else weights[place]
    rows = torch.rand(7, 3, generator=random, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(gather(rows), matrix @ rows)
    torch.testing.assert_close(gather.transposed(gather(rows)), matrix.T @ matrix @ rows)
    assert torch.autograd.gradcheck(gather, rows)
    assert torch.autograd.gradgradcheck(lambda values: gather(values).square(), rows)
