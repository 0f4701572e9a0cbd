from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.demo import builtin_head, demo_avatar
from avatars.bake import BakeOptions, bake, remapped
from avatars.kinds.mesh_bound import MeshBoundAvatar, triangle_frames
from avatars.progress import Cancelled, Progress
from avatars.resources import Resources
from renderer import rotations
from renderer.cpu_rasterizer import CpuRasterizer

SPLATS = 3000
OPTIONS = BakeOptions(size=128, splats=SPLATS, steps=16, picture=96)


def mesh_bound(count: int = SPLATS) -> MeshBoundAvatar:
    """The demo avatar as splats that ride on triangles: the same picture, and no maps."""
    demo = demo_avatar(count)
    head, rest = demo.head, demo.head.neutral()
    splats = demo.pose(rest)
    frames = triangle_frames(head.pose(rest, demo.identity.betas), head.faces)
    face = demo.table.face
    turns = rotations.matrices_to_quats(frames.rotations)[face]
    sizes, back = frames.sizes[face][:, None], rotations.inverse(turns)
    local = replace(
        splats,
        means=rotations.rotate(back, splats.means - frames.origins[face]) / sizes,
        quats=rotations.multiply(back, splats.quats),
        scales=splats.scales / sizes,
    )
    return MeshBoundAvatar(head, demo.identity, face, local)


@pytest.fixture(scope="module")
def resources() -> Resources:
    return Resources(CpuRasterizer(), builtin_head(), Path(), Path(), 3)


def test_the_stand_in_shows_the_same_picture_as_the_demo() -> None:
    rest = builtin_head().neutral()
    bound, demo = mesh_bound().pose(rest), demo_avatar(SPLATS).pose(rest)
    torch.testing.assert_close(bound.means, demo.means, atol=1e-6, rtol=1e-4)


def test_an_avatar_without_maps_gets_maps_that_look_the_same(resources: Resources) -> None:
    losses: list[float] = []
    listen = Progress(lambda report: losses.append(report.loss) if report.loss else None)
    baked = bake(mesh_bound(), OPTIONS, resources, listen)
    assert baked.avatar.maps.size == 128
    assert baked.psnr_db > baked.scatter_db + 2
    assert baked.psnr_db > 26
    assert baked.loss_db > 0
    assert len(losses) == OPTIONS.steps
    assert torch.isfinite(baked.avatar.maps.rgb).all()
    assert not baked.avatar.maps.rgb.requires_grad


def test_the_same_seed_bakes_the_same(resources: Resources) -> None:
    short = replace(OPTIONS, steps=3)
    one, other = (bake(mesh_bound(), short, resources, Progress()) for _ in range(2))
    assert torch.equal(one.avatar.maps.rgb, other.avatar.maps.rgb)


def test_baking_can_be_cancelled(resources: Resources) -> None:
    progress = Progress(lambda report: progress.cancel() if report.loss else None)
    with pytest.raises(Cancelled):
        bake(mesh_bound(), OPTIONS, resources, progress)


def test_maps_of_another_size_show_nearly_the_same(resources: Resources) -> None:
    demo = demo_avatar(SPLATS)
    assert remapped(demo, 512, resources).psnr_db > 60
    smaller = remapped(demo, 256, resources)
    assert smaller.avatar.maps.size == 256
    assert smaller.psnr_db > 30


@pytest.mark.gpu
def test_a_gpu_bakes_an_avatar_of_fifty_thousand_splats_closely() -> None:
    from renderer.gsplat_rasterizer import GsplatRasterizer

    rasterizer = GsplatRasterizer()
    avatar = mesh_bound(50_000).to(rasterizer.device)
    there = Resources(rasterizer, avatar.head, Path(), Path(), 0)
    baked = bake(avatar, BakeOptions(), there, Progress())
    assert baked.loss_db < 0.8
