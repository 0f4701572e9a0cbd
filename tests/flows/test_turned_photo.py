"""Avatars of real photos, turned: the head goes where it was told, whole and without smear."""

from pathlib import Path

import pytest

from app.reconstruct import reconstruct
from avatars.files.avatar_file import StoredAvatar
from tests.avatars.avatar_measures import Turned, turned

VIEWS = ((-30.0, 0.0), (30.0, 0.0), (0.0, 15.0), (0.0, -15.0))
PHOTOS = {"photo_closeup_smile.png": 0.01, "photo_businesswoman.png": 0.005}
"""Photo and the largest share of faint splats outside the mesh and its hair."""


@pytest.fixture(scope="module", params=sorted(PHOTOS))
def made(request: pytest.FixtureRequest, shared: Path) -> tuple[StoredAvatar, float]:
    name = str(request.param)
    avatar = reconstruct(
        shared / "media" / name,
        method=None,
        quality="quick",
        face=None,
        head="default",
        device="cpu",
        seed=0,
    )
    return avatar, PHOTOS[name]


@pytest.mark.slow
def test_a_photo_avatar_turns_as_told_and_stays_closed(made: tuple[StoredAvatar, float]) -> None:
    stored, most_spill = made
    front = turned(stored, 0, 0)
    assert front.yaw is not None
    assert front.pitch is not None
    for yaw, pitch in VIEWS:
        seen = turned(stored, yaw, pitch)
        assert seen.yaw is not None, f"no face found at {yaw}, {pitch}"
        assert seen.pitch is not None
        # The camera goes to the subject's left, so the head seems to turn to its right.
        assert abs(seen.yaw - front.yaw + yaw) < 7
        assert abs(seen.pitch - front.pitch - pitch) < 8
        _is_closed(seen, most_spill)
    _is_closed(front, most_spill)


def _is_closed(seen: Turned, most_spill: float) -> None:
    assert seen.holes <= 0.001
    assert seen.spill <= most_spill
