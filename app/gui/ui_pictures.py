"""Pictures among widgets; who has a graphics card brings the textures."""

from typing import Any, Protocol

import numpy as np
from imgui_bundle import ImVec2, imgui
from numpy.typing import NDArray

from app.gui import theme
from app.gui.theme import px
from app.gui.ui_places import Places

Texture = tuple[Any, tuple[int, int]]
"""What ImGui draws, and its width and height in pixels."""


class Textures(Protocol):
    """Makes textures of pictures and keeps them while they are shown."""

    def of_array(self, pixels: NDArray[np.uint8]) -> Texture:
        """That of an [H, W, 3 or 4] picture."""

    def of_live(self, name: str, pixels: NDArray[np.uint8]) -> Texture:
        """That of a picture which takes the place of the last one of its name."""

    def of_bytes(self, encoded: bytes) -> Texture | None:
        """That of a JPEG or PNG; None if it cannot be read."""


class Pictures(Places):
    """The part of the widget set that shows pictures.

    Attributes:
        textures: set by the window; without it a picture is an empty frame.
    """

    def __init__(self) -> None:
        super().__init__()
        self.textures: Textures | None = None

    def picture(
        self, name: str, source: NDArray[np.uint8] | bytes, width: float, height: float
    ) -> bool:
        """Draw a picture, cut to fill ``width`` x ``height`` pixels; whether it could be read."""
        texture = self._texture(source)
        if texture is None and self.textures is not None:
            return False
        corner = imgui.get_cursor_screen_pos()
        imgui.dummy(ImVec2(width, height))
        self.record(name)
        end = ImVec2(corner.x + width, corner.y + height)
        canvas = imgui.get_window_draw_list()
        canvas.add_rect_filled(corner, end, theme.u32(theme.colors().frame), px(6))
        if texture is not None:
            ref, (wide, tall) = texture
            u, v = _cut(wide / tall, width / height)
            canvas.add_image_rounded(
                ref,
                corner,
                end,
                ImVec2(u, v),
                ImVec2(1 - u, 1 - v),
                imgui.get_color_u32(imgui.ImVec4(1, 1, 1, 1)),
                px(6),
            )
        return True

    def picture_wide(
        self,
        name: str,
        pixels: NDArray[np.uint8],
        most: float,
        region: tuple[float, float, float, float] | None = None,
        *,
        is_live: bool = False,
    ) -> tuple[float, float, float]:
        """Draw a picture over the whole width, at most so many pixels high.

        Args:
            name: of the widget.
            pixels: [H, W, 3 or 4].
            most: largest height on the screen, pixels.
            region: x, y, width and height of the part to show; None for all.
            is_live: whether another picture follows soon, in this one's place.

        Returns:
            x and y of its corner on the screen, and pixels of the screen per pixel of it.
        """
        left, top, wide, tall = region or (0.0, 0.0, pixels.shape[1], pixels.shape[0])
        room = imgui.get_content_region_avail().x
        scale = min(room / wide, most / tall)
        corner = imgui.get_cursor_screen_pos()
        x = corner.x + (room - wide * scale) / 2
        imgui.set_next_item_allow_overlap()
        imgui.set_cursor_screen_pos(ImVec2(x, corner.y))
        imgui.invisible_button(f"##{name}", ImVec2(wide * scale, tall * scale))
        self.record(name)
        end = ImVec2(x + wide * scale, corner.y + tall * scale)
        canvas = imgui.get_window_draw_list()
        canvas.add_rect_filled(ImVec2(x, corner.y), end, theme.u32(theme.colors().frame), px(6))
        if is_live and self.textures is not None:
            texture: Texture | None = self.textures.of_live(name, pixels)
        else:
            texture = self._texture(pixels)
        if texture is not None:
            white = imgui.get_color_u32(imgui.ImVec4(1, 1, 1, 1))
            across, down = pixels.shape[1], pixels.shape[0]
            start = ImVec2(left / across, top / down)
            stop = ImVec2((left + wide) / across, (top + tall) / down)
            canvas.add_image_rounded(
                texture[0], ImVec2(x, corner.y), end, start, stop, white, px(6)
            )
        return x, corner.y, scale

    def _texture(self, source: NDArray[np.uint8] | bytes) -> Texture | None:
        if self.textures is None:
            return None
        if isinstance(source, bytes):
            return self.textures.of_bytes(source)
        return self.textures.of_array(source)


def _cut(picture: float, frame: float) -> tuple[float, float]:
    """Shares to cut off at the sides and at top and bottom so that a picture fills a frame."""
    if picture > frame:
        return (1 - frame / picture) / 2, 0.0
    return 0.0, (1 - picture / frame) / 2
