"""Pictures of tiles, and what can be done with a pile of layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.edits import stack
from avatars.edits.tiles import EMPTY, TiledImage, memory_of, tile_slices, tiles_of
from tests.make_layers import random_pixels, solid

SIZES = st.sampled_from([1, 7, 64, 65, 130, 192])


@given(SIZES, st.integers(0, 9))
def test_a_picture_comes_back_pixel_by_pixel(size: int, seed: int) -> None:
    pixels = random_pixels(size, seed)
    assert np.array_equal(TiledImage.from_pixels(pixels).pixels(), pixels)


@given(SIZES, st.integers(0, 9), st.data())
def test_writing_changes_the_named_pixels_and_shares_all_other_tiles(size, seed, data) -> None:
    before = TiledImage.from_pixels(random_pixels(size, seed))
    places = data.draw(st.lists(st.integers(0, size * size - 1), min_size=1, unique=True))
    texels = np.array(places)
    rgba = random_pixels(64, seed + 1, holes=False).reshape(-1, 4)[: len(texels) % 4096]
    texels = texels[: len(rgba)]
    after = before.written(texels, rgba)
    expected = before.pixels()
    expected.reshape(-1, 4)[texels] = rgba
    assert np.array_equal(after.pixels(), expected)
    assert np.array_equal(after.read(texels), rgba)
    assert set(after.touched(before)) <= set(tiles_of(texels, size))


def test_writing_what_is_there_already_gives_the_same_object() -> None:
    image = TiledImage.from_pixels(random_pixels(100))
    texels = np.arange(500)
    assert image.written(texels, image.read(texels)) is image


def test_empty_tiles_are_one_object_and_cost_nothing() -> None:
    image = TiledImage.empty(512)
    assert all(tile is EMPTY for tile in image.tiles)
    assert memory_of([image]) == 0
    one = image.written(np.array([5]), np.array([[1, 2, 3, 4]], np.uint8))
    assert memory_of([image, one, one]) == 64 * 64 * 4
    wiped = one.written(np.array([5]), np.zeros((1, 4), np.uint8))
    assert wiped.is_empty
    assert wiped.tiles[0] is EMPTY


def test_tiles_cannot_be_written_to() -> None:
    image = TiledImage.from_pixels(random_pixels(64))
    with pytest.raises(ValueError, match="read-only"):
        image.tiles[0][0, 0, 0] = 1


def test_slices_cover_a_picture_once() -> None:
    seen = np.zeros((150, 150), int)
    for number in range(9):
        seen[tile_slices(number, 150)] += 1
    assert (seen == 1).all()


def test_layers_are_added_moved_copied_and_removed_by_id() -> None:
    layers: stack.Layers = ()
    for name in "abc":
        layers = stack.added(layers, solid(8, (1, 2, 3, 4), name))
    assert [layer.id for layer in stack.moved(layers, "a", 2)] == ["b", "c", "a"]
    assert [layer.id for layer in stack.removed(layers, "b")] == ["a", "c"]
    twice = stack.duplicated(layers, "b")
    assert [layer.name for layer in twice] == ["a", "b", "b copy", "c"]
    assert len({layer.id for layer in twice}) == 4
    assert twice[2].image is layers[1].image
    assert stack.changed(layers, "a", opacity=1.0) is layers
    assert stack.changed(layers, "a", opacity=0.5)[0].opacity == 0.5
    assert stack.added(layers, layers[0])[-1].id not in "abc"
    assert stack.memory([layers, twice]) == 3 * 64 * 64 * 4
    with pytest.raises(KeyError):
        stack.removed(layers, "z")
