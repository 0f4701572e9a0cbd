"""Posing in four kernels against the plain way."""

from dataclasses import fields, replace

import pytest
import torch

from app.demo import demo_avatar
from avatars.avatar import Identity
from avatars.head.state import HeadState
from avatars.kinds.attributes import Loose
from avatars.kinds.uv_avatar import UvAvatar
from renderer.rotations import quats_to_matrices

pytestmark = pytest.mark.gpu


def random_state(head, seed: int, *, expressions: int | None = None) -> HeadState:
    random = torch.Generator().manual_seed(seed)
    count = head.expression_count if expressions is None else expressions
    size = 0.0 if seed == 0 else 0.4
    neutral = HeadState.neutral(count)
    return replace(
        neutral,
        **{
            item.name: size * torch.randn(getattr(neutral, item.name).shape, generator=random)
            for item in fields(neutral)
            if item.name != "eyelids"
        },
    )


def loose_splats(avatar: UvAvatar, count: int = 300) -> Loose:
    random = torch.Generator().manual_seed(3)
    shares = torch.rand(count, 3, generator=random)
    return Loose(
        face=torch.randint(0, avatar.head.face_count, (count,), generator=random),
        barycentrics=shares / shares.sum(dim=1, keepdim=True),
        offset=0.01 * torch.randn(count, 3, generator=random),
        rgb=torch.rand(count, 3, generator=random),
        opacity=torch.rand(count, generator=random),
        scales=0.001 * torch.rand(count, 3, generator=random),
    )


KINDS = (
    "demo",
    "with wisps",
    "splats turned",
    "wisps and turned",
    "somebody",
    "no offsets",
    "correctives and eyelids",
)


def avatars() -> dict[str, UvAvatar]:
    demo = demo_avatar(20_000)
    random = torch.Generator().manual_seed(5)
    maps = demo.maps
    turned = replace(maps, quats=torch.randn(maps.quats.shape, generator=random))
    betas = torch.randn(demo.head.shape_count, generator=random)
    offsets = 0.001 * torch.randn(demo.head.vertex_count, 3, generator=random)
    flat = replace(maps, offset=torch.zeros_like(maps.offset))
    head = demo.head
    lids = 0.003 * torch.randn(2, head.vertex_count, 3, generator=random)
    correctives = 0.002 * torch.randn(head.posedirs.shape, generator=random)
    flame_like = replace(head, eyelids=lids, posedirs=correctives, fingerprint="")
    return {
        "demo": demo,
        "with wisps": replace(demo, loose=loose_splats(demo)),
        "splats turned": replace(demo, maps=turned),
        "wisps and turned": replace(demo, maps=turned, loose=loose_splats(demo)),
        "somebody": replace(demo, identity=Identity(betas, offsets)),
        "no offsets": replace(demo, maps=flat),
        "correctives and eyelids": replace(demo, head=flame_like),
    }


@pytest.fixture(scope="module")
def poser():
    from avatars.kinds.posing_cuda import CudaPoser

    return CudaPoser()


def assert_same(ours, plain) -> None:
    size = float((plain.means - plain.means.mean(dim=0)).norm(dim=1).max())
    assert float((ours.means - plain.means).abs().max()) < 1e-5 * size
    assert float((ours.scales / plain.scales.clamp_min(1e-9) - 1).abs().quantile(0.999)) < 1e-3
    mine, theirs = quats_to_matrices(ours.quats), quats_to_matrices(plain.quats)
    wrong = (mine - theirs).abs().amax(dim=(1, 2)) > 1e-3
    # At the tongue's tip tangents cancel, so that rounding decides which way a splat lies; in the
    # plain way too, which differs from itself in double precision for as many.
    assert float(wrong.float().mean()) < 3e-3
    assert ours.opacities is plain.opacities
    assert torch.equal(ours.sh, plain.sh)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kernels_pose_as_the_plain_way_does(poser, kind):
    avatar = avatars()[kind].to("cuda")
    for seed in range(6):
        state = random_state(avatar.head, seed)
        if kind == "correctives and eyelids":
            state = replace(state, eyelids=torch.tensor([0.7, 0.2]))
        with torch.no_grad():
            assert_same(poser.pose(avatar, state), avatar.pose(state.to("cuda")))


def test_states_on_the_gpu_and_short_ones_are_taken(poser):
    avatar = demo_avatar(5_000).to("cuda")
    state = random_state(avatar.head, 4, expressions=7)
    plain = avatar.pose(state.to("cuda"))
    assert_same(poser.pose(avatar, state), plain)
    assert_same(
        poser.pose(avatar, random_state(avatar.head, 1)),
        avatar.pose(random_state(avatar.head, 1).to("cuda")),
    )
    assert_same(poser.pose(avatar, state.to("cuda")), plain)


def test_new_looks_do_not_move_the_skin_and_new_states_do(poser):
    avatar = demo_avatar(5_000).to("cuda")
    state = random_state(avatar.head, 2)
    first = poser.pose(avatar, state)
    means, scales = first.means.clone(), first.scales.clone()
    larger = replace(avatar.maps, scales=0.5 * avatar.maps.scales)
    second = poser.pose(avatar, state, larger)
    assert torch.equal(second.means, means)
    assert not torch.equal(second.scales, scales)
    assert_same(second, avatar.pose(state.to("cuda"), larger))
    back = poser.pose(avatar, state)
    assert torch.equal(back.scales, scales)
    third = poser.pose(avatar, random_state(avatar.head, 3))
    assert not torch.equal(third.means, means)


def test_the_same_state_starts_no_kernel(poser):
    avatar = demo_avatar(5_000).to("cuda")
    state = random_state(avatar.head, 2)
    poser.pose(avatar, state)
    torch.cuda.synchronize()
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CUDA], acc_events=True
    ) as profile:
        poser.pose(avatar, state)
        torch.cuda.synchronize()
    assert not [e.key for e in profile.key_averages() if e.device_time_total > 0]


def test_what_cannot_be_posed_is_refused(poser):
    avatar = demo_avatar(5_000).to("cuda")
    with pytest.raises(ValueError, match="one state at a time"):
        poser.pose(avatar, HeadState.neutral(3, frames=2))
    with pytest.raises(ValueError, match="expressions"):
        poser.pose(avatar, HeadState.neutral(avatar.head.expression_count + 1))


def test_600_poses_keep_nothing(poser):
    avatar = demo_avatar(5_000).to("cuda")
    states = [random_state(avatar.head, seed) for seed in range(1, 41)]

    def run() -> None:
        for number in range(600):
            poser.pose(avatar, states[number % len(states)])
        torch.cuda.synchronize()

    run()
    before = torch.cuda.memory_allocated()
    run()
    assert torch.cuda.memory_allocated() == before
