"""Avatar files in and out, with the heads of this machine."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app import __version__
from app.demo import builtin_head
from app.heads import library
from app.paths import paths
from avatars.errors import HeadMismatch
from avatars.files.avatar_file import StoredAvatar, read_avatar, write_avatar
from avatars.files.manifest import HeadReference, Provenance
from avatars.head.flame_teeth import FLAME_VERTICES, with_teeth
from avatars.head.flame_teeth import VERTICES as TEETH_VERTICES
from avatars.head.model import HeadModel
from avatars.reconstruction import Reconstruction

PROGRAM = "avatar-gui"


def load_avatar(path: Path) -> StoredAvatar:
    """The avatar of a file, on the CPU.

    Raises:
        HeadMismatch: its head is neither in the file nor installed.
        NewerFile: it was written by a newer program.
        UnreadableFile: missing, damaged or no avatar file.
    """
    return read_avatar(path, installed_head)


def load_shown(path: Path) -> StoredAvatar:
    """The avatar of a file as it looks: its edit layers are in its maps.

    Raises:
        UnreadableFile: as ``load_avatar``; or the layers are damaged.
        HeadMismatch: as ``load_avatar``; or a layer needs a region that the head lacks.
        NewerFile: as ``load_avatar``.
    """
    found = load_avatar(path)
    if not found.layers:
        return found
    from avatars.edits.actions import shown_avatar

    return replace(found, avatar=shown_avatar(found), layers=(), layer_files={})


def installed_head(wanted: HeadReference) -> HeadModel | None:
    """The head of a fingerprint, built in or imported; None if this machine has none."""
    head = builtin_head()
    if head.fingerprint == wanted.fingerprint:
        return head
    heads = library(paths().heads)
    for stored in heads.heads():
        if stored.version == wanted.version or stored.name == wanted.name:
            found = heads.load(stored.name)
            if found.fingerprint == wanted.fingerprint:
                return found
            if found.vertex_count == FLAME_VERTICES:
                # Avatars of GaussianAvatars stand on FLAME with teeth, which nobody installs.
                found = with_teeth(found)
                if found.fingerprint == wanted.fingerprint:
                    return found
    return None


def installed_flame() -> HeadModel:
    """FLAME: the head in use if it is one, else the first that is installed.

    Raises:
        HeadMismatch: none is installed.
    """
    heads = library(paths().heads)
    named = [heads.in_use(), *heads.names()]
    for name in (name for name in named if name != "default"):
        found = heads.load(name)
        if found.vertex_count in (FLAME_VERTICES, TEETH_VERTICES):
            return found
    raise HeadMismatch(
        "This avatar rides on a FLAME head, and none is installed.",
        "Get FLAME 2023 from flame.is.tue.mpg.de, then `avatar-gui head import FILE`.",
    )


def head_named(name: str | None) -> HeadModel:
    """The head of a name, or the one in use.

    Raises:
        HeadMismatch: no such head.
    """
    heads = library(paths().heads)
    called = name or heads.in_use()
    return builtin_head() if called == "default" else heads.load(called)


def stored(
    made: Reconstruction, options: Mapping[str, object], seed: int, thumb: bytes | None
) -> StoredAvatar:
    """A reconstruction with its provenance, ready to be written."""
    plain = {
        name: value
        for name, value in options.items()
        if isinstance(value, bool | int | float | str)
    }
    return StoredAvatar(
        avatar=made.avatar.to("cpu"),
        state=made.state.to("cpu"),
        provenance=Provenance(
            program=PROGRAM,
            version=__version__,
            method=made.avatar.method_id,
            options=plain,
            seed=seed,
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        ),
        source=made.source,
        camera=made.camera,
        render=made.framing,
        thumb=thumb,
        photo=made.photo,
    )


__all__ = ["head_named", "installed_head", "load_avatar", "load_shown", "stored", "write_avatar"]
