"""Maps and layers into maps: order, exactness, and how little is computed again."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.edits import compose as composing
from avatars.edits import stack
from avatars.edits.actions import baked, export_layer, merged_down, uv_picture
from avatars.edits.blend import over
from avatars.edits.brush import painted
from avatars.edits.canvas import canvas_for
from avatars.edits.compose import compose, composed_avatar
from avatars.edits.layer import Adjustment, Layer, Reshape
from avatars.edits.strokes import Brush, Stroke
from avatars.edits.tiles import TiledImage, tile_slices
from avatars.kinds.attributes import Reader
from avatars.kinds.uv_avatar import UvAvatar, _reader
from renderer.errors import UserError
from tests.make_avatar import stored_avatar
from tests.make_head import uv_head
from tests.make_layers import paint, random_pixels, solid, sticker

SIZE = 192  # three tiles a side


@pytest.fixture(scope="module")
def avatar() -> UvAvatar:
    return stored_avatar(size=SIZE, count=4000).avatar


def afresh(avatar: UvAvatar, layers: stack.Layers):
    """The maps as if nothing had been composed before."""
    kept = composing._composer
    composing._composer = composing._Composer()
    try:
        return compose(avatar, layers).maps
    finally:
        composing._composer = kept


def same(first, second) -> bool:
    names = ("rgb", "opacity", "scales", "offset")
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in names)


def test_no_layer_gives_the_avatars_own_tensors(avatar: UvAvatar) -> None:
    maps = compose(avatar, ()).maps
    assert maps.rgb is avatar.maps.rgb
    assert maps.offset is avatar.maps.offset


def test_the_same_layers_give_the_same_object(avatar: UvAvatar) -> None:
    layers = (solid(SIZE, (10, 20, 30, 255)),)
    assert compose(avatar, layers) is compose(avatar, layers)
    assert compose(avatar, (layers[0],)) is compose(avatar, layers)


def test_layers_lie_over_each_other_from_the_lowest_up(avatar: UvAvatar) -> None:
    red, blue = solid(SIZE, (255, 0, 0, 255), "r"), solid(SIZE, (0, 0, 255, 128), "b")
    top = compose(avatar, (red, blue)).maps.rgb[5, 5]
    share = 128 / 255
    assert torch.allclose(top, torch.tensor([1 - share, 0, share]), atol=1e-6)
    assert torch.equal(compose(avatar, (blue, red)).maps.rgb[5, 5], torch.tensor([1.0, 0, 0]))


def test_a_pixels_alpha_times_the_layers_opacity_is_what_counts(avatar: UvAvatar) -> None:
    pixels = random_pixels(SIZE)
    layer = paint(pixels, opacity=0.3, blend="multiply")
    share = (pixels[..., 3] / np.float32(255)).astype(np.float32) * np.float32(0.3)
    color = pixels[..., :3].astype(np.float32) / np.float32(255)
    expected = over(avatar.maps.rgb.numpy(), color, share, "multiply")
    assert np.allclose(compose(avatar, (layer,)).maps.rgb.numpy(), expected, atol=1e-6)


def test_hidden_and_transparent_layers_do_nothing_and_solo_ones_stand_alone(avatar) -> None:
    red, blue = solid(SIZE, (255, 0, 0, 255), "r"), solid(SIZE, (0, 0, 255, 255), "b")
    hidden = replace(blue, visible=False)
    assert compose(avatar, (hidden, replace(red, opacity=0.0))).maps.rgb is avatar.maps.rgb
    alone = compose(avatar, (replace(red, solo=True), blue)).maps.rgb
    assert torch.equal(alone[3, 3], torch.tensor([1.0, 0, 0]))


def test_a_mask_and_a_region_confine_a_layer(avatar: UvAvatar) -> None:
    half = np.zeros((SIZE, SIZE, 4), np.uint8)
    half[:, : SIZE // 2, 3] = 255
    masked = solid(SIZE, (9, 9, 9, 255), mask=TiledImage.from_pixels(half))
    rgb = compose(avatar, (masked,)).maps.rgb
    assert torch.equal(rgb[:, SIZE // 2 :], avatar.maps.rgb[:, SIZE // 2 :])
    assert not torch.equal(rgb[:, : SIZE // 2], avatar.maps.rgb[:, : SIZE // 2])
    head = uv_head()
    nose = head.v_template[:, 2] > 0.08
    other = replace(avatar, head=replace(head, regions={"nose": nose}))
    confined = compose(other, (solid(SIZE, (9, 9, 9, 255), region="nose"),)).maps.rgb
    changed = (confined != avatar.maps.rgb).any(dim=-1).numpy().reshape(-1)
    canvas = canvas_for(other)
    depth = canvas.template_positions[:, 2]
    assert changed[canvas.index[depth > 0.086]].mean() > 0.95
    assert not changed[canvas.index[depth < 0.05]].any()


def changed(layers: stack.Layers, id: str, what: str, seed: int) -> stack.Layers:
    if what == "opacity":
        return stack.changed(layers, id, opacity=seed / 99)
    if what == "blend":
        return stack.changed(layers, id, blend="screen")
    if what == "hide":
        return stack.changed(layers, id, visible=seed % 2 == 0)
    return stack.moved(layers, id, seed % 3) if what == "move" else stack.removed(layers, id)


CHANGES = st.sampled_from(["stroke", "opacity", "blend", "hide", "move", "drop", "sticker", "puff"])


@settings(max_examples=12)
@given(st.lists(st.tuples(CHANGES, st.integers(0, 5), st.integers(0, 99)), max_size=10))
def test_every_way_to_the_same_layers_gives_the_same_bits(avatar: UvAvatar, changes) -> None:
    layers: stack.Layers = ()
    for what, which, seed in changes:
        if what == "stroke" or not layers:
            texels = np.random.default_rng(seed).integers(0, SIZE * SIZE, 40)
            rgba = random_pixels(8, seed).reshape(-1, 4)[:40]
            image = TiledImage.empty(SIZE).written(
                np.unique(texels), rgba[: len(np.unique(texels))]
            )
            layers = stack.added(layers, Layer("n", "n", "paint", image=image))
        elif what == "sticker":
            layers = stack.added(layers, sticker((0.3 + seed / 300, 0.6), 0.1))
        elif what == "puff":
            shape = solid(SIZE, (0, 0, 0, 100), "g")
            puffed = replace(shape, kind="geometry", reshape=Reshape(puff=seed / 1e5, scale=0.5))
            layers = stack.added(layers, puffed)
        else:
            layers = changed(layers, layers[which % len(layers)].id, what, seed)
        assert same(compose(avatar, layers).maps, afresh(avatar, layers))


def test_only_the_tiles_under_a_change_are_computed(avatar: UvAvatar) -> None:
    ground = solid(SIZE, (200, 100, 50, 60), "g")
    image = TiledImage.empty(SIZE)
    first = compose(avatar, (ground, Layer("p", "p", "paint", image=image)))
    dot = image.written(np.array([70 * SIZE + 10]), np.array([[1, 2, 3, 255]], np.uint8))
    second = compose(avatar, (ground, Layer("p", "p", "paint", image=dot)))
    assert second.changed == {"rgb": (3,), "opacity": (), "scales": (), "offset": ()}
    rows, columns = tile_slices(3, SIZE)
    outside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    outside[rows, columns] = False
    assert torch.equal(first.maps.rgb[outside], second.maps.rgb[outside])
    assert second.maps.opacity is avatar.maps.opacity


def test_only_the_splats_over_changed_tiles_are_read(avatar: UvAvatar) -> None:
    reader = Reader(avatar.table.uv)
    ground = solid(SIZE, (200, 100, 50, 60), "g")
    reader.read(compose(avatar, (ground,)).maps)
    assert reader.rereader.rows_read["rgb"] == len(avatar.table)
    texels = np.array([100 * SIZE + 100, 101 * SIZE + 101])  # in the middle tile
    dot = TiledImage.empty(SIZE).written(texels, np.full((2, 4), 255, np.uint8))
    maps = compose(avatar, (ground, Layer("p", "p", "paint", image=dot))).maps
    found = reader.read(maps)
    place = torch.stack([avatar.table.uv[:, 0], 1 - avatar.table.uv[:, 1]], -1) * SIZE - 0.5
    reads = (place.floor() < 128).all(-1) & (place.floor() + 1 >= 64).all(-1)
    assert reader.rereader.rows_read["rgb"] == int(reads.sum())
    assert 0 < reader.rereader.rows_read["rgb"] < len(avatar.table) / 4
    assert torch.equal(found.sh, Reader(avatar.table.uv).read(maps).sh)


def test_a_reader_that_missed_versions_still_reads_right(avatar: UvAvatar) -> None:
    reader = Reader(avatar.table.uv)
    image = TiledImage.empty(SIZE)
    for number in range(6):
        texels = np.array([number * 30 * SIZE + number * 30])
        image = image.written(texels, np.full((1, 4), 200, np.uint8))
        maps = compose(avatar, (Layer("p", "p", "paint", image=image),)).maps
        if number % 2:
            found = reader.read(maps)
            assert torch.equal(found.sh, Reader(avatar.table.uv).read(maps).sh)


def test_five_hundred_strokes_and_as_many_undos_end_where_they_began(avatar: UvAvatar) -> None:
    canvas = canvas_for(avatar)
    random = np.random.default_rng(0)
    layer = Layer("p", "p", "paint", image=TiledImage.empty(SIZE))
    start = (solid(SIZE, (90, 40, 160, 90), "g", blend="overlay"), layer)
    before = compose(avatar, start).maps.rgb.clone()
    history = [start]
    for _ in range(500):
        color = tuple(float(value) for value in random.random(3))
        at = tuple(
            float(value) for value in (0.1 + 0.8 * random.random(), 0.4 + 0.5 * random.random())
        )
        assert layer.image is not None
        stroke = Stroke(Brush(color=color, size=0.03), (at,))
        layer = replace(layer, image=painted(layer.image, stroke, canvas))
        history.append((start[0], layer))
        compose(avatar, history[-1])
    strokes_alone = sum(len(b[1].image.touched(a[1].image)) for a, b in zip(history, history[1:]))  # type: ignore[union-attr] # noqa: B905, RUF007
    assert stack.memory(history) <= (9 + strokes_alone) * 64 * 64 * 4
    for layers in reversed(history):
        after = compose(avatar, layers).maps.rgb
    assert torch.equal(after, before)


def test_geometry_layers_act_on_the_splats_and_only_where_they_are_painted(avatar) -> None:
    pixels = np.zeros((SIZE, SIZE, 4), np.uint8)
    pixels[:64, :64, 3] = 255
    change = Reshape(opacity=-0.5, scale=1.0, flatten=1.0, puff=0.004)
    layer = replace(paint(pixels, "g"), kind="geometry", reshape=change)
    maps = compose(avatar, (layer,)).maps
    own = avatar.maps
    assert torch.allclose(maps.opacity[:64, :64], own.opacity[:64, :64] * 0.5)
    assert torch.allclose(maps.scales[:64, :64], own.scales[:64, :64] * 2)
    assert torch.allclose(maps.offset[:64, :64], torch.tensor([0.0, 0.0, 0.004]))
    assert torch.equal(maps.offset[64:], own.offset[64:])
    assert maps.rgb is own.rgb


def test_recolouring_moves_the_middle_to_the_colour_and_keeps_the_shades(avatar) -> None:
    change = Adjustment(color=(0.2, 0.4, 0.7))
    layer = Layer("a", "a", "adjust", adjustment=change)
    grey = replace(avatar.maps, rgb=torch.rand(SIZE, SIZE, 1).mul(0.5).add(0.2).expand(-1, -1, 3))
    plain = replace(avatar, maps=replace(grey, rgb=grey.rgb.contiguous()))
    rgb = compose(plain, (layer,)).maps.rgb
    used = torch.from_numpy(canvas_for(plain).index)
    middle = rgb.reshape(-1, 3)[used].median(dim=0).values
    assert torch.allclose(middle, torch.tensor(change.color), atol=0.03)
    before, after = (m.reshape(-1, 3)[used].mean(-1) for m in (plain.maps.rgb, rgb))
    order = before.argsort()
    assert bool((after[order].diff() >= -1e-3).all())


def test_loose_splats_are_recoloured_with_what_lies_under_them(avatar: UvAvatar) -> None:
    change = Layer("a", "a", "adjust", adjustment=Adjustment(color=(0.1, 0.1, 0.9)))
    assert avatar.loose is not None
    maps = compose(avatar, (change,)).maps
    count = len(avatar.table)
    shown = avatar.attributes(maps).sh[count:]
    assert not torch.equal(shown, avatar.attributes().sh[count:])
    assert torch.equal(avatar.attributes(maps).scales[count:], avatar.loose.scales)
    kept = composed_avatar(avatar, (change,))
    assert kept.loose is not None
    assert torch.equal(kept.loose.rgb, maps.loose_rgb)
    assert torch.equal(kept.attributes().sh, avatar.attributes(maps).sh)


def test_baking_shows_the_same_and_needs_no_layers(avatar: UvAvatar) -> None:
    layers = (solid(SIZE, (200, 30, 90, 99)), sticker((0.5, 0.7)))
    permanent = baked(avatar, layers)
    assert same(permanent.maps, compose(avatar, layers).maps)
    assert baked(avatar, ()) is avatar


def test_merging_down_shows_the_same_within_a_step_of_a_byte(avatar: UvAvatar) -> None:
    layers = (paint(random_pixels(SIZE, 1), "a"), paint(random_pixels(SIZE, 2), "b", opacity=0.7))
    merged = merged_down(avatar, layers, "b")
    assert len(merged) == 1
    gap = (compose(avatar, layers).maps.rgb - compose(avatar, merged).maps.rgb).abs().max()
    assert gap < 1.01 / 255
    with pytest.raises(UserError, match="lowest"):
        merged_down(avatar, layers, "a")


def test_exports_hold_what_shows(avatar: UvAvatar) -> None:
    import cv2

    pixels = random_pixels(SIZE, 3)
    content = export_layer(avatar, paint(pixels))
    back = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(back[..., [2, 1, 0, 3]], pixels)
    shown = uv_picture(avatar, (solid(SIZE, (10, 200, 30, 255)),))
    assert (shown[..., :3] == (10, 200, 30)).all()
    assert np.array_equal(shown[..., 3] > 0, avatar.maps.valid.numpy())
    with pytest.raises(UserError, match="no picture"):
        export_layer(avatar, Layer("a", "a", "adjust"))


def test_layers_of_another_map_size_are_a_mistake(avatar: UvAvatar) -> None:
    with pytest.raises(ValueError, match="64 texels"):
        compose(avatar, (solid(64, (1, 2, 3, 4)),))


@pytest.mark.gpu
def test_on_a_gpu_the_maps_are_the_same_and_stay_there(avatar: UvAvatar) -> None:
    there = avatar.to("cuda")
    image = TiledImage.empty(SIZE)
    for number in range(4):
        texels = np.arange(number * 1000, number * 1000 + 500)
        image = image.written(texels, random_pixels(32, number).reshape(-1, 4)[:500])
        layers = (Layer("p", "p", "paint", image=image),)
        maps = compose(there, layers).maps
        assert maps.rgb.is_cuda
        assert torch.equal(maps.rgb.cpu(), compose(avatar, layers).maps.rgb)
        shown, expected = (
            there.attributes(maps).sh.cpu(),
            avatar.attributes(compose(avatar, layers).maps).sh,
        )
        assert torch.allclose(shown, expected, atol=1e-6)
    assert _reader(there.table).rereader.rows_read["rgb"] < len(there.table)
