"""The render worker's picture as an OpenGL texture. Main thread only, with the window's context."""

import ctypes
import logging
import time
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from app.gui.landing import Landing, LandingProblem, wait_for

if TYPE_CHECKING:
    from imgui_bundle import imgui

    from app.frame_picture import Picture, Pixels

log = logging.getLogger(__name__)

Filter = Literal["linear", "nearest"]


class PictureTexture:
    """One texture that shows one picture after the other; RGBA8, alpha straight.

    Pictures that are still on the GPU are copied straight into memory of OpenGL; where that does
    not work the worker is told to fetch them into memory of its own.

    Args:
        filter: between texels.

    Attributes:
        id: OpenGL's name of the texture; 0 before the first picture.
        size: width and height, pixels.
        upload_ms: how long the last picture took, milliseconds on this thread.
        is_direct: whether the last picture came straight from the GPU.
    """

    def __init__(self, filter: Filter = "linear") -> None:
        self.id = 0
        self.size = (0, 0)
        self.upload_ms = 0.0
        self.is_direct = False
        self._filter = GL.GL_LINEAR if filter == "linear" else GL.GL_NEAREST
        self._shown: Picture | None = None
        self._landing: Landing | None = None

    @property
    def ref(self) -> "imgui.ImTextureRef":
        """The texture as ImGui takes it."""
        from imgui_bundle import imgui

        return imgui.ImTextureRef(self.id)

    def show(self, picture: "Picture") -> tuple[int, int, int]:
        """Name, width and height of the texture with this picture in it."""
        if picture is not self._shown:
            begin = time.perf_counter()
            self._prepare(picture.width, picture.height)
            self.is_direct = picture.gpu is not None and self._take(picture, picture.gpu)
            if not self.is_direct:
                self._upload(picture.rgba)
            self._shown = picture
            self.upload_ms = (time.perf_counter() - begin) * 1000
        return self.id, *self.size

    def finish(self) -> None:
        """Wait until OpenGL has done all it was told; for measuring."""
        wait_for(GL.glFenceSync(GL.GL_SYNC_GPU_COMMANDS_COMPLETE, 0))

    def close(self) -> None:
        """Let go of the texture."""
        self._let_go_of_landing()
        if self.id:
            GL.glDeleteTextures([self.id])
        self.id, self.size, self._shown = 0, (0, 0), None

    def _prepare(self, width: int, height: int) -> None:
        """Have a texture of this size."""
        if self.id and self.size == (width, height):
            return
        self.close()
        self.id = int(GL.glGenTextures(1))
        GL.glBindTexture(GL.GL_TEXTURE_2D, self.id)
        for name, value in (
            (GL.GL_TEXTURE_MIN_FILTER, self._filter),
            (GL.GL_TEXTURE_MAG_FILTER, self._filter),
            (GL.GL_TEXTURE_WRAP_S, GL.GL_CLAMP_TO_EDGE),
            (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE),
            (GL.GL_TEXTURE_MAX_LEVEL, 0),
        ):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, GL.GL_RGBA8, width, height, 0,
            GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, None,
        )  # fmt: skip
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)
        self.size = (width, height)

    def _upload(self, rgba: NDArray[np.uint8]) -> None:
        self._fill(np.ascontiguousarray(rgba))

    def _take(self, picture: "Picture", pixels: "Pixels") -> bool:
        """Fetch it straight from the GPU; False where that cannot be, then not tried again."""
        if picture.sharing.refused:
            return False
        try:
            if self._landing is None:
                self._landing = Landing(4 * self.size[0] * self.size[1], pixels.device)
            buffer = self._landing.take(pixels.pointer, pixels.event)
        except LandingProblem as problem:
            log.info("pictures go through the program's memory: %s", problem)
            picture.sharing.refused = True
            self._let_go_of_landing()
            return False
        GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, buffer)
        self._fill(ctypes.c_void_p(0))  # from the buffer's beginning
        GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, 0)
        self._landing.fetched()
        return True

    def _fill(self, source: object) -> None:
        width, height = self.size
        GL.glBindTexture(GL.GL_TEXTURE_2D, self.id)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)
        GL.glTexSubImage2D(
            GL.GL_TEXTURE_2D, 0, 0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, source
        )
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)

    def _let_go_of_landing(self) -> None:
        if self._landing is not None:
            self._landing.close()
            self._landing = None
