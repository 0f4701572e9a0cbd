"""A video file as upright pictures in order, with its times, and where its cuts are."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.tracking.closing import Closing
from renderer.disk import open_input, shown
from renderer.errors import UnreadableFile

Pixels = NDArray[np.uint8]

LONGEST_SIDE = 1920
"""Frames are scaled down to this many pixels along their longer side."""

_MOST_PIXELS = 8192 * 8192
_FPS_RANGE = (0.5, 480.0)
_USUAL_FPS = 30.0  # where a file does not say
_UNEVEN = 0.3  # relative difference of frame times from which on the rate counts as variable
_PROBE_SECONDS = 20

# Only containers of pictures are handed to the decoder: it also reads play lists, which are texts
# that name other files.
_CONTAINERS = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (4, b"wide"),
    (4, b"free"),
    (4, b"skip"),
    (0, b"\x1aE\xdf\xa3"),
    (8, b"AVI "),
    (0, b"\x00\x00\x01\xba"),
    (0, b"\x00\x00\x01\xb3"),
    (0, b"\x47"),
    (0, b"OggS"),
    (0, b"FLV\x01"),
    (0, b"\x30\x26\xb2\x75"),
    (0, b"GIF8"),
)
_AUDIO_ONLY = (b"RIFF", b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1")

_THUMB = 32  # pixels a side of what cuts are judged by
_LEAST_CUT = 14.0  # of 255: mean change of a thumbnail's brightness
_CUT_FACTOR = 5.0  # how many times the usual change of the shot


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One picture of a video.

    Attributes:
        rgb: [H, W, 3].
        seconds: when it is shown.
    """

    rgb: Pixels
    seconds: float


