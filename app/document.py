"""The document: everything that is saved and undone, as one frozen value."""

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avatars.files.avatar_file import StoredAvatar
    from avatars.files.manifest import Framing, Provenance, Source
    from avatars.head.state import HeadState
    from avatars.kinds.uv_avatar import UvAvatar
    from renderer.camera import Camera
    from renderer.gaussians import Gaussians

UNTITLED = "Untitled"
DISTANCE = 0.75  # metres; from here a head is shown unless its file says otherwise

Point = tuple[float, float, float]

_lineages = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Origin:
    """Where an avatar comes from; kept from file to file.

    Attributes:
        provenance: program, method, options and moment.
        source: the picture it was made from, or None.
        camera: that picture's camera, or None.
        framing: how to show it from the front.
        thumb: a PNG, or None.
        photo: a JPEG of the source crop, for comparing, or None.
    """

    provenance: "Provenance"
    source: "Source | None" = None
    camera: "Camera | None" = None
    framing: "Framing | None" = None
    thumb: bytes | None = None
    photo: bytes | None = None


@dataclass(frozen=True, eq=False)
class Document:
    """What is open. Edits make another one; "unsaved" is "not the saved object".

    Attributes:
        name: of the person or file.
        avatar: the avatar, or None.
        splats: of a plain splat file that is looked at, or None.
        head_state: the resting face; None without an avatar.
        arkit: the 52 ARKit weights that the sliders show, beside the state they led to; None
            without an avatar or on a head that has no ARKit table.
        layers: edit layers, the lowest first.
        motion: a motion to play, or None.
        origin: where the avatar comes from, or None.
        centre: what the camera looks at when it frames the document, metres.
        distance: from which all of it is in the picture, metres.
        lineage: number that all edits of one avatar share: they belong to the same file.
    """

    name: str = UNTITLED
    avatar: "UvAvatar | None" = None
    splats: "Gaussians | None" = None
    head_state: "HeadState | None" = None
    arkit: tuple[float, ...] | None = None
    layers: tuple[Any, ...] = ()
    motion: Any | None = None
    origin: Origin | None = None
    centre: Point = (0.0, 0.0, 0.0)
    distance: float = DISTANCE
    lineage: int = field(default_factory=lambda: next(_lineages))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.avatar is None and self.splats is None


EMPTY = Document()


def document_of(stored: "StoredAvatar", name: str = "") -> Document:
    """The document of a stored avatar.

    Meant for a worker: the first face on a head is matched with the ARKit names, which takes a
    moment.

    Args:
        stored: the avatar with what is kept beside it.
        name: of the document; by default the person's.

    Raises:
        UserError: the file's layers are damaged or do not fit the head.
    """
    from app.shots import head_centre

    avatar, state = stored.avatar.to("cpu"), stored.state.to("cpu")
    layers: tuple[Any, ...] = ()
    if stored.layers:
        from avatars.edits.compose import compose
        from avatars.edits.stored import layers_from_files

        layers = tuple(layers_from_files(stored.layers, stored.layer_files))
        # Said here what is wrong with a layer; and the first picture finds the work done.
        compose(avatar, layers)
    return Document(
        name=name or avatar.identity.name or UNTITLED,
        avatar=avatar,
        head_state=_whole(state, avatar),
        arkit=stored.arkit or arkit_of(avatar, state),
        layers=layers,
        origin=Origin(
            stored.provenance,
            stored.source,
            stored.camera,
            stored.render,
            stored.thumb,
            stored.photo,
        ),
        centre=head_centre(avatar),
        distance=stored.render.distance_m,
    )


def looks_of(document: Document) -> "UvAvatar":
    """The document's avatar as it looks, its layers in its maps.

    Raises:
        UserError: a layer does not fit the head.
        ValueError: the document holds no avatar.
    """
    if document.avatar is None:
        raise ValueError("a document without an avatar has no looks")
    if not document.layers:
        return document.avatar
    from avatars.edits.compose import composed_avatar

    return composed_avatar(document.avatar, document.layers)


def stored_of(document: Document) -> "StoredAvatar":
    """What a file keeps of a document.

    Raises:
        ValueError: the document holds no avatar.
    """
    from avatars.avatar import Identity
    from avatars.files.avatar_file import StoredAvatar
    from avatars.files.manifest import Framing, Json

    avatar, state, origin = document.avatar, document.head_state, document.origin
    if avatar is None or state is None:
        raise ValueError("a document without an avatar is not stored")
    if origin is None:
        origin = Origin(_our_provenance(avatar.method_id))
    identity = avatar.identity
    if identity.name != document.name:
        named = Identity(identity.betas, identity.offsets, document.name)
        avatar = replace(avatar, identity=named)
    layers: tuple[Json, ...] = ()
    files: dict[str, bytes] = {}
    if document.layers:
        from avatars.edits.stored import layers_to_files

        layers, files = layers_to_files(document.layers)
    return StoredAvatar(
        avatar=avatar,
        state=state,
        provenance=origin.provenance,
        source=origin.source,
        camera=origin.camera,
        render=origin.framing or Framing(),
        layers=layers,
        layer_files=files,
        thumb=origin.thumb,
        photo=origin.photo,
        arkit=document.arkit,
    )


def arkit_of(avatar: "UvAvatar", state: "HeadState") -> tuple[float, ...] | None:
    """The 52 ARKit weights that come closest to a face; None on a head without their table."""
    if avatar.head.arkit is None:
        return None
    from avatars.head.arkit import arkit_from_state

    weights = arkit_from_state(avatar.head, state).tolist()
    # What is far below a slider's step is noise of the matching, not a face somebody made.
    return tuple(0.0 if abs(weight) < 1e-4 else float(weight) for weight in weights)


def _whole(state: "HeadState", avatar: "UvAvatar") -> "HeadState":
    """The state with all expressions of the head; files keep the first ones where the rest is 0."""
    import torch

    missing = avatar.head.expression_count - state.expression.shape[-1]
    if missing <= 0:
        return state
    return replace(
        state, expression=torch.cat([state.expression, state.expression.new_zeros(missing)])
    )


def _our_provenance(method: str) -> "Provenance":
    from app import __version__
    from avatars.files.manifest import Provenance

    return Provenance("avatar-gui", __version__, method)
