"""What a layer is: a picture, a colour change or a reshaping that lies over an avatar's maps."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from avatars.edits.blend import MODES
from avatars.edits.tiles import TiledImage

Kind = Literal["sticker", "paint", "adjust", "style", "geometry"]
KINDS: tuple[str, ...] = get_args(Kind)

SIZE = 0.08
"""Usual width of a sticker in units of u."""

MOST_OFFSET = 0.02
"""Farthest that a geometry layer moves splats, metres."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A sticker's source.

    Attributes:
        pixels: [H, W, 4] uint8 RGBA, alpha straight; made read-only.

    Raises:
        ValueError: another shape or kind of numbers, or no pixels.
    """

    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[2] != 4 or 0 in shape or self.pixels.dtype != np.uint8:
            raise ValueError(f"a picture is uint8 [H, W, 4], not {list(shape)}")
        kept = np.array(self.pixels, order="C")
        kept.flags.writeable = False
        object.__setattr__(self, "pixels", kept)

    @property
    def aspect(self) -> float:
        """Height per width."""
        return self.pixels.shape[0] / self.pixels.shape[1]


@dataclass(frozen=True)
class Placement:
    """Where a sticker sits.

    Attributes:
        uv: the texture coordinates of its centre.
        size: its width in units of u.
        angle: how far it is turned counter-clockwise, radians.
        mirror: whether left and right are exchanged.
        space: "surface" lays it on the skin without distortion, over seams as well; there a unit
            of u is as long as it is in the middle of the head. "uv" lays it flat on the map.

    Raises:
        ValueError: a number that is not finite, or no size.
    """

    uv: tuple[float, float]
    size: float = SIZE
    angle: float = 0.0
    mirror: bool = False
    space: Literal["surface", "uv"] = "surface"

    def __post_init__(self) -> None:
        numbers = (*self.uv, self.size, self.angle)
        if not all(math.isfinite(number) for number in numbers) or not self.size > 0:
            raise ValueError(f"no place for a sticker: {self}")
        if self.space not in ("surface", "uv"):
            raise ValueError(f"'{self.space}' is no space")


@dataclass(frozen=True)
class Adjustment:
    """A change of colours.

    Attributes:
        hue: turn of all hues, degrees.
        saturation: -1 grey, 0 as it is, 1 twice as vivid.
        brightness: -1..1, added to the lightness (1 is all of it).
        contrast: -1 flat, 0 as it is, 1 twice as strong, around the region's own middle.
        color: (r, g, b) 0..1 that the region's middle colour becomes, or None.
    """

    hue: float = 0.0
    saturation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    color: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Reshape:
    """What a geometry layer does to splats where its picture is opaque.

    Attributes:
        opacity: -1 makes them invisible, 0 leaves them.
        scale: added to the binary logarithm of their size.
        flatten: share 0..1 of their own distance from the skin that is taken away (shaving).
        puff: metres they are moved out along the normal.
    """

    opacity: float = 0.0
    scale: float = 0.0
    flatten: float = 0.0
    puff: float = 0.0


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer; the lowest comes first in a tuple of them.

    Attributes:
        id: unique within a document.
        name: what the user calls it.
        kind: what it does.
        image: its picture on the map (paint, style, geometry); None where there is none.
        picture: a sticker's source, or None.
        placement: where the sticker sits, or None.
        region: the region it is confined to, or None.
        mask: a picture whose alpha confines it further, or None.
        opacity: 0..1.
        blend: one of ``avatars.edits.blend.MODES``.
        visible: whether it counts.
        solo: whether only it and other solo layers count.
        adjustment: what an adjust layer does.
        reshape: what a geometry layer does.
        note: where it comes from, such as a file's name.

    Raises:
        ValueError: a kind or blend mode that is none, an opacity outside 0..1, or a layer that
            lacks what its kind needs.
    """

    id: str
    name: str
    kind: Kind
    image: TiledImage | None = None
    picture: Picture | None = None
    placement: Placement | None = None
    region: str | None = None
    mask: TiledImage | None = None
    opacity: float = 1.0
    blend: str = "normal"
    visible: bool = True
    solo: bool = False
    adjustment: Adjustment = field(default_factory=Adjustment)
    reshape: Reshape = field(default_factory=Reshape)
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"'{self.kind}' is no kind of layer")
        if self.blend not in MODES:
            raise ValueError(f"'{self.blend}' is no blend mode")
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"an opacity of {self.opacity} is not in 0..1")
        if self.kind == "sticker":
            if self.picture is None or self.placement is None:
                raise ValueError("a sticker needs a picture and a place")
        elif self.kind != "adjust" and self.image is None:
            raise ValueError(f"a layer of kind {self.kind} needs a picture")
