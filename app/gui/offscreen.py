"""An OpenGL context without window or display, through EGL: for measuring and for tests.

Only on Linux. Set ``PYOPENGL_PLATFORM=egl`` before anything imports PyOpenGL.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from renderer.errors import UserError

PLATFORM_DEVICE = 0x313F
OPENGL_API = 0x30A2
SURFACE_TYPE, PBUFFER, RENDERABLE_TYPE, OPENGL_BIT, NONE = 0x3033, 0x0001, 0x3040, 0x0008, 0x3038
MAJOR, MINOR = 0x3098, 0x30FB
MOST_DEVICES = 32


@contextmanager
def offscreen() -> Iterator[str]:
    """A block with a current OpenGL 3.3 context; gives the name of what draws.

    Raises:
        UserError: there is none here.
    """
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    if sys.platform == "win32":
        raise _problem("EGL is not used on Windows")
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError as error:
        raise _problem(str(error)) from error
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    for name in ("eglCreateContext", "eglGetCurrentContext"):
        getattr(egl, name).restype = ctypes.c_void_p
    for display in _displays(egl):
        context = _context(egl, display)
        if context is None:
            continue
        try:
            from OpenGL import GL

            yield GL.glGetString(GL.GL_RENDERER).decode()
        finally:
            egl.eglMakeCurrent(display, None, None, None)
            egl.eglDestroyContext(display, ctypes.c_void_p(context))
        return
    raise _problem("no device has a context")


def has_offscreen() -> bool:
    """Whether ``offscreen`` works here."""
    try:
        with offscreen():
            return True
    except UserError:
        return False


def _problem(what: str) -> UserError:
    return UserError(
        f"No OpenGL without a window here: {what}.",
        "Install the graphics driver's EGL library (Debian: apt-get install libegl1).",
    )


def _displays(egl: ctypes.CDLL) -> Iterator[ctypes.c_void_p]:
    """Displays of all devices, real GPUs before software."""
    pointer = ctypes.c_void_p
    query = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    platform = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not query or not platform:
        return
    devices, count = (pointer * MOST_DEVICES)(), ctypes.c_int()
    list_devices = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, pointer, pointer)(query)
    if not list_devices(MOST_DEVICES, devices, ctypes.byref(count)):
        return
    display_of = ctypes.CFUNCTYPE(pointer, ctypes.c_uint, pointer, pointer)(platform)
    for device in devices[: count.value]:
        found = display_of(PLATFORM_DEVICE, device, None)
        if found:
            yield pointer(found)


def _context(egl: ctypes.CDLL, display: ctypes.c_void_p) -> int | None:
    """A context on a display, made current; None if that fails."""
    if not egl.eglInitialize(display, None, None) or not egl.eglBindAPI(OPENGL_API):
        return None
    config, count = ctypes.c_void_p(), ctypes.c_int()
    wanted = (ctypes.c_int * 5)(SURFACE_TYPE, PBUFFER, RENDERABLE_TYPE, OPENGL_BIT, NONE)
    egl.eglChooseConfig(display, wanted, ctypes.byref(config), 1, ctypes.byref(count))
    if not count.value:
        return None
    version = (ctypes.c_int * 5)(MAJOR, 3, MINOR, 3, NONE)
    context: int | None = egl.eglCreateContext(display, config, None, version)
    if context and egl.eglMakeCurrent(display, None, None, ctypes.c_void_p(context)):
        return context
    return None
