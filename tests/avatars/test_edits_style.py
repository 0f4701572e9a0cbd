"""Style from pictures and from network files."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from avatars.edits.lab import to_lab
from avatars.edits.neural_style import with_network
from avatars.edits.palette import with_palette
from avatars.edits.quilting import quilted
from avatars.edits.style import style_layer
from avatars.errors import UnreadableFile
from avatars.progress import Cancelled, Progress, Report
from tests.make_networks import onnx, torch7

SIZE = 128
VALID = np.ones((SIZE, SIZE), bool)


def smooth(seed: int, size: int = SIZE, tint=(0.6, 0.5, 0.4)) -> np.ndarray:
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.standard_normal((size, size, 3)), (0, 0), 6)
    values = np.array(tint) + 0.15 * noise / noise.std()
    return np.clip(values, 0.02, 0.98).astype(np.float32)


def test_a_palette_takes_over_the_colours_and_keeps_the_order_of_light() -> None:
    source, style = smooth(1), smooth(2, tint=(0.2, 0.45, 0.6))
    found = with_palette(source, style, VALID)
    before, after, wanted = (to_lab(part).reshape(-1, 3) for part in (source, found, style))
    assert np.abs(after[:, 1:].mean(0) - wanted[:, 1:].mean(0)).max() < 4
    assert abs(np.median(after[:, 0]) - np.median(wanted[:, 0])) < 4
    order = before[:, 0].argsort()
    assert np.corrcoef(before[order, 0], after[order, 0])[0, 1] > 0.97


def test_a_picture_in_its_own_palette_stays_itself() -> None:
    source = smooth(1)
    assert np.abs(with_palette(source, source, VALID) - source).mean() < 0.02


def test_texture_is_made_of_the_styles_own_pixels_and_follows_the_drawing() -> None:
    x = np.mgrid[:SIZE, :SIZE][1]
    drawing = np.repeat(np.clip(x / SIZE, 0.02, 0.98)[..., None], 3, 2).astype(np.float32)
    stripes = 0.5 + 0.5 * np.sin(np.mgrid[:200, :200][0] / 3)
    shade = np.linspace(0.2, 1, 200)[None]
    style = np.stack(
        [stripes * shade, 0.3 * shade * np.ones_like(stripes), shade + 0 * stripes], -1
    )
    found = quilted(drawing, style.astype(np.float32), VALID, seed=0, progress=Progress())
    light = to_lab(found)[..., 0]
    assert light[:, :30].mean() < light[:, -30:].mean() - 8
    assert found[..., 1].std() < 0.2
    again = quilted(drawing, style.astype(np.float32), VALID, seed=0, progress=Progress())
    assert np.array_equal(found, again)


def test_quilting_can_be_cancelled() -> None:
    def stop(report: Report) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        quilted(smooth(1), smooth(2), VALID, seed=0, progress=Progress(stop))


SWAP = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], np.float32)[:, :, None, None]


def test_a_torch_network_runs_on_blue_green_red_without_the_mean(tmp_path: Path) -> None:
    path = tmp_path / "swap.t7"
    path.write_bytes(torch7(SWAP, np.zeros(3, np.float32)))
    rgb = smooth(3)
    mean = np.array([123.68, 116.779, 103.939], np.float32) / 255
    expected = np.clip((rgb - mean)[..., ::-1] + mean, 0, 1)
    assert np.abs(with_network(rgb, path, VALID) - expected).max() < 1e-3


@pytest.mark.parametrize("side", ["side", SIZE + 64, 224])
def test_an_onnx_network_runs_on_red_green_blue(tmp_path: Path, side) -> None:
    path = tmp_path / "swap.onnx"
    path.write_bytes(onnx(SWAP, np.zeros(3, np.float32), side))
    rgb = smooth(3)
    found = with_network(rgb, path, VALID)
    assert found.shape == rgb.shape
    assert np.abs(found - rgb[..., ::-1]).mean() < 0.01


@pytest.mark.parametrize("name", ["a.t7", "a.onnx"])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (b"text", bytes(range(256)) * 20, b"\x04\x00\x00\x00" * 50):
        path.write_bytes(content)
        with pytest.raises(UnreadableFile, match="no network"):
            with_network(smooth(1), path, VALID)


def test_a_cut_network_and_one_that_makes_no_picture_are_refused(tmp_path: Path) -> None:
    grey = np.ones((1, 3, 1, 1), np.float32)
    path = tmp_path / "grey.t7"
    path.write_bytes(torch7(grey, np.zeros(1, np.float32)))
    with pytest.raises(UnreadableFile, match="does not make a picture"):
        with_network(smooth(1), path, VALID)
    whole = torch7(SWAP, np.zeros(3, np.float32))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile):
        with_network(smooth(1), path, VALID)
    path.write_bytes(torch7(np.full((3, 3, 1, 1), np.nan, np.float32), np.zeros(3, np.float32)))
    with pytest.raises(UnreadableFile, match="numbers"):
        with_network(smooth(1), path, VALID)


def test_a_style_layer_is_opaque_and_its_borders_go_on(tmp_path: Path) -> None:
    valid = np.zeros((SIZE, SIZE), bool)
    valid[20:100, 20:100] = True
    path = tmp_path / "style.png"
    cv2.imwrite(str(path), (smooth(5, 200) * 255).astype(np.uint8))
    layer = style_layer(smooth(1), valid, path, id="s", strength=0.4, region="lips")
    assert layer.image is not None
    pixels = layer.image.pixels()
    assert (pixels[..., 3] == 255).all()
    assert np.array_equal(pixels[5, 50], pixels[20, 50])
    assert (layer.kind, layer.opacity, layer.region) == ("style", 0.4, "lips")
    path.write_text("no picture")
    with pytest.raises(UnreadableFile):
        style_layer(smooth(1), valid, path, id="s")
