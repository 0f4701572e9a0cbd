"""Learning details: exact losses, closed skin, and nothing moves that the photo does not show."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from avatars.avatar import Identity
from avatars.kinds.attributes import bilinear
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.progress import Cancelled, Progress, Report
from avatars.sampling import sample_table
from avatars.texturing.build import Textured, textured
from avatars.texturing.seen import foreground_extended
from avatars.tracking.fit import fit_landmarks
from avatars.training.losses import blurred, ssim_map, weighted_mean
from avatars.training.map_values import Reading
from avatars.training.photo_refinement import PhotoTarget, refine
from renderer.cpu_rasterizer import CpuRasterizer
from tests.avatars.synthetic_photo import SIZE, shot

MAP = 256


@cache
def _case() -> tuple[UvAvatar, PhotoTarget, Textured]:
    known = shot()
    model = known.head
    fit = fit_landmarks(model, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    none = torch.zeros(model.vertex_count, 3)
    view = replace(known.view, vertices=model.pose(fit.state, fit.betas, none))
    texture = textured(model, fit, none, view, size=MAP, seed=0)
    table = sample_table(model, 20_000)
    maps = replace(initial_maps(model, table, MAP), rgb=torch.from_numpy(texture.rgb)).padded()
    avatar = UvAvatar(model, Identity(fit.betas, none), maps, table, "test")
    target = PhotoTarget(
        fit.camera,
        fit.state,
        torch.from_numpy(foreground_extended(view.image, view.matte > 0.9)),
        torch.from_numpy(view.matte),
        torch.from_numpy(texture.weight),
        torch.from_numpy(texture.trust),
        torch.from_numpy(texture.facing),
    )
    return avatar, target, texture


def _error(avatar: UvAvatar, target: PhotoTarget) -> float:
    drawn = CpuRasterizer().rasterize(avatar.pose(target.state), target.camera)
    chosen = (target.weight > 0) & (target.alpha > 0.99)
    return float((drawn.rgb - target.rgb)[chosen].square().mean())


def test_ssim_is_the_usual_one() -> None:
    random = np.random.default_rng(0)
    a, b = (random.uniform(size=(40, 50, 3)).astype(np.float32) for _ in range(2))
    b = 0.7 * a + 0.3 * b
    _, wanted = structural_similarity(
        a,
        b,
        channel_axis=2,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    ours = ssim_map(*(torch.from_numpy(x).permute(2, 0, 1).contiguous() for x in (a, b)))
    inner = (slice(8, -8), slice(8, -8))
    close = ours.permute(1, 2, 0).numpy()[inner] - wanted[inner]
    assert np.abs(close).mean() < 2e-3


def test_the_blur_is_its_own_transpose_and_the_same_in_double() -> None:
    a, b = torch.rand(2, 20, 30), torch.rand(2, 20, 30)
    left, right = (blurred(a) * b).sum(), (a * blurred(b)).sum()
    assert torch.allclose(left, right, rtol=1e-5)
    assert torch.allclose(blurred(a.double()).float(), blurred(a), atol=1e-6)
    assert torch.autograd.gradcheck(blurred, torch.rand(1, 6, 7).double().requires_grad_())


def test_a_mean_without_weights_is_zero() -> None:
    assert float(weighted_mean(torch.ones(3, 4, 4), torch.zeros(4, 4))) == 0.0


def test_a_reading_reads_what_the_avatar_reads() -> None:
    torch.manual_seed(0)
    uv = torch.rand(200, 2)
    picture = torch.rand(16, 16, 3)
    reading = Reading.at(uv, 16)
    taps, weights = bilinear(uv, 16)
    wanted = (picture.reshape(-1, 3)[taps] * weights[..., None]).sum(dim=1)
    values = reading.picked(picture).requires_grad_()
    found = reading.read(values)
    assert torch.allclose(found, wanted, atol=1e-6)
    (slopes,) = torch.autograd.grad(found.sum(), values)
    assert torch.allclose(slopes.sum(), torch.tensor(600.0), rtol=1e-4)
    assert torch.equal(reading.put(picture, reading.picked(picture)), picture)


def test_refining_comes_closer_and_stays_closed() -> None:
    avatar, target, _ = _case()
    maps = refine(avatar, target, CpuRasterizer(), 8, Progress())
    better = replace(avatar, maps=maps)
    assert _error(better, target) < 0.6 * _error(avatar, target)
    assert float(maps.rgb.min()) >= 0
    assert float(maps.rgb.max()) <= 1
    assert torch.equal(maps.opacity, avatar.maps.opacity)
    alpha = CpuRasterizer().rasterize(better.pose(target.state), target.camera).alpha
    solid = torch.nn.functional.max_pool2d(-target.alpha[None], 15, 1, 7)[0] < -0.99
    assert float(alpha[solid].min()) > 0.9


def test_the_loss_is_told_and_falls() -> None:
    avatar, target, _ = _case()
    reports: list[Report] = []
    refine(avatar, target, CpuRasterizer(), 8, Progress(reports.append))
    losses = [report.loss for report in reports]
    assert len(losses) == 8
    assert all(loss is not None and loss > 0 for loss in losses)
    # The first half of the steps sees the picture at half its size, the other half all of it.
    assert losses[3] < losses[0]
    assert losses[7] < losses[4]


def test_what_is_not_seen_does_not_move() -> None:
    avatar, target, texture = _case()
    maps = refine(avatar, target, CpuRasterizer(), 4, Progress())
    unseen = torch.from_numpy(texture.trust == 0)
    unseen = -torch.nn.functional.max_pool2d(-unseen[None].float(), 3, 1, 1)[0] > 0
    assert torch.allclose(maps.rgb[unseen], avatar.maps.rgb[unseen], atol=1e-6)
    assert torch.allclose(maps.offset[unseen], avatar.maps.offset[unseen])


def test_no_weight_no_learning() -> None:
    avatar, target, _ = _case()
    blind = replace(target, weight=torch.zeros_like(target.weight))
    maps = refine(avatar, blind, CpuRasterizer(), 2, Progress())
    assert torch.allclose(maps.rgb, avatar.maps.rgb, atol=1e-6)


def test_it_can_be_cancelled_and_shows_previews() -> None:
    avatar, target, _ = _case()
    progress = Progress()
    shown: list[object] = []
    seen: Callable[..., np.ndarray] = lambda maps: (  # noqa: E731
        shown.append(maps) or np.zeros((2, 2, 3), np.uint8)
    )
    refine(avatar, target, CpuRasterizer(), 8, progress, seen)
    assert len(shown) == 1
    progress.cancel()
    with pytest.raises(Cancelled):
        refine(avatar, target, CpuRasterizer(), 8, progress)
