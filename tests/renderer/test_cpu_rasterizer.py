"""The CPU rasteriser against its obvious twin, values and gradients, and its manners."""

import threading
from dataclasses import replace

import numba
import pytest
import torch
from torch import Tensor

from renderer.cpu_rasterizer import CpuRasterizer
from renderer.gaussians import Gaussians
from tests import make
from tests.renderer import twin

BACKGROUND = torch.tensor([0.2, 0.5, 0.9])


@pytest.fixture(scope="module")
def cpu() -> CpuRasterizer:
    return CpuRasterizer()


def errors(actual: Tensor, expected: Tensor) -> tuple[float, float]:
    """Mean and 99th percentile; a hard threshold may fall differently in float32 at one pixel."""
    difference = (actual.double() - expected).abs().flatten()
    return float(difference.mean()), float(difference.quantile(0.99))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sh_degree", [0, 1, 2, 3])
def test_a_picture_equals_the_twin_within_1e_5(
    cpu: CpuRasterizer, seed: int, sh_degree: int
) -> None:
    gaussians, camera = make.splats(seed=seed, sh_degree=sh_degree), make.camera(azimuth=seed)
    drawn = cpu.rasterize(gaussians, camera, BACKGROUND, with_depth=True)
    double = Gaussians(
        **{name: leaf.detach() for name, leaf in make.leaves(gaussians, torch.float64).items()},
        sh_degree=sh_degree,
    )
    rgb, alpha, depth = twin.picture(double, camera, BACKGROUND.double())
    assert drawn.depth is not None
    covered = alpha > 0.01
    assert float(alpha.mean()) > 0.1
    for actual, expected in (
        (drawn.rgb, rgb),
        (drawn.alpha, alpha),
        (drawn.depth[covered], depth[covered]),
    ):
        mean, most = errors(actual, expected)
        assert mean < 1e-5
        assert most < 1e-5


@pytest.mark.parametrize("sh_degree", [0, 3])
def test_gradients_equal_those_of_the_twin(cpu: CpuRasterizer, sh_degree: int) -> None:
    gaussians, camera = make.splats(60, seed=5, sh_degree=sh_degree), make.camera()
    random = torch.Generator().manual_seed(1)
    weights = torch.randn(camera.height, camera.width, 5, generator=random)

    def loss(rgb: Tensor, alpha: Tensor, depth: Tensor, weights: Tensor) -> Tensor:
        together = torch.cat([rgb, alpha[..., None], depth[..., None]], dim=-1)
        return (together * weights * (alpha.detach() > 0.05)[..., None]).sum()

    ours = make.leaves(gaussians)
    drawn = cpu.rasterize(
        Gaussians(**ours, sh_degree=sh_degree), camera, BACKGROUND, with_depth=True
    )
    assert drawn.depth is not None
    loss(drawn.rgb, drawn.alpha, drawn.depth, weights).backward()
    theirs = make.leaves(gaussians, torch.float64)
    rgb, alpha, depth = twin.picture(
        Gaussians(**theirs, sh_degree=sh_degree), camera, BACKGROUND.double()
    )
    loss(rgb, alpha, depth, weights.double()).backward()
    for name, leaf in ours.items():
        assert leaf.grad is not None
        expected = theirs[name].grad
        assert expected is not None
        relative = float((leaf.grad.double() - expected).norm() / expected.norm())
        assert relative < 1e-3, f"{name}: {relative:.2e}"


def test_gradients_also_hold_for_splats_far_outside_the_picture(cpu: CpuRasterizer) -> None:
    """Beyond 1.3 times the field of view the linearisation is capped, and so is its slope."""
    gaussians = make.splats(30, seed=2, size=0.05)
    shifted = replace(gaussians, means=gaussians.means + torch.tensor([0.27, 0.1, 0.0]))
    camera = make.camera(azimuth=0.0)
    ours, theirs = make.leaves(shifted), make.leaves(shifted, torch.float64)
    cpu.rasterize(Gaussians(**ours), camera).rgb.square().sum().backward()
    rgb, _, _ = twin.picture(Gaussians(**theirs), camera, torch.zeros(3, dtype=torch.float64))
    rgb.square().sum().backward()
    for name, leaf in ours.items():
        assert leaf.grad is not None
        expected = theirs[name].grad
        assert expected is not None
        assert float((leaf.grad.double() - expected).norm() / expected.norm()) < 2e-3, name


