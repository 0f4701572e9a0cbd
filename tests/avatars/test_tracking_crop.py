"""The source crop and its resampling, and the matte of the person in it."""

from dataclasses import replace
from math import pi
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.tracking.crop import WIDTH_MM, working_crop
from avatars.tracking.faces import find_faces
from avatars.tracking.likeness import OVAL
from avatars.tracking.matting import person_matte
from avatars.tracking.photo import Photo, open_photo, photo_of
from avatars.tracking.view import View, filled, is_inside, look


def smooth_scene(height: int = 300, width: int = 400) -> np.ndarray:
    """Slow waves, so that bilinear sampling hardly errs: value = f(place)."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.stack([wave(x, y), wave(y, x), wave(x + y, x)], axis=-1).astype(np.uint8)


def wave(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 127 + 60 * np.sin(a / 31) + 60 * np.cos(b / 37)


@given(
    x=st.floats(-50, 450),
    y=st.floats(-50, 350),
    side=st.floats(5, 2000),
    roll=st.floats(-pi, pi),
    size=st.integers(8, 1024),
)
def test_places_go_into_a_view_and_back(
    x: float, y: float, side: float, roll: float, size: int
) -> None:
    view = View(x, y, side, size, roll)
    points = np.array([[0.0, 0.0, 1.0], [400.0, 300.0, -2.0], [x, y, 0.0]])
    assert np.allclose(view.out_of(view.into(points)), points, atol=1e-6 * max(side, 1) + 1e-6)
    assert view.into(np.array([[x, y]]))[0] == pytest.approx([size / 2, size / 2], abs=1e-6)


@pytest.mark.parametrize("roll", [0.0, 0.4])
@pytest.mark.parametrize(("side", "size"), [(128.0, 256), (128.0, 128), (200.0, 71), (256.0, 32)])
def test_a_view_shows_what_lies_at_its_places(side: float, size: int, roll: float) -> None:
    view = View(203.3, 148.6, side, size, roll)
    seen = look(smooth_scene(), view)
    centres = np.stack(np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5), -1)
    x, y = view.out_of(centres.reshape(-1, 2).astype(float)).T
    wanted = np.stack([wave(x, y), wave(y, x), wave(x + y, x)], -1).reshape(size, size, 3)
    inner = is_inside(view, 400, 300)
    inner = cv2.erode(inner.astype(np.uint8), np.ones((5, 5))) > 0
    # Half a pixel off would be 1 to 2 levels at size 128, 8 at size 32; the blur costs some.
    assert np.abs(seen[inner] - wanted[inner]).mean() < (1.0 if size > 70 else 2.5)


def test_fine_patterns_do_not_alias_when_scaled_down() -> None:
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[:, ::2] = 255
    for size in (64, 100, 150, 290):
        seen = look(stripes, View(300, 300, 580, size))[4:-4, 4:-4]
        assert seen.std() < 16, size  # of 127
        assert seen.mean() == pytest.approx(127.5, abs=2)


def test_beyond_the_picture_its_border_is_repeated_and_marked() -> None:
    rgb = np.zeros((100, 80, 3), np.uint8)
    rgb[:, :40] = (200, 10, 20)
    view = View(0.0, 50.0, 100.0, 200)
    assert (look(rgb, view)[100, 5] == (200, 10, 20)).all()
    inside = is_inside(view, 80, 100)
    assert not inside[:, :100].any()
    assert inside[:, 100:].all()
    beside = look(rgb, View(5000.0, 50.0, 40.0, 32))
    assert (beside == 0).all()


def found(shared: Path, name: str) -> tuple[Photo, object]:
    photo = open_photo(shared / "media" / name)
    return photo, find_faces(photo.rgb)[0]


def test_the_working_crop_shows_the_whole_head_at_its_scale(shared: Path) -> None:
    photo, face = found(shared, "photo_woman_hand_on_cheek.jpg")
    crop = working_crop(photo, face)
    assert crop.rgb.shape == (512, 512, 3)
    x, y, side = crop.square
    assert side == pytest.approx(WIDTH_MM * face.pixels_per_mm)
    assert crop.to_photo(np.array([[0.0, 0.0], [512.0, 512.0]])) == pytest.approx(
        np.array([[x, y], [x + side, y + side]])
    )
    assert np.allclose(crop.to_crop(face.landmarks), crop.landmarks)
    cheeks = np.linalg.norm(crop.landmarks[454] - crop.landmarks[234])
    assert 185 < cheeks < 220  # 125 to 145 mm at 1.5 pixels per millimetre
    middle = crop.landmarks[OVAL, :2].mean(axis=0)
    assert np.abs(middle - 256).max() < 60
    assert crop.inside.all()
    # The same picture in another size gives the same crop.
    double = photo_of(cv2.resize(photo.rgb, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    again = working_crop(double, find_faces(double.rgb)[0])
    assert np.array(again.square) / 2 == pytest.approx(np.array(crop.square), abs=0.02 * side)


def test_a_close_up_reaches_past_the_photo(shared: Path) -> None:
    photo, face = found(shared, "photo_closeup_smile.png")
    crop = working_crop(photo, face, size=256)
    assert crop.rgb.shape == (256, 256, 3)
    assert crop.square[0] < 0
    assert 0.4 < crop.inside.mean() < 0.8
    assert crop.inside[128, 128]
    assert not crop.inside[0].any()


@pytest.mark.parametrize(
    "name",
    ["photo_astronaut.png", "photo_man_glasses.jpg", "photo_woman_open_mouth.jpg"],
)
def test_the_matte_holds_face_and_hair_and_not_the_corners(shared: Path, name: str) -> None:
    photo, face = found(shared, name)
    crop = working_crop(photo, face)
    matte = person_matte(crop)
    assert matte.dtype == np.float32
    assert matte.shape == (512, 512)
    assert 0 <= matte.min() <= matte.max() <= 1
    oval = filled(crop.landmarks[OVAL, :2], 512, 512)
    assert matte[oval].mean() > 0.99
    crown = crop.landmarks[10, :2].astype(int)
    assert matte[crown[1] - 20, crown[0]] > 0.95  # hair above the forehead
    assert matte[:40, :40].max() < 0.05
    assert matte[:40, -40:].max() < 0.05


def test_the_matte_scales_with_the_crop(shared: Path) -> None:
    photo, face = found(shared, "photo_businesswoman.png")
    large = person_matte(working_crop(photo, face, 512))
    small = person_matte(working_crop(photo, face, 128))
    shrunk = cv2.resize(large, (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small).mean() < 0.02


def test_a_photos_own_cut_out_is_the_matte(shared: Path) -> None:
    photo, face = found(shared, "photo_man_glasses.jpg")
    crop = working_crop(photo, face)
    cut = cv2.warpAffine(
        (person_matte(crop) * 255).astype(np.uint8),
        cv2.invertAffineTransform(crop.view.matrix()),
        photo.rgb.shape[1::-1],
    )
    cut[:, : int(face.box[0] - 0.2 * face.box[2])] = 0  # a cut that no network would make
    own = person_matte(working_crop(replace(photo, alpha=cut), face))
    assert np.abs(own - working_crop(replace(photo, alpha=cut), face).alpha / 255).max() < 0.01
    # Transparency that is no cut-out (a cropped corner) only takes away.
    corner = np.full(photo.rgb.shape[:2], 255, np.uint8)
    corner[:100] = 0
    limited = person_matte(working_crop(replace(photo, alpha=corner), face))
    assert (limited <= person_matte(crop) + 0.01).all()


def test_a_second_person_who_does_not_touch_is_left_out(shared: Path) -> None:
    bust = open_photo(shared / "media" / "photo_businesswoman.png").rgb[:620, 180:800]
    white = np.full((620, 120, 3), 255, np.uint8)
    photo = photo_of(np.hstack([bust, white, bust]))
    left, right = find_faces(photo.rgb)
    near = working_crop(photo, left)
    wide = View(photo.width / 2, photo.height / 2, photo.width * 1.05, 512)
    both = replace(
        near,
        view=wide,
        rgb=look(photo.rgb, wide),
        inside=is_inside(wide, photo.width, photo.height),
        landmarks=wide.into(left.landmarks),
    )
    matte = person_matte(both)
    noses = [wide.into(face.landmarks)[1, :2].astype(int) for face in (left, right)]
    assert matte[noses[0][1], noses[0][0]] > 0.9
    assert matte[noses[1][1], noses[1][0]] < 0.05
