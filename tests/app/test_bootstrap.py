"""Setting up: what is missing is installed or named, and nothing is done twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from app import bootstrap


class Calls:
    """Records commands instead of running them."""

    def __init__(self, failing: str = "") -> None:
        self.lines: list[str] = []
        self.failing = failing

    def __call__(self, command: list[str], **_: object) -> int:
        self.lines.append(" ".join(command))
        return 1 if self.failing and self.failing in self.lines[-1] else 0


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that has only its pyproject.toml, on a machine that has everything else."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setattr(bootstrap, "missing_libraries", dict)
    monkeypatch.setattr(bootstrap, "has_virtual_display", lambda: True)
    monkeypatch.delenv("TORCH_INDEX", raising=False)
    return tmp_path


def record(monkeypatch: pytest.MonkeyPatch, place: Path, failing: str = "") -> Calls:
    """Commands are recorded; making the environment really makes its folder."""
    calls = Calls(failing)

    def call(command: list[str], **options: object) -> int:
        if "venv" in command:
            python = bootstrap.venv_python()
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        return calls(command, **options)

    monkeypatch.setattr(subprocess, "call", call)
    return calls


def test_the_second_setup_does_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = record(monkeypatch, place)
    assert bootstrap.setup() == 0
    assert any("pip install" in line and "--editable" in line for line in calls.lines)
    calls.lines.clear()
    assert bootstrap.setup() == 0
    assert not calls.lines


def test_a_changed_project_is_set_up_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = record(monkeypatch, place)
    bootstrap.setup()
    calls.lines.clear()
    (place / "pyproject.toml").write_text("[project]\nname = 'y'\n")
    assert bootstrap.setup() == 0
    assert calls.lines


def test_another_torch_is_installed_first(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = record(monkeypatch, place)
    monkeypatch.setenv("TORCH_INDEX", "https://example.invalid/cpu")
    assert bootstrap.setup() == 0
    torch = next(i for i, line in enumerate(calls.lines) if "torch" in line and "example" in line)
    rest = next(i for i, line in enumerate(calls.lines) if "--editable" in line)
    assert torch < rest


def test_root_on_debian_gets_system_packages_installed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = record(monkeypatch, place)
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: {"libGL.so.1": "libgl1"})
    monkeypatch.setattr(bootstrap, "has_virtual_display", lambda: False)
    monkeypatch.setattr(bootstrap.platform, "system", lambda: "Linux")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    assert bootstrap.setup() == 0
    line = next(line for line in calls.lines if "apt-get install" in line)
    assert "libgl1" in line
    assert "xvfb" in line


@pytest.mark.parametrize("apt", ["/usr/bin/apt-get", None])
def test_without_rights_the_exact_line_is_printed_and_nothing_is_done(
    apt: str | None,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls = record(monkeypatch, place)
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: {"libGL.so.1": "libgl1"})
    monkeypatch.setattr(bootstrap.platform, "system", lambda: "Linux")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: apt)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    assert bootstrap.setup() == 2
    told = capsys.readouterr().err
    assert "libgl1" in told
    if apt:
        assert "sudo apt-get install -y --no-install-recommends libgl1" in told
    assert not [line for line in calls.lines if "apt-get" in line or "pip install" in line]


def test_a_failed_installation_is_not_remembered_as_done(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record(monkeypatch, place, failing="--editable")
    assert bootstrap.setup() == 2
    assert "network" in capsys.readouterr().err
    assert not bootstrap.STAMP.exists()


def test_another_python_version_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 0, "final", 0))
    assert bootstrap.setup() == 2
    assert "3.11 or 3.12" in capsys.readouterr().err


def test_the_checkout_can_be_started_with_any_python() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "run_gui.py"), "--version"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("avatar-gui")
