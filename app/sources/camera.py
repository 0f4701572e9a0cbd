"""Faces from a camera, or from a video file in its place."""

import logging
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.sources.base import Sample, SourceStatus
from renderer.errors import UserError

if TYPE_CHECKING:
    from avatars.head.model import HeadModel
    from avatars.tracking.tracker import LiveTracker, Tracked

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]

RETRY = 2.0  # seconds between attempts to get a camera back
MOST_CAMERAS = 8
PREVIEW = 240  # pixels of the longer side of the picture that panels show
_LEAST_QUALITY = 0.15
_BUSY = "It may be in use by another program, unplugged, or not allowed for this one."


def list_cameras() -> list[tuple[int, str]]:
    """Numbers and names of the cameras of this machine; may take a second, so not while drawing."""
    if platform.system() == "Linux":
        return _linux_cameras()
    import cv2

    found = []
    for number in range(MOST_CAMERAS):
        capture = cv2.VideoCapture(number)
        if capture.isOpened():
            found.append((number, f"Camera {number + 1}"))
        capture.release()
    return found


class CameraSource:
    """Reads and tracks on a thread of its own; the newest face and picture are kept.

    Args:
        origin: a camera's number, or a video file that plays in a camera's place.
        head: whose shapes the tracker fits; with an ARKit table and landmarks.
        task: MediaPipe's ``face_landmarker.task``, or None.
        size: wanted width and height of a camera's pictures, pixels.
        mirror: whether the face is taken over mirrored, as in a mirror.
        loop: whether a file starts again at its end.
        wake: called after each frame, from the source's thread.

    Raises:
        UnreadableFile: the file cannot be used.
    """

    def __init__(
        self,
        origin: int | Path,
        head: "HeadModel",
        *,
        task: Path | None = None,
        size: tuple[int, int] = (640, 480),
        mirror: bool = False,
        loop: bool = True,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        if isinstance(origin, Path):
            from avatars.tracking.video import Video

            Video(origin).close()  # what cannot be played is said at once
        self._origin, self._head, self._task = origin, head, task
        self._size, self._mirror, self._loop, self._wake = size, mirror, loop, wake
        self.title = origin.name if isinstance(origin, Path) else f"Camera {origin + 1}"
        self._sample: Sample | None = None
        self._picture: tuple[Pixels, NDArray[np.float64] | None] | None = None
        self._quality = 0.0
        self._seen_at = -np.inf
        self._failure: UserError | None = None
        self._arrivals: deque[float] = deque(maxlen=240)
        self.restart_wanted = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="source camera")
        self._thread.start()

    def latest(self) -> Sample | None:
        """The newest face; None before the first."""
        return self._sample

    def picture(self) -> tuple[Pixels, NDArray[np.float64] | None] | None:
        """A small picture of the last frame [h, w, 3] and its landmarks [478, 2], or None."""
        return self._picture

    @property
    def quality(self) -> float:
        """How well the face is tracked, 0..1."""
        return self._quality

    def restart(self) -> None:
        """Forget who was seen, as for another person before the camera."""
        self.restart_wanted.set()

    def status(self) -> SourceStatus:
        """How it is."""
        now = time.monotonic()
        rate = float(sum(1 for at in tuple(self._arrivals) if now - at < 1))
        failure = self._failure
        if self._stop.is_set():
            return SourceStatus("stopped", f"{self.title} is off.")
        if failure is not None:
            return SourceStatus("failed", failure.message, failure.remedy, rate)
        if self._picture is None:
            return SourceStatus("waiting", f"Starting {self.title}.")
        if self._sample is None:
            return SourceStatus(
                "waiting", "No face in the picture yet.", "Look at the camera, in even light.", rate
            )
        if self._sample.signal.is_lost:
            sentence = "The face is out of sight; the last one is kept, then fades to rest."
            return SourceStatus("lost", sentence, "Look at the camera.", rate, self.title)
        return SourceStatus("live", f"Following {self.title}.", "", rate, self.title)

    def close(self) -> None:
        """Stop; waits for the thread."""
        self._stop.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        from avatars.tracking.tracker import LiveTracker

        try:
            with LiveTracker(self._head, task=self._task) as tracker:
                while not self._stop.is_set():
                    self._play(tracker)
                    if isinstance(self._origin, Path) and not self._loop:
                        break
                    if self._failure is not None:
                        self._stop.wait(RETRY)
        except UserError as error:  # no landmarks on this head, or a broken model
            self._failure = error
        except Exception as error:  # the thread's outermost edge: said, not lost
            log.exception("the camera source stopped")
            self._failure = UserError(
                f"{self.title} stopped: {type(error).__name__}.", "Start it again; see the log."
            )
        self._wake()

    def _play(self, tracker: "LiveTracker") -> None:
        """Track one run of pictures, until it ends, fails or is stopped."""
        try:
            for rgb, seconds in self._pictures():
                self._failure = None
                if self.restart_wanted.is_set():
                    self.restart_wanted.clear()
                    tracker.restart()
                self._take(rgb, tracker.track(rgb, seconds))
                if self._stop.is_set():
                    return
        except UserError as error:
            self._failure = error
            self._wake()

    def _take(self, rgb: Pixels, tracked: "Tracked") -> None:
        from avatars.live.signal import FaceSignal, mirrored

        now = time.monotonic()
        self._arrivals.append(now)
        self._quality = tracked.quality
        self._picture = _small(rgb, tracked.landmarks, mirror=self._mirror)
        is_seen = tracked.is_valid and tracked.quality >= _LEAST_QUALITY
        last = self._sample
        if is_seen:
            self._seen_at = now
            signal = FaceSignal(
                tracked.arkit.double().numpy(),
                tracked.state.global_orient.double().numpy(),
                tracked.state.transl.double().numpy(),
            )
            signal = mirrored(signal) if self._mirror else signal
        elif last is not None:
            signal = replace(last.signal, is_lost=True)
        else:
            self._wake()
            return
        self._sample = Sample(signal, 1 if last is None else last.number + 1, now)
        self._wake()

    def _pictures(self) -> Iterator[tuple[Pixels, float]]:
        """Pictures [H, W, 3] with the seconds they were taken at."""
        return self._played() if isinstance(self._origin, Path) else self._captured()

    def _played(self) -> Iterator[tuple[Pixels, float]]:
        """The file at its own pace; what comes too late is left out, as a camera would."""
        from avatars.tracking.video import Video

        assert isinstance(self._origin, Path)
        with Video(self._origin) as video:
            begin = time.monotonic()
            for frame in video.frames():
                late = time.monotonic() - begin - frame.seconds
                if late > 1.5 / video.fps:
                    continue
                if late < 0 and self._stop.wait(-late):
                    return
                yield frame.rgb, begin + frame.seconds

    def _captured(self) -> Iterator[tuple[Pixels, float]]:
        import cv2

        assert isinstance(self._origin, int)
        capture: Any = cv2.VideoCapture(self._origin)
        try:
            if not capture.isOpened():
                raise UserError(f"{self.title} cannot be opened.", _BUSY)
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, not a queue of old ones
            while not self._stop.is_set():
                ok, bgr = capture.read()
                if not ok:
                    raise UserError(
                        f"{self.title} stopped sending pictures; the last face is kept.",
                        "Plug it in again: it goes on by itself.",
                    )
                yield np.ascontiguousarray(bgr[..., ::-1]), time.monotonic()
        finally:
            capture.release()


def _small(
    rgb: Pixels, landmarks: NDArray[np.float64] | None, *, mirror: bool
) -> tuple[Pixels, NDArray[np.float64] | None]:
    import cv2

    height, width = rgb.shape[:2]
    scale = min(1.0, PREVIEW / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    points = None if landmarks is None else landmarks[:, :2] * scale
    if mirror:
        small = np.ascontiguousarray(small[:, ::-1])
        points = None if points is None else np.array([size[0], 0.0]) + points * [-1.0, 1.0]
    return small, points


def _linux_cameras() -> list[tuple[int, str]]:
    found = []
    for folder in sorted(Path("/sys/class/video4linux").glob("video*")):
        try:
            name = (folder / "name").read_text(encoding="utf-8").strip()
            index = int((folder / "index").read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if index == 0:  # further nodes of the same camera carry no pictures
            found.append((int(folder.name.removeprefix("video")), name or folder.name))
    return found
