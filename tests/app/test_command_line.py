"""The program as a person starts it: exit codes, sentences, and how fast help answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.main import main
from renderer.errors import UserError

COMMANDS = list(cli.COMMANDS)


def start(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, its folders under ``home``, its kernels shared."""
    environment = os.environ | {"AVATAR_GUI_HOME": str(home)}
    environment.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache/avatar-gui/kernels"))
    return subprocess.run(
        [sys.executable, "-m", "app.main", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)]
)
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['avatar-gui', *sys.argv[1:]]\n"
        "from app.main import main\n"
        "code = main()\n"
        "heavy = {'torch', 'numpy', 'numba', 'mediapipe', 'glfw', 'cv2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not done.stderr


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["doctr"], "doctor"),
        (["doctor", "--jsn"], "--json"),
        (["bench", "render", "--splts", "5"], "--splats"),
        (["bench", "rendr"], "render"),
        (["head", "imprt", "x"], "import"),
        (["head", "import", "x", "--forse"], "--force"),
        (["render", "--backgroud", "white"], "--background"),
        (["--versoin"], "--version"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(
    arguments: list[str], nearest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert not written.out
    assert f"Did you mean '{nearest}'?" in written.err
    assert "Traceback" not in written.err


@pytest.mark.parametrize(
    "arguments",
    [["bench", "render", "--splats", "many"], ["bench", "render", "--size", "0"], ["info"]],
)
def test_a_wrong_value_is_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_asking_for_a_gpu_that_is_not_there_names_the_way_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert main(["bench", "render", "--device", "cuda"]) == 2
    assert "--device cpu" in capsys.readouterr().err


def test_a_bug_leaves_a_report_and_exit_code_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))

    def broken(*, as_json: bool) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr("app.doctor.run", broken)
    assert main(["doctor"]) == 70
    (report,) = (tmp_path / "logs" / "reports").iterdir()
    assert "RuntimeError: a bug" in report.read_text()
    assert str(report) in capsys.readouterr().err


def test_ctrl_c_is_exit_code_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))

    def interrupted(*, as_json: bool) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.doctor.run", interrupted)
    assert main(["doctor"]) == 130


def test_doctor_prints_checks_with_remedies_as_json(tmp_path: Path) -> None:
    done = start("doctor", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    names = {row["name"] for row in rows}
    assert {"python", "display", "OpenGL", "CPU renderer", "CUDA", "gsplat kernels"} <= names
    for row in rows:
        assert set(row) == {"name", "ok", "detail", "remedy"}
    assert next(row for row in rows if row["name"] == "CPU renderer")["ok"]


def test_bench_prints_the_documented_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AVATAR_GUI_HOME", str(tmp_path))
    monkeypatch.setattr(
        "app.bench.render.time_calls", lambda call, device: [float(bool(call() or 1))]
    )
    assert (
        main(["bench", "render", "--splats", "200", "--size", "32", "--device", "cpu", "--json"])
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"device", "rows"}
    (row,) = document["rows"]
    assert row["splats"] == 200
    assert row["size"] == 32
    assert set(row["forward_ms"]) == {"median", "p95"}
    assert set(row["forward_backward_ms"]) == {"median", "p95"}
    assert row["peak_mb"] > 0


def test_unknown_flags_of_every_command_are_user_errors() -> None:
    for name in COMMANDS:
        with pytest.raises(UserError):
            cli.parse([name, "--no-such-flag"])


def test_a_full_disk_under_the_result_is_exit_code_2(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "app.main", "methods"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"AVATAR_GUI_HOME": str(tmp_path)},
            check=False,
        )
    assert done.returncode == 2
    assert "no room" in done.stderr
