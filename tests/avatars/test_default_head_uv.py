"""The built-in head's texture layout: nothing overlaps, little is stretched, it is readable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from avatars.head.default.build import NeutralHead
from avatars.head.default.regions_default import LIPS, OVAL, vertex_uvs
from avatars.head.default.topology import Floats
from avatars.head.default.uv import UvAtlas, build_uv
from avatars.head.default.uv_skin import wished_density
from tests.avatars import atlas_measures as measures

LEAST_DENSITY = {
    "face": 3.0, "eye_left": 4.0, "eye_right": 4.0, "lips": 3.5, "scalp": 1.8, "neck": 1.8,
    "ear_left": 2.0, "ear_right": 2.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def head() -> NeutralHead:
    return measures.neutral_head()


@pytest.fixture(scope="module")
def atlas() -> UvAtlas:
    return measures.built_atlas()


@pytest.fixture(scope="module")
def places(head: NeutralHead, atlas: UvAtlas) -> Floats:
    return vertex_uvs(head, atlas)[1]


def test_every_face_is_on_exactly_one_island(head: NeutralHead, atlas: UvAtlas) -> None:
    owners = np.concatenate(list(atlas.islands.values()))
    assert sorted(owners.tolist()) == list(range(len(head.faces)))
    assert atlas.uv_faces.shape == head.faces.shape
    assert sorted(np.unique(atlas.uv_faces)) == list(range(len(atlas.uvs)))
    assert set(atlas.islands) == {
        *("skin", "ear_left", "ear_right", "eye_left", "eye_right"),
        *("mouth", "teeth_upper", "teeth_lower", "tongue"),
    }


def test_all_lies_in_the_square_and_no_triangle_is_turned_over(atlas: UvAtlas) -> None:
    assert atlas.uvs.min() >= 0
    assert atlas.uvs.max() <= 1
    assert (measures.signed_areas(atlas) > 0).all()


def test_no_texel_belongs_to_two_triangles_and_islands_keep_their_distance(atlas: UvAtlas) -> None:
    count, label = measures.coverage(atlas, measures.SIZE)
    assert count.max() == 1
    assert (count > 0).mean() > 0.85
    for number in range(1, len(atlas.islands) + 1):
        away = ndimage.distance_transform_edt(label != number)
        others = (label > 0) & (label != number)
        assert away[others].min() >= 7.0  # six texels between the nearest two


def test_a_seam_splits_a_vertex_only_between_islands_or_at_the_back(
    head: NeutralHead, atlas: UvAtlas
) -> None:
    skin = atlas.islands["skin"]
    pairs = np.unique(
        np.stack([head.faces[skin].ravel(), atlas.uv_faces[skin].ravel()], axis=1), axis=0
    )
    vertices, copies = np.unique(pairs[:, 0], return_counts=True)
    split = head.v_template[vertices[copies > 1]]
    assert len(split) > 10
    assert np.abs(split[:, 0]).max() < 1e-9
    # From the crown, above the middle of the head, backwards.
    assert split[:, 2].max() < 0.03
    assert split[split[:, 1] < 0.1, 2].max() < -0.04


def test_stretch_against_the_wished_density_is_small(head: NeutralHead, atlas: UvAtlas) -> None:
    skin = np.isin(np.arange(len(head.faces)), atlas.islands["skin"])
    skin[head.part_faces["lid_rims"]] = False
    wished = wished_density(head, head.v_template[head.faces[skin]].mean(axis=1) * 1e3)
    scale = measures.scales(head, atlas)[skin] / wished[:, None]
    area = measures.areas(head)[skin] * wished**2
    stretch = (area * (1 / scale**2).mean(axis=1)).sum() / area.sum()
    shrink = (area * scale.prod(axis=1)).sum() / area.sum()
    assert np.sqrt(stretch * shrink) <= 1.3


@pytest.mark.parametrize("name", LEAST_DENSITY)
def test_regions_get_their_texels(head: NeutralHead, atlas: UvAtlas, name: str) -> None:
    faces = measures.built_regions()[name][head.faces].all(axis=1)
    assert measures.median_density(head, atlas, faces) >= LEAST_DENSITY[name]


def test_the_layout_is_its_own_mirror_image(head: NeutralHead, atlas: UvAtlas) -> None:
    half = len(head.faces) // 2
    corners = atlas.uvs[atlas.uv_faces]
    paired = np.concatenate([atlas.islands[name] for name in ("skin", "ear_right", "eye_right")])
    right = paired[paired < half]
    left = corners[right + half][:, ::-1]
    np.testing.assert_array_equal(corners[right][..., 0], 1 - left[..., 0])
    np.testing.assert_array_equal(corners[right][..., 1], left[..., 1])


def test_the_face_is_upright_in_the_middle(places: Floats) -> None:
    chin, nose, brow, top = (places[i] for i in (152, 4, 9, 10))
    for point in (chin, nose, brow, top):
        assert point[0] == 0.5
    assert chin[1] < nose[1] < brow[1] < top[1]
    # The subject's right is on the left of the picture, as one sees a face.
    assert places[33, 0] < 0.5 < places[263, 0]


def test_the_face_has_the_largest_share(head: NeutralHead, atlas: UvAtlas, places: Floats) -> None:
    face = measures.built_regions()["face"][head.faces].all(axis=1)
    share = measures.signed_areas(atlas)[face].sum() / measures.SIZE**2
    assert share > 0.28
    oval = places[list(OVAL)]
    assert np.ptp(oval[:, 0]) > 0.55


def test_eyes_and_mouth_are_level(head: NeutralHead, atlas: UvAtlas, places: Floats) -> None:
    slope = np.degrees(np.arctan2(*(places[133] - places[33])[::-1]))
    assert abs(slope) < 8
    assert abs(places[61, 1] - places[291, 1]) < 1e-9
    assert np.ptp(places[list(LIPS), 0]) > 2 * np.ptp(places[list(LIPS), 1])
    faces = measures.built_regions()["eye_right"][head.faces].all(axis=1)
    faces[head.part_faces["lid_rims"]] = False
    scale = measures.scales(head, atlas)[faces]
    anisotropy = scale[:, 0] / scale[:, 1]
    assert np.median(anisotropy) < 1.5
    assert np.quantile(anisotropy, 0.95) < 2.0
    # No slant: what is straight up on the lids is straight up in the map.
    up = places[[27, 159, 145, 23]]
    assert np.abs(np.diff(up[:, 0])).max() < 0.02
    assert (np.diff(up[:, 1]) < 0).all()


def test_eyeballs_are_upright_discs(head: NeutralHead, atlas: UvAtlas) -> None:
    for name in ("right", "left"):
        faces = atlas.islands[f"eye_{name}"]
        vertices, corners = head.faces[faces].ravel(), atlas.uv_faces[faces].ravel()
        front = head.v_template[vertices, 2] > head.left_lid.centre[2] + 0.006
        points = head.v_template[vertices[front]] - head.v_template[vertices[front]].mean(axis=0)
        flat = atlas.uvs[corners[front]] - atlas.uvs[corners[front]].mean(axis=0)
        for axis in range(2):
            assert np.corrcoef(points[:, axis], flat[:, axis])[0, 1] > 0.99


def test_the_layout_is_the_same_every_time(head: NeutralHead, atlas: UvAtlas) -> None:
    again = build_uv(head)
    np.testing.assert_array_equal(again.uv_faces, atlas.uv_faces)
    np.testing.assert_allclose(again.uvs, atlas.uvs, atol=1e-7)
