"""What a method gives back: an avatar, and what the input said beside it."""

from dataclasses import dataclass, field

from avatars.files.manifest import Framing, Source
from avatars.head.state import HeadState
from avatars.kinds.uv_avatar import UvAvatar
from renderer.camera import Camera


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """An avatar made from an input.

    Attributes:
        avatar: on the device it was made on.
        state: the face as the input shows it, with its turn and place; on the CPU.
        source: the input picture.
        camera: that picture's camera for the square crop, or None.
        framing: how to show the avatar from the front.
        warnings: sentences about the input that the user should see.
        photo: a JPEG of the square crop that the camera sees, for comparing, or None.
    """

    avatar: UvAvatar
    state: HeadState
    source: Source | None = None
    camera: Camera | None = None
    framing: Framing = field(default_factory=Framing)
    warnings: tuple[str, ...] = ()
    photo: bytes | None = None
