"""Run by test_texture: shows pictures in a texture without a window and reads them back.

Prints one line of JSON. ``python -m tests.app.texture_walk cpu|cuda``.
"""

import json
import sys

import numpy as np
from OpenGL import GL

from app.frame_picture import Picture, Sharing
from app.frame_request import RenderRequest
from app.gui.offscreen import offscreen
from app.gui.texture import PictureTexture

SIZES = ((64, 48), (64, 48), (33, 21), (512, 512))


def read_back(texture: int, width: int, height: int):
    """The texture's bytes, through a framebuffer that it is attached to."""
    frame = GL.glGenFramebuffers(1)
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, frame)
    GL.glFramebufferTexture2D(
        GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_TEXTURE_2D, texture, 0
    )
    assert GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER) == GL.GL_FRAMEBUFFER_COMPLETE
    GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
    data = GL.glReadPixels(0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, 0)
    GL.glDeleteFramebuffers(1, [frame])
    return np.frombuffer(data, np.uint8).reshape(height, width, 4)


class Fetching:
    """Pixels that pretend to be on a GPU which OpenGL knows nothing of."""

    device = 0
    pointer = 16
    event = 0
    milliseconds = (0.0, 0.0)

    def __init__(self, rgba):
        self.rgba = rgba

    def wait(self):
        """Nothing to wait for."""

    def fetch(self):
        """The pixels."""
        return self.rgba


def pictures(kind: str, sharing: Sharing):
    """Pictures of random bytes of all sizes, with the bytes."""
    random = np.random.default_rng(0)
    for width, height in SIZES:
        rgba = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
        picture = Picture(RenderRequest(width=width, height=height), width, height)
        picture.sharing = sharing
        if kind == "memory":
            picture._rgba = rgba
        elif kind == "elsewhere":
            picture.gpu = Fetching(rgba)
        else:
            import torch

            from renderer.gsplat_screen import ScreenPixels, Timing

            with torch.cuda.stream(torch.cuda.Stream()):
                there = torch.from_numpy(rgba).cuda()
                picture.gpu = ScreenPixels(there, Timing())
            picture.gpu.wait()
        yield picture, rgba


def main(kind: str) -> None:
    """Show all pictures and say what came of it."""
    sharing, wrong, direct, same = Sharing(), 0, [], True
    with offscreen() as name:
        texture = PictureTexture()
        for picture, rgba in pictures(kind, sharing):
            found = texture.show(picture)
            again = texture.show(picture)
            same &= found == again == (texture.id, picture.width, picture.height)
            direct.append(texture.is_direct)
            wrong += int((read_back(*found) != rgba).sum())
        texture.close()
        gone = texture.id == 0
        error = int(GL.glGetError())
    sys.stdout.write(
        json.dumps(
            {
                "renderer": name,
                "wrong": wrong,
                "direct": direct,
                "same": bool(same),
                "refused": sharing.refused,
                "gone": gone,
                "error": error,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
