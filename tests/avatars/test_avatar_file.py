"""The .avatar file: what goes in comes out, whole or not at all; strangers' files are judged."""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avatars.errors import HeadMismatch, NewerFile, UnreadableFile, UserError
from avatars.files import avatar_file, embedded_head, migrations
from avatars.files.archive import packed_arrays, read_arrays, write_archive
from avatars.files.avatar_file import read_avatar, read_manifest, write_avatar
from avatars.files.manifest import FORMAT_VERSION, HeadReference
from avatars.head.model import HeadModel
from tests.make_avatar import stored_avatar
from tests.make_head import uv_head


def nowhere(reference: HeadReference) -> HeadModel | None:
    """No head is installed."""
    return None


@pytest.fixture(scope="module")
def stored():
    return stored_avatar()


@pytest.fixture(scope="module")
def written(stored, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("avatar") / "ada.avatar"
    write_avatar(path, stored)
    return path


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


def test_everything_comes_back(stored, written):
    back = read_avatar(written, nowhere)
    before, after = stored.avatar, back.avatar
    assert after.head.fingerprint == before.head.fingerprint
    assert after.method_id == before.method_id
    assert after.identity.name == "Ada"
    assert torch.equal(after.identity.betas, before.identity.betas)
    assert torch.equal(after.identity.offsets, before.identity.offsets)
    assert torch.equal(after.table.face, before.table.face)
    for name, atol, rtol in (
        ("rgb", 8e-6, 0),
        ("opacity", 8e-6, 0),
        ("scales", 3e-11, 5e-4),
        ("quats", 2e-5, 0),
        ("offset", 3e-11, 5e-4),
    ):
        found, wanted = getattr(after.maps, name), getattr(before.maps, name)
        torch.testing.assert_close(found, wanted, atol=atol, rtol=rtol)
    assert torch.equal(after.maps.valid, before.maps.valid)
    assert after.loose is not None
    torch.testing.assert_close(after.loose.rgb, before.loose.rgb, atol=8e-6, rtol=0)
    torch.testing.assert_close(after.loose.offset, before.loose.offset, atol=3e-11, rtol=5e-4)
    for item in fields(stored.state):
        assert torch.equal(getattr(back.state, item.name), getattr(stored.state, item.name))
    assert back.camera is not None
    assert torch.equal(back.camera.viewmat, stored.camera.viewmat)
    assert (back.camera.width, back.camera.height) == (512, 512)
    for name in ("provenance", "source", "render", "layers", "layer_files", "thumb"):
        assert getattr(back, name) == getattr(stored, name), name
    splats = back.avatar.pose(back.state)
    wanted = stored.avatar.pose(stored.state)
    torch.testing.assert_close(splats.means, wanted.means, rtol=0, atol=6e-6)


def test_the_least_avatar_comes_back(stored, tmp_path):
    identity = replace(stored.avatar.identity, offsets=None)
    bare = avatar_file.StoredAvatar(
        replace(stored.avatar, identity=identity, loose=None), stored.state, stored.provenance
    )
    write_avatar(tmp_path / "a.avatar", bare)
    back = read_avatar(tmp_path / "a.avatar", nowhere)
    assert back.avatar.loose is back.avatar.identity.offsets is back.source is back.camera is None
    assert back.thumb is None
    assert back.layers == ()


def test_writing_what_was_read_gives_the_same_bytes(stored, written, tmp_path):
    back = read_avatar(written, lambda reference: stored.avatar.head)
    assert back.avatar.head is stored.avatar.head, "an installed head is preferred"
    write_avatar(tmp_path / "again.avatar", back)
    assert (tmp_path / "again.avatar").read_bytes() == written.read_bytes()
    write_avatar(tmp_path / "fresh.avatar", stored_avatar())
    assert (tmp_path / "fresh.avatar").read_bytes() == written.read_bytes()


def test_only_the_moment_differs_between_two_runs(stored, written, tmp_path):
    later = replace(stored, provenance=replace(stored.provenance, created="later"))
    write_avatar(tmp_path / "later.avatar", later)
    first, second = members(written), members(tmp_path / "later.avatar")
    assert [name for name in first if first[name] != second[name]] == ["manifest.json"]
    with zipfile.ZipFile(written) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_the_manifest_is_read_without_the_rest(written, tmp_path):
    manifest = read_manifest(written)
    assert (manifest.map_size, manifest.method, manifest.name) == (16, "textured-head", "Ada")
    assert manifest.splats == len(stored_avatar().avatar)
    assert manifest.source is not None
    assert manifest.source.crop == (100.0, -20.5, 300.0)
    broken = rewritten(written, tmp_path / "a.avatar", arrays_npz=b"rubbish")
    assert read_manifest(broken) == manifest


def test_one_colour_everywhere_takes_no_room(stored, tmp_path):
    size = 512
    maps = replace(stored.avatar.maps.resized(size), rgb=torch.full((size, size, 3), 0.5))
    write_avatar(tmp_path / "a.avatar", replace(stored, avatar=replace(stored.avatar, maps=maps)))
    arrays = read_arrays(members(tmp_path / "a.avatar")["arrays.npz"])
    assert arrays["map_rgb"].shape == (1, 1, 3)
    assert arrays["map_quats"].shape == (1, 1, 4)
    back = read_avatar(tmp_path / "a.avatar", nowhere).avatar.maps
    torch.testing.assert_close(back.rgb, maps.rgb, atol=8e-6, rtol=0)
    assert back.rgb.is_contiguous()


def test_a_flame_head_stays_outside_and_is_asked_for(stored, tmp_path):
    flame = replace(uv_head(), version="FLAME 2023 Open", name="flame")
    path = tmp_path / "a.avatar"
    write_avatar(path, stored_avatar(flame))
    assert "head.npz" not in members(path)
    with pytest.raises(HeadMismatch, match=r"FLAME 2023 Open.*head import"):
        read_avatar(path, nowhere)
    other = replace(uv_head(), uvs=uv_head().uvs * 0.5, fingerprint="")
    with pytest.raises(HeadMismatch, match="head import"):
        read_avatar(path, lambda reference: other)
    asked = []
    back = read_avatar(path, lambda reference: asked.append(reference) or flame)
    assert back.avatar.head is flame
    assert asked[0] == HeadReference("flame", "FLAME 2023 Open", flame.fingerprint)


def test_a_head_of_whole_steps_is_packed_as_such(tmp_path):
    head = uv_head()
    numbers = np.random.default_rng(0).integers(-3000, 3000, head.exprdirs.shape)
    whole = replace(
        head,
        shapedirs=torch.zeros_like(head.shapedirs),
        exprdirs=torch.from_numpy(numbers.astype(np.float32) * np.float32(1e-5)),
        fingerprint="",
    )
    rough = replace(whole, exprdirs=whole.exprdirs * 1.01 + 1e-7, fingerprint="")
    packed = embedded_head.pack(whole)
    assert embedded_head.unpack(packed, tmp_path).fingerprint == whole.fingerprint
    assert read_arrays(packed)["exprdirs"].dtype == np.int16
    assert read_arrays(embedded_head.pack(rough))["exprdirs"].dtype == np.float32
    assert embedded_head.pack(whole) is packed


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_failure_while_saving_leaves_the_old_file(
    stored, written, tmp_path, monkeypatch, failure
):
    path = tmp_path / "a.avatar"
    path.write_bytes(written.read_bytes())

    def half(handle, content):
        handle.write(b"PK half")
        raise failure

    monkeypatch.setattr(avatar_file, "write_archive", half)
    with pytest.raises((UserError, KeyboardInterrupt)) as caught:
        write_avatar(path, stored)
    if isinstance(failure, OSError):
        assert "no room" in str(caught.value)
    assert path.read_bytes() == written.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["a.avatar"]


def test_being_killed_while_saving_leaves_the_old_file(written, tmp_path):
    path = tmp_path / "a.avatar"
    path.write_bytes(written.read_bytes())
    script = """
import os, signal, sys
from pathlib import Path
from renderer.disk import replacing
with replacing(Path(sys.argv[1])) as handle:
    handle.write(b"PK half")
    handle.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == written.read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_or_no_avatar_is_refused(written, tmp_path):
    os.mkfifo(tmp_path / "pipe.avatar")
    (tmp_path / "empty.avatar").touch()
    (tmp_path / "text.avatar").write_text("hello, this is no zip at all, though long enough")
    with zipfile.ZipFile(tmp_path / "other.avatar", "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    for name in ("pipe", "empty", "text", "other", "missing"):
        with pytest.raises(UnreadableFile, match=f"{name}.avatar"):
            read_avatar(tmp_path / f"{name}.avatar", nowhere)


def test_a_newer_file_says_so(written, tmp_path):
    path = with_manifest(written, tmp_path / "a.avatar", format_version=FORMAT_VERSION + 1)
    for read in (lambda: read_avatar(path, nowhere), lambda: read_manifest(path)):
        with pytest.raises(NewerFile, match="newest"):
            read()


def test_earlier_versions_are_brought_up_one_step_at_a_time():
    steps = {
        1: lambda manifest, arrays: ({**manifest, "two": True}, arrays),
        2: lambda manifest, arrays: (manifest, {**arrays, "three": np.ones(1)}),
    }
    old = {"format_version": 1}
    manifest, arrays = migrations.migrated(old, {}, steps=steps, target=3)
    assert manifest == {"format_version": 3, "two": True}
    assert list(arrays) == ["three"]
    assert old == {"format_version": 1}
    with pytest.raises(KeyError):
        migrations.migrated(old, {}, steps={}, target=2)
    assert set(migrations.STEPS) == set(range(1, FORMAT_VERSION))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something else"},
        {"format_version": "1"},
        {"map_size": 10**9},
        {"map_size": True},
        {"samples": -5},
        {"head": {"name": "ball"}},
        {"source": {"width": 1, "height": 1, "crop": [0, 0], "face_px": 1}},
        {"layers": ["no object"]},
        {"method": None},
        {"render": {"focal_px": 10**400, "distance_m": 1}},
        {"render": {"focal_px": float("nan"), "distance_m": 1}},
        {"provenance": {}},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(written, tmp_path, changes):
    path = with_manifest(written, tmp_path / "a.avatar", **changes)
    with pytest.raises(UnreadableFile):
        read_avatar(path, nowhere)


def deep() -> bytes:
    return b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", deep(), b"1" * 5000])
def test_a_manifest_that_is_no_json_is_refused(written, tmp_path, content):
    path = rewritten(written, tmp_path / "a.avatar", manifest_json=content)
    with pytest.raises(UnreadableFile):
        read_manifest(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"map_rgb": None},
        {"map_rgb": np.zeros((8, 8, 3), np.uint16)},
        {"map_rgb": np.zeros((16, 16, 3), np.float64)},
        {"map_scales": np.full((16, 16, 3), np.nan, np.float16)},
        {"map_scales": np.full((16, 16, 3), -1, np.float16)},
        {"map_offset": np.full((1, 1, 3), np.inf, np.float16)},
        {"map_quats": np.zeros((1, 1, 4), np.int16)},
        {"map_valid": np.zeros(3, np.uint8)},
        {"betas": np.zeros(3, np.float32)},
        {"betas": np.full(2, np.nan, np.float32)},
        {"offsets": np.zeros((4, 3), np.float32)},
        {"state_expression": np.zeros(100, np.float32)},
        {"state_jaw_pose": np.zeros(4, np.float32)},
        {"state_transl": None},
        {"loose_face": np.full(5, 10**6, np.int32)},
        {"loose_rgb": np.zeros((4, 3), np.uint16)},
        {"camera_size": np.zeros(2, np.float32)},
        {"camera_K": np.full((3, 3), np.inf, np.float32)},
    ],
)
def test_arrays_that_make_no_avatar_are_refused(written, tmp_path, changes):
    path = with_arrays(written, tmp_path / "a.avatar", **changes)
    with pytest.raises(UnreadableFile, match=r"a\.avatar"):
        read_avatar(path, nowhere)


def test_a_pickle_inside_is_never_opened(written, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "opened"),)

    stream = io.BytesIO()
    np.savez(stream, betas=np.array([Trap()], object), allow_pickle=True)
    path = rewritten(written, tmp_path / "a.avatar", arrays_npz=stream.getvalue())
    with pytest.raises(UnreadableFile, match="Python objects"):
        read_avatar(path, nowhere)
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "layers/../../evil", "C:evil", "a\\b", "layers//a", "x" * 300]
)
def test_names_that_lead_elsewhere_are_refused(written, tmp_path, name):
    path = tmp_path / "a.avatar"
    with path.open("wb") as handle:
        write_archive(handle, {**members(written), name: b"x"})
    with pytest.raises(UnreadableFile, match="leads elsewhere"):
        read_avatar(path, nowhere)


def test_members_that_occur_twice_are_refused(written, tmp_path):
    path = tmp_path / "a.avatar"
    path.write_bytes(written.read_bytes())
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(path, "a") as archive,
    ):
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(UnreadableFile, match="twice"):
        read_avatar(path, nowhere)


def test_encrypted_and_oddly_packed_archives_are_refused(written, tmp_path):
    content = bytearray(written.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 8] |= 1
    (tmp_path / "a.avatar").write_bytes(content)
    with pytest.raises(UnreadableFile, match="encrypted"):
        read_avatar(tmp_path / "a.avatar", nowhere)
    with zipfile.ZipFile(tmp_path / "b.avatar", "w", zipfile.ZIP_BZIP2) as archive:
        for name, value in members(written).items():
            archive.writestr(name, value)
    with pytest.raises(UnreadableFile, match="unusual"):
        read_avatar(tmp_path / "b.avatar", nowhere)


def test_bombs_are_refused_before_they_go_off(written, tmp_path):
    path = tmp_path / "a.avatar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members(written).items():
            archive.writestr(name, value)
        for i in range(5):
            archive.writestr(f"layers/{i}", bytes(20 << 20))
    with pytest.raises(UnreadableFile, match="far more than its own size"):
        read_avatar(path, nowhere)
    bomb = packed_arrays({"betas": np.zeros(20 << 20, np.float32)})
    nested = rewritten(written, path, arrays_npz=bomb)
    with pytest.raises(UnreadableFile, match="far more than its own size"):
        read_avatar(nested, nowhere)
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(70_000):
            archive.writestr(zipfile.ZipInfo(f"{i}"), b"")
    with pytest.raises(UnreadableFile, match="too many"):
        read_avatar(path, nowhere)


def test_one_flipped_bit_is_noticed(written, tmp_path):
    content = bytearray(written.read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "a.avatar").write_bytes(content)
    with pytest.raises(UnreadableFile):
        read_avatar(tmp_path / "a.avatar", nowhere)


def test_a_head_inside_that_is_another_or_broken_is_refused(written, tmp_path):
    other = embedded_head.pack(replace(uv_head(), uvs=uv_head().uvs * 0.5, fingerprint=""))
    path = rewritten(written, tmp_path / "a.avatar", head_npz=other)
    with pytest.raises(UnreadableFile, match="not the one it names"):
        read_avatar(path, nowhere)
    path = rewritten(written, path, head_npz=packed_arrays({"format": np.array("no")}))
    with pytest.raises(UnreadableFile, match=r"The head in .*a\.avatar: its head is not"):
        read_avatar(path, nowhere)


def test_nonsense_is_not_written(stored, tmp_path):
    for changes in (
        {"thumb": b"GIF89a"},
        {"layer_files": {"elsewhere/a.png": b""}},
        {"state": stored.avatar.head.neutral(2)},
        {"render": replace(stored.render, distance_m=float("nan"))},
    ):
        with pytest.raises(ValueError, match=r"PNG|layers/|batch|JSON"):
            write_avatar(tmp_path / "a.avatar", replace(stored, **changes))
    assert not list(tmp_path.iterdir())
