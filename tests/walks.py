"""Walks through the real window, each in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.virtual_display import virtual_display


def walked(module: str, name: str, tmp_path: Path, *inputs: Path) -> tuple[dict[str, Any], Path]:
    """What a walk found, once it went through, and the folder of its pictures.

    Args:
        module: the walk, which is given the folder and then the inputs.
        name: of the folder of pictures; under AVATAR_GUI_SHOTS they are kept.
        tmp_path: of the test.
        inputs: files that the walk opens.
    """
    folder = Path(os.environ.get("AVATAR_GUI_SHOTS") or tmp_path / "shots") / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with virtual_display() as screen:
        environment = os.environ | screen
        environment |= {"AVATAR_GUI_HOME": str(tmp_path / "home"), "AVATAR_GUI_OWN_DIALOGS": "1"}
        environment.setdefault("NUMBA_CACHE_DIR", str(Path.home() / ".cache/avatar-gui/kernels"))
        done = subprocess.run(
            [sys.executable, "-m", module, str(folder), *map(str, inputs)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[1],
            check=False,
        )
    assert (folder / "result.json").exists(), done.stderr[-3000:]
    result = json.loads((folder / "result.json").read_text())
    assert not result["failure"], result["failure"]
    assert result["code"] == 0
    return result, folder
