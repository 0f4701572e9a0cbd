"""Attribute maps: shapes, padding, other sizes, numpy."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from avatars.maps import AttributeMaps
from avatars.remembered import Remembered


def maps(size: int = 8, **changes) -> AttributeMaps:
    made = AttributeMaps(
        rgb=torch.rand(size, size, 3, generator=torch.Generator().manual_seed(0)),
        opacity=torch.full((size, size), 0.9),
        scales=torch.full((size, size, 3), 1e-3),
        quats=torch.eye(1, 4).expand(size, size, 4).clone(),
        offset=torch.zeros(size, size, 3),
        valid=torch.ones(size, size, dtype=torch.bool),
    )
    return replace(made, **changes)


def islands(size: int = 16) -> AttributeMaps:
    """A red island on the left, a blue one on the right, green rubbish around."""
    rgb = torch.zeros(size, size, 3)
    rgb[..., 1] = 1
    valid = torch.zeros(size, size, dtype=torch.bool)
    for columns, channel in ((slice(2, 7), 0), (slice(10, 14), 2)):
        valid[3:12, columns] = True
        rgb[3:12, columns] = torch.eye(3)[channel]
    return maps(size, rgb=rgb, valid=valid)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("opacity", torch.ones(8, 7)),
        ("scales", torch.ones(8, 8, 2)),
        ("quats", torch.ones(8, 8, 3)),
        ("offset", torch.ones(9, 9, 3)),
        ("rgb", torch.ones(8, 8, 3, dtype=torch.uint8)),
        ("valid", torch.ones(8, 8)),
        ("offset", torch.ones(8, 8, 3, device="meta")),
    ],
)
def test_a_map_of_another_shape_kind_or_device_is_refused(name, value):
    with pytest.raises(ValueError, match=r"must|device"):
        maps(**{name: value})


def test_padding_repeats_the_nearest_island_and_leaves_the_inside_alone():
    before = islands()
    after = before.padded()
    assert torch.equal(after.rgb[before.valid], before.rgb[before.valid])
    assert (after.rgb[..., 1] == 0).all(), "nothing of the green outside is left"
    assert torch.equal(after.rgb[0, 0], torch.tensor([1.0, 0, 0]))
    assert torch.equal(after.rgb[15, 15], torch.tensor([0, 0, 1.0]))
    assert torch.equal(after.padded().rgb, after.rgb)
    nothing = maps(valid=torch.zeros(8, 8, dtype=torch.bool))
    assert torch.equal(nothing.padded().rgb, nothing.rgb)


@pytest.mark.parametrize("size", [5, 8, 32])
def test_another_size_keeps_the_colours_of_islands_to_themselves(size):
    after = islands().resized(size)
    assert after.size == size
    assert after.rgb[..., 1].abs().max() < 1e-6
    red = after.valid & (torch.arange(size) < size / 2)
    torch.testing.assert_close(after.rgb[red], torch.tensor([1.0, 0, 0]).expand(red.sum(), 3))
    torch.testing.assert_close(after.quats.norm(dim=-1), torch.ones(size, size))


def test_halving_takes_means_and_doubling_comes_back():
    smooth = torch.linspace(0, 1, 16)[:, None, None].expand(16, 16, 3)
    before = maps(16, rgb=smooth.clone())
    assert before.resized(16) is before
    up = before.resized(32)
    torch.testing.assert_close(up.resized(16).rgb, before.rgb, rtol=0, atol=0.02)
    assert up.rgb.diff(dim=0).min() >= -1e-6
    with pytest.raises(ValueError, match="empty"):
        before.resized(0)


def test_opposite_quats_do_not_cancel():
    quats = torch.eye(1, 4).expand(8, 8, 4).clone()
    quats[::2] *= -1
    small = maps(quats=quats).resized(4)
    torch.testing.assert_close(small.quats, torch.eye(1, 4).expand(4, 4, 4))


def test_numpy_round_trip_and_pictures_of_bytes():
    before = maps()
    after = AttributeMaps.from_numpy(before.numpy())
    assert torch.equal(after.rgb, before.rgb)
    arrays = before.numpy() | {"rgb": np.full((8, 8, 3), 51, np.uint8)}
    assert AttributeMaps.from_numpy(arrays).rgb.unique().tolist() == pytest.approx([0.2])
    assert before.to("cpu") is before
    with pytest.raises(KeyError):
        AttributeMaps.from_numpy({"rgb": arrays["rgb"]})


def test_gradients_flow_through_padding():
    before = islands()
    leaf = before.rgb.clone().requires_grad_()
    replace(before, rgb=leaf).padded().rgb.sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.sum() == 16 * 16 * 3
    assert leaf.grad[~before.valid].abs().sum() == 0


def test_results_are_remembered_by_identity_until_the_tensor_changes():
    kept: Remembered[float] = Remembered(2)
    key, calls = torch.ones(3), []

    def total() -> float:
        calls.append(1)
        return float(key.sum())

    assert kept.get((key,), total) == kept.get((key,), total) == 3
    assert len(calls) == 1
    key.add_(1)
    assert kept.get((key,), total) == 6
    for _ in range(3):
        kept.get((torch.ones(1),), lambda: 0.0)
    kept.get((key,), total)
    assert len(calls) == 3, "the oldest was dropped"
