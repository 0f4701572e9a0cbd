"""Methods are found by looking; listing them loads nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

from avatars import methods
from avatars.methods import NoSuchMethod, find_methods, named, taking
from avatars.methods.base import MethodInfo, Photo, Video
from avatars.options import describe

METHOD = """
from dataclasses import dataclass
from avatars.methods.base import MethodInfo, {kind}
from avatars.options import option

@dataclass(frozen=True)
class Options:
    steps: int = option(10, low=1)

class Made:
    info = MethodInfo(id="{id}", title="Made", takes={kind})
    Options = Options

    def reconstruct(self, source, options, res, progress):
        raise NotImplementedError

METHOD = Made()
"""


def package(folder: Path, name: str, **files: str) -> str:
    home = folder / name
    home.mkdir()
    (home / "__init__.py").touch()
    for file, content in files.items():
        (home / f"{file}.py").write_text(content)
    return name


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("some_methods")]:
        del sys.modules[name]


def test_a_file_is_a_method(path):
    name = package(
        path,
        "some_methods_a",
        second=METHOD.format(id="a-photo", kind="Photo"),
        first=METHOD.format(id="b-video", kind="Video"),
        base="raise ImportError",
        _shared="raise ImportError",
    )
    found = find_methods(name)
    assert [method.info.id for method in found] == ["a-photo", "b-video"]
    assert taking(Photo, found) == found[:1]
    assert taking(Video, found) == found[1:]
    assert named("b-video", found) is found[1]
    assert describe(found[0].Options)[0].name == "steps"
    with pytest.raises(NoSuchMethod, match="Did you mean 'a-photo'"):
        named("a-foto", found)
    with pytest.raises(NoSuchMethod, match="There are: none"):
        named("zzz", ())


def test_a_file_without_method_and_two_of_one_id_are_bugs(path):
    empty = package(path, "some_methods_b", empty="")
    with pytest.raises(TypeError, match="no METHOD"):
        find_methods(empty)
    same = METHOD.format(id="same", kind="Photo")
    twice = package(path, "some_methods_c", one=same, two=same)
    with pytest.raises(TypeError, match="'same'"):
        find_methods(twice)


def test_ids_can_be_used_in_flags_and_files():
    for odd in ("", "Big", "two words", "../up", "dash-"):
        with pytest.raises(ValueError, match="no id"):
            MethodInfo(odd, "Odd", Photo)


def test_listing_the_methods_loads_nothing_heavy():
    script = """
import sys
from avatars.methods import find_methods
from avatars.options import describe
import avatars.progress, avatars.resources
for method in find_methods():
    describe(method.Options)
heavy = [m for m in ('torch', 'numpy', 'scipy', 'cv2', 'mediapipe', 'numba') if m in sys.modules]
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_method_of_the_program_says_what_it_is():
    for method in find_methods():
        assert method.info.title
        assert method.info.takes in (Photo, methods.base.Video, methods.base.Seed)
        assert callable(method.reconstruct)
        describe(method.Options)
