"""CUDA kernels written as text, compiled when first used by the library that PyTorch brings along.

No compiler has to be installed. Kernels run on torch's current stream, on torch's memory.
"""

import ctypes
import logging
import site
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

log = logging.getLogger(__name__)

Argument = Tensor | int | float | None
Size = tuple[int, int, int]


class KernelProblem(RuntimeError):
    """Kernels cannot be compiled or started here; whoever asked has a slower way."""


class Kernels:
    """The kernels of one source text, loaded on the current device.

    Args:
        source: CUDA C++ whose kernels are ``extern "C"``.
        names: of the kernels.

    Raises:
        KernelProblem: no compiler library, a mistake in the source, or the driver refuses.
    """

    def __init__(self, source: str, names: tuple[str, ...]) -> None:
        torch.cuda.current_stream()  # makes sure that there is a context
        self._driver = _driver()
        self._module = ctypes.c_void_p()
        image = _compiled(source)
        self._check(self._driver.cuModuleLoadData(ctypes.byref(self._module), image), "load")
        self._functions: dict[str, ctypes.c_void_p] = {}
        for name in names:
            function = ctypes.c_void_p()
            code = self._driver.cuModuleGetFunction(
                ctypes.byref(function), self._module, name.encode()
            )
            self._check(code, f"find {name}")
            self._functions[name] = function

    def prepared(self, name: str, blocks: int, threads: Size, *arguments: Argument) -> "Launch":
        """A call that can be made again and again, with the same arguments.

        Args:
            name: of the kernel.
            blocks: how many, along x.
            threads: in a block.
            arguments: contiguous tensors on the device or in pinned memory as pointers (None is a
                null pointer), ints as ``int``, floats as ``float``.
        """
        return Launch(self, self._functions[name], blocks, threads, arguments)

    def _check(self, code: int, what: str) -> None:
        if code:
            raise KernelProblem(f"CUDA's driver could not {what} (error {code})")


class Launch:
    """One prepared call of a kernel; keeps its tensors alive."""

    def __init__(
        self,
        kernels: Kernels,
        function: ctypes.c_void_p,
        blocks: int,
        threads: Size,
        arguments: tuple[Argument, ...],
    ) -> None:
        self._kernels, self._kept = kernels, list(arguments)
        self._values = [_value(argument) for argument in arguments]
        pointers = [ctypes.cast(ctypes.byref(v), ctypes.c_void_p) for v in self._values]
        self._pointers = (ctypes.c_void_p * len(pointers))(*pointers)
        self._head = (function, blocks, 1, 1, *threads, 0)
        self._start = kernels._driver.cuLaunchKernel
        self._is_empty = blocks == 0

    def point(self, number: int, tensor: Tensor) -> None:
        """Let a pointer among the arguments, by its place, point to another tensor."""
        self._values[number].value = _value(tensor).value
        self._kept[number] = tensor

    def __call__(self) -> None:
        """Put it on the current stream.

        Raises:
            KernelProblem: the driver refuses.
        """
        if self._is_empty:
            return
        code = self._start(*self._head, current_stream(), self._pointers, None)
        if code:
            self._kernels._check(code, "start a kernel")


class Recorded:
    """Calls of kernels that are started together, at the cost of one.

    They are recorded as a CUDA graph at the second call, since many are called only once; on
    CUDA's default stream, which cannot be recorded, they are started one by one.
    """

    def __init__(self, launches: Sequence[Launch]) -> None:
        self._launches = launches
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        """Put all on the current stream, in order."""
        self._calls += 1
        if self._graph is not None:
            self._graph.replay()
        elif self._calls == 1 or current_stream() == 0:
            self._one_by_one()
        else:
            graph = torch.cuda.CUDAGraph()
            # Other threads may do what they like meanwhile.
            graph.capture_begin(capture_error_mode="thread_local")
            self._one_by_one()
            graph.capture_end()
            self._graph = graph
            graph.replay()

    def _one_by_one(self) -> None:
        for launch in self._launches:
            launch()


