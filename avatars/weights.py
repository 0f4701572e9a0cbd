"""What can be downloaded: from where, with which checksum, under which licence.

Nothing is fetched unless somebody asks for it. A file counts as present only under its final name,
which it gets after its checksum was found right.
"""

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from avatars.errors import MissingWeights
from renderer.disk import make_folder

if TYPE_CHECKING:
    from avatars.progress import Progress

TIMEOUT = 30  # seconds without an answer
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Weights:
    """A file that a method or a tracker can use.

    Attributes:
        name: short name for flags and for ``MethodInfo.weights``.
        file: its name in the folder of weights.
        urls: where to get it; the next is tried if one fails.
        sha256: checksum of the right file, 64 hexadecimal digits.
        size: bytes.
        licence: under which terms it may be used.
        gives: what the program can do with it, a few words.
    """

    name: str
    file: str
    urls: tuple[str, ...]
    sha256: str
    size: int
    licence: str
    gives: str

    def path(self, folder: Path) -> Path:
        """Where it lies, present or not."""
        return folder / self.file

    def is_present(self, folder: Path) -> bool:
        """Whether a file of the right size is there; the checksum was looked at when it came."""
        path = self.path(folder)
        return path.is_file() and path.stat().st_size == self.size


FACE_LANDMARKER = Weights(
    name="face-landmarker",
    file="face_landmarker.task",
    urls=(
        "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/"
        "float16/1/face_landmarker.task",
        "https://raw.githubusercontent.com/google-ai-edge/mediapipe-samples/ece8a1f99726/"
        "examples/face_landmarker/ios/FaceLandmarker/face_landmarker.task",
    ),
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    size=3_758_596,
    licence="Apache-2.0 (Google MediaPipe)",
    gives="expressions read more surely from photos and videos",
)
"""MediaPipe's expression scores: they seed the fit of photos and videos."""

WEIGHTS: tuple[Weights, ...] = (FACE_LANDMARKER,)


def weights_named(name: str, known: tuple[Weights, ...] = WEIGHTS) -> Weights:
    """The download of a name.

    Raises:
        MissingWeights: there is none; the nearest name is said.
    """
    for weights in known:
        if weights.name == name:
            return weights
    names = [weights.name for weights in known]
    near = difflib.get_close_matches(name, names, n=1)
    remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(names)}."
    raise MissingWeights(f"There is no download named '{name}'.", remedy)


def fetch(weights: Weights, folder: Path, progress: "Progress") -> Path:
    """The file, downloaded if it is not there yet.

    Args:
        weights: what to get.
        folder: where downloads live; made if it is missing.
        progress: told about each block that came.

    Raises:
        MissingWeights: no address answers, or what comes is not the file.
        UserError: the folder cannot be written.
        Cancelled: the user asked to stop; nothing is left behind.
    """
    target = weights.path(folder)
    if weights.is_present(folder) and _checksum(target) == weights.sha256:
        return target
    make_folder(folder)
    reason = ""
    for url in weights.urls:
        progress.report(0.0, f"Downloading {weights.file}")
        reason = _retrieved(url, weights, folder, progress)
        if not reason:
            return target
    raise MissingWeights(
        f"{weights.file} could not be downloaded ({reason}).",
        f"Download {weights.urls[0]} elsewhere and put the file into {folder}.",
    )


class _Meter:
    """What pooch shows progress on; raising from here stops the download."""

    def __init__(self, progress: "Progress", size: int) -> None:
        self.total = size  # pooch sets it to what the server promises, which is not believed
        self._progress, self._size, self._done = progress, size, 0

    def update(self, count: int) -> None:
        """Called after each block, with a block's full length even for the last."""
        self._done += count
        if self._done > self._size + _BLOCK:  # an endless answer must not fill the disk
            raise ValueError("more came than the file should have")
        self._progress.report(self._done / max(self._size, 1))

    def reset(self) -> None:
        """Called at the end, before everything is counted once more."""
        self._done = 0

    def close(self) -> None:
        """Called at the very end."""


def _retrieved(url: str, weights: Weights, folder: Path, progress: "Progress") -> str:
    """Download from one address; why that failed, or nothing."""
    import pooch
    import requests

    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{weights.sha256}",
            fname=weights.file,
            path=folder,
            downloader=pooch.HTTPDownloader(
                progressbar=_Meter(progress, weights.size), timeout=TIMEOUT
            ),
        )
    except ValueError as error:  # the checksum, or our own limit
        return "what came is not the file" if "hash" in str(error) else str(error)
    except (requests.RequestException, OSError) as error:
        return f"{type(error).__name__} at {url.split('/')[2]}"
    return ""


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
