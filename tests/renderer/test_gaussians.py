"""The splat container: shapes, devices, joining, and what counts as unusable."""

from dataclasses import replace

import pytest
import torch

from renderer.gaussians import Gaussians, concat, padded_sh
from tests import make


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("means", torch.zeros(5, 2)),
        ("quats", torch.zeros(5, 3)),
        ("scales", torch.zeros(4, 3)),
        ("opacities", torch.zeros(5, 1)),
        ("sh", torch.zeros(5, 4, 3)),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(field: str, value: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=field):
        replace(make.splats(5), **{field: value})


def test_an_unknown_degree_is_refused() -> None:
    with pytest.raises(ValueError, match="sh_degree"):
        replace(make.splats(5), sh_degree=4)


def test_mixed_devices_are_refused() -> None:
    with pytest.raises(ValueError, match="meta"):
        replace(make.splats(5), scales=torch.zeros(5, 3, device="meta"))


def test_joining_pads_to_the_highest_degree() -> None:
    low, high = make.splats(3), make.splats(4, sh_degree=2)
    both = concat([low, high])
    assert len(both) == 7
    assert both.sh_degree == 2
    assert torch.equal(both.sh[:3, :1], low.sh)
    assert float(both.sh[:3, 1:].abs().max()) == 0.0
    assert torch.equal(padded_sh(high.sh, 1), high.sh[:, :4])
    with pytest.raises(ValueError, match="at least one"):
        concat([])


def test_selecting_keeps_the_order_asked_for() -> None:
    gaussians = make.splats(6)
    assert torch.equal(gaussians.select(torch.tensor([4, 1])).means, gaussians.means[[4, 1]])


def test_staying_on_a_device_costs_nothing() -> None:
    gaussians = make.splats(3)
    assert gaussians.to("cpu") is gaussians


def test_unusable_splats_are_the_broken_ones_only() -> None:
    good = make.splats(50)
    assert not bool(good.unusable().any())
    fields = {name: leaf.detach() for name, leaf in make.leaves(good).items()}
    fields["means"][0, 1] = float("nan")
    fields["scales"][1, 0] = float("inf")
    fields["quats"][2] = 0.0
    fields["scales"][3] = 1e4
    fields["opacities"][4] = 1.5
    broken = Gaussians(**fields)
    assert broken.unusable().nonzero().flatten().tolist() == [0, 1, 2, 3, 4]
