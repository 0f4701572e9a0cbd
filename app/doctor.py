"""The self-check: what runs on this machine, and the remedy for what does not."""

import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from app.paths import paths
from app.system import display_problem, has_display, missing_libraries

PACKAGES = (
    "torch", "numpy", "numba", "gsplat", "opencv-contrib-python", "mediapipe", "imgui-bundle",
)  # fmt: skip
LEAST_MEMORY = 2.0  # GiB free; reconstruction peaks at about one
LEAST_DISK = 1.0  # GiB


@dataclass(frozen=True)
class Check:
    """One line of the self-check.

    Attributes:
        name: what was looked at.
        ok: whether it works.
        detail: what was found.
        remedy: what to do about it; empty where nothing is to be done.
        needed: whether the program cannot run at all without it.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    needed: bool = False


def checks(*, opengl: str = "") -> list[Check]:
    """All checks in order; one that breaks becomes a failing line, not an error.

    Args:
        opengl: what is known of OpenGL already. Trying it out opens a window and closes GLFW after
            it, so who has a window of their own must say it.
    """

    def known_opengl() -> Check:
        return Check("OpenGL", True, opengl)

    todo: list[tuple[str, Callable[[], Check]]] = [
        ("python", _python),
        ("packages", _packages),
        ("system libraries", _libraries),
        ("display", _display),
        ("OpenGL", known_opengl if opengl else _opengl),
        ("CPU renderer", _cpu),
        ("kernel cache", _cache),
        ("CUDA", _cuda),
        ("gsplat kernels", _gsplat),
        ("memory", _memory),
        ("disk", _disk),
    ]
    found = []
    for name, check in todo:
        try:
            found.append(check())
        except Exception as error:  # noqa: BLE001  (a self-check must survive whatever it meets)
            found.append(Check(name, False, f"{type(error).__name__}: {error}", "See the log."))
    return found


def run(*, as_json: bool) -> int:
    """Print the checks; 0 if the program can run at all here, else 2."""
    found = checks()
    if as_json:
        rows = [{k: v for k, v in asdict(check).items() if k != "needed"} for check in found]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for check in found:
            sys.stdout.write(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.detail}\n")
            if check.remedy:
                sys.stdout.write(f"      -> {check.remedy}\n")
    return 0 if all(check.ok or not check.needed for check in found) else 2


def _python() -> Check:
    version = platform.python_version()
    ok = sys.version_info[:2] in ((3, 11), (3, 12))
    remedy = "" if ok else "Install Python 3.11 or 3.12 and run 'make setup' again."
    return Check("python", ok, f"{version} on {platform.platform()}", remedy, needed=True)


def _packages() -> Check:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    remedy = "Run 'make setup' (or 'python run_gui.py --setup')." if missing else ""
    detail = ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else "")
    return Check("packages", not missing, detail, remedy, needed=True)


def _libraries() -> Check:
    missing = missing_libraries()
    if not missing:
        return Check("system libraries", True, "all found")
    line = f"sudo apt-get install -y {' '.join(sorted(set(missing.values())))}"
    return Check("system libraries", False, f"missing: {', '.join(missing)}", line)


def _display() -> Check:
    problem = display_problem()
    if problem is None:
        return Check("display", True, os.environ.get("DISPLAY") or platform.system())
    return Check("display", False, problem[0], problem[1])


def _opengl() -> Check:
    if not has_display():
        return Check("OpenGL", False, "not checked: there is no display", "See the line 'display'.")
    from app.opengl import describe_opengl

    return Check("OpenGL", True, describe_opengl())


def _cpu() -> Check:
    from renderer.selftest import draw_one_splat

    layer, threads, milliseconds = draw_one_splat()
    detail = f"{threads} threads ({layer}), a picture in {milliseconds:.0f} ms"
    if layer == "workqueue":
        remedy = "Install libgomp1 (sudo apt-get install -y libgomp1): drawing is serialised now."
        return Check("CPU renderer", True, detail, remedy, needed=True)
    return Check("CPU renderer", True, detail, needed=True)


def _cache() -> Check:
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or paths().kernels)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Check(
            "kernel cache",
            False,
            f"{folder} cannot be written ({error.strerror}): kernels compile at every start",
            f"Make {folder} writable or point AVATAR_GUI_HOME to another folder.",
        )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Check("kernel cache", True, f"{folder}, {size / 1e6:.1f} MB")


def _cuda() -> Check:
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        detail = f"{name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free, CUDA "
        return Check("CUDA", True, detail + str(torch.version.cuda))
    from renderer.gsplat_kernels import gpu_problem

    problem = gpu_problem()
    assert problem is not None
    return Check("CUDA", False, problem.message + " Drawing runs on the CPU.", problem.remedy)


def _gsplat() -> Check:
    import torch

    from renderer.gsplat_kernels import REMEDY, kernel_state

    state = kernel_state()
    if state == "ready":
        return Check("gsplat kernels", True, "compiled")
    if not torch.cuda.is_available():
        return Check(
            "gsplat kernels", False, "not needed: there is no usable GPU", "See the line 'CUDA'."
        )
    if state == "compile":
        return Check(
            "gsplat kernels", True, "not compiled yet; the first use takes a minute or two"
        )
    return Check("gsplat kernels", False, "not compiled, and no CUDA compiler found", REMEDY)


def _memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    free = memory.available / 2**30
    remedy = (
        "" if free >= LEAST_MEMORY else "Close other programs: reconstruction needs about 1 GB."
    )
    detail = f"{free:.1f} of {memory.total / 2**30:.1f} GiB free"
    return Check("memory", free >= LEAST_MEMORY, detail, remedy)


def _disk() -> Check:
    folder = paths().data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    remedy = "" if free >= LEAST_DISK else f"Make room on the disk of {folder}."
    return Check("disk", free >= LEAST_DISK, f"{free:.0f} GiB free at {folder}", remedy)