def test_the_same_splats_give_the_same_bits_on_any_number_of_threads(cpu: CpuRasterizer) -> None:
    gaussians, camera = make.splats(400, seed=3), make.camera(100, 90)

    def once() -> list[Tensor]:
        values = make.leaves(gaussians)
        drawn = cpu.rasterize(Gaussians(**values), camera, with_depth=True)
        drawn.rgb.square().sum().backward()
        grads = [leaf.grad for leaf in values.values() if leaf.grad is not None]
        return [drawn.rgb.detach(), drawn.alpha.detach(), *grads]

    first = once()
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = once()
    finally:
        numba.set_num_threads(before)
    for one, other, third in zip(first, once(), alone, strict=True):
        assert torch.equal(one, other)
        assert torch.equal(one, third)


def test_three_threads_may_draw_at_once(cpu: CpuRasterizer) -> None:
    gaussians, camera = make.splats(300, seed=4), make.camera(96, 96)
    expected = cpu.rasterize(gaussians, camera).rgb
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(10):
            if not torch.equal(cpu.rasterize(gaussians, camera).rgb, expected):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_splats_give_the_background(cpu: CpuRasterizer) -> None:
    drawn = cpu.rasterize(make.splats(0), make.camera(), BACKGROUND, with_depth=True)
    assert torch.equal(drawn.rgb, BACKGROUND.expand_as(drawn.rgb))
    assert float(drawn.alpha.abs().max()) == 0.0


def test_what_cannot_be_drawn_is_left_out(cpu: CpuRasterizer) -> None:
    good, camera = make.splats(30), make.camera()
    broken = make.leaves(make.splats(30, seed=9))
    values = {name: value.detach().clone() for name, value in broken.items()}
    values["means"][:5] = float("nan")
    values["sh"][5:10] = float("nan")
    values["quats"][10:15] = 0.0
    values["scales"][10:15] = float("inf")
    values["means"][15:25, 2] = 10.0  # behind the camera
    values["opacities"][25:] = 0.003  # under 1/255
    both = {name: torch.cat([getattr(good, name), values[name]]) for name in values}
    expected = cpu.rasterize(good, camera).rgb
    assert torch.equal(cpu.rasterize(Gaussians(**both), camera).rgb, expected)


def test_a_frame_over_a_colour_is_opaque_and_a_frame_over_nothing_has_straight_alpha(
    cpu: CpuRasterizer,
) -> None:
    gaussians, camera = make.splats(), make.camera()
    drawn = cpu.rasterize(gaussians, camera)
    clear = cpu.draw(gaussians, camera, None, with_depth=True, request_id=7)
    assert clear.request_id == 7
    assert clear.depth is not None
    assert clear.rgba.shape == (camera.height, camera.width, 4)
    alpha = drawn.alpha[..., None]
    straight = (drawn.rgb / alpha.clamp_min(1e-10)).clamp(0, 1)
    expected = torch.cat([straight, alpha], dim=-1) * 255
    assert float((clear.rgba.float() - expected).abs().max()) <= 0.51
    solid = cpu.draw(gaussians, camera, (1.0, 0.5, 0.0))
    assert int(solid.rgba[..., 3].min()) == 255
    over = cpu.rasterize(gaussians, camera, torch.tensor([1.0, 0.5, 0.0])).rgb.clamp(0, 1)
    assert float((solid.rgba[..., :3].float() / 255 - over).abs().max()) <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("size", [(1, 1), (17, 5), (16, 16), (33, 70)])
def test_any_size_of_picture_can_be_drawn(cpu: CpuRasterizer, size: tuple[int, int]) -> None:
    gaussians, camera = make.splats(), make.camera(*size)
    drawn = cpu.rasterize(gaussians, camera)
    assert drawn.rgb.shape == (size[1], size[0], 3)
    double = Gaussians(
        **{name: leaf.detach() for name, leaf in make.leaves(gaussians, torch.float64).items()}
    )
    expected = twin.picture(double, camera, torch.zeros(3, dtype=torch.float64))[0]
    assert float((drawn.rgb - expected).abs().mean()) < 1e-5
