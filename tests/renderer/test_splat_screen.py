"""Our own kernels for the screen against both rasterisers, and where lists are long or too long."""

from dataclasses import replace

import pytest
import torch

from renderer.bench_scene import shell, shell_camera
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.gsplat_rasterizer import GsplatRasterizer
from tests import make

pytestmark = pytest.mark.gpu


@pytest.fixture
def screen():
    from renderer.splat_screen import SplatScreen

    return SplatScreen(torch.device("cuda", torch.cuda.current_device()))


def painted(screen, gaussians, camera, background=None):
    """The finished bytes on the CPU, drawn again if the room was too small."""
    gaussians, camera = gaussians.to("cuda"), camera.to("cuda")
    for _ in range(3):
        assert screen.can_draw(gaussians, camera)
        rgba = screen.paint(gaussians, camera, background)
        torch.cuda.synchronize()
        if screen.settled():
            return rgba.cpu()
    raise AssertionError("never enough room")


def drawn(gaussians, camera, background=None):
    return CpuRasterizer().draw(gaussians, camera, background).rgba


def assert_close(ours, theirs, *, mean=0.3, most=3):
    covered = theirs[..., 3] > 8
    difference = (ours.int() - theirs.int()).abs()
    assert float(difference[..., 3].float().mean()) <= mean
    assert float(difference[covered].float().mean()) <= mean
    assert float(difference[covered].float().quantile(0.999)) <= most


@pytest.mark.parametrize("seed", range(8))
def test_pictures_agree_with_the_cpu_and_with_gsplat(screen, seed):
    gaussians = make.splats(3000, seed=seed, size=0.006)
    camera = make.camera(251, 240, azimuth=0.4 * seed)
    background = (None, (0.2, 0.5, 0.9), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))[seed % 4]
    ours = painted(screen, gaussians, camera, background)
    assert_close(ours, drawn(gaussians, camera, background))
    assert_close(ours, GsplatRasterizer().draw(gaussians, camera, background).rgba)


def test_a_head_of_50000_splats_agrees_in_all_sizes(screen):
    gaussians = shell(50_000)
    for size in (512, 64, 1024, 333):
        camera = shell_camera(size)
        assert_close(
            painted(screen, gaussians, camera, (1.0, 1.0, 1.0)),
            drawn(gaussians, camera, (1.0, 1.0, 1.0)),
        )


def test_the_same_picture_has_the_same_bytes(screen):
    gaussians, camera = shell(20_000), shell_camera(256)
    first = painted(screen, gaussians, camera)
    for _ in range(5):
        assert torch.equal(painted(screen, gaussians, camera), first)


def test_lists_longer_than_the_fast_memory_are_sorted_too(screen):
    gaussians = make.splats(9000, seed=3, size=0.05)
    faint = replace(gaussians, opacities=0.004 + 0.02 * gaussians.opacities)
    camera = make.camera(40, 40)
    assert_close(painted(screen, faint, camera), drawn(faint, camera))


def test_more_pairs_than_room_are_drawn_at_the_second_try(screen):
    screen._room = 1000
    gaussians, camera = make.splats(3000, seed=1, size=0.006), make.camera(200, 180)
    assert_close(painted(screen, gaussians, camera), drawn(gaussians, camera))
    assert screen._room > 1000
    assert_close(painted(screen, gaussians, camera), drawn(gaussians, camera))


def test_a_scene_with_too_many_pairs_is_refused(screen, monkeypatch):
    monkeypatch.setattr("renderer.splat_screen.MOST_ROOM", 2000)
    screen._room = 1000
    gaussians, camera = make.splats(3000, size=0.006).to("cuda"), make.camera(200, 180).to("cuda")
    screen.paint(gaussians, camera, None)
    torch.cuda.synchronize()
    assert not screen.settled()
    assert not screen.can_draw(gaussians, camera)
    assert screen.can_draw(make.splats(20).to("cuda"), camera)


def test_what_cannot_be_drawn_leaves_the_rest_alone(screen):
    good, camera = make.splats(500, seed=2), make.camera(96, 80)
    means, scales = good.means.clone(), good.scales.clone()
    opacities, sh, quats = good.opacities.clone(), good.sh.clone(), good.quats.clone()
    means[0], means[1, 0] = float("nan"), float("inf")
    scales[2], opacities[3], opacities[4] = float("nan"), float("nan"), 0.0
    sh[5], sh[6] = float("nan"), float("inf")
    means[7] = torch.tensor([1e30, 0.0, 0.0])
    bad = replace(good, means=means, scales=scales, opacities=opacities, sh=sh, quats=quats)
    rest = good.select(torch.arange(8, 500))
    assert_close(painted(screen, bad, camera), drawn(rest, camera))


def test_the_same_object_may_hold_other_numbers(screen):
    camera = make.camera(96, 80).to("cuda")
    gaussians = make.splats(500, seed=2).to("cuda")
    painted(screen, gaussians, camera)
    gaussians.means.add_(0.01)
    assert_close(painted(screen, gaussians, camera), drawn(gaussians.to("cpu"), camera.to("cpu")))


def test_recorded_kernels_draw_the_same_on_a_stream_of_their_own(screen):
    gaussians, camera = shell(5_000).to("cuda"), shell_camera(128).to("cuda")
    plain = painted(screen, gaussians, camera)
    with torch.cuda.stream(torch.cuda.Stream()):
        for _ in range(4):
            assert torch.equal(painted(screen, gaussians, camera), plain)


def test_view_dependent_colour_is_left_to_others(screen):
    camera = make.camera().to("cuda")
    assert not screen.can_draw(make.splats(10, sh_degree=1).to("cuda"), camera)
    assert not screen.can_draw(make.splats(0).to("cuda"), camera)
