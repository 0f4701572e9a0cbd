"""Edits of the face: from a document to another one. Pure; who calls them decides about undo."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.document import Document
from avatars.head.arkit_names import ARKIT_NAMES

if TYPE_CHECKING:
    from avatars.head.state import HeadState

MOST_WEIGHT = 2.0
_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
_GAZE = tuple(number for name, number in _INDEX.items() if name.startswith("eyeLook"))


def with_arkit(document: Document, values: Mapping[str, float]) -> Document:
    """The document with some ARKit weights changed, the others as they were.

    What the face has beyond its 52 weights (a photo's own expression, gaze, coefficients moved by
    hand) stays: only the difference of the weights is added, in the head's own parameters. So a
    slider that is moved and moved back leaves the face as it was, and all sliders keep their
    values though no head can show every combination of them exactly.

    Args:
        document: the document; without a face that has weights it comes back as it is.
        values: new weights by name, cut to 0..2.

    Raises:
        KeyError: an unknown name.
    """
    avatar, state, before = document.avatar, document.head_state, document.arkit
    if avatar is None or state is None or before is None:
        return document
    after = list(before)
    for name, value in values.items():
        after[_INDEX[name]] = min(max(float(value), 0.0), MOST_WEIGHT)
    if tuple(after) == before:
        return document
    import torch

    from avatars.head.arkit import state_from_arkit

    change = torch.tensor([new - old for new, old in zip(after, before, strict=True)])
    moved = state_from_arkit(avatar.head, change, state)
    return replace(document, head_state=moved, arkit=tuple(after))


def with_face(document: Document, values: Mapping[str, float]) -> Document:
    """The document with exactly these ARKit weights, all others and all the rest of the face at 0.

    The head's place and turn stay.

    Raises:
        KeyError: an unknown name.
    """
    return with_arkit(with_rest(document), values)


def with_rest(document: Document) -> Document:
    """The document with the face at rest; the head's place and turn stay."""
    avatar, state = document.avatar, document.head_state
    if avatar is None or state is None:
        return document
    rest = avatar.head.neutral()
    placed = replace(rest, global_orient=state.global_orient, transl=state.transl)
    weights = None if avatar.head.arkit is None else (0.0,) * len(ARKIT_NAMES)
    return replace(document, head_state=placed, arkit=weights)


def with_head_state(document: Document, state: "HeadState") -> Document:
    """The document with another state; its weights follow where the state tells another face.

    A turn of neck or head leaves all of them as they are, a turn of the eyes all but those of the
    gaze.
    """
    avatar, old = document.avatar, document.head_state
    if avatar is None or old is None or state is old:
        return document
    weights = document.arkit
    if weights is not None and not _same(old, state, ("expression", "jaw_pose", "eyelids")):
        weights = _matched(document, state, tuple(range(len(ARKIT_NAMES))))
    elif weights is not None and not _same(old, state, ("leye_pose", "reye_pose")):
        weights = _matched(document, state, _GAZE)
    return replace(document, head_state=state, arkit=weights)


def with_beta(document: Document, index: int, value: float) -> Document:
    """The document with one identity coefficient changed, standard deviations.

    Raises:
        IndexError: the head has no such coefficient.
    """
    import torch

    from avatars.avatar import Identity

    avatar = document.avatar
    if avatar is None:
        return document
    if not 0 <= index < avatar.head.shape_count:
        raise IndexError(f"no identity coefficient {index} among {avatar.head.shape_count}")
    identity = avatar.identity
    betas = torch.zeros(avatar.head.shape_count)
    betas[: len(identity.betas)] = identity.betas
    if float(betas[index]) == torch.tensor(value, dtype=betas.dtype).item():
        return document
    betas[index] = value
    changed = replace(avatar, identity=Identity(betas, identity.offsets, identity.name))
    return replace(document, avatar=changed)


def with_shape_reset(document: Document) -> Document:
    """The document with the head's mean shape, all identity coefficients at 0."""
    import torch

    from avatars.avatar import Identity

    avatar = document.avatar
    if avatar is None or not bool(avatar.identity.betas.any()):
        return document
    identity = avatar.identity
    rest = torch.zeros_like(identity.betas)
    changed = replace(avatar, identity=Identity(rest, identity.offsets, identity.name))
    return replace(document, avatar=changed)


def upright(state: "HeadState") -> "HeadState":
    """The state with the head's own place and turn taken out, as the free camera shows it.

    The neck stays: it is how the head is turned by hand.
    """
    import torch

    still = torch.zeros_like(state.transl)
    return replace(state, global_orient=still, transl=still)


def _same(old: "HeadState", new: "HeadState", names: tuple[str, ...]) -> bool:
    import torch

    pairs = [(getattr(old, name), getattr(new, name)) for name in names]
    return all(one is other or torch.equal(one, other) for one, other in pairs)


def _matched(
    document: Document, state: "HeadState", numbers: tuple[int, ...]
) -> tuple[float, ...] | None:
    """The document's weights, those of some names matched anew to a state."""
    from app.document import arkit_of

    assert document.avatar is not None
    found = arkit_of(document.avatar, state)
    if found is None or document.arkit is None:
        return found
    weights = list(document.arkit)
    for number in numbers:
        weights[number] = found[number]
    return tuple(weights)
