"""The drawn appearance of the built-in head: in range, repeatable, and coloured like a head."""

from __future__ import annotations

import numpy as np
import pytest

from avatars.head.default.appearance import draw_maps
from avatars.head.default.build import NeutralHead
from avatars.head.default.texels import Texels, texels_of
from avatars.head.default.topology import Bools, Floats, Ints
from tests.avatars import atlas_measures as measures

SIZE = 256


@pytest.fixture(scope="module")
def head() -> NeutralHead:
    return measures.neutral_head()


@pytest.fixture(scope="module")
def maps(head: NeutralHead) -> dict[str, Floats]:
    return draw_maps(head, measures.built_atlas(), SIZE)


@pytest.fixture(scope="module")
def texels(head: NeutralHead) -> Texels:
    return texels_of(head, measures.built_atlas(), SIZE)


def within(texels: Texels, mask: Bools) -> Bools:
    """[K] texels all of whose corners are in a mask over the vertices."""
    inside: Bools = texels.inside & mask[texels.corners].all(axis=1)
    return inside


def mean_colour(maps: dict[str, Floats], texels: Texels, name: str) -> Floats:
    at = within(texels, measures.built_regions()[name])
    colour: Floats = maps["rgb"][texels.rows[at], texels.columns[at]].mean(axis=0)
    return colour


def test_maps_have_their_shapes_and_ranges(maps: dict[str, Floats]) -> None:
    assert maps["rgb"].shape == (SIZE, SIZE, 3)
    assert maps["offset"].shape == (SIZE, SIZE, 3)
    for name in ("opacity", "valid", "hair", "brows", "hair_offset"):
        assert maps[name].shape == (SIZE, SIZE), name
    for name, values in maps.items():
        assert np.isfinite(values).all(), name
        assert values.min() >= 0, name
        assert values.max() <= 1, name


def test_every_texel_of_the_layout_is_painted(maps: dict[str, Floats], texels: Texels) -> None:
    used = texels.as_map(np.ones(len(texels.rows)))
    np.testing.assert_array_equal(maps["valid"], used)
    assert (maps["opacity"][used > 0] == 1).all()
    assert maps["rgb"][used > 0].max(axis=1).min() > 0
    assert (maps["rgb"][used == 0] == 0).all()


def test_drawing_again_gives_the_same(head: NeutralHead, maps: dict[str, Floats]) -> None:
    again = draw_maps(head, measures.built_atlas(), SIZE)
    for name, values in maps.items():
        np.testing.assert_allclose(again[name], values, atol=1e-6, err_msg=name)


def test_colours_are_those_of_a_head(maps: dict[str, Floats], texels: Texels) -> None:
    mean = {name: mean_colour(maps, texels, name) for name in measures.built_regions()}

    def redness(name: str) -> float:
        return float(mean[name][0] / mean[name].sum())

    for side in ("left", "right"):
        assert redness("lips") > redness(f"cheek_{side}") > redness("forehead")
        assert mean[f"brow_{side}"].mean() < 0.8 * mean["forehead"].mean()
        assert redness(f"ear_{side}") > redness("forehead")
    assert mean["scalp"].mean() < 0.5 * mean["face"].mean()
    assert mean["mouth_inner"].mean() < 0.25
    assert mean["teeth_upper"].mean() > mean["teeth_lower"].mean()
    assert redness("tongue") > redness("teeth_upper")
    # Skin: red over green over blue, as every skin.
    assert mean["face"][0] > mean["face"][1] > mean["face"][2]


def test_the_pupil_is_darker_than_the_iris_and_that_darker_than_the_white(
    head: NeutralHead, maps: dict[str, Floats], texels: Texels
) -> None:
    at = texels.islands["eye_left"] & texels.inside
    away = texels.points[at] - head.left_lid.centre * 1e3
    polar = np.degrees(np.arccos(away[:, 2] / np.linalg.norm(away, axis=1)))
    bright = maps["rgb"][texels.rows[at], texels.columns[at]].mean(axis=1)
    pupil, iris = bright[polar < 6], bright[(polar > 13) & (polar < 27)]
    white = bright[(polar > 34) & (polar < 45) & (away[:, 1] < 3)]
    assert np.median(pupil) < 0.5 * np.median(iris)
    assert np.median(iris) < 0.75 * np.median(white)


def test_both_sides_look_alike(maps: dict[str, Floats], texels: Texels) -> None:
    for name in ("cheek", "eye", "ear", "brow", "iris"):
        left = mean_colour(maps, texels, f"{name}_left")
        right = mean_colour(maps, texels, f"{name}_right")
        np.testing.assert_allclose(left, right, atol=0.03, err_msg=name)


def test_hair_covers_the_scalp_alone_and_stands_off(
    maps: dict[str, Floats], texels: Texels
) -> None:
    regions = measures.built_regions()
    scalp, face = within(texels, regions["scalp"]), within(texels, regions["face"])
    hair = maps["hair"][texels.rows, texels.columns]
    height = maps["hair_offset"][texels.rows, texels.columns]
    assert hair[scalp].mean() > 0.9
    assert hair[face].mean() < 0.05
    for name in ("lips", "nose", "eye_left", "neck", "eyeball_left", "teeth_upper"):
        assert hair[within(texels, regions[name])].mean() < 0.02, name
    top = scalp & (texels.normals[:, 1] > 0.8)
    assert 0.006 < np.median(height[top]) < 0.014
    assert 0.003 < np.median(height[scalp]) < 0.012
    assert height.max() < 0.020
    assert height[face & (hair == 0)].max() < 0.001
    np.testing.assert_array_equal(maps["offset"][..., 2], maps["hair_offset"])


def test_the_picture_has_no_step_across_the_seam(
    head: NeutralHead, maps: dict[str, Floats], texels: Texels
) -> None:
    # The same vertex of the seam lies at u = 0 and at u = 1; both show the same colour.
    atlas = measures.built_atlas()
    faces = atlas.islands["skin"]
    pairs = np.unique(
        np.stack([head.faces[faces].ravel(), atlas.uv_faces[faces].ravel()], axis=1), axis=0
    )
    vertices, first, copies = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    seam = first[(copies == 2) & (head.v_template[vertices, 1] < -0.08)]

    def colours(rows: Ints) -> Floats:
        u, v = atlas.uvs[pairs[rows, 1]].T
        row = np.clip(((1 - v) * SIZE).astype(int), 0, SIZE - 1)
        colour: Floats = maps["rgb"][row, np.clip((u * SIZE).astype(int), 0, SIZE - 1)]
        return colour

    assert len(seam) >= 4
    assert np.abs(colours(seam) - colours(seam + 1)).max() < 0.08
