"""Whatever bytes come, reading an avatar ends in an avatar or in one sentence for the user."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avatars.errors import UserError
from avatars.files.archive import packed_arrays, read_arrays, write_archive
from avatars.files.avatar_file import StoredAvatar, read_avatar, read_manifest, write_avatar
from tests.make_avatar import stored_avatar
from tests.make_head import uv_head

HEAD = uv_head()
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("fuzz") / "a.avatar"
    write_avatar(path, stored_avatar(HEAD))
    return path.read_bytes()


def read(path: Path, data: bytes, *, embedded: bool = False) -> StoredAvatar | None:
    path.write_bytes(data)
    try:
        read_manifest(path)
        return read_avatar(path, lambda reference: None if embedded else HEAD)
    except UserError as error:
        told = error
    assert str(path) in told.message
    assert told.remedy
    return None


def usable(stored: StoredAvatar | None) -> None:
    """An avatar that was accepted can be shown."""
    if stored is not None:
        splats = stored.avatar.pose(stored.state)
        assert not splats.means.isnan().any()


@quick
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.booleans(),
)
def test_changed_bytes(content, tmp_path, changes, embedded):
    data = bytearray(content)
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    usable(read(tmp_path / "a.avatar", bytes(data), embedded=embedded))


@quick
@given(st.floats(0, 1), st.binary(max_size=64))
def test_cut_short_with_rubbish_after(content, tmp_path, share, rubbish):
    usable(read(tmp_path / "a.avatar", content[: int(share * len(content))] + rubbish + b"x"))


@quick
@given(st.binary(min_size=1, max_size=300))
def test_anything_at_all(tmp_path, data):
    assert read(tmp_path / "a.avatar", data) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def repacked(content: bytes, **members: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    stream = io.BytesIO()
    write_archive(stream, kept | {name.replace("_", "."): v for name, v in members.items()})
    return stream.getvalue()


FIELDS = [
    *("format", "format_version", "method", "name", "head", "samples", "splats", "map_size"),
    *("layers", "source", "render", "provenance"),
    *("head.name", "head.fingerprint", "source.width", "source.crop", "source.face_px"),
    *("render.focal_px", "render.distance_m", "provenance.options", "provenance.seed"),
]


@quick
@given(st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=3))
def test_another_manifest(content, tmp_path, changes):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    for name, value in changes.items():
        outer, _, inner = name.partition(".")
        if not inner:
            manifest[outer] = value
        elif isinstance(manifest.get(outer), dict):
            manifest[outer][inner] = value
    # A table of millions of samples is allowed, but not wanted here.
    if isinstance(manifest["samples"], int) and manifest["samples"] > 5000:
        manifest["samples"] = -manifest["samples"]
    data = repacked(content, manifest_json=json.dumps(manifest).encode())
    usable(read(tmp_path / "a.avatar", data))


@quick
@given(
    name=st.sampled_from(
        [
            *("map_rgb", "map_opacity", "map_scales", "map_quats", "map_offset", "map_valid"),
            *("betas", "offsets", "state_expression", "state_jaw_pose", "loose_face"),
            *("loose_barycentrics", "loose_opacity", "camera_viewmat", "camera_K", "camera_size"),
        ]
    ),
    kind=st.sampled_from(["u1", "u2", "i2", "i4", "f2", "f4", "f8", "U3", "?"]),
    shape=st.lists(st.integers(0, 16), max_size=4),
    fill=st.sampled_from([0, 1, 255, -1, 60000, np.nan, np.inf]),
    same_shape=st.booleans(),
)
def test_another_array(content, tmp_path, name, kind, shape, fill, same_shape):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        arrays = read_arrays(archive.read("arrays.npz"))
    wanted = arrays[name].shape if same_shape else tuple(shape)
    kind = arrays[name].dtype.str if same_shape else kind
    if np.dtype(kind).kind not in "fU":
        fill = int(np.nan_to_num(fill, posinf=1)) % 100
    with np.errstate(over="ignore"):  # 60000 in half precision is on purpose
        arrays[name] = np.full(wanted, fill, kind)
    data = repacked(content, arrays_npz=packed_arrays(arrays))
    usable(read(tmp_path / "a.avatar", data))
