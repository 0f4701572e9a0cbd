"""Layers in files: every bit comes back, and what strangers wrote is refused with a reason."""

import contextlib
import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.edits.layer import Adjustment, Layer, Placement, Reshape
from avatars.edits.stored import layers_from_files, layers_to_files
from avatars.edits.tiles import TiledImage
from avatars.errors import UnreadableFile
from avatars.files.avatar_file import read_avatar, write_avatar
from tests.make_avatar import nowhere, stored_avatar
from tests.make_layers import disc, paint, random_pixels

SHARES = st.floats(0, 1)
PLACES = st.builds(
    Placement,
    st.tuples(SHARES, SHARES),
    st.floats(1e-3, 2),
    st.floats(-7, 7),
    st.booleans(),
    st.sampled_from(["uv", "surface"]),
)
CHANGES = st.builds(
    Adjustment,
    st.floats(-180, 180),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.none() | st.tuples(SHARES, SHARES, SHARES),
)
SHAPES = st.builds(Reshape, st.floats(-1, 1), st.floats(-4, 4), SHARES, st.floats(-0.02, 0.02))
LAYERS = st.builds(
    Layer,
    id=st.uuids().map(str),
    name=st.text(max_size=20),
    kind=st.sampled_from(["sticker", "paint", "adjust", "style", "geometry"]),
    image=st.integers(0, 3).map(lambda seed: TiledImage.from_pixels(random_pixels(70, seed))),
    picture=st.sampled_from([disc(), disc((1, 2, 3), 20)]),
    placement=PLACES,
    region=st.sampled_from([None, "lips", "hair"]),
    mask=st.none() | st.just(TiledImage.from_pixels(random_pixels(70, 9))),
    opacity=SHARES,
    blend=st.sampled_from(["normal", "soft-light"]),
    visible=st.booleans(),
    solo=st.booleans(),
    adjustment=CHANGES,
    reshape=SHAPES,
    note=st.text(max_size=20),
)


def alike(first, second) -> bool:
    if isinstance(first, TiledImage):
        return np.array_equal(first.pixels(), second.pixels())
    if hasattr(first, "aspect"):
        return np.array_equal(first.pixels, second.pixels)
    return type(first) is type(second) and first == second


@settings(max_examples=30)
@given(st.lists(LAYERS, max_size=4, unique_by=lambda layer: layer.id))
def test_layers_come_back_bit_by_bit(layers: list[Layer]) -> None:
    described, files = layers_to_files(tuple(layers))
    back = layers_from_files(json.loads(json.dumps(described)), files)
    assert len(back) == len(layers)
    for one, other in zip(layers, back, strict=True):
        for item in fields(Layer):
            assert alike(getattr(one, item.name), getattr(other, item.name)), item.name


def test_through_an_avatar_file_they_come_back_too(tmp_path) -> None:
    layers = (paint(random_pixels(16)), replace(paint(random_pixels(16, 2), "q"), opacity=0.25))
    described, files = layers_to_files(layers)
    kept = replace(stored_avatar(), layers=described, layer_files=files)
    write_avatar(tmp_path / "a.avatar", kept)
    back = read_avatar(tmp_path / "a.avatar", nowhere)
    found = layers_from_files(back.layers, back.layer_files)
    assert np.array_equal(found[0].image.pixels(), layers[0].image.pixels())  # type: ignore[union-attr]
    assert found[1].opacity == 0.25


def test_a_picture_that_layers_share_is_written_once() -> None:
    layer = paint(random_pixels(70))
    described, files = layers_to_files((layer, replace(layer, id="q")))
    assert len(files) == 1
    first, second = layers_from_files(described, files)
    assert first.image is second.image


PLAIN, FILES = layers_to_files((paint(random_pixels(20)),))
PNG = next(iter(FILES))


@pytest.mark.parametrize(
    "change",
    [
        *({"id": None}, {"id": "x" * 1000}, {"name": 3}, {"kind": "saw"}, {"kind": []}),
        *({"image": None}, {"image": "layers/none.png"}, {"image": 7}, {"image": ["a"]}),
        *({"opacity": 2}, {"opacity": "1"}, {"opacity": True}, {"opacity": None}),
        *({"opacity": float("nan")}, {"opacity": 10**400}, {"blend": "burn"}, {"blend": {}}),
        *({"visible": 1}, {"solo": None}, {"region": "tail"}, {"region": 3}, {"note": None}),
        *({"placement": 3}, {"placement": {}}, {"placement": {"uv": [0]}}),
        *({"adjustment": 3}, {"adjustment": {"hue": "red"}}, {"adjustment": {"color": [1]}}),
        *({"reshape": {"puff": 9}}, {"kind": "sticker"}, {"mask": "layers/none.png"}),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(change) -> None:
    with pytest.raises(UnreadableFile, match="layer"):
        layers_from_files(({**PLAIN[0], **change},), FILES)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"text", FILES[PNG][:30], FILES[PNG][:60], FILES[PNG][:-80]),
        FILES[PNG][:16] + (20_000).to_bytes(4, "big") * 2 + FILES[PNG][24:],
        FILES[PNG][:16] + (4000).to_bytes(4, "big") * 2 + FILES[PNG][24:],
        FILES[PNG][:25] + b"\x02" + FILES[PNG][26:],
    ],
)
def test_a_picture_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="layer"):
        layers_from_files(PLAIN, {PNG: content})


@settings(max_examples=60)
@given(st.data())
def test_broken_bytes_are_read_or_refused_and_nothing_else(data) -> None:
    content = bytearray(FILES[PNG])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnreadableFile):
        (layer,) = layers_from_files(PLAIN, {PNG: bytes(content)})
        assert layer.image is not None
        assert layer.image.size <= 4096


def test_two_layers_with_one_id_or_maps_of_two_sizes_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="same id"):
        layers_from_files((PLAIN[0], PLAIN[0]), FILES)
    described, files = layers_to_files((paint(random_pixels(20)), paint(random_pixels(30), "q")))
    with pytest.raises(UnreadableFile, match="several sizes"):
        layers_from_files(described, files)


def test_pictures_too_large_together_are_refused_before_they_are_decoded() -> None:
    header = FILES[PNG][:16] + (4096).to_bytes(4, "big") * 2 + FILES[PNG][24:]
    with pytest.raises(UnreadableFile):
        layers_from_files(
            tuple({**PLAIN[0], "id": str(n), "image": f"layers/{n}.png"} for n in range(40)),
            {f"layers/{n}.png": header for n in range(40)},
        )
