"""Memory of OpenGL that CUDA copies pictures into, from where OpenGL fetches them by itself.

Sharing a texture between the two was tried and takes longer: each hand-over makes the GPU change
between their contexts, twice per picture, which costs more than the way through memory. OpenGL
must draw with buffers that stay mapped (4.4 or ARB_buffer_storage).
"""

import ctypes
import sys
from functools import cache

from OpenGL import GL
from OpenGL.error import Error as GLProblem

MAPPED = GL.GL_MAP_WRITE_BIT | GL.GL_MAP_PERSISTENT_BIT | GL.GL_MAP_COHERENT_BIT
BUFFERS = 2
"""OpenGL may still read one while the next picture lands in the other."""
LONGEST_WAIT = 1_000_000_000  # nanoseconds


class LandingProblem(RuntimeError):
    """CUDA cannot write to OpenGL's memory here."""


class Landing:
    """Buffers for pictures of one size.

    Args:
        size: bytes of a picture.
        device: number of the GPU that pictures come from.

    Raises:
        LandingProblem: the driver or OpenGL refuses.
    """

    def __init__(self, size: int, device: int) -> None:
        self._size = size
        self._driver = _driver()
        self._context = _context(device)
        self._stream = ctypes.c_void_p()
        self._buffers: list[_Buffer] = []
        self._enter()
        try:
            self._call("cuStreamCreate", ctypes.byref(self._stream), 1)  # 1: waits for no other
            for _ in range(BUFFERS):
                self._buffers.append(_Buffer(size))
                self._register(self._buffers[-1])
        except GLProblem as problem:
            self.close()
            raise LandingProblem(f"OpenGL cannot keep buffers mapped: {problem}") from problem
        except LandingProblem:
            self.close()
            raise
        finally:
            self._leave()

    def take(self, pointer: int, event: int) -> int:
        """OpenGL's name of a buffer with the picture in it; call ``fetched`` after its last use.

        Args:
            pointer: of the first byte on the GPU.
            event: CUDA's, over when the bytes are finished.

        Raises:
            LandingProblem: the driver refuses.
        """
        buffer = self._buffers[0]
        buffer.wait()
        self._enter()
        try:
            self._call("cuStreamWaitEvent", self._stream, ctypes.c_void_p(event), 0)
            self._call(
                "cuMemcpyDtoHAsync_v2",
                ctypes.c_void_p(buffer.address),
                ctypes.c_uint64(pointer),
                ctypes.c_size_t(self._size),
                self._stream,
            )
            self._call("cuStreamSynchronize", self._stream)
        finally:
            self._leave()
        return buffer.name

    def fetched(self) -> None:
        """Say that OpenGL has been told to read the buffer of the last ``take``."""
        buffer = self._buffers.pop(0)
        buffer.fence = GL.glFenceSync(GL.GL_SYNC_GPU_COMMANDS_COMPLETE, 0)
        self._buffers.append(buffer)

    def close(self) -> None:
        """Let go of the buffers."""
        self._enter()
        try:
            for buffer in self._buffers:
                buffer.wait()
                if buffer.is_registered:
                    self._driver.cuMemHostUnregister(ctypes.c_void_p(buffer.address))
                GL.glDeleteBuffers(1, [buffer.name])
            if self._stream.value:
                self._driver.cuStreamDestroy_v2(self._stream)
        finally:
            self._leave()
        self._buffers, self._stream = [], ctypes.c_void_p()

    def _register(self, buffer: "_Buffer") -> None:
        self._call(
            "cuMemHostRegister_v2",
            ctypes.c_void_p(buffer.address),
            ctypes.c_size_t(self._size),
            0,
        )
        buffer.is_registered = True

    def _enter(self) -> None:
        self._call("cuCtxPushCurrent_v2", self._context)

    def _leave(self) -> None:
        self._driver.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._driver, name)(*arguments)
        if code:
            raise LandingProblem(f"{name}: error {code}")


class _Buffer:
    """One buffer of OpenGL, mapped as long as it lives."""

    def __init__(self, size: int) -> None:
        if not GL.glBufferStorage:
            raise LandingProblem("this OpenGL has no buffers that stay mapped")
        self.name = int(GL.glGenBuffers(1))
        self.fence: object = None
        self.is_registered = False
        GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, self.name)
        try:
            GL.glBufferStorage(GL.GL_PIXEL_UNPACK_BUFFER, size, None, MAPPED)
            address = GL.glMapBufferRange(GL.GL_PIXEL_UNPACK_BUFFER, 0, size, MAPPED)
        finally:
            GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, 0)
        if not address:
            raise LandingProblem(f"OpenGL maps no buffer (error {GL.glGetError()})")
        self.address = int(address)

    def wait(self) -> None:
        """Return when OpenGL does not read it any more."""
        if self.fence is not None:
            wait_for(self.fence)
            self.fence = None


def wait_for(fence: object) -> None:
    """Return when OpenGL has passed a fence, which is then gone.

    ``glFinish`` would take four times as long on an NVIDIA GPU.
    """
    GL.glClientWaitSync(fence, GL.GL_SYNC_FLUSH_COMMANDS_BIT, LONGEST_WAIT)
    GL.glDeleteSync(fence)


@cache
def _driver() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError as error:
        raise LandingProblem(f"no CUDA driver: {error}") from error


@cache
def _context(device: int) -> ctypes.c_void_p:
    """The context that torch uses on this GPU."""
    driver = _driver()
    handle, context = ctypes.c_int(), ctypes.c_void_p()
    for code in (
        driver.cuInit(0),
        driver.cuDeviceGet(ctypes.byref(handle), device),
        driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), handle),
    ):
        if code:
            raise LandingProblem(f"no CUDA context (error {code})")
    return context
