"""The program's own stickers, drawn by rule: ``python -m avatars.edits.library_drawn FOLDER``.

Each is a pair NAME_content.png and NAME_mask.png of 512 x 512 in FLAME's texture layout with its
first row at v = 0, the form that other programs of this kind use too.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Drawing = tuple[Array, Array]
"""Colours [512, 512, 3] or [3] and cover [512, 512], 0..1, upright (row 0 at the top)."""

SIZE = 512
_U, _V = np.meshgrid((np.arange(SIZE) + 0.5) / SIZE, 1 - (np.arange(SIZE) + 0.5) / SIZE)
_EYES = ((0.365, 0.622), (0.632, 0.622))
_LIPS = (0.495, 0.40)


def blush() -> Drawing:
    """Rosy cheeks."""
    cover = np.zeros((SIZE, SIZE))
    for side in (-1, 1):
        cover = np.maximum(cover, _blob(0.5 + side * 0.175, 0.50, 0.075, 0.05, -side * 0.35))
    return np.array([0.85, 0.36, 0.38]), 0.5 * cover


def freckles() -> Drawing:
    """Freckles over nose and cheeks."""
    random = np.random.default_rng(3)
    cover = np.zeros((SIZE, SIZE))
    for _ in range(330):
        u, v = random.normal(0.5, 0.11), random.normal(0.535, 0.03)
        sides = np.exp(-(((abs(u - 0.5) - 0.10) / 0.07) ** 2))
        if abs(u - 0.5) > 0.27 or random.random() > 0.2 + 0.7 * sides:
            continue
        radius = random.uniform(0.0016, 0.0036)
        dot = _disc(u, v, radius, 0.0014) * random.uniform(0.25, 0.75)
        cover = np.maximum(cover, dot)
    return np.array([0.48, 0.27, 0.16]), cover


def scar() -> Drawing:
    """An old cut across the cheek."""
    along = np.array([(0.70, 0.565), (0.708, 0.53), (0.702, 0.49), (0.712, 0.45), (0.707, 0.42)])
    line = _line(along, 0.0035, 0.002)
    rim = _line(along, 0.0075, 0.005)
    stitches = np.zeros((SIZE, SIZE))
    for v in np.linspace(0.43, 0.555, 6):
        u = np.interp(v, along[::-1, 1], along[::-1, 0])
        stitch = np.array([(u - 0.014, v - 0.002), (u + 0.014, v + 0.002)])
        stitches = np.maximum(stitches, _line(stitch, 0.0018, 0.0014))
    pale, red = np.array([0.93, 0.76, 0.70]), np.array([0.62, 0.25, 0.24])
    colors = red + (pale - red) * line[..., None]
    return colors, np.maximum(np.maximum(0.9 * line, 0.5 * rim), 0.55 * stitches)


def stubble() -> Drawing:
    """A beard of three days."""
    random = np.random.default_rng(11)
    x, y = np.abs(_U - _LIPS[0]), _V
    upper = np.where(x < 0.10, 0.478, np.interp(x, (0.10, 0.15, 0.28), (0.455, 0.425, 0.50)))
    upper = cv2.GaussianBlur(upper, (0, 0), 6)
    area = _step(0.0, 0.022, upper - y) * _step(1.0, 0.85, np.hypot(x / 0.285, (y - 0.40) / 0.20))
    area *= _step(0.30, 0.26, x)
    area *= 1 - _step(1.3, 1.0, np.hypot(x / 0.088, (y - _LIPS[1]) / 0.042))
    canvas = np.zeros((SIZE * 2, SIZE * 2), np.uint8)
    for _ in range(26000):
        x, y = random.uniform(0, 2 * SIZE, 2)
        if random.random() > area[int(y / 2), int(x / 2)]:
            continue
        dx, dy = random.normal(0, 1.2), random.uniform(1.5, 4.5)
        ends = [tuple(round(c * 8) for c in p) for p in ((x, y), (x + dx, y + dy))]
        cv2.line(canvas, ends[0], ends[1], (random.uniform(120, 230),), 1, cv2.LINE_AA, 3)
    hairs = cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA) / 255.0
    soft = cv2.GaussianBlur(area, (0, 0), 3)
    return np.array([0.15, 0.11, 0.09]), np.clip(0.9 * hairs + 0.22 * soft, 0, 1)


def glitter() -> Drawing:
    """Glitter under the eyes."""
    random = np.random.default_rng(5)
    colors, cover = np.ones((SIZE, SIZE, 3)), np.zeros((SIZE, SIZE))
    tints = np.array([(1.0, 0.86, 0.42), (0.98, 0.62, 0.85), (0.55, 0.86, 1.0), (1.0, 1.0, 1.0)])
    for side, (u0, v0) in zip((-1, 1), _EYES, strict=True):
        for _ in range(230):
            angle = random.uniform(-0.2, 1.15) * np.pi * 0.5
            reach = random.normal(0.098, 0.016)
            u = u0 + side * reach * np.sin(angle) * 1.05
            v = v0 - reach * np.cos(angle) * 0.75
            spark = _disc(u, v, random.uniform(0.0012, 0.0042), 0.0012)
            colors[spark > 0.02] = tints[random.integers(len(tints))] * random.uniform(0.75, 1)
            cover = np.maximum(cover, spark)
    return colors, 0.95 * cover


def tribal() -> Drawing:
    """Curved blades from temple to cheek."""
    cover = np.zeros((SIZE, SIZE))
    blades = (
        ((0.745, 0.71), (0.79, 0.63), (0.765, 0.54), (0.70, 0.47), 0.0085),
        ((0.775, 0.69), (0.815, 0.60), (0.80, 0.50), (0.755, 0.42), 0.009),
        ((0.76, 0.60), (0.72, 0.575), (0.69, 0.55), (0.66, 0.50), 0.0085),
        ((0.785, 0.565), (0.75, 0.52), (0.73, 0.47), (0.70, 0.41), 0.008),
        ((0.755, 0.655), (0.73, 0.70), (0.69, 0.725), (0.63, 0.73), 0.0085),
    )
    for *points, width in blades:
        cover = np.maximum(cover, _blade(np.array(points, np.float64), float(width)))
    return np.array([0.06, 0.07, 0.10]), 0.92 * cover


def flag_stripes() -> Drawing:
    """Three stripes across on the cheek."""
    return _flag(lambda s, t: np.select([t > 2 / 3, t > 1 / 3], [0, 1], 2)[..., None] * 1.0)


def flag_cross() -> Drawing:
    """A light cross on a dark ground."""
    return _flag(
        lambda s, t: 3 + ((np.abs(s - 0.36) < 0.09) | (np.abs(t - 0.5) < 0.13))[..., None] * 1.0
    )


def flag_rainbow() -> Drawing:
    """Six stripes of a rainbow."""
    return _flag(lambda s, t: 5 + np.floor(np.clip(1 - t, 0, 0.999) * 6)[..., None])


def eye_shadow() -> Drawing:
    """Smoky lids."""
    cover, colors = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE, 3))
    deep, light = np.array([0.22, 0.12, 0.26]), np.array([0.62, 0.40, 0.60])
    for side, (u, v) in zip((-1, 1), _EYES, strict=True):
        x, y = (_U - u) * side / 0.088, (_V - v - 0.012) / 0.055
        lid = np.exp(-((x - 0.12) ** 4) - ((y - 0.28) / 0.62) ** 2) * _step(-0.25, 0.1, y)
        wing = _blob(u + side * 0.075, v + 0.022, 0.035, 0.016, side * 0.45)
        both = np.clip(np.maximum(lid, 0.75 * wing), 0, 1)
        height = np.clip((y - 0.05) / 0.8, 0, 1)[..., None]
        colors = np.where(
            both[..., None] > cover[..., None], deep + (light - deep) * height, colors
        )
        cover = np.maximum(cover, both)
    return colors, 0.72 * cover


def lipstick() -> Drawing:
    """Red lips."""
    x, y = (_U - _LIPS[0]) / 0.105, (_V - _LIPS[1]) / 0.038
    bow = 0.14 * np.exp(-((x / 0.14) ** 2))
    edge = np.sqrt(np.clip(1 - x * x, 0, 1))
    cover = _step(0.08, -0.08, np.abs(y) - edge * np.where(y > 0, 1 - bow, 1.0))
    cover *= _step(1.0, 0.93, np.abs(x))
    shine = np.exp(-((x / 0.35) ** 2) - ((y + 0.45) / 0.14) ** 2)[..., None]
    return np.array([0.66, 0.05, 0.12]) + 0.22 * shine, 0.9 * cover


DRAWINGS: dict[str, Callable[[], Drawing]] = {
    name.__name__: name
    for name in (
        *(blush, freckles, scar, stubble, glitter, tribal),
        *(flag_stripes, flag_cross, flag_rainbow, eye_shadow, lipstick),
    )
}
"""All of them by name."""

_FLAG_COLORS = np.array(
    [
        *((0.80, 0.12, 0.18), (0.97, 0.97, 0.95), (0.10, 0.25, 0.60)),
        *((0.05, 0.32, 0.55), (0.99, 0.85, 0.20)),
        *((0.89, 0.10, 0.14), (0.97, 0.55, 0.12), (0.99, 0.88, 0.15)),
        *((0.13, 0.60, 0.25), (0.10, 0.33, 0.72), (0.47, 0.15, 0.55)),
    ]
)


def write_all(folder: Path) -> None:
    """Write every pair into a folder."""
    for name, draw in DRAWINGS.items():
        colors, cover = draw()
        rgb = np.broadcast_to(colors, (SIZE, SIZE, 3))
        shown = cv2.dilate((cover > 0.004).astype(np.uint8), np.ones((5, 5)))[..., None]
        rgb = np.where(shown > 0, rgb, 0.0)  # what is not shown takes no room in the file
        for ending, pixels in (("content", rgb[..., ::-1]), ("mask", cover)):
            bytes8 = np.clip(np.round(pixels * 255), 0, 255).astype(np.uint8)[::-1]
            flags = [cv2.IMWRITE_PNG_COMPRESSION, 9]
            cv2.imwrite(str(folder / f"{name}_{ending}.png"), bytes8, flags)


def _flag(index: Callable[[Array, Array], Array]) -> Drawing:
    """A flag of colours by number, waving a little, brushed onto the cheek."""
    u, v, width, height = 0.695, 0.49, 0.11, 0.072
    wave = 0.05 * np.sin((_U - u) / width * 5.5)
    s, t = (_U - u) / width + 0.5, (_V - v) / height + 0.5 + wave
    inside = _step(0, 0.03, s) * _step(1, 0.97, s) * _step(0, 0.04, t) * _step(1, 0.96, t)
    number = np.clip(index(s, t)[..., 0], 0, len(_FLAG_COLORS) - 1).astype(int)
    random = np.random.default_rng(2)
    grain = cv2.GaussianBlur(random.standard_normal((SIZE, SIZE)), (0, 0), sigmaX=4, sigmaY=0.8)
    brushed = np.clip(0.93 + 0.5 * grain, 0.6, 1.0)
    return _FLAG_COLORS[number], inside * brushed


def _blob(u: float, v: float, wide: float, high: float, turn: float) -> Array:
    c, s = np.cos(turn), np.sin(turn)
    x, y = (_U - u) * c + (_V - v) * s, (_V - v) * c - (_U - u) * s
    found: Array = np.exp(-((x / wide) ** 2) - (y / high) ** 2)
    return found


def _disc(u: float, v: float, radius: float, soft: float) -> Array:
    return _step(radius + soft, radius, np.hypot(_U - u, _V - v))


def _line(points: Array, radius: float, soft: float) -> Array:
    """A line through points, as thick as twice the radius."""
    away = np.full((SIZE, SIZE), np.inf)
    for start, end in pairwise(points):
        way = end - start
        share = ((_U - start[0]) * way[0] + (_V - start[1]) * way[1]) / (way @ way)
        share = np.clip(share, 0, 1)
        gap = np.hypot(_U - start[0] - share * way[0], _V - start[1] - share * way[1])
        away = np.minimum(away, gap)
    return _step(radius + soft, radius, away)


def _blade(points: Array, width: float) -> Array:
    """A Bezier curve that swells and ends in points."""
    t = np.linspace(0, 1, 40)[:, None]
    a, b, c, d = points
    curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    cover = np.zeros((SIZE, SIZE))
    for number in range(39):
        swell = width * np.sin(np.pi * (0.06 + 0.94 * number / 39)) ** 0.8
        cover = np.maximum(cover, _line(curve[number : number + 2], swell, 0.0022))
    return cover


def _step(low: float, high: float, values: Array) -> Array:
    """0 at ``low``, 1 at ``high``, smooth between; ``high`` may be the smaller one."""
    share = np.clip((values - low) / (high - low), 0, 1)
    smooth: Array = share * share * (3 - 2 * share)
    return smooth


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
