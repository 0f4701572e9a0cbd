"""Editors and documents for tests: no threads, no window, folders of their own."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from app.document import Document, Origin, document_of
from app.editor import Editor
from app.jobs.runner import InlineRunner, Runner
from app.paths import Paths
from app.settings import Settings
from avatars.files.manifest import Provenance
from avatars.head.tables import ARKIT_NAMES, ArkitTable
from renderer.gaussians import Gaussians
from tests.make import splats
from tests.make_avatar import stored_avatar
from tests.make_head import uv_head


def places(folder: Path) -> Paths:
    return Paths(folder / "config", folder / "cache", folder / "data", folder / "logs")


def editor(folder: Path, runner: Runner | None = None, **settings) -> Editor:
    """An editor whose work is done by ``poll``, its folders under ``folder``."""
    return Editor(Settings(**settings), places=places(folder), runner=runner or InlineRunner())


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
