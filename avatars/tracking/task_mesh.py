"""MediaPipe's face landmarker on video: landmarks and expression scores at once.

Used where its model file lies in the weights folder; without it ``landmarks.VideoMesh`` does.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from avatars.errors import MissingWeights
from avatars.tracking.closing import Closing
from avatars.tracking.graphs import Floats, Pixels


class TaskMesh(Closing):
    """Landmarks and scores of one person through the frames of a video, in order.

    Args:
        model: ``face_landmarker.task``.

    Raises:
        MissingWeights: the file is no such model.
    """

    def __init__(self, model: Path) -> None:
        from renderer.disk import open_input

        with open_input(model) as handle:
            self._content = handle.read()
        self._path = model
        self._lock = threading.Lock()
        self.restart()

    def seen(self, rgb: Pixels) -> tuple[Floats, dict[str, float]] | None:
        """Landmarks [478, 3] (pixels) and scores by name of the next frame; None without a face."""
        import mediapipe

        height, width = rgb.shape[:2]
        picture = mediapipe.Image(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)
        )
        with self._lock:
            if self._landmarker is None:
                raise ValueError("this landmarker is closed")
            # Its clock only has to rise; it decides nothing about the result.
            self._milliseconds += 33
            answer = self._landmarker.detect_for_video(picture, self._milliseconds)
        if not answer.face_landmarks or not answer.face_blendshapes:
            return None
        points = np.array([(p.x, p.y, p.z) for p in answer.face_landmarks[0]], np.float64)
        points *= (width, height, width)
        return points, {c.category_name: float(c.score) for c in answer.face_blendshapes[0]}

    def restart(self) -> None:
        """Forget the frames before, as after a cut."""
        self.close()
        with self._lock:
            self._landmarker, self._milliseconds = self._opened(), 0

    def close(self) -> None:
        """End the graph; waits for a frame in work."""
        with self._lock:
            landmarker, self._landmarker = getattr(self, "_landmarker", None), None
            if landmarker is not None:
                landmarker.close()

    def _opened(self) -> Any:
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import (
            FaceLandmarker,
            FaceLandmarkerOptions,
            RunningMode,
        )

        from renderer.disk import shown

        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=self._content),
            running_mode=RunningMode.VIDEO,
            output_face_blendshapes=True,
            min_face_detection_confidence=0.3,
        )
        try:
            return FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise MissingWeights(
                f"{shown(self._path)} is not a face landmarker model.",
                "Get face_landmarker.task from mediapipe's model page, or leave it out.",
            ) from error
