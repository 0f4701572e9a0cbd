"""Editors and documents for tests: no threads, no window, folders of their own."""

import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from app.document import Document, Origin, document_of
from app.editor import Editor
from app.jobs.runner import InlineRunner, Runner
from app.paths import Paths
from app.settings import Settings
from app.sources.base import Sample, SourceStatus
from avatars.files.manifest import Provenance
from avatars.head.tables import ARKIT_NAMES, ArkitTable
from avatars.live.signal import FaceSignal
from renderer.gaussians import Gaussians
from tests.make import splats
from tests.make_avatar import stored_avatar
from tests.make_head import uv_head


class Told:
    """A source that says what a test tells it, in place of a camera or a phone."""

    def __init__(self) -> None:
        self.sample: Sample | None = None
        self.told = SourceStatus("waiting", "No face in the picture yet.", "Look at the camera.")
        self.closed = False

    def say(self, *, head: float = 0.0, lost: bool = False, **weights: float) -> None:
        """Have it see a face with these ARKit weights, turned by ``head`` radians."""
        values = np.zeros(len(ARKIT_NAMES))
        for name, weight in weights.items():
            values[ARKIT_NAMES.index(name)] = weight
        signal = FaceSignal(values, np.array([0.0, head, 0.0]), np.zeros(3), is_lost=lost)
        number = 1 if self.sample is None else self.sample.number + 1
        self.sample = Sample(signal, number, time.monotonic())
        self.told = SourceStatus("live", "Following the test.", per_second=30.0)

    def latest(self) -> Sample | None:
        return self.sample

    def status(self) -> SourceStatus:
        return self.told

    def close(self) -> None:
        self.closed = True


def places(folder: Path) -> Paths:
    return Paths(folder / "config", folder / "cache", folder / "data", folder / "logs")


def editor(folder: Path, runner: Runner | None = None, **settings) -> Editor:
    """An editor whose work is done by ``poll``, its folders under ``folder``; no camera is real."""
    made = Editor(Settings(**settings), places=places(folder), runner=runner or InlineRunner())
    made.driving.make = lambda choice, task, wake: Told
    return made


@cache
def arkit_head():
    """A small head with texture coordinates whose ARKit names move its own parameters."""
    head = uv_head()
    random = torch.Generator().manual_seed(3)
    count = len(ARKIT_NAMES)

    def few(width: int):
        return 0.1 * torch.randn(count, width, generator=random)

    table = ArkitTable(few(head.expression_count), few(3), few(3), few(3), few(2))
    return replace(head, arkit=table)


def document(name: str = "Ada", seed: int = 0) -> Document:
    """A document with a small avatar, as if just made: nothing in it depends on a file."""
    stored = stored_avatar(arkit_head(), seed=seed)
    made = document_of(replace(stored, layers=(), layer_files={}), name)
    assert made.avatar is not None
    return made


def splats_document(count: int = 10) -> Document:
    found: Gaussians = splats(count)
    return Document(name="splats", splats=found)


def origin() -> Origin:
    return Origin(Provenance("test", "0", "textured-head"))


def settle(made: Editor) -> None:
    """Poll until no work is left."""
    made.poll()
    while made.runner.is_busy:
        made.poll()


def jaw(made: Editor) -> float:
    """How far the jaw is open in what is shown."""
    assert made.shown.arkit is not None
    return made.shown.arkit[ARKIT_NAMES.index("jawOpen")]
