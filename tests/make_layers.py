"""Pictures and layers to test edits with."""

import numpy as np

from avatars.edits.layer import Layer, Picture, Placement
from avatars.edits.tiles import TiledImage


def random_pixels(size: int, seed: int = 0, *, holes: bool = True) -> np.ndarray:
    """RGBA8 [R, R, 4]; with holes about half of it is fully transparent and black."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (size, size, 4), np.uint8)
    if holes:
        pixels[random.random((size, size)) < 0.5] = 0
    return pixels


def paint(pixels: np.ndarray, id: str = "p", **more) -> Layer:
    return Layer(id, id, "paint", image=TiledImage.from_pixels(pixels), **more)


def solid(size: int, rgba: tuple[int, int, int, int], id: str = "s", **more) -> Layer:
    return paint(np.broadcast_to(np.array(rgba, np.uint8), (size, size, 4)).copy(), id, **more)


def disc(rgb: tuple[int, int, int] = (255, 0, 255), side: int = 64) -> Picture:
    """A round sticker with a soft rim."""
    y, x = np.mgrid[:side, :side] + 0.5
    away = np.hypot(x - side / 2, y - side / 2)
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[..., :3] = rgb
    pixels[..., 3] = np.clip((side / 2 - away) * 64, 0, 255)
    return Picture(pixels)


def sticker(uv: tuple[float, float], size: float = 0.08, id: str = "k", **more) -> Layer:
    return Layer(id, id, "sticker", picture=disc(), placement=Placement(uv, size, **more))
