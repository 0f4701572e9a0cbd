"""What the operating system must bring: libraries and a display. Standard library only."""

import ctypes
import os
import platform
import shutil

# What pip cannot install, and the Debian package that holds it.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrandr.so.2": "libxrandr2",
    "libXinerama.so.1": "libxinerama1",
    "libXcursor.so.1": "libxcursor1",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libgomp.so.1": "libgomp1",
    "libgthread-2.0.so.0": "libglib2.0-0",
}


def missing_libraries() -> dict[str, str]:
    """Names of shared libraries that cannot be loaded, with their Debian packages."""
    if platform.system() != "Linux":
        return {}
    return {name: package for name, package in LIBRARIES.items() if not _loads(name)}


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_virtual_display() -> bool:
    """Whether Xvfb, which gives tests a screen, is installed."""
    return shutil.which("Xvfb") is not None


def has_display() -> bool:
    """Whether a window can be opened here."""
    return display_problem() is None


def display_problem() -> tuple[str, str] | None:
    """What is wrong with the display and what to do about it; None if a window can open."""
    if platform.system() != "Linux":
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return (
            "There is no display (DISPLAY and WAYLAND_DISPLAY are not set).",
            "Start it on a desktop, over 'ssh -X', or under 'xvfb-run'; the commands need none.",
        )
    if os.environ.get("WAYLAND_DISPLAY") or not os.environ.get("DISPLAY"):
        return None
    if _opens(os.environ["DISPLAY"]):
        return None
    return (
        f"The display {os.environ['DISPLAY']} cannot be opened.",
        "Check DISPLAY and that this user may use that screen ('xhost' shows it).",
    )


def _opens(name: str) -> bool:
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    handle = x11.XOpenDisplay(name.encode())
    if not handle:
        return False
    x11.XCloseDisplay(handle)
    return True
