"""The ``.avatar`` file: written whole or not at all, read as if a stranger had made it.

A zip of ``manifest.json``, ``arrays.npz``, ``head.npz``, ``thumb.png``, ``source.jpg`` and
``layers/``.
The same avatar and provenance give the same bytes. A FLAME head is never put inside, its licence
forbids that; such a file opens where that head is installed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.avatar import Identity
from avatars.errors import HeadMismatch, NewerFile
from avatars.files import embedded_head, map_arrays, migrations
from avatars.files.archive import (
    Archive,
    Hostile,
    opened_archive,
    packed_arrays,
    read_arrays,
    write_archive,
)
from avatars.files.manifest import (
    FORMAT_VERSION,
    MAX_BYTES,
    Framing,
    HeadReference,
    Json,
    Manifest,
    Provenance,
    Source,
    from_json,
    raw_json,
    to_json,
    version_of,
)
from avatars.head.arkit_names import ARKIT_NAMES
from avatars.head.model import HeadModel
from avatars.head.state import HeadState
from avatars.kinds.uv_avatar import UvAvatar
from avatars.npz import Arrays
from avatars.sampling import sample_table
from renderer.camera import Camera
from renderer.disk import open_input, replacing, shown

HeadLookup = Callable[[HeadReference], HeadModel | None]
"""The installed head of a reference's fingerprint, or None."""

LAYERS = "layers/"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_MAX_THUMB = 16 << 20
_MAX_PHOTO = 16 << 20
_MOST_WEIGHT = 2.0  # of an ARKit name


@dataclass(frozen=True, eq=False)
class StoredAvatar:
    """An avatar with all that is kept beside it.

    Attributes:
        avatar: the avatar.
        state: its resting face.
        provenance: where it comes from.
        source: the picture it was made from, or None.
        camera: that picture's camera, or None.
        render: how to show it.
        layers: descriptions of edit layers, as JSON objects.
        layer_files: further files by name under ``layers/``, which that prefix is part of.
        thumb: a PNG, or None.
        photo: a JPEG of the square of the picture that the camera sees, or None.
        arkit: the 52 ARKit weights that led to the state, for sliders, or None.
    """

    avatar: UvAvatar
    state: HeadState
    provenance: Provenance
    source: Source | None = None
    camera: Camera | None = None
    render: Framing = field(default_factory=Framing)
    layers: tuple[Json, ...] = ()
    layer_files: Mapping[str, bytes] = field(default_factory=dict)
    thumb: bytes | None = None
    photo: bytes | None = None
    arkit: tuple[float, ...] | None = None


def write_avatar(path: Path, stored: StoredAvatar) -> None:
    """Write an avatar; what the name held before stays whole until the new file is complete.

    Raises:
        UserError: no room, no such folder, or not ours to write.
        ValueError: the thumb is no PNG, the photo no JPEG, a layer file lies elsewhere, or the
            state is batched.
    """
    members = _members(stored)
    with replacing(path) as handle:
        write_archive(handle, members)


def read_avatar(path: Path, heads: HeadLookup) -> StoredAvatar:
    """The avatar of a file, on the CPU, fully checked.

    Args:
        path: the file.
        heads: finds installed heads; asked first, even if the file brings its head along.

    Raises:
        HeadMismatch: the head is neither installed nor in the file.
        NewerFile: the file's format is newer than this program.
        UnreadableFile: missing, damaged, hostile, or not an avatar file.
    """
    with open_input(path) as handle, opened_archive(path, handle) as archive:
        raw = _described(archive, path)
        arrays = read_arrays(archive.read("arrays.npz"))
        raw, arrays = migrations.migrated(raw, arrays)
        manifest = from_json(raw)
        head = _head(archive, manifest.head, heads, path)
        return _stored(archive, manifest, arrays, head)


def read_manifest(path: Path) -> Manifest:
    """What a file says about itself; nothing else of it is unpacked and no head is needed.

    Raises:
        NewerFile: the file's format is newer than this program.
        UnreadableFile: missing, damaged, hostile, or not an avatar file.
    """
    with open_input(path) as handle, opened_archive(path, handle) as archive:
        return from_json(migrations.migrated(_described(archive, path), {})[0])


def _members(stored: StoredAvatar) -> dict[str, bytes]:
    avatar, head = stored.avatar, stored.avatar.head
    manifest = Manifest(
        method=avatar.method_id,
        name=avatar.identity.name,
        head=HeadReference(head.name, head.version, head.fingerprint),
        samples=avatar.table.wanted,
        splats=len(avatar),
        map_size=avatar.maps.size,
        layers=stored.layers,
        source=stored.source,
        render=stored.render,
        provenance=stored.provenance,
    )
    # Last first would do as well; this order shows the description at the head of the file.
    members = {
        "manifest.json": to_json(manifest),
        "arrays.npz": packed_arrays(_arrays(stored)),
    }
    if embedded_head.is_allowed(head):
        members["head.npz"] = embedded_head.pack(head)
    if stored.thumb is not None:
        if not stored.thumb.startswith(_PNG):
            raise ValueError("the thumb is no PNG")
        members["thumb.png"] = stored.thumb
    if stored.photo is not None:
        if not stored.photo.startswith(_JPEG) or len(stored.photo) > _MAX_PHOTO:
            raise ValueError("the photo is no JPEG, or too large")
        members["source.jpg"] = stored.photo
    for name in sorted(stored.layer_files):
        if not name.startswith(LAYERS):
            raise ValueError(f"the layer file '{name}' does not lie in {LAYERS}")
        members[name] = stored.layer_files[name]
    return members


