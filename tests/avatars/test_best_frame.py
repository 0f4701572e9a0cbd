"""The frame of a video that makes the best photo."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from avatars.errors import NoFaceFound, UnreadableFile
from avatars.progress import Cancelled, Progress
from avatars.tracking import best_frame as module
from avatars.tracking.best_frame import LOOKS, best_frame
from avatars.tracking.faces import find_faces


@pytest.mark.slow
@pytest.mark.parametrize("name", ["video_man_talking", "video_woman_expressive"])
def test_the_chosen_frame_looks_ahead_with_open_eyes(shared: Path, name: str) -> None:
    best = best_frame(shared / "media" / f"{name}.mp4", Progress())
    faces = find_faces(best.rgb)
    face = faces[best.face - 1]
    assert abs(np.degrees(face.yaw)) < 12
    assert abs(np.degrees(face.pitch)) < 12
    assert module._openness(face.landmarks) > 0.18
    assert module._calm(face.landmarks) > 0.5


def test_a_long_film_is_looked_into_here_and_there() -> None:
    @dataclass
    class Film:
        announced: int = 30_000
        fps: float = 30.0

        def frame_near(self, seconds: float) -> float | None:
            return None if seconds > 900 else seconds

    seen = list(module._spread(Film()))  # type: ignore[arg-type]
    assert len(seen) == LOOKS * 0.9
    assert seen == sorted(seen)


def test_sharp_frames_win_over_blurred_ones() -> None:
    import cv2

    random = np.random.default_rng(1)
    rgb = random.integers(0, 255, (200, 200, 3)).astype(np.uint8)
    points = random.uniform(20, 180, (478, 3))
    blurred = cv2.GaussianBlur(rgb, (0, 0), 3).astype(np.uint8)
    assert module._sharpness(rgb, points) > 5 * module._sharpness(blurred, points)


def test_a_film_without_a_face_is_refused(tmp_path: Path) -> None:
    from app.clips import write_clip

    path = tmp_path / "grey.mp4"
    write_clip(path, iter([np.full((64, 64, 3), 90, np.uint8)] * 3), 25.0)
    with pytest.raises(NoFaceFound, match=r"grey\.mp4"):
        best_frame(path, Progress())
    (tmp_path / "no.mp4").write_text("no film")
    with pytest.raises(UnreadableFile):
        best_frame(tmp_path / "no.mp4", Progress())
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        best_frame(path, stopped)
