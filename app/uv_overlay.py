"""Lines over the colour map: the triangles of the head, and the borders of its regions."""

import colorsys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from avatars.kinds.uv_avatar import UvAvatar

SIDE = 1024
"""Pixels a side."""


def wireframe(avatar: "UvAvatar") -> NDArray[np.uint8]:
    """The triangles of the layout [SIDE, SIDE, 4], white on nothing."""
    import cv2

    head = avatar.head
    uv = head.uvs.cpu().numpy()[head.uv_faces.cpu().numpy()]  # [F, 3, 2]
    fine = 3  # bits of a pixel
    places = np.stack([uv[..., 0], 1 - uv[..., 1]], axis=-1) * SIDE * (1 << fine)
    cover = np.zeros((SIDE, SIDE), np.uint8)
    cv2.polylines(cover, list(np.round(places).astype(np.int32)), True, (95,), 1, cv2.LINE_AA, fine)
    return _tinted(cover, (255, 255, 255))


def borders(avatar: "UvAvatar", names: tuple[str, ...]) -> NDArray[np.uint8]:
    """The outlines of regions [SIDE, SIDE, 4], each in a colour of its own."""
    import cv2

    from avatars.edits.canvas import canvas_for
    from avatars.edits.masks import region_weights
    from avatars.errors import HeadMismatch

    layout = canvas_for(avatar).layout
    out = np.zeros((SIDE, SIDE, 4), np.uint8)
    for number, name in enumerate(names):
        try:
            weights = region_weights(layout, avatar.maps, name)
        except HeadMismatch:
            continue
        large = cv2.resize(weights, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        inside = (large > 0.5).astype(np.uint8)
        found, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cover = np.zeros((SIDE, SIDE), np.uint8)
        cv2.drawContours(cover, found, -1, (255,), 2, cv2.LINE_AA)
        red, green, blue = colorsys.hsv_to_rgb(number * 0.381966 % 1, 0.55, 1.0)
        tinted = _tinted(cover, (int(red * 255), int(green * 255), int(blue * 255)))
        out = np.where(tinted[..., 3:] > out[..., 3:], tinted, out)
    return out


def _tinted(cover: NDArray[np.uint8], rgb: tuple[int, int, int]) -> NDArray[np.uint8]:
    out = np.empty((*cover.shape, 4), np.uint8)
    out[..., :3] = rgb
    out[..., 3] = cover
    return out
