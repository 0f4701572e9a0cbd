"""Rotations are a group, and every way of writing one says the same."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from renderer import rotations as rot

number = st.floats(-3.0, 3.0, allow_nan=False, width=32)
vectors = st.tuples(number, number, number).map(lambda v: torch.tensor(v, dtype=torch.float64))
quats = (
    st.tuples(number, number, number, number)
    .filter(lambda q: sum(x * x for x in q) > 1e-4)
    .map(lambda q: rot.normalized(torch.tensor(q, dtype=torch.float64)))
)


def same(a: Tensor, b: Tensor, tolerance: float = 1e-9) -> bool:
    return bool(torch.allclose(a, b, atol=tolerance, rtol=0))


@given(quats, quats, quats)
def test_products_are_associative_and_match_matrices(a: Tensor, b: Tensor, c: Tensor) -> None:
    assert same(rot.multiply(rot.multiply(a, b), c), rot.multiply(a, rot.multiply(b, c)))
    product = rot.quats_to_matrices(a) @ rot.quats_to_matrices(b)
    assert same(rot.quats_to_matrices(rot.multiply(a, b)), product)


@given(quats, vectors)
def test_the_inverse_undoes_a_rotation(q: Tensor, v: Tensor) -> None:
    assert same(rot.rotate(rot.inverse(q), rot.rotate(q, v)), v)
    identity = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)
    assert same(rot.multiply(q, rot.inverse(q)), identity)


@given(quats, vectors)
def test_rotating_is_multiplying_with_the_matrix_and_keeps_lengths(q: Tensor, v: Tensor) -> None:
    turned = rot.rotate(q, v)
    assert same(turned, rot.quats_to_matrices(q) @ v)
    assert math.isclose(float(turned.norm()), float(v.norm()), abs_tol=1e-9)


@given(quats)
def test_a_matrix_reads_back_as_its_quaternion(q: Tensor) -> None:
    matrix = rot.quats_to_matrices(q)
    assert same(matrix @ matrix.mT, torch.eye(3, dtype=torch.float64))
    back = rot.matrices_to_quats(matrix)
    assert float(back[0]) >= 0
    assert math.isclose(abs(float((back * q).sum())), 1.0, abs_tol=1e-9)


@given(vectors)
def test_axis_angles_read_back_up_to_a_full_turn(v: Tensor) -> None:
    angle = float(v.norm())
    back = rot.quats_to_axis_angles(rot.axis_angles_to_quats(v))
    assert float(back.norm()) <= math.pi + 1e-9
    if angle < math.pi - 1e-3:
        assert same(back, v, 1e-6)
    assert same(rot.axis_angles_to_matrices(back), rot.axis_angles_to_matrices(v), 1e-6)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    q = rot.axis_angles_to_quats(torch.tensor([0.0, 0.0, math.pi / 2]))
    assert same(rot.rotate(q, torch.tensor([1.0, 0, 0])), torch.tensor([0.0, 1, 0]), 1e-6)
    assert same(q, torch.tensor([math.sqrt(0.5), 0, 0, math.sqrt(0.5)]), 1e-6)


def test_the_axis_angle_map_is_smooth_at_zero() -> None:
    v = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    jacobian = torch.autograd.functional.jacobian(rot.axis_angles_to_quats, v)
    expected = torch.cat([torch.zeros(1, 3), 0.5 * torch.eye(3)]).double()
    assert same(jacobian, expected)


def test_batches_broadcast() -> None:
    many = rot.normalized(torch.randn(5, 1, 4))
    assert rot.rotate(many, torch.randn(7, 3)).shape == (5, 7, 3)
    assert rot.quats_to_matrices(many).shape == (5, 1, 3, 3)
