"""Pictures in an OpenGL texture: the bytes arrive, by whichever way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def walk(kind: str) -> dict[str, object]:
    """What a process without a window found; PyOpenGL is bound to EGL for its whole life."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.texture_walk", kind],
        cwd=ROOT,
        env=os.environ | {"PYOPENGL_PLATFORM": "egl"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "No OpenGL without a window" in done.stderr:
        pytest.skip("no EGL here")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_pictures_in_memory_arrive_byte_by_byte_in_all_sizes():
    found = walk("memory")
    assert found["wrong"] == 0
    assert found["direct"] == [False] * 4
    assert found["same"]
    assert found["gone"]
    assert found["error"] == 0


def test_a_gpu_that_opengl_does_not_draw_on_is_not_asked_twice():
    import torch

    if torch.cuda.is_available():
        pytest.skip("the GPU here is a real one")
    found = walk("elsewhere")
    assert found["refused"]
    assert found["wrong"] == 0
    assert found["error"] == 0


@pytest.mark.gpu
def test_pictures_on_the_gpu_arrive_straight_from_there():
    found = walk("cuda")
    assert found["direct"] == [True] * 4, found
    assert not found["refused"]
    assert found["wrong"] == 0
    assert found["same"]
    assert found["error"] == 0
