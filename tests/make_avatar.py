"""Small avatars and what is stored with them."""

import json
import zipfile
from pathlib import Path

import torch

from avatars.avatar import Identity
from avatars.files.archive import packed_arrays, read_arrays, write_archive
from avatars.files.avatar_file import StoredAvatar
from avatars.files.manifest import Framing, HeadReference, Provenance, Source
from avatars.head.model import HeadModel
from avatars.kinds.attributes import Loose
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.maps import AttributeMaps
from avatars.sampling import sample_table
from renderer.camera import look_at
from tests.make_head import uv_head

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))


def stored_avatar(head=None, *, size: int = 16, count: int = 1000, seed: int = 0) -> StoredAvatar:
    """An avatar with everything a file can hold, its numbers drawn from a seed."""
    random = torch.Generator().manual_seed(seed)

    def uniform(*shape: int, low: float = 0.0, high: float = 1.0):
        return low + (high - low) * torch.rand(*shape, generator=random)

    head = head or uv_head()
    table = sample_table(head, count)
    start = initial_maps(head, table, size)
    maps = AttributeMaps(
        rgb=uniform(size, size, 3),
        opacity=uniform(size, size),
        scales=start.scales,
        quats=start.quats,
        offset=uniform(size, size, 3, low=-1e-3, high=1e-3),
        valid=start.valid,
    )
    wisps = Loose(
        face=torch.arange(5),
        barycentrics=torch.full((5, 3), 1 / 3),
        offset=uniform(5, 3, high=0.01),
        rgb=uniform(5, 3),
        opacity=uniform(5),
        scales=uniform(5, 3, high=1e-3),
    )
    identity = Identity(uniform(2), uniform(head.vertex_count, 3, high=1e-3), "Ada")
    avatar = UvAvatar(head, identity, maps, table, "textured-head", wisps)
    neutral = head.neutral()
    neutral.expression[0] = 0.25
    return StoredAvatar(
        avatar=avatar,
        state=neutral,
        provenance=Provenance(
            "avatar-gui", "0.1.0", "textured-head", {"steps": 30, "quality": "fine"}, 7, "now"
        ),
        source=Source(640, 480, (100.0, -20.5, 300.0), 151.5),
        camera=look_at((0, 0, 0.8), (0, 0, 0), focal=900, width=512, height=512),
        render=Framing(1100.0, 0.8),
        layers=({"id": "a", "kind": "sticker"},),
        layer_files={"layers/a.png": PNG},
        thumb=PNG,
    )


def nowhere(reference: HeadReference) -> HeadModel | None:
    """No head is installed."""
    return None


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, target: Path, **changes: bytes | None) -> Path:
    """A copy whose members (dots as underscores) are exchanged, or left out for None."""
    content = members(path)
    for name, value in changes.items():
        name = name.replace("_", ".", 1)
        content.pop(name, None)
        if value is not None:
            content[name] = value
    with target.open("wb") as handle:
        write_archive(handle, content)
    return target


def with_manifest(path: Path, target: Path, **changes) -> Path:
    manifest = json.loads(members(path)["manifest.json"]) | changes
    return rewritten(path, target, manifest_json=json.dumps(manifest).encode())


def with_arrays(path: Path, target: Path, **changes) -> Path:
    arrays = read_arrays(members(path)["arrays.npz"]) | changes
    kept = {name: array for name, array in arrays.items() if array is not None}
    return rewritten(path, target, arrays_npz=packed_arrays(kept))