def _arrays(stored: StoredAvatar) -> Arrays:
    avatar, identity = stored.avatar, stored.avatar.identity
    if stored.state.frames is not None:
        raise ValueError("the resting face is one state, not a batch")
    arrays = map_arrays.pack_maps(avatar.maps)
    arrays["betas"] = _plain(identity.betas)
    if identity.offsets is not None:
        arrays["offsets"] = _plain(identity.offsets)
    if stored.arkit is not None:
        if len(stored.arkit) != len(ARKIT_NAMES):
            raise ValueError(f"{len(stored.arkit)} ARKit weights, not {len(ARKIT_NAMES)}")
        arrays["state_arkit"] = np.array(stored.arkit, np.float32)
    arrays |= map_arrays.pack_state(stored.state) | map_arrays.pack_loose(avatar.loose)
    if stored.camera is not None:
        size = [stored.camera.width, stored.camera.height]
        arrays["camera_viewmat"] = _plain(stored.camera.viewmat)
        arrays["camera_K"] = _plain(stored.camera.K)
        arrays["camera_size"] = np.array(size, np.float32)
    return arrays


def _described(archive: Archive, path: Path) -> Json:
    if "manifest.json" not in archive.names or "arrays.npz" not in archive.names:
        raise Hostile("it is no avatar file")
    content = archive.read("manifest.json")
    if len(content) > MAX_BYTES:
        raise Hostile("its manifest is too long")
    raw = raw_json(content)
    version = version_of(raw)
    if version > FORMAT_VERSION:
        raise NewerFile(
            f"{shown(path)} has avatar format {version}, this program reads up to "
            f"{FORMAT_VERSION}.",
            "Install the newest avatar-gui.",
        )
    return raw


def _head(archive: Archive, wanted: HeadReference, heads: HeadLookup, path: Path) -> HeadModel:
    found = heads(wanted)
    if found is not None and found.fingerprint == wanted.fingerprint:
        return found.to("cpu")
    if "head.npz" in archive.names:
        head = embedded_head.unpack(archive.read("head.npz"), path)
        if head.fingerprint != wanted.fingerprint:
            raise Hostile("the head inside is not the one it names")
        return head
    called = wanted.version or wanted.name or "unknown"
    raise HeadMismatch(
        f"{shown(path)} was made on the head '{called[:80]}', which is not installed here.",
        "Bring that very model in with `avatar-gui head import`, then open the file again.",
    )


def _stored(archive: Archive, manifest: Manifest, arrays: Arrays, head: HeadModel) -> StoredAvatar:
    if not head.has_uv:
        raise Hostile("its head has no texture coordinates")
    betas = map_arrays.floats(arrays, "betas", (None,))
    if len(betas) > head.shape_count:
        raise Hostile("'betas' is longer than the head allows")
    offsets = None
    if "offsets" in arrays:
        moved = map_arrays.floats(arrays, "offsets", (head.vertex_count, 3), most=10)
        offsets = torch.from_numpy(moved)
    loose = map_arrays.unpack_loose(arrays, head.face_count)
    avatar = UvAvatar(
        head=head,
        identity=Identity(torch.from_numpy(betas), offsets, manifest.name),
        maps=map_arrays.unpack_maps(arrays, manifest.map_size),
        table=sample_table(head, manifest.samples),
        method_id=manifest.method,
        loose=loose,
    )
    thumb = archive.read("thumb.png") if "thumb.png" in archive.names else None
    if thumb is not None and (len(thumb) > _MAX_THUMB or not thumb.startswith(_PNG)):
        raise Hostile("its thumb is no picture")
    photo = archive.read("source.jpg") if "source.jpg" in archive.names else None
    if photo is not None and (len(photo) > _MAX_PHOTO or not photo.startswith(_JPEG)):
        raise Hostile("its photo is no JPEG")
    return StoredAvatar(
        avatar=avatar,
        state=map_arrays.unpack_state(arrays, head.expression_count),
        provenance=manifest.provenance,
        source=manifest.source,
        camera=_camera(arrays),
        render=manifest.render,
        layers=manifest.layers,
        layer_files={name: archive.read(name) for name in archive.names if name.startswith(LAYERS)},
        thumb=thumb,
        photo=photo,
        arkit=_arkit(arrays),
    )


def _arkit(arrays: Arrays) -> tuple[float, ...] | None:
    if "state_arkit" not in arrays:
        return None
    weights = map_arrays.floats(arrays, "state_arkit", (len(ARKIT_NAMES),), most=_MOST_WEIGHT)
    if bool((weights < 0).any()):
        raise Hostile("'state_arkit' holds negative weights")
    return tuple(float(weight) for weight in weights)


def _camera(arrays: Arrays) -> Camera | None:
    if "camera_viewmat" not in arrays:
        return None
    viewmat, K = (
        torch.from_numpy(map_arrays.floats(arrays, name, shape, most=1e6))
        for name, shape in (("camera_viewmat", (4, 4)), ("camera_K", (3, 3)))
    )
    width, height = map_arrays.floats(arrays, "camera_size", (2,), most=1 << 20)
    return Camera(viewmat, K, int(width), int(height))


def _plain(values: Any) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.detach().cpu().numpy().astype(np.float32)
    return array
