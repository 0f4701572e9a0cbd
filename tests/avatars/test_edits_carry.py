"""Layers on other heads, stickers made for FLAME's layout, and the library that ships."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import edit_assets
from app.demo import builtin_head, demo_avatar
from avatars.avatar import Identity
from avatars.edits.canvas import Canvas, canvas_for, canvas_of
from avatars.edits.carry import copied, matching_points, suggested
from avatars.edits.library_drawn import DRAWINGS, write_all
from avatars.edits.masks import hair_weights, region_weights
from avatars.edits.pictures import CONTENT, MASK, read_map, read_sticker
from avatars.errors import HeadMismatch, UnreadableFile
from avatars.head.landmarks import landmark_points
from avatars.head.regions import face_mask
from tests.make_layers import paint, random_pixels, sticker

LIBRARY = Path(edit_assets.__file__).parent


@pytest.fixture(scope="module")
def canvas() -> Canvas:
    return canvas_for(demo_avatar())


@pytest.fixture(scope="module")
def flipped() -> Canvas:
    """The same head with another layout, mirrored and shrunk, and another face."""
    head = builtin_head()
    uvs = (1 - head.uvs) * 0.9 + 0.05
    other = replace(head, uvs=uvs, fingerprint="", regions=dict(head.regions), name="other")
    betas = torch.zeros(head.shape_count)
    betas[:4] = torch.tensor([1.0, -1.0, 0.5, 1.0])
    return canvas_of(other, Identity(betas), 256)


def test_on_the_same_head_layers_are_shared(canvas: Canvas) -> None:
    chosen = (paint(random_pixels(512)), sticker((0.3, 0.5)))
    layers, notices = copied((chosen[0],), chosen, canvas, canvas)
    assert not notices
    assert layers[1].image is chosen[0].image
    assert layers[2].placement == chosen[1].placement
    assert len({layer.id for layer in layers}) == 3


def test_on_another_head_a_sticker_goes_to_the_same_place_of_the_face(canvas, flipped) -> None:
    marks = {"nose tip": 4, "chin": 152, "right cheek": 50, "forehead": 10}
    vertices = torch.from_numpy(canvas.vertices).float()
    for name, number in marks.items():
        place = landmark_points(canvas.head, vertices)[number].numpy()[None].astype(float)
        own = canvas.nearest(place, 0)
        found = flipped.positions_at(matching_points(own, canvas, flipped))[0]
        there = landmark_points(flipped.head, torch.from_numpy(flipped.vertices).float())[number]
        assert np.linalg.norm(found - there.numpy()) < 0.003, name


def test_on_another_head_paint_is_read_texel_by_texel(canvas: Canvas, flipped: Canvas) -> None:
    lips = face_mask(canvas.head, "lips").numpy()[canvas.points.face]
    pixels = np.zeros((512 * 512, 4), np.uint8)
    pixels[canvas.index[lips]] = (200, 0, 0, 255)
    layer = paint(pixels.reshape(512, 512, 4), "lips")
    (copy,), _ = copied((), (layer,), canvas, flipped)
    assert copy.image is not None
    alpha = copy.image.pixels()[..., 3].reshape(-1)[flipped.index] > 0
    theirs = face_mask(flipped.head, "lips").numpy()[flipped.points.face]
    assert (alpha & theirs).sum() / (alpha | theirs).sum() > 0.85


def test_a_layer_whose_region_is_missing_stays_behind_with_a_notice(canvas, flipped) -> None:
    bare = canvas_of(replace(flipped.head, regions={}), Identity(torch.zeros(1)), 256)
    layers, notices = copied((), (paint(random_pixels(512), region="lips"),), canvas, bare)
    assert layers == ()
    assert "lips" in notices[0]


def pair(folder: Path, content: np.ndarray, mask: np.ndarray) -> Path:
    cv2.imwrite(str(folder / f"x{CONTENT}"), content)
    cv2.imwrite(str(folder / f"x{MASK}"), mask)
    return folder / f"x{CONTENT}"


def test_a_pair_is_turned_upright_and_knows_its_place_in_flames_layout(tmp_path: Path) -> None:
    content, mask = np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), np.uint8)
    content[229:259, 141:201], content[259:289, 141:201] = (0, 0, 255), (255, 0, 0)
    mask[229:289, 141:201] = 255  # the first row of the files is v = 0
    for ending in (CONTENT, MASK):
        found = read_sticker(pair(tmp_path, content, mask).with_name(f"x{ending}"), 512)
        assert found.uv == pytest.approx((171 / 512, 259 / 512))
        assert found.size == pytest.approx(60 / 512)
        pixels = found.picture.pixels
        assert pixels.shape == (60, 60, 4)
        assert tuple(pixels[5, 5]) == (0, 0, 255, 255)  # blue lies higher up, where v is larger
        assert tuple(pixels[55, 5]) == (255, 0, 0, 255)
    with pytest.raises(UnreadableFile, match="equally large"):
        read_sticker(pair(tmp_path, content[:256, :256], mask), 512)
    with pytest.raises(UnreadableFile, match="shows nothing"):
        read_sticker(pair(tmp_path, content, 0 * mask), 512)


def test_on_the_right_cheek_of_flame_means_the_right_cheek_here(canvas: Canvas, tmp_path) -> None:
    content, mask = np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), np.uint8)
    mask[229:289, 141:201] = 255
    place = suggested(read_sticker(pair(tmp_path, content, mask), 512), canvas)
    point = canvas.point_at_uv(place.uv)
    away = canvas.positions_at(point)[0] - canvas.vertices[
        canvas.head.regions["cheek_right"].numpy()
    ].mean(axis=0)
    assert np.linalg.norm(away) < 0.025
    assert 0.08 < place.size < 0.2


def test_the_library_is_what_its_drawings_say_and_small(tmp_path: Path) -> None:
    write_all(tmp_path)
    total = 0
    for name in DRAWINGS:
        for ending in (CONTENT, MASK):
            shipped = LIBRARY / f"{name}{ending}"
            total += shipped.stat().st_size
            drawn, kept = (cv2.imread(str(p), -1) for p in (tmp_path / shipped.name, shipped))
            assert drawn is not None
            assert kept is not None
            assert kept.shape[:2] == (512, 512)
            assert np.abs(drawn.astype(int) - kept).mean() < 0.5
        assert read_sticker(LIBRARY / f"{name}{CONTENT}", 512).uv is not None
    assert len(DRAWINGS) >= 10
    assert total < 2_000_000


def test_the_hair_is_where_it_grows_and_the_skin_is_not(canvas: Canvas) -> None:
    avatar = demo_avatar()
    hair = hair_weights(canvas.layout, avatar.maps).reshape(-1)[canvas.index]
    top = canvas.positions[:, 1] > 0.09
    assert hair[top & (canvas.part == 0)].mean() > 0.9
    for name in ("nose", "lips", "eye_left", "cheek_right", "chin"):
        inside = face_mask(canvas.head, name).numpy()[canvas.points.face]
        assert hair[inside].max() < 0.2, name
    skin = region_weights(canvas.layout, avatar.maps, "skin").reshape(-1)[canvas.index]
    assert skin[top & (canvas.part == 0)].mean() < 0.1
    with pytest.raises(HeadMismatch, match="no region"):
        region_weights(canvas.layout, avatar.maps, "tail")


def test_a_map_from_a_painter_is_resampled_and_continued_beyond_its_islands(tmp_path) -> None:
    valid = np.zeros((64, 64), bool)
    valid[16:48, 16:48] = True
    path = tmp_path / "uv.png"
    cv2.imwrite(str(path), np.full((128, 128, 3), (10, 20, 30), np.uint8))
    image, notices = read_map(path, valid)
    assert (image.pixels() == (30, 20, 10, 255)).all()
    assert "resampled" in notices[0]
    cv2.imwrite(str(path), np.zeros((64, 32, 3), np.uint8))
    with pytest.raises(UnreadableFile, match="square"):
        read_map(path, valid)
