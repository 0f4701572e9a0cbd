"""Bytes for a screen on the GPU, and kernels compiled from text."""

import pytest
import torch

from renderer.cpu_rasterizer import CpuRasterizer
from renderer.errors import OutOfGpuMemory
from renderer.gsplat_rasterizer import GsplatRasterizer
from tests import make

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def screen():
    from renderer.gsplat_screen import GsplatScreen

    return GsplatScreen(GsplatRasterizer().device)


@pytest.mark.parametrize("background", [None, (1.0, 0.5, 0.0), (1, 1, 1)])
@pytest.mark.parametrize("sh_degree", [0, 2])
def test_the_bytes_are_those_of_both_rasterisers(screen, background, sh_degree):
    gaussians = make.splats(3000, seed=1, sh_degree=sh_degree, size=0.006)
    camera = make.camera(161, 130)
    ours = screen.paint(gaussians.to("cuda"), camera, background).cpu()
    for rasterizer, most in ((GsplatRasterizer(), 1), (CpuRasterizer(), 3)):
        theirs = rasterizer.draw(gaussians, camera, background).rgba
        difference = (ours.int() - theirs.int()).abs()
        covered = theirs[..., 3] > 8
        assert float(difference[covered].float().quantile(0.995)) <= most
        assert float(difference[covered].float().mean()) <= 0.5
        assert int(difference[..., 3].max()) <= 2 or rasterizer.name == "cpu"


def test_without_the_kernel_the_bytes_are_the_same(screen, monkeypatch):
    gaussians, camera = make.splats(2000, seed=2, size=0.006).to("cuda"), make.camera(90, 80)
    for background in (None, (0.1, 0.7, 0.3)):
        with_kernel = screen.paint(gaussians, camera, background)
        with monkeypatch.context() as patch:
            patch.setattr(screen, "_kernels", None)
            patch.setattr(screen, "_simple", None)
            without = screen.paint(gaussians, camera, background)
        assert float((with_kernel.int() - without.int()).abs().float().mean()) <= 0.3


def test_no_splats_give_the_background(screen):
    empty, camera = make.splats(0).to("cuda"), make.camera(20, 10)
    assert screen.paint(empty, camera, None).max() == 0
    assert screen.paint(empty, camera, (1.0, 0.0, 0.2))[3, 4].tolist() == [255, 0, 51, 255]


def test_another_camera_or_colour_is_not_mistaken_for_the_last(screen):
    one, other = (make.splats(2000, seed=s, size=0.006).to("cuda") for s in (1, 2))
    for gaussians in (one, other):
        for camera in (make.camera(64, 64), make.camera(64, 64, azimuth=1.0)):
            ours = screen.paint(gaussians, camera, (0, 0, 0)).cpu()
            theirs = GsplatRasterizer().draw(gaussians, camera, (0, 0, 0)).rgba
            assert float((ours.int() - theirs.int()).abs().float().mean()) < 0.5


@pytest.mark.parametrize("sh_degree", [0, 1])
def test_a_full_gpu_is_explained(screen, sh_degree):
    splats = make.splats(10, sh_degree=sh_degree).to("cuda")
    with pytest.raises(OutOfGpuMemory):
        screen.paint(splats, make.camera(400_000, 400_000), None)


def test_a_mistake_in_a_kernel_says_where_it_is():
    from renderer.nvrtc import KernelProblem, Kernels

    with pytest.raises(KernelProblem, match="nonsense"):
        Kernels('extern "C" __global__ void broken() { nonsense; }', ("broken",))
    with pytest.raises(KernelProblem, match="find missing"):
        Kernels('extern "C" __global__ void fine() {}', ("missing",))


def test_kernels_take_only_plain_memory_of_the_gpu():
    from renderer.nvrtc import Kernels

    source = 'extern "C" __global__ void fill(float* x, int n, float v) '
    kernels = Kernels(source + "{ int i = threadIdx.x; if (i < n) x[i] = v; }", ("fill",))
    for wrong in (torch.zeros(4), torch.zeros(4, 4, device="cuda")[:, 1]):
        with pytest.raises(ValueError, match="contiguous"):
            kernels.prepared("fill", 1, (4, 1, 1), wrong, 4, 1.0)
    values = torch.zeros(4, device="cuda")
    kernels.prepared("fill", 1, (32, 1, 1), values, 3, 2.5)()
    assert values.tolist() == [2.5, 2.5, 2.5, 0.0]
