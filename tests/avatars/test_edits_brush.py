"""Brushes: even over seams, the same size everywhere, and never through to what lies behind."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from app.demo import demo_avatar
from avatars.edits.actions import shown_colors
from avatars.edits.brush import Painting, painted
from avatars.edits.canvas import Canvas, canvas_for
from avatars.edits.points import OffTheHead
from avatars.edits.strokes import Brush, Stroke, dabs_between, read_strokes
from avatars.edits.tiles import TiledImage
from avatars.errors import UnreadableFile
from avatars.kinds.uv_avatar import UvAvatar

RED = (1.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def avatar() -> UvAvatar:
    return demo_avatar()


@pytest.fixture(scope="module")
def canvas(avatar: UvAvatar) -> Canvas:
    return canvas_for(avatar)


def alpha(canvas: Canvas, image: TiledImage) -> np.ndarray:
    return image.pixels()[..., 3].reshape(-1)[canvas.index]


def stroke(canvas: Canvas, brush: Brush, *points, **more) -> TiledImage:
    return painted(TiledImage.empty(canvas.size), Stroke(brush, points), canvas, **more)


def seam_pairs(canvas: Canvas) -> np.ndarray:
    """Pairs of texture coordinates [K, 2, 2], one on each side of a seam, all over the skin."""
    faces, uv_faces = canvas.head.faces_numpy, canvas.uv_faces
    sides: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for face in np.flatnonzero(canvas.part_of_face == 0):
        for corner in range(3):
            a, b = faces[face, corner], faces[face, (corner + 1) % 3]
            u, v = uv_faces[face, corner], uv_faces[face, (corner + 1) % 3]
            key = (min(a, b), max(a, b))
            sides.setdefault(key, []).append((face, *((u, v) if a < b else (v, u))))
    pairs = []
    for both in sides.values():
        if len(both) == 2 and both[0][1:] != both[1][1:]:
            ends = [
                canvas.uvs[[u, v]].mean(axis=0) * 0.4 + canvas.uvs[uv_faces[face]].mean(0) * 0.6
                for face, u, v in both
            ]
            pairs.append(ends)
    return np.array(pairs)


def test_a_stroke_over_any_seam_leaves_no_gap_wider_than_a_texel(canvas: Canvas) -> None:
    pairs = seam_pairs(canvas)
    assert len(pairs) > 60
    brush = Brush(color=RED, size=0.03, hardness=0.9)
    radius = brush.radius(canvas)
    for ends in pairs[:: len(pairs) // 50]:
        points, on = canvas.points_at_uv(ends)
        assert on.all()
        image = Painting(TiledImage.empty(canvas.size), brush, canvas).extend(points)
        covered = alpha(canvas, image)
        places = canvas.positions_at(points)
        way = places[:1] + (places[1:] - places[:1]) * np.linspace(0, 1, 9)[:, None]
        normal = canvas.normals_at(points).sum(axis=0)
        normal /= np.linalg.norm(normal)
        near = np.unique(
            np.concatenate(canvas.tree.query_ball_point(way, 0.6 * radius)).astype(int)
        )
        facing = canvas.normals[near] @ normal > 0.75
        near = near[facing & (canvas.part[near] == 0)]
        gaps = near[covered[near] < 128]
        if not len(gaps):
            continue
        tree = cKDTree(canvas.positions[near[covered[near] >= 128]])
        assert tree.query(canvas.positions[gaps])[0].max() <= canvas.texel_length


def test_a_dab_is_as_large_on_every_part_of_the_skin(canvas: Canvas) -> None:
    brush = Brush(color=RED, size=0.06, hardness=0.95)
    for uv in ((0.3, 0.5), (0.5, 0.8), (0.5, 0.97), (0.02, 0.75), (0.5, 0.2), (0.1, 0.3)):
        covered = alpha(canvas, stroke(canvas, brush, uv)) > 127
        reach = canvas.positions[covered] - canvas.positions_at(canvas.point_at_uv(uv))
        size = 2 * np.linalg.norm(reach, axis=1).max() / canvas.unit_length
        assert abs(size - 0.06) < 0.008, uv


def test_a_brush_does_not_paint_through(canvas: Canvas) -> None:
    rows = np.flatnonzero(canvas.head.regions["ear_left"].numpy()[canvas.head.faces_numpy].all(1))
    on_ear = np.isin(canvas.points.face, rows)
    front = np.flatnonzero(on_ear & (canvas.normals[:, 0] > 0.8))
    uv = tuple(canvas.uv[front[np.argmax(canvas.positions[front, 0])]])
    covered = alpha(canvas, stroke(canvas, Brush(color=RED, size=0.08), uv)) > 0
    spot = canvas.normals_at(canvas.point_at_uv(uv))[0]
    assert covered.sum() > 100
    assert (canvas.normals[covered] @ spot).min() > -0.06
    assert not (covered & (canvas.part != 0)).any()
    lid = tuple(canvas.uv[np.argmin(np.linalg.norm(canvas.positions - [0.032, 0.04, 0.1], axis=1))])
    eyes = canvas.head.regions["eyeball_left"].numpy()[canvas.head.faces_numpy].all(1)
    over_eye = alpha(canvas, stroke(canvas, Brush(color=RED, size=0.1), lid))
    assert not over_eye[eyes[canvas.points.face] & (canvas.part != 0)].any()


def test_symmetry_paints_both_sides_alike(canvas: Canvas) -> None:
    covered = alpha(canvas, stroke(canvas, Brush(color=RED, size=0.05, symmetry=True), (0.3, 0.5)))
    left, right = (canvas.positions[(covered > 127) & side] for side in (
        canvas.positions[:, 0] > 0, canvas.positions[:, 0] < 0))  # fmt: skip
    assert len(left) > 200
    assert abs(len(left) / len(right) - 1) < 0.05
    assert np.abs(left.mean(0) - right.mean(0) * [-1, 1, 1]).max() < 0.0005


def test_going_over_it_again_adds_nothing_beyond_the_strokes_opacity(canvas: Canvas) -> None:
    brush = Brush(color=RED, size=0.04, opacity=0.5)
    once = stroke(canvas, brush, (0.3, 0.5), (0.35, 0.5))
    thrice = stroke(canvas, brush, *((0.3, 0.5), (0.35, 0.5)) * 3)
    assert once.pixels()[..., 3].max() == 128
    assert thrice.pixels()[..., 3].max() == 128
    gap = np.abs(once.pixels()[..., 3].astype(int) - thrice.pixels()[..., 3])
    assert gap.max() <= 4  # the dabs lie a little elsewhere on the way back
    thin = stroke(canvas, Brush(color=RED, size=0.04, flow=0.2), (0.3, 0.5))
    assert 40 < thin.pixels()[..., 3].max() < 60


def test_a_stroke_in_pieces_is_the_stroke_as_a_whole(canvas: Canvas) -> None:
    ends = ((0.3, 0.5), (0.33, 0.52), (0.36, 0.5))
    whole = stroke(canvas, Brush(color=RED), *ends)
    painting = Painting(TiledImage.empty(canvas.size), Brush(color=RED), canvas)
    for uv in ends:
        image = painting.extend(canvas.point_at_uv(uv))
    assert np.array_equal(whole.pixels(), image.pixels())


def test_extending_a_stroke_makes_only_the_tiles_there_anew(canvas: Canvas) -> None:
    painting = Painting(TiledImage.empty(canvas.size), Brush(color=RED), canvas)
    first = painting.extend(canvas.point_at_uv((0.3, 0.5)))
    second = painting.extend(canvas.point_at_uv((0.31, 0.5)))
    assert 0 < len(second.touched(first)) <= 4
    assert painting.extend(canvas.point_at_uv((0.31, 0.5))) is second


def test_erasing_takes_away_what_it_covers(canvas: Canvas) -> None:
    full = TiledImage.from_pixels(np.full((canvas.size, canvas.size, 4), 255, np.uint8))
    brush = Brush(tool="erase", size=0.05, hardness=1.0)
    image = painted(full, Stroke(brush, ((0.3, 0.5),)), canvas)
    covered = alpha(canvas, image)
    middle = canvas.positions_at(canvas.point_at_uv((0.3, 0.5)))[0]
    away = np.linalg.norm(canvas.positions - middle, axis=1)
    assert (covered[away < 0.8 * brush.radius(canvas)] == 0).all()
    assert (covered[away > 1.3 * brush.radius(canvas)] == 255).all()


def test_blurring_smooths_and_cloning_copies(canvas: Canvas, avatar: UvAvatar) -> None:
    random = np.random.default_rng(0)
    noise = random.random((canvas.size, canvas.size, 3), np.float32)
    image = stroke(canvas, Brush(tool="blur", size=0.1), (0.3, 0.5), beneath=noise)
    rgba = image.pixels()
    inside = rgba[rgba[..., 3] == 255][:, :3] / 255
    assert len(inside) > 200
    assert inside.std() < 0.25 * noise.std()
    assert abs(inside.mean() - 0.5) < 0.03
    colors = shown_colors(avatar, ())
    source = canvas.point_at_uv((0.5, 0.8))
    clone = Painting(
        TiledImage.empty(canvas.size),
        Brush(tool="clone", size=0.04),
        canvas,
        beneath=colors,
        source=source,
    )
    copied = clone.extend(canvas.point_at_uv((0.3, 0.5))).pixels()
    there = copied[copied[..., 3] == 255][:, :3].mean(axis=0) / 255
    home = np.linalg.norm(canvas.positions - canvas.positions_at(source), axis=1) < 0.003
    own = colors.reshape(-1, 3)[canvas.index[home]].mean(axis=0)
    assert np.abs(there - own).max() < 0.03


def test_smudging_carries_colour_along(canvas: Canvas) -> None:
    rgb = np.zeros((canvas.size, canvas.size, 3), np.float32)
    rgb[:, : int(0.3 * canvas.size)] = 1.0
    ends = ((0.27, 0.5), (0.36, 0.5))
    image = stroke(canvas, Brush(tool="smudge", size=0.05), *ends, beneath=rgb).pixels()
    column = image[256, int(0.31 * 512) : int(0.33 * 512)]
    assert column[:, 3].min() > 100
    assert column[:, 0].mean() > 60


def test_a_lock_keeps_paint_inside(canvas: Canvas) -> None:
    lock = np.zeros((canvas.size, canvas.size), np.float32)
    lock[:256] = 1
    image = stroke(canvas, Brush(color=RED, size=0.1), (0.3, 0.5), lock=lock).pixels()
    assert image[:256, :, 3].any()
    assert not image[256:].any()


def test_dabs_follow_each_other_evenly(canvas: Canvas) -> None:
    for start, end in (((0.2, 0.5), (0.5, 0.3)), ((0.01, 0.75), (0.99, 0.75))):
        way = dabs_between(canvas, canvas.point_at_uv(start), canvas.point_at_uv(end), 0.005)
        gaps = np.linalg.norm(np.diff(canvas.positions_at(way), axis=0), axis=1)
        assert gaps.max() < 0.005 * 0.5


def test_strokes_off_the_head_are_refused(canvas: Canvas) -> None:
    with pytest.raises(OffTheHead, match="off the head"):
        stroke(canvas, Brush(color=RED), (0.3, 0.5), (1.5, 0.5))


GOOD = {"tool": "brush", "color": "#ff8000", "size": 0.02, "points": [[0.3, 0.5], [0.4, 0.5]]}


def test_a_file_of_strokes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"strokes": [GOOD, {"tool": "erase", "points": [[0.1, 0.2]]}]}))
    first, second = read_strokes(path)
    assert first.brush == Brush(color=(1.0, 128 / 255, 0.0), size=0.02)
    assert first.points == ((0.3, 0.5), (0.4, 0.5))
    assert second.brush.tool == "erase"


@pytest.mark.parametrize(
    "content",
    [
        *("", "no", "[]", "{}", '{"strokes": []}', '{"strokes": 3}', '{"strokes": [3]}'),
        *(
            json.dumps({"strokes": [GOOD | change]})
            for change in (
                {"tool": "saw"},
                {"color": "red"},
                {"color": "#ggg000"},
                {"size": 0},
                {"size": "big"},
                {"size": True},
                {"hardness": 2},
                {"opacity": -1},
                {"symmetry": 1},
                {"points": []},
                {"points": [[1]]},
                {"points": [[1, "a"]]},
                {"points": [[1e300, 0]]},
                {"brush": "x"},
            )
        ),
        '{"strokes": [{"points": [[NaN, 0]], "color": "#000000"}]}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_file_of_strokes_is_refused_with_a_reason(tmp_path, content) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    with pytest.raises(UnreadableFile):
        read_strokes(path)
