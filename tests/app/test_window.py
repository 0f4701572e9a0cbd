"""The window from outside: its flags, its pictures of itself, and what it says when it cannot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.virtual_display import virtual_display

pytestmark = [pytest.mark.window, pytest.mark.timeout(200)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def screen() -> Iterator[dict[str, str]]:
    with virtual_display() as variables:
        yield variables


def start(
    *arguments: str, home: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    environment = os.environ | {"AVATAR_GUI_HOME": str(home)} | variables
    environment.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache/avatar-gui/kernels"))
    return subprocess.run(
        [sys.executable, "-m", "app.main", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )


def test_a_screenshot_has_the_size_of_the_window(tmp_path: Path, screen: dict[str, str]) -> None:
    out = tmp_path / "empty.png"
    flags = ["--no-demo", "--screenshot", str(out), "--after", "0.2", "--size", "1000x700"]
    done = start(*flags, home=tmp_path / "home", variables=screen)
    assert done.returncode == 0, done.stderr
    with Image.open(out) as picture:
        assert picture.size == (1000, 700)
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 50  # text, not one colour


def test_a_screenshot_waits_for_the_file_that_was_given(
    tmp_path: Path, screen: dict[str, str]
) -> None:
    out = tmp_path / "demo.png"
    demo = ROOT / "assets" / "demo.avatar"
    flags = ["--screenshot", str(out), "--after", "0", "--size", "1000x700"]
    done = start(str(demo), *flags, home=tmp_path / "home", variables=screen)
    assert done.returncode == 0, done.stderr
    with Image.open(out) as picture:
        red, green, blue = picture.convert("RGB").getpixel((470, 380))
    assert red > green > blue  # skin in the middle
    assert red > 120


def test_a_file_that_cannot_be_used_is_told_and_leaves_no_picture(
    tmp_path: Path, screen: dict[str, str]
) -> None:
    broken, out = tmp_path / "broken.avatar", tmp_path / "out.png"
    broken.write_bytes(b"PK\x03\x04 this is no archive")
    done = start(str(broken), "--screenshot", str(out), home=tmp_path / "home", variables=screen)
    assert done.returncode == 2
    assert "broken.avatar" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_safe_mode_reads_and_writes_no_settings(tmp_path: Path, screen: dict[str, str]) -> None:
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text('version = 1\ntheme = "light"\n')
    out = tmp_path / "safe.png"
    flags = ["--safe-mode", "--no-demo", "--screenshot", str(out), "--after", "0"]
    done = start(*flags, home=tmp_path / "home", variables=screen)
    assert done.returncode == 0, done.stderr
    assert [each.name for each in config.iterdir()] == ["settings.toml"]
    with Image.open(out) as picture:
        assert sum(picture.convert("RGB").getpixel((2, 2))) < 3 * 60  # dark, as by default


def test_the_layout_is_kept_for_the_next_time(tmp_path: Path, screen: dict[str, str]) -> None:
    out = tmp_path / "a.png"
    flags = ["--no-demo", "--screenshot", str(out), "--after", "0"]
    assert start(*flags, home=tmp_path / "home", variables=screen).returncode == 0
    assert (tmp_path / "home" / "config" / "layout.ini").stat().st_size > 100


def test_without_a_display_the_remedy_is_named(tmp_path: Path) -> None:
    done = start(home=tmp_path, variables={"DISPLAY": "", "WAYLAND_DISPLAY": ""})
    assert done.returncode == 2
    assert "There is no display" in done.stderr
    assert "xvfb-run" in done.stderr


def test_without_opengl_3_3_the_remedy_is_named(tmp_path: Path, screen: dict[str, str]) -> None:
    done = start(home=tmp_path, variables=screen | {"MESA_GL_VERSION_OVERRIDE": "2.1"})
    assert done.returncode == 2
    assert "OpenGL 3.3" in done.stderr
    assert "graphics driver" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--size", "wide"], "--size wide is no window size"),
        (["--size", "10x10"], "--size 10x10 is no window size"),
        (["--after", "-1"], "--after -1 is no time"),
        (["--screenshot", "picture.txt"], "is no picture"),
        (["--screenshot", "/no/such/folder/a.png"], "There is no folder"),
        (["--no-demo", "missing.avatar"], "There is no file missing.avatar"),
    ],
)
def test_flags_that_cannot_be_used_are_told(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.main import main

    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err
