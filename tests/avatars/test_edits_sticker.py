"""Stickers on the skin: where they sit, how they lie, and that they ride along."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.demo import demo_avatar, face
from avatars.edits.canvas import Canvas, canvas_for
from avatars.edits.compose import compose
from avatars.edits.layer import Layer, Picture, Placement
from avatars.edits.placement import chart
from avatars.edits.points import OffTheHead, Points
from avatars.edits.sticker import warped
from avatars.head.surface import points_at
from avatars.head.tables import ARKIT_NAMES
from avatars.kinds.uv_avatar import UvAvatar
from renderer.camera import look_at
from renderer.cpu_rasterizer import CpuRasterizer
from tests.make_layers import disc, sticker

SPOTS = ((0.28, 0.50), (0.50, 0.80), (0.70, 0.45), (0.50, 0.30), (0.5, 0.62))


@pytest.fixture(scope="module")
def avatar() -> UvAvatar:
    return demo_avatar()


@pytest.fixture(scope="module")
def canvas(avatar: UvAvatar) -> Canvas:
    return canvas_for(avatar)


def random_state(avatar: UvAvatar, random: np.random.Generator):
    names = random.choice([n for n in ARKIT_NAMES if not n.startswith("eyeLook")], 6, False)
    state = face(avatar.head, **{str(name): float(random.uniform(0, 0.8)) for name in names})
    turn = torch.tensor(random.uniform(-0.3, 0.3, 3), dtype=torch.float32)
    return replace(state, global_orient=turn, neck_pose=turn.flip(0) * 0.3)


def test_a_dot_stays_within_a_pixel_of_its_point_in_fifty_poses(avatar, canvas) -> None:
    # Narrower splats than shown ones: where wide ones overlap, those nearer to the camera win,
    # which moves all edges in the picture by about a splat's width, whoever coloured them.
    narrow = avatar.maps.scales * torch.tensor([0.6, 0.6, 1.0])
    avatar = replace(avatar, maps=replace(avatar.maps, scales=narrow))
    random = np.random.default_rng(4)
    camera = look_at((0, 0, 0.75), (0, 0, 0), focal=1200, width=512, height=512)
    rasterizer = CpuRasterizer()
    worst = 0.0
    for number in range(50):
        uv = SPOTS[number % len(SPOTS)]
        spot = canvas.point_at_uv(uv)
        state = random_state(avatar, random)
        dotted = compose(avatar, (sticker(uv, 0.025),)).maps
        plain, marked = (
            rasterizer.draw(avatar.pose(state, maps), camera, (1, 1, 1)).rgba.numpy()[..., :3]
            for maps in (None, dotted)
        )
        weight = np.abs(marked.astype(float) - plain).sum(axis=-1)
        assert weight.sum() > 3000, "the dot is not seen"
        rows, columns = np.mgrid[:512, :512] + 0.5
        seen = np.array([(weight * axis).sum() / weight.sum() for axis in (columns, rows)])
        vertices = avatar.head.pose(state, avatar.identity.betas, avatar.identity.offsets)
        place = points_at(
            vertices,
            avatar.head.faces,
            torch.from_numpy(spot.face),
            torch.from_numpy(spot.barycentrics).float(),
        )[0]
        projected = camera.K @ (camera.viewmat[:3, :3] @ place + camera.viewmat[:3, 3])
        worst = max(worst, float(np.linalg.norm(seen - (projected[:2] / projected[2]).numpy())))
    assert worst < 1.0


@pytest.mark.parametrize("uv", [(0.3, 0.5), (0.5, 0.8), (0.02, 0.75)])
def test_the_skin_is_unrolled_without_distortion(canvas: Canvas, uv) -> None:
    found = chart(canvas, canvas.point_at_uv(uv), 0.02)
    middle = canvas.positions_at(canvas.point_at_uv(uv))[0]
    straight = np.linalg.norm(canvas.positions[found.rows] - middle, axis=1)
    flat = np.linalg.norm(found.xy, axis=1)
    near = (straight > 0.004) & (straight < 0.02)
    assert near.sum() > 500
    ratio = flat[near] / straight[near]
    # Along the skin is never shorter, and on a curved skin a little longer.
    assert ratio.min() > 0.98
    assert np.quantile(ratio, 0.99) < 1.12


def test_a_sticker_goes_on_over_a_seam(canvas: Canvas) -> None:
    picture = Picture(np.full((32, 32, 4), 255, np.uint8))
    image = warped(picture, Placement((0.008, 0.75), 0.12), canvas)
    alpha = image.pixels()[..., 3].reshape(-1)[canvas.index]
    middle = canvas.positions_at(canvas.point_at_uv((0.008, 0.75)))[0]
    close = np.linalg.norm(canvas.positions - middle, axis=1) < 0.4 * 0.12 * canvas.unit_length
    close &= canvas.part == 0
    assert (canvas.uv[close, 0] > 0.9).sum() > 100
    assert (canvas.uv[close, 0] < 0.1).sum() > 100
    assert (alpha[close] == 255).all()


def test_on_the_map_a_sticker_is_as_wide_as_asked_and_upright(canvas: Canvas) -> None:
    pixels = np.full((40, 80, 4), 255, np.uint8)
    pixels[:20, :, :3], pixels[20:, :, :3] = (255, 0, 0), (0, 0, 255)
    image = warped(Picture(pixels), Placement((0.5, 0.6), 0.1, space="uv"), canvas).pixels()
    rows, columns = np.nonzero(image[..., 3] > 127)
    assert abs((columns.max() - columns.min() + 1) / 512 - 0.1) < 2 / 512
    assert abs((rows.max() - rows.min() + 1) / 512 - 0.05) < 2 / 512
    assert abs(columns.mean() + 0.5 - 256) < 1
    assert abs(rows.mean() + 0.5 - 0.4 * 512) < 1
    assert image[rows.min() + 3, 256, 0] == 255
    assert image[rows.max() - 3, 256, 2] == 255


def test_turning_goes_counter_clockwise_and_mirroring_swaps_sides(canvas: Canvas) -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[24:40, 40:] = 255  # a mark on the right
    for space in ("uv", "surface"):
        plain = Placement((0.3, 0.5), 0.1, space=space)

        def mark(place: Placement) -> np.ndarray:
            alpha = warped(Picture(pixels), place, canvas).pixels()[..., 3]
            rows, columns = np.nonzero(alpha)
            return np.array([columns.mean() / 512 - 0.3, 0.5 - rows.mean() / 512])

        right = mark(plain)
        assert right[0] > 0.02
        assert abs(right[1]) < 0.008
        up = mark(replace(plain, angle=np.pi / 2))
        assert up[1] > 0.02
        assert abs(up[0]) < 0.012
        assert mark(replace(plain, mirror=True))[0] < -0.02


def test_far_smaller_than_its_pixels_a_sticker_is_averaged(canvas: Canvas) -> None:
    pixels = np.full((512, 512, 4), 255, np.uint8)
    pixels[::2, :, :3] = 0
    image = warped(Picture(pixels), Placement((0.3, 0.5), 0.05), canvas).pixels()
    inside = image[image[..., 3] == 255][:, :3]
    assert abs(inside.mean() - 127.5) < 3
    assert inside.std() < 25


def test_off_the_head_there_is_no_place(canvas: Canvas, avatar: UvAvatar) -> None:
    empty = np.argwhere(canvas.row_of.reshape(512, 512) < 0)
    row, column = empty[len(empty) // 2]
    uv = ((column + 0.5) / 512, 1 - (row + 0.5) / 512)
    with pytest.raises(OffTheHead, match="off the head"):
        compose(avatar, (sticker(uv),))
    with pytest.raises(OffTheHead):
        canvas.point_at_uv((2.0, 0.5))


def test_points_of_the_map_and_of_the_surface_agree(canvas: Canvas) -> None:
    random = np.random.default_rng(0)
    rows = random.choice(np.flatnonzero(canvas.inside), 200)
    points, on = canvas.points_at_uv(canvas.uv[rows])
    assert on.all()
    assert np.abs(canvas.positions_at(points) - canvas.positions[rows]).max() < 1e-4
    twice = canvas.mirrored(canvas.mirrored(points))
    gap = np.linalg.norm(canvas.positions_at(twice) - canvas.positions_at(points), axis=1)
    assert np.median(gap) < 1e-4
    assert isinstance(points[:3], Points)


def test_dragging_makes_only_the_tiles_anew_that_it_leaves_or_enters(avatar) -> None:
    first, second = (
        compose(avatar, (Layer("k", "k", "sticker", picture=disc(), placement=Placement(uv)),))
        for uv in ((0.30, 0.5), (0.31, 0.5))
    )
    assert 0 < len(second.changed["rgb"]) <= 8
    assert first.maps.opacity is second.maps.opacity
