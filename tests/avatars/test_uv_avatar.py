"""The avatar of maps: closed when stretched, coloured where it should be, nothing done twice."""

from dataclasses import fields, replace
from math import pi

import pytest
import torch
from scipy.ndimage import binary_erosion

from avatars.avatar import Avatar, Identity
from avatars.head.surface import points_at
from avatars.kinds.attributes import Loose
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.sampling import sample_table
from renderer import rotations, sh
from renderer.camera import look_at
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.gaussians import Gaussians
from renderer.mesh import draw_mesh
from tests.make_head import RADIUS, uv_head

SIZE = 128
COUNT = 20_000


@pytest.fixture(scope="module")
def head():
    return uv_head()


@pytest.fixture(scope="module")
def avatar(head):
    table = sample_table(head, COUNT)
    return UvAvatar(head, Identity(torch.zeros(2)), initial_maps(head, table, SIZE), table, "test")


def camera(azimuth: float, size: int = 128):
    eye = torch.tensor([0.0, azimuth, 0.0])
    turned = rotations.rotate(rotations.axis_angles_to_quats(eye), torch.tensor([0.0, 0.1, 0.8]))
    return look_at(turned.tolist(), (0, 0, 0), focal=2.2 * size, width=size, height=size)


def state_of(head, **changes):
    neutral = head.neutral()
    return replace(neutral, **{name: torch.tensor(value) for name, value in changes.items()})


POSES = {
    "neutral": {},
    "stretched": {"expression": [1.0, 0.0]},
    "leaning": {"expression": [0.5, 1.0]},
    "jaw open, turned": {"jaw_pose": [0.4, 0.0, 0.0], "global_orient": [0.3, 2.0, 0.5]},
}


@pytest.mark.parametrize("azimuth", [0.0, pi / 2, pi])
@pytest.mark.parametrize("pose", POSES)
def test_there_are_no_holes_however_the_skin_is_stretched(avatar, pose, azimuth):
    head, state = avatar.head, state_of(avatar.head, **POSES[pose])
    view = camera(azimuth)
    with torch.no_grad():
        alpha = CpuRasterizer().rasterize(avatar.pose(state), view).alpha.numpy()
        mask = draw_mesh(view, head.pose(state), head.faces).mask
    inside = binary_erosion(mask, iterations=3)
    assert inside.sum() > 1000
    assert alpha[inside].min() >= 0.98
    outside = ~binary_erosion(~mask, iterations=3) | mask
    assert alpha[~outside].max() < 0.3, "nothing hangs far outside either"


@pytest.mark.parametrize("betas", [[3.0, 0.0], [-3.0, 2.0]])
def test_another_identity_leaves_no_holes_and_no_fat(avatar, betas):
    other = replace(avatar, identity=Identity(torch.tensor(betas)))
    state, view = other.head.neutral(), camera(pi)
    with torch.no_grad():
        alpha = CpuRasterizer().rasterize(other.pose(state), view).alpha.numpy()
        vertices = other.head.pose(state, other.identity.betas)
        mask = draw_mesh(view, vertices, other.head.faces).mask
    assert alpha[binary_erosion(mask, iterations=3)].min() >= 0.98
    assert alpha[binary_erosion(~mask, iterations=4)].max() < 0.3


def test_colours_arrive_where_they_belong(avatar):
    u = (torch.arange(SIZE) + 0.5) / SIZE
    rgb = torch.zeros(SIZE, SIZE, 3)
    rgb[..., 0] = (u > 0.5).float()  # u grows towards the subject's left, which is +x
    rgb[..., 1] = (u.flip(0) > 0.64).float()[:, None]  # v grows upwards
    maps = replace(avatar.maps, rgb=rgb)
    view = camera(0.0)
    with torch.no_grad():
        picture = CpuRasterizer().rasterize(avatar.pose(avatar.head.neutral(), maps), view).rgb
    for place, colour in (
        ((0.05, 0.05), [1.0, 1.0, 0.0]),
        ((-0.05, 0.05), [0.0, 1.0, 0.0]),
        ((0.05, -0.05), [1.0, 0.0, 0.0]),
        ((-0.05, -0.05), [0.0, 0.0, 0.0]),
    ):
        x, y = view.project(torch.tensor([*place, 0.07])).int().tolist()
        torch.testing.assert_close(picture[y, x], torch.tensor(colour), rtol=0, atol=0.03)


def test_turning_the_head_turns_every_splat_with_it(avatar):
    plain = avatar.pose(avatar.head.neutral())
    turn = [0.2, 3.0, -0.4]
    turned = avatar.pose(state_of(avatar.head, global_orient=turn))
    quat = rotations.axis_angles_to_quats(torch.tensor(turn))
    root = avatar.head.J_regressor[0] @ avatar.head.v_template
    means = rotations.rotate(quat, plain.means - root) + root
    torch.testing.assert_close(turned.means, means, rtol=0, atol=1e-5)
    both = (rotations.multiply(quat, plain.quats) * turned.quats).sum(-1).abs()
    torch.testing.assert_close(both, torch.ones_like(both), rtol=0, atol=1e-4)
    torch.testing.assert_close(turned.scales, plain.scales, rtol=1e-3, atol=1e-7)


