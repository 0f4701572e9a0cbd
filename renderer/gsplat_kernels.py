"""Whether gsplat's CUDA kernels can run here, and loading them. Nothing is compiled by asking."""

import importlib
import logging
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch

from renderer.errors import NoGpu

log = logging.getLogger(__name__)
State = Literal["ready", "compile", "missing"]
REMEDY = (
    "Install gsplat's prebuilt wheel (pip install gsplat==1.5.3 --index-url "
    "https://docs.gsplat.studio/whl/pt24cu124, with your torch and CUDA versions at its end) "
    "or the CUDA toolkit, which compiles the kernels once."
)


def kernel_state() -> State:
    """How far gsplat's kernels are, without initialising CUDA.

    ``ready`` if compiled kernels are on this machine, ``compile`` if only a compiler is.
    """
    if find_spec("gsplat") is None:
        return "missing"
    if find_spec("gsplat.csrc") is not None or _built_before():
        return "ready"
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    nvcc = shutil.which("nvcc") or shutil.which("nvcc", path=str(Path(home) / "bin"))
    return "compile" if nvcc else "missing"


def _built_before() -> bool:
    """Whether an earlier run left compiled kernels where torch keeps its extensions."""
    root = os.environ.get("TORCH_EXTENSIONS_DIR")
    if root is None:
        from torch.utils.cpp_extension import get_default_build_root

        root = get_default_build_root()
    names = ("gsplat_cuda.so", "gsplat_cuda.pyd", "gsplat_cuda.lib")
    return any(found for name in names for found in Path(root).glob(f"**/gsplat_cuda/{name}"))


def gpu_problem() -> NoGpu | None:
    """Why CUDA cannot be used for drawing, as an error ready to raise; None if it can."""
    if not torch.cuda.is_available():
        if torch.version.cuda is None:
            return NoGpu(
                "This PyTorch was built without CUDA.",
                "Install a CUDA build (make setup "
                "TORCH_INDEX=https://download.pytorch.org/whl/cu126) or use --device cpu.",
            )
        return NoGpu(
            "No usable NVIDIA GPU was found.",
            "Check that nvidia-smi lists it and update its driver, or use --device cpu.",
        )
    if kernel_state() == "missing":
        return NoGpu("gsplat's CUDA kernels are not compiled for this machine.", REMEDY)
    return None


def load_kernels(announce: Callable[[str], None] | None = None) -> None:
    """Load gsplat's kernels, compiling them first where that is needed and possible.

    Args:
        announce: called with a sentence before a compilation of a minute or more.

    Raises:
        NoGpu: they cannot be had here.
    """
    problem = gpu_problem()
    if problem is not None:
        raise problem
    if kernel_state() == "compile" and announce is not None:
        announce("Compiling gsplat's CUDA kernels; this happens once and takes a minute or two.")
    try:
        backend = importlib.import_module("gsplat.cuda._backend")
    except (ImportError, OSError, RuntimeError) as error:  # what a failed build or load raises
        log.warning("gsplat's kernels could not be loaded", exc_info=True)
        raise NoGpu("gsplat's CUDA kernels could not be compiled or loaded.", REMEDY) from error
    if backend._C is None:
        raise NoGpu("gsplat's CUDA kernels are not compiled for this machine.", REMEDY)