class Video(Closing):
    """An open video; frames come in order, once.

    Attributes:
        path: its file.
        width, height: upright, pixels of the file.
        fps: pictures per second; the mean where it varies.
        announced: how many frames the file says it has; 0 where it does not.
    """

    def __init__(self, path: Path) -> None:
        import cv2

        _refuse_other_files(path)
        self.path = path
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        # Builds differ in whether they turn pictures themselves, so we always do.
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        self._turn = int(self._capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if not self._capture.isOpened() or width < 1 or height < 1:
            self.close()
            raise _undecodable(path)
        if width * height > _MOST_PIXELS:
            self.close()
            raise UnreadableFile(
                f"The pictures of {shown(path)} have {width} x {height} pixels; that is too many.",
                "Scale the video down first.",
            )
        sideways = self._turn in (90, 270)
        self.width, self.height = (height, width) if sideways else (width, height)
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = fps if _FPS_RANGE[0] <= fps <= _FPS_RANGE[1] else _USUAL_FPS
        self.announced = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def frames(self) -> Iterator[VideoFrame]:
        """The pictures, upright and no larger than ``LONGEST_SIDE``.

        Raises:
            UnreadableFile: not even the first can be decoded.
        """
        import cv2

        count, last = 0, -1.0
        while True:
            try:
                done, bgr = self._capture.read()
            except cv2.error:
                break  # a picture of another size, or damaged beyond what the decoder covers up
            if not done:
                break
            seconds = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
            if count and not seconds > last:  # damaged times
                seconds = last + 1 / self.fps
            last = max(seconds, 0.0)
            count += 1
            yield VideoFrame(self._upright(np.asarray(bgr, np.uint8)), last)
        if not count:
            raise _undecodable(self.path)

    def frame_near(self, seconds: float) -> VideoFrame | None:
        """The frame shown about then, of a film too long to be read from end to end; or None."""
        import cv2

        self._capture.set(cv2.CAP_PROP_POS_MSEC, 1000 * seconds)
        try:
            done, bgr = self._capture.read()
        except cv2.error:
            return None
        return VideoFrame(self._upright(np.asarray(bgr, np.uint8)), seconds) if done else None

    def _upright(self, bgr: Pixels) -> Pixels:
        import cv2

        turns = {
            90: cv2.ROTATE_90_CLOCKWISE,
            180: cv2.ROTATE_180,
            270: cv2.ROTATE_90_COUNTERCLOCKWISE,
        }
        factor = LONGEST_SIDE / max(bgr.shape[:2])
        if factor < 1:
            size = (round(bgr.shape[1] * factor), round(bgr.shape[0] * factor))
            bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
        if self._turn in turns:
            bgr = np.asarray(cv2.rotate(bgr, turns[self._turn]), np.uint8)
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def mean_rate(times: NDArray[np.float64], fps: float) -> tuple[float, bool]:
    """Frames per second of a video whose frames were shown at ``times`` [T], and if it varies."""
    if len(times) < 3:
        return fps, False
    steps = np.diff(times)
    span = float(times[-1] - times[0])
    if span <= 0:
        return fps, False
    middle = float(np.median(steps))
    varies = bool((np.abs(steps - middle) > _UNEVEN * middle).mean() > 0.02)
    if not varies and abs((len(times) - 1) / span / fps - 1) < 0.02:
        return fps, False
    # A frame's own time counts as well, so that the clip lasts as long as the video.
    return float(np.clip(len(times) / (span + middle), *_FPS_RANGE)), varies


class CutFinder:
    """Says where one shot ends and the next begins.

    A cut changes most of the picture at once, and much more than the frames before; a camera that
    pans or a light that goes on over several frames does not.
    """

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._usual: list[float] = []

    def is_cut(self, rgb: Pixels) -> bool:
        """Whether this frame [H, W, 3] belongs to another shot than the frame before."""
        import cv2

        small = cv2.resize(rgb, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
        grey = np.asarray(small, np.float32).mean(axis=2)
        before, self._before = self._before, grey
        if before is None:
            return False
        # Brightness as a whole may jump (a flash, a lamp): that alone is no cut.
        change = float(np.abs((grey - grey.mean()) - (before - before.mean())).mean())
        usual = float(np.median(self._usual)) if self._usual else 0.0
        if change > max(_LEAST_CUT, _CUT_FACTOR * usual):
            self._usual.clear()
            return True
        self._usual = [*self._usual[-11:], change]
        return False


def has_sound(path: Path) -> bool:
    """Whether a file holds a sound track that ffmpeg can read."""
    return "Audio:" in _probed(path)


def is_video_file(start: bytes) -> bool:
    """Whether a file beginning with these bytes (12 or more) is a container of pictures."""
    return any(start[at : at + len(mark)] == mark for at, mark in _CONTAINERS)


def _refuse_other_files(path: Path) -> None:
    with open_input(path) as handle:
        start = handle.read(16)
    if start.startswith(_AUDIO_ONLY) and start[8:12] != b"AVI ":
        raise _only_sound(path)
    if not is_video_file(start):
        raise UnreadableFile(
            f"{shown(path)} is not a video that can be read.",
            "Use an .mp4, .mov, .mkv, .webm or .avi file.",
        )


def _undecodable(path: Path) -> UnreadableFile:
    found = _probed(path)
    if "Audio:" in found and "Video:" not in found:
        return _only_sound(path)
    if "moov atom not found" in found:
        return UnreadableFile(
            f"{shown(path)} was cut short: the part that lists its pictures is missing.",
            "Copy or export the video again.",
        )
    return UnreadableFile(
        f"{shown(path)} cannot be decoded as a video.",
        "Convert it to an .mp4 with H.264 and try again.",
    )


def _only_sound(path: Path) -> UnreadableFile:
    return UnreadableFile(
        f"{shown(path)} holds sound but no pictures.", "Use a video that shows the face."
    )


def _probed(path: Path) -> str:
    """What ffmpeg says about the streams of a file; empty where it cannot be asked."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin"]
    command += ["-protocol_whitelist", "file", "-i", os.path.abspath(path)]
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=_PROBE_SECONDS, check=False
        ).stderr
    except (OSError, subprocess.TimeoutExpired, RuntimeError):
        return ""
    text = answer.decode("utf-8", "replace")
    # The name of the file comes first; it may hold any words.
    return re.sub(r"^Input #0.*$", "", text, flags=re.MULTILINE).replace(str(path), "")
