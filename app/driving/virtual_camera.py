"""The picture of the viewport as a camera that other programs can choose."""

import logging
import platform
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from renderer.errors import UserError

if TYPE_CHECKING:
    from app.view import Color

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]
SIZE = 1280, 720
FPS = 30.0
BLACK = (0.0, 0.0, 0.0)
_DRIVERS = {
    "Linux": "Install v4l2loopback (Debian: apt-get install v4l2loopback-dkms), then run "
    "'modprobe v4l2loopback' as root.",
    "Windows": "Install OBS Studio, which brings a virtual camera; it may not be in use elsewhere.",
    "Darwin": "Install OBS Studio and start its virtual camera once.",
}


class VirtualCamera:
    """Sends the newest picture at the camera's own pace, on a thread of its own.

    Args:
        wake: called when there is something to say.
        open_camera: makes the camera of a width, height and rate; pyvirtualcam's by default.

    Attributes:
        problem: why it does not run, or None.
        device: the camera's name, once it runs.
    """

    def __init__(
        self,
        wake: Callable[[], None] = lambda: None,
        open_camera: Callable[[int, int, float], Any] | None = None,
    ) -> None:
        self.problem: UserError | None = None
        self.device = ""
        self._wake = wake
        self._open = open_camera or _opened
        self._newest: tuple[Pixels, Color] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="virtual camera")
        self._thread.start()

    def show(self, rgba: Pixels, background: "Color | None") -> None:
        """Send this picture from now on.

        Args:
            rgba: [H, W, 4], alpha straight; not changed afterwards.
            background: where it is transparent and beside it; None is black.
        """
        newest = self._newest
        if newest is None or newest[0] is not rgba:
            self._newest = rgba, background or BLACK

    def close(self) -> None:
        """Stop; waits for the thread, about a frame."""
        self._stop.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        try:
            with self._open(*SIZE, FPS) as camera:
                self.device = str(camera.device)
                self._wake()
                self._send(camera)
        except UserError as problem:
            self.problem = problem
        except Exception as error:  # the thread's outermost edge: said, not lost
            log.exception("the virtual camera stopped")
            self.problem = UserError(
                f"The virtual camera stopped: {type(error).__name__}.",
                "Switch it on again; the log says more.",
            )
        self._wake()

    def _send(self, camera: Any) -> None:
        sent: object = None
        frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        while not self._stop.is_set():
            newest = self._newest
            if newest is not None and newest is not sent:
                sent, frame = newest, fitted(*newest, SIZE)
            camera.send(frame)
            camera.sleep_until_next_frame()


def fitted(rgba: Pixels, background: "Color", size: tuple[int, int]) -> Pixels:
    """A picture [h, w, 3] of a size (width, height): all of ``rgba`` in it, on a background."""
    import cv2

    width, height = size
    color = np.array([round(255 * part) for part in background], np.uint8)
    out = np.empty((height, width, 3), np.uint8)
    out[:] = color
    scale = min(width / rgba.shape[1], height / rgba.shape[0])
    wide, tall = max(1, round(rgba.shape[1] * scale)), max(1, round(rgba.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(rgba, (wide, tall), interpolation=how), np.float32)
    alpha = small[..., 3:] / 255
    mixed = small[..., :3] * alpha + color * (1 - alpha)
    x, y = (width - wide) // 2, (height - tall) // 2
    out[y : y + tall, x : x + wide] = np.round(mixed)
    return out


def _opened(width: int, height: int, fps: float) -> Any:
    """The platform's virtual camera.

    Raises:
        UserError: the package or the driver is missing.
    """
    try:
        import pyvirtualcam
    except ImportError as error:
        raise UserError(
            "A virtual camera needs the package pyvirtualcam, which is not installed.",
            "Run 'pip install pyvirtualcam' in the program's environment, and start it again.",
        ) from error
    try:
        return pyvirtualcam.Camera(width, height, fps)
    except RuntimeError as error:
        log.info("no virtual camera: %s", error)
        raise UserError(
            "This machine has no virtual camera that is free.",
            _DRIVERS.get(platform.system(), "Install OBS Studio, which brings one."),
        ) from error
