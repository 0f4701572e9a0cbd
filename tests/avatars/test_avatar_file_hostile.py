"""Avatar files of strangers: judged before they are believed, refused in one sentence."""

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatars.errors import NewerFile, UnreadableFile
from avatars.files import embedded_head, migrations
from avatars.files.archive import packed_arrays, write_archive
from avatars.files.avatar_file import read_avatar, read_manifest, write_avatar
from avatars.files.manifest import FORMAT_VERSION
from tests.make_avatar import members, nowhere, rewritten, stored_avatar, with_arrays, with_manifest
from tests.make_head import uv_head


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("avatar") / "ada.avatar"
    write_avatar(path, stored_avatar())
    return path


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


@pytest.mark.parametrize("photo", [b"GIF89a", b"", b"\xff\xd8\xff" + bytes(16 << 20)])
def test_a_photo_that_is_none_is_refused(written, tmp_path, photo):
    with pytest.raises(UnreadableFile, match="its photo is no JPEG"):
        read_avatar(rewritten(written, tmp_path / "a.avatar", source_jpg=photo), nowhere)


@pytest.mark.parametrize(
    "weights",
    [
        np.zeros(51, np.float32),
        np.zeros(52, np.float64),
        np.full(52, -0.1, np.float32),
        np.full(52, 2.5, np.float32),
        np.full(52, np.nan, np.float32),
        np.zeros((52, 1), np.float32),
    ],
)
def test_slider_weights_that_make_no_sense_are_refused(written, tmp_path, weights):
    with pytest.raises(UnreadableFile, match="state_arkit"):
        read_avatar(with_arrays(written, tmp_path / "a.avatar", state_arkit=weights), nowhere)


def test_a_kept_photo_that_is_damaged_or_a_bomb_is_told_when_it_is_looked_at():
    from avatars.files.source_photo import photo_pixels, source_jpeg

    good = source_jpeg(np.zeros((16, 16, 3), np.float32))
    with pytest.raises(UnreadableFile):
        photo_pixels(good[:100])
    at = good.index(b"\xff\xc0") + 5  # the frame header's height and width
    bomb = good[:at] + b"\xff\xff\xff\xff" + good[at + 4 :]
    with pytest.raises(UnreadableFile, match="more pixels"):
        photo_pixels(bomb)
