"""The functions behind `avatar-gui head ...`."""

import io
import json
import os
import pickle
import urllib.request
import zipfile

import pytest

from app import heads
from avatars.errors import HeadMismatch, MissingWeights, UnreadableFile, UserError
from avatars.head.head_file import write_head_file
from avatars.head.library import NameTaken
from tests.make_flame import flame_arrays, write_flame
from tests.make_head import small_head


@pytest.fixture
def home(tmp_path, monkeypatch):
    builtin = tmp_path / "builtin" / "default.npz"
    write_head_file(builtin, small_head())
    monkeypatch.setattr(heads, "asset", lambda _: builtin)
    return tmp_path / "heads"


@pytest.fixture
def flame(tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    return write_flame(folder / "flame2023_Open.pkl", flame_arrays())


def test_import_list_and_use(home, flame):
    told = heads.import_head(flame, None, False, home)
    assert "Stored 'flame2023_Open' (FLAME 2023 Open)" in told
    assert "100 expressions" in told
    assert "missing: texture layout (head_template_mesh.obj)" in told
    assert "ARKit names mapped" in told
    assert "CC BY 4.0" in told
    assert "flame2023_Open" in heads.use_head("flame2023_Open", home)
    listed = heads.list_heads(home).splitlines()
    assert listed[0].startswith("  default")
    assert listed[1].startswith("* flame2023_Open")
    rows = json.loads(heads.list_heads(home, as_json=True))["heads"]
    assert [row["name"] for row in rows] == ["default", "flame2023_Open"]
    assert rows[1]["expressions"] == 100
    assert heads.library(home).load("flame2023_Open").arkit is not None


def test_the_default_name_is_the_stem_and_force_replaces(home, flame):
    heads.import_head(flame.parent, "mine", False, home)
    with pytest.raises(NameTaken, match="stored already"):
        heads.import_head(flame, "mine", False, home)
    heads.import_head(flame, "mine", True, home)
    heads.import_head(flame.parent, None, False, home)
    assert heads.library(home).names() == ["default", "downloads", "mine"]


@pytest.mark.parametrize("name", ["default", "../x", "a/b"])
def test_bad_names_store_nothing(home, flame, name):
    with pytest.raises(HeadMismatch):
        heads.import_head(flame, name, True, home)
    assert not home.exists()


@pytest.mark.parametrize("content", [b"", pickle.dumps(print), pickle.dumps({"f": [1]})])
def test_bad_files_store_nothing(home, tmp_path, content):
    path = tmp_path / "flame.pkl"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as error:
        heads.import_head(path, None, False, home)
    assert error.value.remedy
    assert not home.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_circles_of_links_are_refused_at_once(home, tmp_path):
    pipe, circle = tmp_path / "pipe.pkl", tmp_path / "circle.pkl"
    os.mkfifo(pipe)
    circle.symlink_to(circle)
    for path in (pipe, circle):
        with pytest.raises(UnreadableFile):
            heads.import_head(path, None, False, home)
    assert not home.exists()


def test_a_home_that_cannot_be_written_is_said(home, flame):
    home.write_bytes(b"in the way")
    with pytest.raises(UserError, match="cannot be made"):
        heads.import_head(flame, None, False, home)


def test_use_of_a_broken_or_absent_head_changes_nothing(home, flame):
    heads.import_head(flame, "mine", False, home)
    (home / "mine.npz").write_bytes(b"broken")
    for name in ("mine", "other"):
        with pytest.raises(UserError):
            heads.use_head(name, home)
    assert heads.library(home).in_use() == "default"
    assert [line.split()[1] for line in heads.list_heads(home).splitlines()] == ["default"]


def test_get_says_what_to_do_without_a_network(home, monkeypatch):
    def fail(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    with pytest.raises(MissingWeights, match=r"no route to host.*head import"):
        heads.get_head("ict-facekit", home, report=lambda _: None)
    with pytest.raises(HeadMismatch, match="flame"):
        heads.get_head("flame", home)
    assert not home.exists()


def test_get_takes_only_the_models_own_files(home, tmp_path, monkeypatch):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ICT/LICENSE", "MIT License, for everybody")
        archive.writestr("ICT/FaceXModel/../../../evil.obj", "v 0 0 0")
        archive.writestr("ICT/FaceXModel/generic_neutral_mesh.obj", "v 0 0 0\n")
        archive.writestr("ICT/Scripts/run.sh", "exit 1")
    folder = tmp_path / "unpacked"
    archive_path = tmp_path / "a.zip"
    archive_path.write_bytes(stream.getvalue())
    assert heads._unpack(archive_path, folder) == "MIT License, for everybody"
    assert {path.name for path in folder.iterdir()} == {"generic_neutral_mesh.obj"}
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: io.BytesIO(stream.getvalue()))
    with pytest.raises(UnreadableFile, match="generic_neutral_mesh"):
        heads.get_head("ict-facekit", home, report=lambda _: None)
    assert not home.exists()
