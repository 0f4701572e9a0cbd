"""Bytes of a picture file to upright sRGB pixels. The only importer of Pillow."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.tracking.focal import focal_from_exif
from renderer.disk import shown

if TYPE_CHECKING:
    from PIL.Image import Image

# Nothing else is tried, so that no rare decoder meets hostile data. JPEG covers the phones' MPO.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF")
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_ORIENTATION_TAG = 0x0112
_SWAPS_SIDES = (5, 6, 7, 8)

# What Pillow's decoders have been seen to raise on damaged data.
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture out of its file.

    Attributes:
        pixels: [H, W, 3 or 4] upright sRGB, alpha straight.
        width, height: upright size in the file.
        focal_px: focal length in pixels of the file, from EXIF.
        warnings: sentences.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    focal_px: float | None
    warnings: tuple[str, ...]


def decode(handle: BinaryIO, path: Path, *, most_pixels: int, longest_side: int) -> Decoded:
    """Decode an open picture file.

    Args:
        handle: open for reading bytes, at its start.
        path: its name, for messages.
        most_pixels: above this it is refused before anything is decoded.
        longest_side: it is scaled down to this.

    Raises:
        UnreadableFile: no picture of a kind we read, damaged, or too large.
    """
    with warnings.catch_warnings():
        # We refuse by our own limit; Pillow's remarks on odd metadata are no news for a person.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        image = _opened(handle, path)
        width, height = image.size
        if width * height > most_pixels:
            raise UnreadableFile(
                f"{shown(path)} has {width * height / 1e6:.0f} megapixels; "
                f"{most_pixels / 1e6:.0f} is the most.",
                "Scale it down first.",
            )
        try:
            return _converted(image, longest_side)
        except _DAMAGED as error:
            raise _damaged(path) from error


def _opened(handle: BinaryIO, path: Path) -> Image:
    from PIL import AvifImagePlugin, Image, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

    # Importing registers a format; the other three come with Pillow's own short list.
    del AvifImagePlugin, TiffImagePlugin, WebPImagePlugin
    Image.preinit()
    start = handle.read(16)
    handle.seek(0)
    formats = list(_FORMATS)
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF:
        formats.append(_heif(path))
    try:
        return Image.open(handle, formats=formats)
    except Image.DecompressionBombError as error:
        raise UnreadableFile(
            f"{shown(path)} has more pixels than can be used.", "Scale it down first."
        ) from error
    except UnidentifiedImageError as error:
        if _claims_to_be_a_picture(start):
            raise _damaged(path) from error
        raise UnreadableFile(
            f"{shown(path)} is not a picture that can be read.",
            "Save it as JPEG, PNG, WebP, BMP or TIFF.",
        ) from error
    except _DAMAGED as error:
        raise _damaged(path) from error


def _heif(path: Path) -> str:
    try:
        import pillow_heif  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise UnreadableFile(
            f"{shown(path)} is a HEIC picture, and the library that reads those is not installed.",
            "Save it as JPEG, or run `pip install pillow-heif`.",
        ) from error
    pillow_heif.register_heif_opener()
    return "HEIF"


def _claims_to_be_a_picture(start: bytes) -> bool:
    return (
        start.startswith((b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\0", b"MM\0*"))
        or (start.startswith(b"RIFF") and start[8:12] == b"WEBP")
        or start[4:12] == b"ftypavif"
    )


def _damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(
        f"{shown(path)} is damaged or cut short.", "Copy or export the picture again."
    )


def _converted(image: Image, longest_side: int) -> Decoded:
    from PIL import Image as Pillow
    from PIL import ImageOps

    width, height = image.size
    frames = getattr(image, "n_frames", 1)
    exif = image.getexif()
    focal = focal_from_exif(exif, width, height)
    if exif.get(_ORIENTATION_TAG) in _SWAPS_SIDES:
        width, height = height, width
    factor = longest_side / max(width, height)
    if factor < 1:
        # A JPEG decodes at an eighth to a half for a fraction of the time and memory.
        image.draft(None, (round(image.width * factor), round(image.height * factor)))
    image = ImageOps.exif_transpose(image)
    # Scaled in the depth it has: 16-bit pictures first become 8-bit, the rest keep their modes.
    image, notices = _eight_bits(image)
    image = _srgb(image)
    if max(image.size) > longest_side:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        premultiplied = image.convert("RGBa") if image.mode == "RGBA" else image
        small = premultiplied.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=2.0)
        image = small.convert(image.mode)
    if frames > 1 and image.format != "MPO" and getattr(image, "is_animated", False):
        notices.append("The file holds several pictures; only the first is used.")
    return Decoded(np.array(image), width, height, focal, tuple(notices))


def _eight_bits(image: Image) -> tuple[Image, list[str]]:
    """The picture in RGB, RGBA or CMYK-like 8-bit modes, with sentences on what was guessed."""
    from PIL import Image as Pillow

    if image.mode.startswith(("I", "F")):
        return Pillow.fromarray(_grey_8(np.asarray(image), image.mode)).convert("RGB"), []
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "RGB", "RGBA"):
        guessed = image.mode == "CMYK" and not image.info.get("icc_profile")
        return image, (
            ["The picture is in print colours (CMYK) without a profile; they may be a little off."]
            if guessed
            else []
        )
    has_alpha = image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info
    converted = image.convert("RGBA" if has_alpha else "RGB")
    if image.info.get("icc_profile") and image.mode in ("P", "PA"):
        converted.info["icc_profile"] = image.info["icc_profile"]
    else:
        converted.info.pop("icc_profile", None)  # a grey profile does not fit RGB pixels
    return converted, []


def _grey_8(values: NDArray[np.generic], mode: str) -> NDArray[np.uint8]:
    """Deep or floating-point grey as 8 bits, some rows at a time to spare memory."""
    grey = np.empty(values.shape, np.uint8)
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = _white_level(mode, float(finite.max(initial=0)))
    for first in range(0, len(values), 256):
        rows = slice(first, first + 256)
        scaled = finite[rows].astype(np.float64) * (255.0 / top)
        grey[rows] = np.clip(scaled + 0.5, 0, 255).astype(np.uint8)
    return grey


def _white_level(mode: str, largest: float) -> float:
    """What counts as white in a mode that does not say so."""
    if mode.startswith("I;16"):
        return 65535.0
    for white in (1.0, 255.0, 65535.0):
        if largest <= white:
            return white
    return largest


def _srgb(image: Image) -> Image:
    """The picture in sRGB, RGB or RGBA, by its profile where it has a usable one."""
    from io import BytesIO

    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in (ImageCms.getProfileDescription(source) or ""):
                return _through(image, source, mode)
        except (ImageCms.PyCMSError, *_DAMAGED):
            pass  # a broken profile is no reason to refuse the picture: its numbers count as sRGB
    return image if image.mode == mode else image.convert(mode)


def _through(image: Image, source: object, mode: str) -> Image:
    from PIL import ImageCms

    target = ImageCms.createProfile("sRGB")
    colour = image.convert("RGB") if image.mode == "RGBA" else image
    result = ImageCms.profileToProfile(colour, source, target, outputMode="RGB")  # type: ignore[arg-type]
    if result is None:
        return image.convert(mode)
    if mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result
