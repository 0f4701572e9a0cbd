"""How numba kernels are compiled and called: one decorator, one lock, one message.

Kernels let go of the interpreter, are cached on disk, and may be called from several threads at
once. numba's fallback threading layer (``workqueue``) aborts the whole process when two threads do
that, so where it is the only one available calls are taken one at a time.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])

setattr(numba.config, "THREADING_LAYER_PRIORITY", ["omp", "tbb", "workqueue"])  # noqa: B010

_lock = threading.RLock()


def kernel(*, parallel: bool = False, reorder: bool = False) -> Callable[[Function], Function]:
    """A decorator that compiles a function for the CPU at first call and keeps it on disk.

    Args:
        parallel: spread ``prange`` loops over the threads; call such a kernel inside ``launch()``.
        reorder: let sums be regrouped and multiply-adds fused (SIMD reductions). The grouping is
            fixed when the kernel is compiled, so the same input still gives the same bits.
    """
    fast = {"reassoc", "contract", "nsz", "arcp"} if reorder else {"contract", "nsz"}

    def decorate(function: Function) -> Function:
        compiled: Function = numba.njit(
            function, nogil=True, cache=True, parallel=parallel, fastmath=fast, error_model="numpy"
        )
        return compiled

    return decorate


def launch() -> AbstractContextManager[object]:
    """Hold this around a call of a parallel kernel; it serialises only where numba must be."""
    return _lock if threading_layer() == "workqueue" else nullcontext()


@cache
def threading_layer() -> str:
    """Which of numba's threading layers runs here: ``omp``, ``tbb`` or ``workqueue``."""
    with _lock:
        _touch(np.zeros(2, np.float32))
        return str(numba.threading_layer())  # type: ignore[attr-defined]


@numba.njit(parallel=True, cache=True)
def _touch(values: Any) -> None:
    for i in numba.prange(values.shape[0]):
        values[i] = 1.0


class _Listener(event.Listener):
    """Calls back when a kernel really compiles, which a kernel found on disk does not."""

    def __init__(self, callback: Callable[[str], None]) -> None:
        self.callback = callback

    def on_start(self, event: Any) -> None:
        dispatcher = event.data["dispatcher"]
        self.callback(dispatcher.py_func.__name__)

    def on_end(self, event: Any) -> None:
        pass


def on_compile(callback: Callable[[str], None]) -> None:
    """Have ``callback(kernel_name)`` called whenever a kernel is compiled (it takes seconds)."""
    event.register("numba:compile", _Listener(callback))


def thread_count() -> int:
    """How many threads parallel kernels use."""
    return int(numba.get_num_threads())


def use_threads(count: int) -> None:
    """Let parallel kernels that this thread calls use ``count`` threads; other threads keep theirs.

    More than there are is cut to that.
    """
    threading_layer()
    most = int(getattr(numba.config, "NUMBA_NUM_THREADS"))  # noqa: B009  (not in its stubs)
    numba.set_num_threads(max(1, min(count, most)))
