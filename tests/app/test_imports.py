"""What importing costs, and that compiled kernels are found again."""

import os
import subprocess
import sys


def python(script: str) -> str:
    """Run a script in a fresh interpreter; returns what it prints."""
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_packages_import_without_torch_and_choosing_a_renderer_without_cuda() -> None:
    script = """
import sys
import app, avatars, renderer
assert 'torch' not in sys.modules, 'torch'
import renderer.gsplat_rasterizer, renderer.cpu_rasterizer, renderer.ply
import torch
from renderer import kernels
compiled = []
kernels.on_compile(compiled.append)
renderer.choose_rasterizer('cpu')
assert not torch.cuda.is_initialized()
assert not compiled, compiled
assert 'mediapipe' not in sys.modules
assert 'gsplat' not in sys.modules
"""
    python(script)


def test_kernels_compiled_once_are_found_on_disk_by_the_next_start() -> None:
    draw = """
from renderer import kernels
compiled = []
kernels.on_compile(compiled.append)
from renderer.selftest import draw_one_splat
layer, threads, _ = draw_one_splat()
assert layer in ('omp', 'tbb', 'workqueue')
print(' '.join(compiled))
"""
    python(draw)  # compiles them, unless an earlier start has
    assert python(draw) == ""