def test_offsets_and_turns_are_in_the_tangent_frame(avatar):
    maps = avatar.maps
    out = replace(maps, offset=maps.offset + torch.tensor([0.0, 0.0, 0.01]))
    plain, moved = avatar.pose(avatar.head.neutral()), avatar.pose(avatar.head.neutral(), out)
    skin = avatar.head.parts["skin"][avatar.table.face]
    torch.testing.assert_close(
        moved.means[skin].norm(dim=-1),
        torch.full((int(skin.sum()),), RADIUS + 0.01),
        rtol=0,
        atol=6e-4,
    )
    quarter = torch.tensor([0.5**0.5, 0.0, 0.0, 0.5**0.5])  # tangent to bitangent
    tall = state_of(avatar.head, expression=[1.0, 0.0])
    turned = avatar.pose(tall, replace(maps, quats=quarter.expand(SIZE, SIZE, 4).clone()))
    equator = ((avatar.table.uv[:, 1] - 0.64).abs() < 0.05) & skin
    rest = avatar.attributes().scales[equator]
    ratio = turned.scales[equator] / rest
    # The splat's first axis now lies along the direction that stretches.
    expected = torch.tensor([1.8, 1.0, 1.0]).expand_as(ratio)
    torch.testing.assert_close(ratio, expected, rtol=0.03, atol=0)
    assert plain.scales.shape == (len(avatar), 3)


def test_splats_have_the_shapes_and_values_of_the_maps(avatar):
    splats = avatar.pose(avatar.head.neutral())
    assert isinstance(splats, Gaussians)
    assert len(splats) == len(avatar)
    assert splats.sh_degree == 0
    assert not splats.unusable().any()
    torch.testing.assert_close(sh.to_rgb(splats.sh[:, 0]), torch.full((len(avatar), 3), 0.5))
    typed: Avatar = avatar
    assert typed.maps is avatar.maps


def test_recolouring_does_not_pose_and_posing_does_not_gather(avatar):
    state = state_of(avatar.head, jaw_pose=[0.1, 0.0, 0.0])
    painted = replace(avatar.maps, rgb=avatar.maps.rgb * 0.5)
    first, second = avatar.pose(state), avatar.pose(state, painted)
    assert avatar.surface(state) is avatar.surface(state)
    assert second.quats is first.quats, "same state: the posed skin is used again"
    assert second.opacities is first.opacities, "only the colour is another"
    assert second.sh is not first.sh
    assert avatar.attributes(painted) is avatar.attributes(painted)
    other = avatar.pose(avatar.head.neutral(), painted)
    assert other.sh is second.sh
    assert other.means is not second.means
    again = replace(avatar, identity=Identity(torch.ones(2)))
    assert again.pose(state, painted).sh is second.sh, "another identity keeps the colours too"


def test_tensors_changed_in_place_are_noticed(avatar):
    state = avatar.head.neutral()
    before = avatar.pose(state).means
    state.transl.add_(0.1)
    torch.testing.assert_close(avatar.pose(state).means, before + 0.1)


def test_gradients_reach_maps_state_and_identity(avatar):
    names = ("rgb", "opacity", "scales", "quats", "offset")
    leaves = {name: getattr(avatar.maps, name).clone().requires_grad_() for name in names}
    maps = replace(avatar.maps, **leaves)
    betas = torch.zeros(2, requires_grad=True)
    expression = torch.full((2,), 0.1, requires_grad=True)
    learned = replace(avatar, identity=Identity(betas))
    state = replace(avatar.head.neutral(), expression=expression)
    view = camera(0.4, 64)
    for _ in range(2):  # a graph must not be kept from the first round
        picture = CpuRasterizer().rasterize(learned.pose(state, maps), view)
        (picture.rgb.square().mean() + picture.alpha.mean()).backward()
    for name, leaf in (*leaves.items(), ("betas", betas), ("expression", expression)):
        assert leaf.grad is not None, name
        assert leaf.grad.isfinite().all(), name
        assert leaf.grad.abs().max() > 0, name
    seen = leaves["rgb"].grad
    assert seen is not None
    assert (seen.abs().sum(-1) > 0).float().mean() > 0.2


def test_what_was_kept_in_inference_mode_can_be_trained_on_later(avatar):
    fresh = replace(avatar, maps=avatar.maps.padded())
    with torch.inference_mode():
        state = fresh.head.neutral()
        fresh.pose(state)
    rgb = fresh.maps.rgb.clone().requires_grad_()
    fresh.pose(fresh.head.neutral(), replace(fresh.maps, rgb=rgb)).sh.sum().backward()
    assert rgb.grad is not None


