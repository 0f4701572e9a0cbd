"""A head to paint on for tests, and a hand that does it."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from app.aim import Aim
from app.document import Document, document_of
from app.editor import Editor
from avatars.avatar import Identity
from avatars.edits.compose import compose
from avatars.head.model import HeadModel
from tests.make_avatar import stored_avatar
from tests.make_editor import arkit_head, editor

SIZE = 192
"""Texels a side: nine tiles."""
CHEEK = (0.55, 0.65)
"""A place of the map well inside the skin."""


@cache
def painted_head() -> HeadModel:
    """The small head with lips: its lower front."""
    head = arkit_head()
    _, y, z = head.v_template.unbind(-1)
    return replace(head, regions={"lips": (y < 0) & (z > 0.03)})


def painted_document(size: int = SIZE, seed: int = 0) -> Document:
    """A document with an avatar whose maps are large enough for several tiles."""
    stored = stored_avatar(painted_head(), size=size, seed=seed)
    avatar = replace(stored.avatar, identity=Identity(stored.avatar.identity.betas * 0))
    return document_of(replace(stored, avatar=avatar, layers=(), layer_files={}), "Ada")


def painting_editor(folder: Path, **settings) -> Editor:
    """An editor with that document open, its hand without a thread."""
    made = editor(folder, **settings)
    made.open_document(painted_document())
    return made


def on_map(u: float, v: float) -> Aim:
    return Aim(u, v)


def stroke(made: Editor, *places: tuple[float, float], tool="brush") -> None:
    """A whole stroke over places of the map."""
    first, *rest = places
    made.easel.strokes.press(tool, on_map(*first))
    made.poll()
    for place in rest:
        made.easel.strokes.move(on_map(*place))
        made.poll()
    made.easel.strokes.release()
    made.poll()


def looks(document: Document) -> np.ndarray:
    """The composed colours."""
    assert document.avatar is not None
    return compose(document.avatar, document.layers).maps.rgb.numpy().copy()


def color_at(document: Document, u: float, v: float) -> np.ndarray:
    """The composed colour at a place of the map."""
    rgb = looks(document)
    size = rgb.shape[0]
    return rgb[int((1 - v) * size), int(u * size)]
