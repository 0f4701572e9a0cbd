"""Files are told apart by what is in them, whatever they are called."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.opening import look, what_is
from renderer.errors import UnreadableFile

STARTS = {
    "photo": [
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"BM\x00\x01\x00\x00\x00\x00\x00\x00",
        b"II*\x00\x08",
        b"MM\x00*\x00",
        b"\x00\x00\x00\x18ftypheic",
        b"\x00\x00\x00\x18ftypmif1",
        b"\x00\x00\x00\x18ftypavif",
    ],
    "video": [
        b"\x00\x00\x00\x18ftypisom",
        b"\x00\x00\x00\x14ftypqt  ",
        b"\x00\x00\x00\x18ftypmp42",
        b"\x00\x00\x00\x08wide\x00\x00",
        b"\x1aE\xdf\xa3\x01\x00\x00\x00",
        b"RIFF\x00\x00\x00\x00AVI LIST",
    ],
    "splats": [b"ply\nformat binary_little_endian 1.0\n", b"ply\r\nformat ascii 1.0\r\n"],
    "motion": [
        b"Timecode,BlendshapeCount,EyeBlinkLeft,JawOpen\n01:02:03:04.5,61,0.1,0.2\n",
        b"\xef\xbb\xbfTimecode,BlendshapeCount,eyeBlinkLeft,jawOpen\r\n",
    ],
    "unknown": [b"hello", b"\x00\x01\x02", b"%PDF-1.7", b"Timecode,Name\n", b"plywood\n", b"BMW"],
}


@pytest.mark.parametrize("suffix", ["", ".jpg", ".mp4", ".ply", ".avatar", ".csv", ".txt"])
@pytest.mark.parametrize(
    ("kind", "start"), [(kind, start) for kind, starts in STARTS.items() for start in starts]
)
def test_the_content_tells_the_kind_and_the_name_does_not(tmp_path, kind, start, suffix):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(start + bytes(30) if kind in ("photo", "video") else start)
    assert what_is(path) == kind


def archive(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        for name in names:
            opened.writestr(name, b"content")
    return path


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("avatar", ("manifest.json", "arrays.npz")),
        ("avatar", ("arrays.npz", "manifest.json")),
        ("motion", ("version.npy", "fps.npy", "expression.npy", "jaw_pose.npy", "valid.npy")),
        ("motion", ("expr.npy", "jaw_pose.npy", "shape.npy")),
        ("head", ("v_template.npy", "faces.npy")),
        ("unknown", ("holiday.txt",)),
        ("unknown", ()),
    ],
)
def test_archives_are_told_apart_by_their_members(tmp_path, kind, names):
    assert what_is(archive(tmp_path / "a.zip", *names)) == kind


def test_real_archives_of_ours_are_known(tmp_path):
    np.savez(tmp_path / "m", fps=np.float32(30), expression=np.zeros(2), jaw_pose=np.zeros(3))
    assert what_is(tmp_path / "m.npz") == "motion"


def test_a_damaged_avatar_is_left_to_the_reader_of_avatars(tmp_path):
    (tmp_path / "a.avatar").write_bytes(b"PK\x03\x04 broken")
    assert what_is(tmp_path / "a.avatar") == "avatar"
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 broken")
    assert what_is(tmp_path / "a.zip") == "unknown"


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    for name in ("empty", "missing"):
        with pytest.raises(UnreadableFile):
            what_is(tmp_path / name)
        found = look(tmp_path / name)
        assert found.kind == "unknown"
        assert found.problem is not None


def test_an_unknown_file_is_answered_with_what_can_be_opened(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    problem = look(tmp_path / "a.pdf").problem
    assert problem is not None
    for word in (".avatar", "photos", "videos", ".ply", ".npz"):
        assert word in problem.remedy


def photo(path: Path) -> Path:
    path.write_bytes(STARTS["photo"][0])
    return path


def test_a_folder_with_one_usable_file_stands_for_that_file(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".hidden.jpg").write_bytes(STARTS["photo"][0])
    path = photo(tmp_path / "face.jpg")
    found = look(tmp_path)
    assert (found.path, found.kind, found.problem) == (path, "photo", None)


def test_a_folder_with_several_or_none_says_so(tmp_path):
    problem = look(tmp_path).problem
    assert problem is not None
    assert "nothing" in problem.message
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.jpg")
    problem = look(tmp_path).problem
    assert problem is not None
    assert "2 files" in problem.message
    assert what_is(tmp_path) == "folder"


def test_folders_of_other_programs_are_known(tmp_path):
    avatars = tmp_path / "person" / "point_cloud" / "iteration_600000"
    avatars.mkdir(parents=True)
    (avatars / "point_cloud.ply").write_bytes(STARTS["splats"][0])
    assert look(tmp_path / "person").problem is None
    assert look(tmp_path / "person").kind == "rigged"
    flame = tmp_path / "motion"
    (flame / "flame_param").mkdir(parents=True)
    assert look(flame).problem is None
    assert look(flame).kind == "motion"


def test_info_and_the_window_agree(tmp_path):
    from app.info import KINDS

    names = {"photo": "describe_photo", "video": "describe_video", "splats": "_describe_splats"}
    for kind, starts in STARTS.items():
        for start in starts if kind in names else ():
            path = tmp_path / "file"
            path.write_bytes(start + bytes(30))
            first = next(each for each in KINDS if each.fits(path, start + bytes(30)))
            assert path.suffix not in first.suffixes
            assert first.describe is next(
                each.describe
                for each in KINDS
                if {"photo": ".jpg", "video": ".mp4", "splats": ".ply"}[kind] in each.suffixes
            )
            assert what_is(path) == kind


@settings(max_examples=200)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_some_kind(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(content)
    assert look(path).kind in ("photo", "video", "splats", "motion", "avatar", "head", "unknown")


@settings(max_examples=100)
@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_archive_is_no_surprise(tmp_path_factory, at, value):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("manifest.json", b"{}")
        opened.writestr("arrays.npz", b"content")
    content = bytearray(stream.getvalue())
    content[at % len(content)] = value
    path = tmp_path_factory.mktemp("any") / "a.avatar"
    path.write_bytes(bytes(content))
    assert look(path).kind in ("avatar", "unknown")