def loose(head) -> Loose:
    face = torch.tensor([5, 400])
    return Loose(
        face=face,
        barycentrics=torch.full((2, 3), 1 / 3),
        offset=torch.tensor([[0.0, 0.0, 0.02], [0.001, 0.0, 0.0]]),
        rgb=torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]),
        opacity=torch.tensor([0.5, 0.25]),
        scales=torch.full((2, 3), 2e-3),
    )


def test_loose_splats_come_last_ride_along_and_do_not_stretch(avatar):
    head = avatar.head
    with_wisps = replace(avatar, loose=loose(head))
    count = len(avatar)
    assert len(with_wisps) == count + 2
    state = state_of(head, expression=[1.0, 0.0])
    plain, splats = avatar.pose(state), with_wisps.pose(state)
    torch.testing.assert_close(splats.means[:count], plain.means, rtol=0, atol=1e-7)
    torch.testing.assert_close(splats.scales[:count], plain.scales)
    torch.testing.assert_close(splats.scales[count:], torch.full((2, 3), 2e-3))
    torch.testing.assert_close(splats.opacities[count:], torch.tensor([0.5, 0.25]))
    torch.testing.assert_close(sh.to_rgb(splats.sh[count:, 0]), loose(head).rgb)
    skin = points_at(head.pose(state), head.faces, loose(head).face, loose(head).barycentrics)
    away = (splats.means[count:] - skin).norm(dim=-1)
    torch.testing.assert_close(away, torch.tensor([0.02, 0.001]))
    turned = replace(avatar.maps, quats=torch.rand(SIZE, SIZE, 4) + 0.1)
    torch.testing.assert_close(with_wisps.pose(state, turned).quats[count:], splats.quats[count:])
    with pytest.raises(ValueError, match="scales"):
        replace(loose(head), scales=torch.ones(2))


def test_wrong_states_maps_and_parts_are_refused(avatar):
    head = avatar.head
    with pytest.raises(ValueError, match="one state at a time"):
        avatar.pose(head.neutral(3))
    elsewhere = replace(
        avatar.maps,
        **{item.name: getattr(avatar.maps, item.name).to("meta") for item in fields(avatar.maps)},
    )
    with pytest.raises(ValueError, match="maps are on meta"):
        avatar.pose(head.neutral(), elsewhere)
    with pytest.raises(ValueError, match="maps is on meta"):
        replace(avatar, maps=elsewhere)
    with pytest.raises(ValueError, match="betas"):
        Identity(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="offsets"):
        Identity(torch.zeros(2), torch.zeros(3))
    assert avatar.to("cpu") is avatar


def test_maps_of_any_size_are_read(avatar):
    big = avatar.pose(avatar.head.neutral(), avatar.maps.resized(2 * SIZE))
    small = avatar.pose(avatar.head.neutral())
    torch.testing.assert_close(big.means, small.means)
    middle = avatar.table.uv[:, 1] > 0.35
    close = (big.scales / small.scales)[middle]
    assert close.median() == pytest.approx(1, abs=0.02)


@pytest.mark.gpu
def test_cuda_gives_what_the_cpu_gives_and_a_graph_replays_it(avatar):
    there = avatar.to("cuda")
    turned = torch.randn(SIZE, SIZE, 4, generator=torch.Generator().manual_seed(0))
    maps = replace(avatar.maps, quats=avatar.maps.quats + 0.1 * turned).detach()
    state = state_of(avatar.head, expression=[0.4, 0.2], jaw_pose=[0.2, 0.0, 0.0])
    on_gpu, gpu_maps = state.to("cuda"), maps.to("cuda")
    with torch.no_grad():
        expected = avatar.pose(state, maps)
        eager = there.pose(on_gpu, gpu_maps)
        held = there.attributes(gpu_maps)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                there.pose(on_gpu, gpu_maps)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            captured = there.pose(on_gpu, gpu_maps)
        other = state_of(avatar.head, expression=[-0.3, 0.9], jaw_pose=[0.1, 0.1, 0.0])
        on_gpu.expression.copy_(other.expression)
        on_gpu.jaw_pose.copy_(other.jaw_pose)
        graph.replay()
        replayed = captured.to("cpu")
        moved = avatar.pose(other, maps)
    assert held is there.attributes(gpu_maps)
    for name, tolerance in (("means", 1e-6), ("quats", 2e-4), ("scales", 1e-6), ("sh", 1e-5)):
        for found, wanted in ((eager.to("cpu"), expected), (replayed, moved)):
            torch.testing.assert_close(
                getattr(found, name), getattr(wanted, name), rtol=0, atol=tolerance
            )
