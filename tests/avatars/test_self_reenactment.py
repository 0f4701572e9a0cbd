"""An avatar of a video's first frame, driven by that video, does what the person does."""

from pathlib import Path

import numpy as np
import pytest

from app.avatar_io import head_named
from avatars.progress import Progress
from avatars.reenact import Retargeting, retargeted
from avatars.tracking.clip import track_video
from tests.avatars.reenactment_measures import (
    avatar_of,
    correlations,
    drawn,
    film,
    in_view,
    landmark_error,
    signals,
    source_view,
    view_psnr,
)

EVERY = 7


@pytest.mark.slow
@pytest.mark.parametrize("name", ["video_man_talking.mp4", "video_woman_expressive.mp4"])
def test_a_driven_avatar_follows_its_driver(name: str, shared: Path, tmp_path: Path) -> None:
    path, task = shared / "media" / name, shared / "media" / "face_landmarker.task"
    frames = film(path)
    avatar = avatar_of(frames[0], tmp_path)
    motion = track_video(path, head_named("default"), Progress()).motion
    chosen = range(1, len(frames), EVERY)
    states = retargeted(motion, avatar.avatar.head, Retargeting(relative=False))
    driver = in_view(signals([frames[n] for n in chosen], task), source_view(avatar))
    shown = signals([drawn(avatar, states[n]) for n in chosen], task)
    assert landmark_error(driver, shown) < 0.03
    assert {k: v for k, v in correlations(driver, shown).items() if v < 0.8} == {}


@pytest.mark.slow
def test_a_fitted_avatar_looks_like_frames_it_was_not_made_of(shared: Path, tmp_path: Path) -> None:
    frames = film(shared / "media" / "video_man_talking.mp4")
    avatar = avatar_of(frames[0], tmp_path)
    found = signals(frames[::5], shared / "media" / "face_landmarker.task")
    away = np.abs(found.scores["yaw"] - found.scores["yaw"][0])
    chosen = np.argsort(-away)[:10]
    values = [view_psnr(avatar, frames[5 * n], found.points[n]) for n in chosen]
    assert np.mean(values) > 20
