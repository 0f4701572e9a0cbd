"""The CUDA path against the CPU path, and what it copies and keeps."""

import pytest
import torch

from renderer.bare_gsplat import bare_call
from renderer.bench_scene import shell, shell_camera
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.errors import OutOfGpuMemory
from renderer.gaussians import Gaussians
from renderer.gsplat_rasterizer import GsplatRasterizer
from renderer.rasterizer import choose_rasterizer
from tests import make

pytestmark = pytest.mark.gpu
BACKGROUND = torch.tensor([0.2, 0.5, 0.9])


@pytest.fixture(scope="module")
def cuda() -> GsplatRasterizer:
    return GsplatRasterizer()


@pytest.mark.parametrize("seed", range(20))
def test_pictures_agree_with_the_cpu(cuda: GsplatRasterizer, seed: int) -> None:
    gaussians = make.splats(3000, seed=seed, sh_degree=seed % 4, size=0.006)
    camera = make.camera(256, 240, azimuth=0.3 * seed)
    ours = CpuRasterizer().rasterize(gaussians, camera, BACKGROUND, with_depth=True)
    theirs = cuda.rasterize(gaussians, camera, BACKGROUND, with_depth=True)
    for name in ("rgb", "alpha"):
        difference = (getattr(ours, name) - getattr(theirs, name).cpu()).abs().flatten()
        assert float(difference.mean()) <= 1 / 255
        assert float(difference.quantile(0.999)) <= 4 / 255
    assert ours.depth is not None
    assert theirs.depth is not None
    solid = ours.alpha > 0.5
    assert float((ours.depth - theirs.depth.cpu())[solid].abs().mean()) < 1e-3


@pytest.mark.parametrize("sh_degree", [0, 3])
def test_gradients_agree_with_the_cpu(cuda: GsplatRasterizer, sh_degree: int) -> None:
    gaussians = make.splats(2000, seed=7, sh_degree=sh_degree, size=0.006)
    camera = make.camera(192, 160)
    random = torch.Generator().manual_seed(1)
    weights = torch.randn(camera.height, camera.width, 5, generator=random)
    # A smooth weighting: white noise mostly measures which side of 1/255 a pixel falls on.
    smooth = torch.nn.functional.avg_pool2d(weights.permute(2, 0, 1)[None], 15, 1, 7)[0]

    def grads(device: str) -> dict[str, torch.Tensor]:
        leaves = {
            k: v.detach().to(device).requires_grad_() for k, v in make.leaves(gaussians).items()
        }
        rasterizer = choose_rasterizer("cuda" if device == "cuda" else "cpu")
        drawn = rasterizer.rasterize(
            Gaussians(**leaves, sh_degree=sh_degree), camera, BACKGROUND, with_depth=True
        )
        assert drawn.depth is not None
        planes = torch.cat([drawn.rgb, drawn.alpha[..., None], drawn.depth[..., None]], dim=-1)
        solid = (drawn.alpha.detach() > 0.5)[..., None]
        (planes * smooth.permute(1, 2, 0).to(device) * solid).sum().backward()
        return {k: v.grad.cpu() for k, v in leaves.items() if v.grad is not None}

    ours, theirs = grads("cpu"), grads("cuda")
    assert set(ours) == set(theirs) == {"means", "quats", "scales", "opacities", "sh"}
    for name, expected in theirs.items():
        relative = float((ours[name] - expected).norm() / expected.norm())
        assert relative < 1e-3, f"{name}: {relative:.2e}"


def test_our_call_draws_what_the_bare_call_draws(cuda: GsplatRasterizer) -> None:
    gaussians = make.splats(4000, seed=3, sh_degree=2, size=0.006).to(cuda.device)
    camera = make.camera(200, 180).to(cuda.device)
    bare, alpha, _ = bare_call(gaussians, camera)()
    drawn = cuda.rasterize(gaussians, camera)
    assert float((drawn.rgb - bare[0]).abs().max()) < 1e-5
    assert float((drawn.alpha - alpha[0, ..., 0]).abs().max()) < 1e-5


def test_an_orbit_copies_one_picture_and_one_number_per_frame_and_keeps_nothing(
    cuda: GsplatRasterizer,
) -> None:
    gaussians = shell(20000).to(cuda.device)
    cameras = [shell_camera(256, azimuth=0.05 * i) for i in range(60)]

    def orbit() -> None:
        for camera in cameras:
            cuda.draw(gaussians, camera, (1.0, 1.0, 1.0))

    orbit()
    before = torch.cuda.memory_allocated()
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CUDA], acc_events=True
    ) as profile:
        orbit()
    assert torch.cuda.memory_allocated() == before
    copies = sum(event.count for event in profile.key_averages() if "DtoH" in event.key)
    assert copies <= 2 * len(cameras)


def test_a_frame_agrees_with_the_cpu_frame(cuda: GsplatRasterizer) -> None:
    gaussians, camera = make.splats(2000, seed=1, size=0.006), make.camera(160, 160)
    for background in (None, (1.0, 0.5, 0.0), (1, 1, 1)):
        ours = CpuRasterizer().draw(gaussians, camera, background)
        theirs = cuda.draw(gaussians, camera, background)
        assert theirs.rgba.device.type == "cpu"
        difference = (ours.rgba.float() - theirs.rgba.float()).abs()
        covered = ours.rgba[..., 3] > 8
        assert float(difference[covered].mean()) <= 1.0


def test_too_large_a_picture_is_explained(cuda: GsplatRasterizer) -> None:
    gaussians = make.splats(10)
    camera = make.camera(400_000, 400_000)
    with pytest.raises(OutOfGpuMemory):
        cuda.rasterize(gaussians, camera)


def test_no_splats_give_the_background(cuda: GsplatRasterizer) -> None:
    drawn = cuda.rasterize(make.splats(0), make.camera(), BACKGROUND)
    assert torch.equal(drawn.rgb.cpu(), BACKGROUND.expand_as(drawn.rgb.cpu()))