def current_stream() -> int:
    """The driver's handle of torch's current stream; 0 for CUDA's default one."""
    # What torch's own compiled kernels ask; `torch.cuda.current_stream()` takes ten times as long.
    raw = getattr(torch._C, "_cuda_getCurrentRawStream", None)
    if raw is None:
        return int(torch.cuda.current_stream().cuda_stream)
    return int(raw(torch._C._cuda_getDevice()))


def blocks_of(count: int, threads: int) -> int:
    """How many blocks of threads cover ``count`` items."""
    return -(-count // threads)


def _value(argument: Argument) -> "ctypes._SimpleCData[int] | ctypes._SimpleCData[float]":
    if argument is None:
        return ctypes.c_uint64(0)
    if isinstance(argument, Tensor):
        if not argument.is_contiguous() or not (argument.is_cuda or argument.is_pinned()):
            raise ValueError("kernels take contiguous tensors on the GPU or in pinned memory")
        return ctypes.c_uint64(argument.data_ptr())
    if isinstance(argument, int):
        return ctypes.c_int32(argument)
    return ctypes.c_float(argument)


@cache
def _driver() -> ctypes.CDLL:
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError as error:
        raise KernelProblem(f"no CUDA driver: {error}") from error
    driver.cuLaunchKernel.argtypes = (
        [ctypes.c_void_p]
        + [ctypes.c_uint] * 7
        + [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p]
    )
    return driver


@cache
def _compiler() -> ctypes.CDLL:
    """The compiler library, where torch or its packages keep it."""
    major = (torch.version.cuda or "0").split(".")[0]
    name = f"libnvrtc.so.{major}"
    if sys.platform == "win32":
        name = f"nvrtc64_{major}0_0.dll"
    try:
        return ctypes.CDLL(name)  # loaded already, or on the system's path
    except OSError:
        pass
    roots = {sysconfig.get_path("purelib"), *site.getsitepackages(), *sys.path}
    roots.add(str(Path(torch.__file__).parents[1]))
    patterns = [f"nvidia/*/lib/{name}", f"nvidia/*/bin/{name}", f"torch/lib/{name}"]
    for root in sorted(roots):
        for pattern in patterns:
            for found in Path(root).glob(pattern) if root else ():
                try:
                    return ctypes.CDLL(str(found))
                except OSError:
                    log.debug("%s cannot be loaded", found, exc_info=True)
    raise KernelProblem(f"{name} was not found")


def _compiled(source: str) -> bytes:
    """Machine code for the current device."""
    compiler = _compiler()
    program = ctypes.c_void_p()
    major, minor = torch.cuda.get_device_capability()
    options = [f"--gpu-architecture=sm_{major}{minor}".encode(), b"--std=c++14"]

    def check(code: int, what: str) -> None:
        if code:
            raise KernelProblem(f"NVRTC could not {what} (error {code}): {_words(program)}")

    check(
        compiler.nvrtcCreateProgram(
            ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None
        ),
        "begin",
    )
    try:
        array = (ctypes.c_char_p * len(options))(*options)
        check(compiler.nvrtcCompileProgram(program, len(options), array), "compile")
        size = ctypes.c_size_t()
        check(compiler.nvrtcGetCUBINSize(program, ctypes.byref(size)), "measure its result")
        image = ctypes.create_string_buffer(size.value)
        check(compiler.nvrtcGetCUBIN(program, image), "give its result")
    finally:
        compiler.nvrtcDestroyProgram(ctypes.byref(program))
    return image.raw


def _words(program: ctypes.c_void_p) -> str:
    """What the compiler said."""
    size = ctypes.c_size_t()
    if _compiler().nvrtcGetProgramLogSize(program, ctypes.byref(size)) or not size.value:
        return ""
    text = ctypes.create_string_buffer(size.value)
    _compiler().nvrtcGetProgramLog(program, text)
    return text.value.decode(errors="replace").strip()
