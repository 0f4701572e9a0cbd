"""The .avatar file: what goes in comes out, whole or not at all; strangers' files are judged."""

import errno
import signal
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avatars.errors import HeadMismatch, UserError
from avatars.files import avatar_file, embedded_head
from avatars.files.archive import read_arrays
from avatars.files.avatar_file import read_avatar, read_manifest, write_avatar
from avatars.files.manifest import HeadReference
from tests.make_avatar import members, nowhere, rewritten, stored_avatar
from tests.make_head import uv_head


@pytest.fixture(scope="module")
def stored():
    return stored_avatar()


@pytest.fixture(scope="module")
def written(stored, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("avatar") / "ada.avatar"
    write_avatar(path, stored)
    return path


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


def test_the_photo_and_the_slider_weights_come_back(stored, tmp_path):
    photo = b"\xff\xd8\xff\xe0" + bytes(range(100))
    weights = tuple(number / 52 for number in range(52))
    full = replace(stored, photo=photo, arkit=weights)
    write_avatar(tmp_path / "a.avatar", full)
    assert members(tmp_path / "a.avatar")["source.jpg"] == photo
    back = read_avatar(tmp_path / "a.avatar", nowhere)
    assert back.photo == photo
    assert back.arkit == pytest.approx(weights, abs=1e-7)
    same_head = read_avatar(tmp_path / "a.avatar", lambda reference: stored.avatar.head)
    write_avatar(tmp_path / "again.avatar", same_head)
    assert (tmp_path / "again.avatar").read_bytes() == (tmp_path / "a.avatar").read_bytes()


def test_files_without_photo_and_weights_lack_them(stored, written):
    assert "source.jpg" not in members(written)
    back = read_avatar(written, nowhere)
    assert back.photo is back.arkit is None


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


def test_nonsense_is_not_written(stored, tmp_path):
    for changes in (
        {"thumb": b"GIF89a"},
        {"photo": b"GIF89a"},
        {"photo": b"\xff\xd8\xff" + bytes(16 << 20)},
        {"arkit": (0.0, 1.0)},
        {"layer_files": {"elsewhere/a.png": b""}},
        {"state": stored.avatar.head.neutral(2)},
        {"render": replace(stored.render, distance_m=float("nan"))},
    ):
        with pytest.raises(ValueError, match=r"PNG|JPEG|ARKit|layers/|batch|JSON"):
            write_avatar(tmp_path / "a.avatar", replace(stored, **changes))
    assert not list(tmp_path.iterdir())
