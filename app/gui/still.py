"""Still pictures on the graphics card: photos, previews, backgrounds."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from imgui_bundle import hello_imgui, imgui
from numpy.typing import NDArray

KEPT = 96

Read = Callable[[], NDArray[np.uint8]]
Still = tuple[imgui.ImTextureRef, tuple[int, int]]


class Stills:
    """Textures of pictures, each uploaded once; the ones used longest ago are let go."""

    def __init__(self) -> None:
        # The picture is kept beside its texture: an identity is only good while it lives.
        self._kept: OrderedDict[int | str, tuple[Any, int, tuple[int, int]]] = OrderedDict()
        self._live: dict[str, tuple[Any, int, tuple[int, int]]] = {}

    def of_array(self, pixels: NDArray[np.uint8]) -> Still:
        """Texture and size of an [H, W, 3 or 4] picture."""
        return self._texture(id(pixels), pixels, lambda: pixels)

    def of_bytes(self, encoded: bytes) -> Still | None:
        """Texture and size of a JPEG or PNG; None if it cannot be read."""
        return self._texture_or_none(id(encoded), encoded, lambda: _decoded(encoded))

    def of_file(self, path: str) -> Still | None:
        """Texture and size of a picture file; None if it cannot be read."""
        return self._texture_or_none(path, path, lambda: _decoded(Path(path).read_bytes()))

    def of_live(self, name: str, pixels: NDArray[np.uint8]) -> Still:
        """Texture and size of a picture [H, W, 3] that takes the place of the last of its name."""
        before = self._live.get(name)
        size = pixels.shape[1], pixels.shape[0]
        if before is None or before[0] is not pixels:
            texture = 0 if before is None or before[2] != size else before[1]
            if before is not None and not texture:
                _delete(before[1])
            self._live[name] = pixels, _upload(np.ascontiguousarray(pixels), texture), size
        return imgui.ImTextureRef(self._live[name][1]), size

    def free(self) -> None:
        """Let go of all textures."""
        while self._kept:
            self._drop()
        for _, texture, _ in self._live.values():
            _delete(texture)
        self._live.clear()

    def _texture_or_none(self, key: int | str, owner: object, read: Read) -> Still | None:
        try:
            return self._texture(key, owner, read)
        except (OSError, RuntimeError, ValueError):
            return None

    def _texture(self, key: int | str, owner: object, read: Read) -> Still:
        found = self._kept.get(key)
        if found is None:
            pixels = np.ascontiguousarray(read())
            found = (owner, _upload(pixels), (pixels.shape[1], pixels.shape[0]))
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._drop()
        self._kept.move_to_end(key)
        return imgui.ImTextureRef(found[1]), found[2]

    def _drop(self) -> None:
        _, (_, texture, _) = self._kept.popitem(last=False)
        _delete(texture)


def _decoded(encoded: bytes) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = hello_imgui.load_image_data_from_encoded_data(encoded, 4)
    if pixels is None or pixels.ndim != 3 or pixels.size == 0:
        raise ValueError("not a picture")
    return pixels


def _delete(texture: int) -> None:
    from OpenGL import GL

    GL.glDeleteTextures([texture])


def _upload(pixels: NDArray[np.uint8], texture: int = 0) -> int:
    """The texture that holds a picture: a new one, or the given one of the same size."""
    from OpenGL import GL

    layout = GL.GL_RGBA if pixels.shape[2] == 4 else GL.GL_RGB
    texture = texture or int(GL.glGenTextures(1))
    before = GL.glGetIntegerv(GL.GL_TEXTURE_BINDING_2D)
    GL.glBindTexture(GL.GL_TEXTURE_2D, texture)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_S, GL.GL_CLAMP_TO_EDGE)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE)
    GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
    GL.glTexImage2D(
        GL.GL_TEXTURE_2D, 0, GL.GL_RGBA8, pixels.shape[1], pixels.shape[0], 0,
        layout, GL.GL_UNSIGNED_BYTE, pixels,
    )  # fmt: skip
    GL.glBindTexture(GL.GL_TEXTURE_2D, before)
    return texture
