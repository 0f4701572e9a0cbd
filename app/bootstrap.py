"""Install the program into ``.venv`` of its checkout; runs on a bare Python's standard library.

`make setup` and `python run_gui.py --setup` both end here. A stamp in the environment remembers
what was installed, so the second time there is nothing to do.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from app.system import has_virtual_display, missing_libraries

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".avatar-gui-setup"
USER_ERROR = 2


def setup() -> int:
    """Make ``.venv`` hold everything the program and its tests need; returns an exit code."""
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        return _fail(
            f"avatar-gui needs Python 3.11 or 3.12; this is {platform.python_version()}.",
            "Run it with one of those, for example: make setup PYTHON=python3.11",
        )
    wanted = _fingerprint()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted and venv_python().exists():
        return 0
    problem = _system_packages() or _environment() or _packages()
    if problem:
        return problem
    STAMP.write_text(wanted, encoding="utf-8")
    _say("Ready.")
    return 0


def enter_environment() -> None:
    """Continue in ``.venv``'s interpreter if there is one and this is another."""
    python = venv_python()
    if not python.exists() or Path(sys.prefix).resolve() == VENV.resolve():
        return
    command = [str(python), str(ROOT / "run_gui.py"), *sys.argv[1:]]
    if os.name == "nt":  # exec on Windows would give the prompt back before we are done
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def venv_python() -> Path:
    """The environment's interpreter, whether or not it exists yet."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _fingerprint() -> str:
    """What the installed state depends on."""
    project = (ROOT / "pyproject.toml").read_bytes()
    parts = [hashlib.sha256(project).hexdigest(), platform.python_version(), str(ROOT)]
    return "\n".join([*parts, os.environ.get("TORCH_INDEX", "")])


def _system_packages() -> int:
    """Install the libraries pip cannot bring, or say which line does it."""
    if platform.system() != "Linux":
        return 0
    wanted = set(missing_libraries().values())
    if not _can_make_environments():
        wanted.add("python3-venv")
    if not has_virtual_display():
        wanted.add("xvfb")
    if not wanted:
        return 0
    names = sorted(wanted)
    line = f"apt-get install -y --no-install-recommends {' '.join(names)}"
    if shutil.which("apt-get") is None:
        return _fail(
            f"These system packages are missing (Debian's names): {' '.join(names)}.",
            "Install their counterparts of this system, then run the same command again.",
        )
    if os.geteuid() != 0:
        return _fail(
            "Some system packages are missing.",
            f"Type this, then run the same command again: sudo {line}",
        )
    _say(f"Installing system packages: {' '.join(names)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], [*line.split()[:2], "-qq", *line.split()[2:]]):
        if subprocess.call(command, env=environment, stdout=subprocess.DEVNULL) != 0:
            return _fail("apt-get failed.", f"See its message above; the line was: {line}")
    return 0


def _can_make_environments() -> bool:
    """Whether `python -m venv` works: Debian splits a part of it off into python3-venv."""
    return (
        VENV.exists()
        or subprocess.call(
            [sys.executable, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL
        )
        == 0
    )


def _environment() -> int:
    if venv_python().exists():
        return 0
    _say("Making .venv")
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]) != 0:
        return _fail(
            "The environment .venv could not be made.",
            "Check that this folder is writable and the disk not full, then try again.",
        )
    return 0


def _packages() -> int:
    pip = [str(venv_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    index = os.environ.get("TORCH_INDEX")
    if index:  # another build of torch (CPU only, another CUDA): first, so that the rest keeps it
        _say(f"Installing PyTorch from {index}")
        if subprocess.call([*pip, "torch>=2.6,<2.14", "--index-url", index]) != 0:
            return _fail("PyTorch could not be installed.", "Check TORCH_INDEX, then try again.")
    _say("Installing packages (some hundred MB the first time, a few minutes)")
    if subprocess.call([*pip, "--editable", f"{ROOT}[dev]"]) != 0:
        return _fail(
            "The packages could not be installed.",
            "See pip's message above; check the network and the disk, then try again.",
        )
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"avatar-gui: {text}\n")
    sys.stderr.flush()


def _fail(message: str, remedy: str) -> int:
    _say(message)
    sys.stderr.write(f"  {remedy}\n")
    return USER_ERROR
