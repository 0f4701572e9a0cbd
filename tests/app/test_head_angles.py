"""Angles of a joint as people say them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.head_angles import Angles, angles_of, axis_angle_of
from renderer.rotations import axis_angles_to_quats, quats_to_matrices

degrees = st.floats(-85, 85)


@given(degrees, degrees, degrees)
def test_angles_survive_the_way_there_and_back(turn, nod, tilt):
    back = angles_of(axis_angle_of(Angles(turn, nod, tilt)))
    assert back.turn == pytest.approx(turn, abs=1e-4)
    assert back.nod == pytest.approx(nod, abs=1e-4)
    assert back.tilt == pytest.approx(tilt, abs=1e-4)


@pytest.mark.parametrize(
    ("angles", "face"),
    [
        (Angles(turn=90), (1.0, 0.0, 0.0)),  # to the subject's left, which is +x
        (Angles(nod=90), (0.0, 1.0, 0.0)),
        (Angles(tilt=90), (0.0, 0.0, 1.0)),
    ],
)
def test_the_face_goes_where_the_words_say(angles, face):
    pose = torch.tensor(axis_angle_of(angles))
    turned = quats_to_matrices(axis_angles_to_quats(pose)) @ torch.tensor([0.0, 0.0, 1.0])
    assert turned.tolist() == pytest.approx(face, abs=1e-5)


def test_a_tilt_takes_the_crown_to_the_subjects_right():
    pose = torch.tensor(axis_angle_of(Angles(tilt=30)))
    crown = quats_to_matrices(axis_angles_to_quats(pose)) @ torch.tensor([0.0, 1.0, 0.0])
    assert crown[0] == pytest.approx(-math.sin(math.radians(30)), abs=1e-5)


def test_rest_is_no_turn_at_all():
    assert axis_angle_of(Angles()) == (0.0, 0.0, 0.0)
    assert angles_of((0.0, 0.0, 0.0)) == Angles()
