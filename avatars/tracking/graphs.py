"""Mediapipe's networks behind small typed doors. The only importer of mediapipe.

Each graph owns threads of its own inside C++. They end with `close`, so that graphs are opened in a
`with` block; to open one costs about 5 ms.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.closing import Closing

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


class _Graph(Closing):
    """One mediapipe solution: one picture at a time, closed once, from whichever thread."""

    def __init__(self, solution: Any) -> None:
        self._solution = solution
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the graph and its threads; waits for a picture in work, does nothing twice."""
        with self._lock:
            solution, self._solution = self._solution, None
            if solution is not None:
                solution.close()

    def _run(self, rgb: Pixels) -> Any:
        picture = np.ascontiguousarray(rgb)
        with self._lock:
            if self._solution is None:
                raise ValueError("this graph is closed")
            return self._solution.process(picture)


@dataclass(frozen=True)
class Detection:
    """A face that a detector claims.

    Attributes:
        score: 0..1.
        x, y: upper left corner of the box, pixels.
        width, height: of the box, pixels.
    """

    score: float
    x: float
    y: float
    width: float
    height: float


class Detector(_Graph):
    """BlazeFace: the short-range model (128 px, large faces) or the full-range one (192 px)."""

    def __init__(self, *, full_range: bool, least_score: float) -> None:
        from mediapipe.python.solutions.face_detection import FaceDetection

        super().__init__(
            FaceDetection(model_selection=int(full_range), min_detection_confidence=least_score)
        )

    def faces_in(self, rgb: Pixels) -> list[Detection]:
        """Faces claimed in a picture [H, W, 3]."""
        height, width = rgb.shape[:2]
        found = []
        for claim in self._run(rgb).detections or ():
            box = claim.location_data.relative_bounding_box
            found.append(
                Detection(
                    score=float(claim.score[0]),
                    x=box.xmin * width,
                    y=box.ymin * height,
                    width=box.width * width,
                    height=box.height * height,
                )
            )
        return found


class Mesh(_Graph):
    """FaceMesh with refined lips, lids and irises, for one face.

    Args:
        video: pictures follow each other, so that a face is tracked from the one before.
        least_detection: score of the detector inside from which on it looks further.
        least_presence: how sure the mesh network must be that it sees a face.
    """

    def __init__(
        self, *, video: bool, least_detection: float = 0.1, least_presence: float = 0.5
    ) -> None:
        from mediapipe.python.solutions.face_mesh import FaceMesh

        super().__init__(
            FaceMesh(
                static_image_mode=not video,
                max_num_faces=1,
                refine_landmarks=True,
                min_detection_confidence=least_detection,
                min_tracking_confidence=least_presence,
            )
        )

    def points_in(self, rgb: Pixels) -> Floats | None:
        """[478, 3] landmarks in pixels of the picture [H, W, 3]; None where it sees no face."""
        height, width = rgb.shape[:2]
        faces = self._run(rgb).multi_face_landmarks
        if not faces:
            return None
        # z comes in units of the picture's width.
        points: Floats = np.array([(p.x, p.y, p.z) for p in faces[0].landmark], np.float64)
        points *= (width, height, width)
        return points


class Segmenter(_Graph):
    """Selfie segmentation, the general model (256 x 256)."""

    def __init__(self) -> None:
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

        super().__init__(SelfieSegmentation(model_selection=0))

    def person_in(self, rgb: Pixels) -> NDArray[np.float32]:
        """[H, W] how likely a pixel shows a person, 0..1."""
        mask: NDArray[np.float32] = np.array(self._run(rgb).segmentation_mask, np.float32)
        return mask


class HandFinder(_Graph):
    """Hands, the light model."""

    def __init__(self, least_score: float) -> None:
        from mediapipe.python.solutions.hands import Hands

        super().__init__(
            Hands(
                static_image_mode=True,
                max_num_hands=4,
                model_complexity=0,
                min_detection_confidence=least_score,
            )
        )

    def hands_in(self, rgb: Pixels) -> list[Floats]:
        """[21, 2] joints of each hand, pixels."""
        height, width = rgb.shape[:2]
        return [
            np.array([(p.x * width, p.y * height) for p in hand.landmark], np.float64)
            for hand in self._run(rgb).multi_hand_landmarks or ()
        ]
