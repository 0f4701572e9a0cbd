"""Opening pictures: formats, depths, orientation, colour, size, and what is no picture."""

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from avatars.errors import UnreadableFile
from avatars.tracking.photo import LONGEST_SIDE, open_photo

SEED = np.random.default_rng(0)


def scene(height: int = 40, width: int = 60) -> np.ndarray:
    """Four flat corners of different colours, so that turns and mirrors show."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = (200, 40, 30)
    rgb[: height // 2, width // 2 :] = (40, 180, 60)
    rgb[height // 2 :, : width // 2] = (30, 60, 190)
    rgb[height // 2 :, width // 2 :] = (220, 210, 90)
    return rgb


def near(one: np.ndarray, other: np.ndarray, limit: float) -> bool:
    return one.shape == other.shape and float(np.abs(one.astype(int) - other).mean()) < limit


@pytest.mark.parametrize(
    ("ending", "options", "limit"),
    [
        (".jpg", {"quality": 95, "subsampling": 0}, 3.0),
        (".png", {}, 0.1),
        (".webp", {"lossless": True}, 0.1),
        (".bmp", {}, 0.1),
        (".tiff", {"compression": "tiff_lzw"}, 0.1),
    ],
)
def test_every_format_gives_the_same_read_only_pixels(
    tmp_path: Path, ending: str, options: dict[str, object], limit: float
) -> None:
    file = tmp_path / f"scene{ending}"
    Image.fromarray(scene()).save(file, **options)
    photo = open_photo(file)
    assert near(photo.rgb, scene(), limit)
    assert (photo.width, photo.height, photo.scale) == (60, 40, 1.0)
    assert photo.alpha is None
    assert photo.focal_px is None
    assert photo.warnings == ()
    with pytest.raises(ValueError, match="read-only"):
        photo.rgb[0, 0] = 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path: Path, orientation: int) -> None:
    upright = Image.fromarray(scene())
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(inverse[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    for ending in (".png", ".jpg"):
        stored.save(tmp_path / f"turned{ending}", exif=exif)
        photo = open_photo(tmp_path / f"turned{ending}")
        assert near(photo.rgb, scene(), 4.0)
        assert (photo.width, photo.height) == (60, 40)


def test_transparent_pixels_are_white_and_the_alpha_is_kept(tmp_path: Path) -> None:
    alpha = np.zeros((40, 60), np.uint8)
    alpha[10:30, 20:40] = 255
    alpha[10:30, 40] = 128
    Image.fromarray(np.dstack([scene(), alpha])).save(tmp_path / "cut.png")
    photo = open_photo(tmp_path / "cut.png")
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, alpha)
    assert not photo.alpha.flags.writeable
    assert (photo.rgb[0, 0] == 255).all()
    assert np.array_equal(photo.rgb[15, 25], scene()[15, 25])
    half = photo.rgb[15, 40].astype(int) - (scene()[15, 40].astype(int) + 255) / 2
    assert np.abs(half).max() <= 1


def test_opaque_alpha_is_dropped_and_empty_alpha_ignored_with_a_warning(tmp_path: Path) -> None:
    for level, name in ((255, "opaque"), (0, "empty")):
        alpha = np.full((40, 60), level, np.uint8)
        Image.fromarray(np.dstack([scene(), alpha])).save(tmp_path / f"{name}.png")
    assert open_photo(tmp_path / "opaque.png").alpha is None
    empty = open_photo(tmp_path / "empty.png")
    assert empty.alpha is None
    assert near(empty.rgb, scene(), 0.1)
    assert "transparent" in empty.warnings[0]


def test_grey_palette_and_sixteen_bit_pictures_come_out_as_rgb(tmp_path: Path) -> None:
    grey = scene()[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert near(open_photo(tmp_path / "grey.png").rgb, np.repeat(grey[..., None], 3, 2), 0.1)
    Image.fromarray(np.dstack([grey, grey])).save(tmp_path / "grey_alpha.png")
    assert open_photo(tmp_path / "grey_alpha.png").alpha is not None
    Image.fromarray(scene()).quantize(8).save(tmp_path / "palette.png")
    assert near(open_photo(tmp_path / "palette.png").rgb, scene(), 1.0)

    deep = scene().astype(np.uint16) * 257
    for name, pixels in (("rgb16", deep), ("grey16", deep[..., 0])):
        for ending in (".png", ".tiff"):
            file = tmp_path / f"{name}{ending}"
            cv2.imwrite(str(file), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
            wanted = scene() if pixels.ndim == 3 else np.repeat(grey[..., None], 3, 2)
            assert near(open_photo(file).rgb, wanted, 1.0), file
    Image.fromarray(grey.astype(np.float32) / 255).save(tmp_path / "float.tiff")
    assert near(open_photo(tmp_path / "float.tiff").rgb[..., 0], grey, 1.0)


def test_print_colours_are_converted_with_a_warning(tmp_path: Path) -> None:
    Image.fromarray(scene()).convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    photo = open_photo(tmp_path / "print.jpg")
    assert near(photo.rgb, scene(), 6.0)
    assert "CMYK" in photo.warnings[0]


def test_a_colour_profile_is_applied_and_a_broken_one_ignored(tmp_path: Path) -> None:
    lab = Image.fromarray(np.full((8, 8, 3), 128, np.uint8))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab.save(tmp_path / "srgb.png", icc_profile=profile)
    lab.save(tmp_path / "broken.png", icc_profile=b"no profile at all")
    for name in ("srgb.png", "broken.png"):
        assert near(open_photo(tmp_path / name).rgb, np.full((8, 8, 3), 128), 1.5)


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_large_pictures_are_scaled_down_and_keep_their_proportions(
    tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"large{ending}"
    Image.fromarray(scene(3000, 6000)).save(file)
    photo = open_photo(file)
    assert photo.rgb.shape == (LONGEST_SIDE // 2, LONGEST_SIDE, 3)
    assert (photo.width, photo.height) == (6000, 3000)
    assert photo.scale == pytest.approx(LONGEST_SIDE / 6000)
    assert near(photo.rgb[100:200, 100:200], np.broadcast_to(scene()[0, 0], (100, 100, 3)), 4.0)


def test_pictures_above_a_hundred_megapixels_are_refused_before_decoding(tmp_path: Path) -> None:
    def header(width: int, height: int) -> bytes:
        size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        block = b"IHDR" + size
        data = b"IDAT" + zlib.compress(b"\0" * 100)
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
            for part in (block, data, b"IEND")
        )

    for number, (width, height) in enumerate([(10_001, 10_000), (60_000, 60_000)]):
        file = tmp_path / f"bomb{number}.png"
        file.write_bytes(header(width, height))
        with pytest.raises(UnreadableFile) as caught:
            open_photo(file)
        assert "pixels" in caught.value.message
        assert "Scale it down" in caught.value.remedy


def test_what_is_no_picture_is_refused_in_one_sentence_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("This is a letter, not a photo.\n")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "video.jpg").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    encoded = io.BytesIO()
    Image.fromarray(SEED.integers(0, 255, (64, 64, 3), np.uint8)).save(encoded, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(encoded.getvalue()[: len(encoded.getvalue()) // 2])
    (tmp_path / "head.jpg").write_bytes(encoded.getvalue()[:20])
    names = ["empty.jpg", "text.jpg", "folder.png", "video.jpg", "phone.heic", "cut.jpg"]
    for name in [*names, "head.jpg", "missing.jpg"]:
        with pytest.raises(UnreadableFile) as caught:
            open_photo(tmp_path / name)
        assert name in caught.value.message
        assert caught.value.message.count(". ") == 0
        assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize(
    ("tags", "size", "wanted"),
    [
        ({0xA405: 26}, (400, 300), 26 / 43.267 * 500),
        ({0xA405: 26, 0xA002: 4000, 0xA003: 3000}, (400, 300), 26 / 43.267 * 500),
        ({0xA405: 26, 0xA002: 4000, 0xA003: 3000}, (300, 300), None),  # cropped since
        ({0xA405: 26, 0xA002: 3000, 0xA003: 4000}, (400, 300), 26 / 43.267 * 500),
        ({0x920A: 50.0, 0xA20E: 200.0, 0xA210: 4, 0xA002: 4000, 0xA003: 3000}, (400, 300), 1000.0),
        ({0x920A: 50.0}, (400, 300), None),
        ({0xA405: 0}, (400, 300), None),
        ({0xA405: 60000}, (400, 300), None),
    ],
)
def test_the_focal_length_is_read_in_kept_pixels(
    tmp_path: Path, tags: dict[int, float], size: tuple[int, int], wanted: float | None
) -> None:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif.get_ifd(0x8769)[tag] = value
    Image.new("RGB", size, (90, 90, 90)).save(tmp_path / "camera.jpg", exif=exif)
    focal = open_photo(tmp_path / "camera.jpg").focal_px
    assert focal == (None if wanted is None else pytest.approx(wanted, rel=1e-3))


def test_a_scaled_photo_keeps_a_scaled_focal_length(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    Image.new("RGB", (8192, 512)).save(tmp_path / "wide.jpg", exif=exif)
    focal = open_photo(tmp_path / "wide.jpg").focal_px
    assert focal == pytest.approx(50 / 43.267 * np.hypot(4096, 256), rel=1e-3)


def encoded_samples() -> list[bytes]:
    samples = []
    for kind, mode in (("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("TIFF", "L")):
        out = io.BytesIO()
        Image.fromarray(scene(24, 24)).convert(mode).save(out, kind)
        samples.append(out.getvalue())
    return samples


SAMPLES = encoded_samples()


@given(
    sample=st.integers(0, len(SAMPLES) - 1),
    places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    kept=st.floats(0.05, 1.0),
)
def test_damaged_files_open_or_are_refused_but_never_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory,
    sample: int,
    places: list[tuple[float, int]],
    kept: float,
) -> None:
    data = bytearray(SAMPLES[sample])
    for place, value in places:
        data[int(place * len(data))] = value
    file = tmp_path_factory.getbasetemp() / f"damaged_{os.getpid()}.bin"
    file.write_bytes(data[: max(1, int(kept * len(data)))])
    try:
        photo = open_photo(file)
    except UnreadableFile:
        return
    assert photo.rgb.dtype == np.uint8
    assert photo.rgb.ndim == 3
