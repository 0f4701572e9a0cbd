"""The fixed places of splats: how many, how evenly, where not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from avatars import sampling
from avatars.errors import HeadMismatch
from avatars.head.surface import points_at
from avatars.sampling import THIN_SHARE, rest_lengths, sample_table
from tests.make_head import RADIUS, uv_head


@pytest.fixture(scope="module")
def head():
    return uv_head()


@pytest.mark.parametrize("count", [1_000, 20_000, 50_000])
def test_the_table_has_about_as_many_samples_as_asked(head, count):
    table = sample_table(head, count)
    assert len(table) == pytest.approx(count, rel=0.03)
    assert table.wanted == count


def test_samples_lie_in_their_triangles_and_know_their_uv(head):
    table = sample_table(head, 20_000)
    assert (table.barycentrics >= 0).all()
    torch.testing.assert_close(table.barycentrics.sum(-1), torch.ones(len(table)))
    uv = points_at(head.uvs, head.uv_faces, table.face, table.barycentrics)
    torch.testing.assert_close(table.uv, uv, rtol=0, atol=1e-6)
    assert (table.face.diff() >= 0).all(), "samples of one triangle are neighbours"


def test_the_table_is_always_the_same_and_kept(head):
    first = sample_table(head, 5_000)
    assert sample_table(replace(head, name="again"), 5_000) is first
    sampling._tables.clear()
    again = sample_table(head, 5_000)
    assert again is not first
    assert torch.equal(again.face, first.face)
    assert torch.equal(again.barycentrics, first.barycentrics)
    other = replace(head, parts={"skin": torch.ones(head.face_count, dtype=torch.bool)})
    assert other.fingerprint == head.fingerprint
    assert len(sample_table(other, 5_000)) != len(first) or not torch.equal(
        sample_table(other, 5_000).face, first.face
    )


def test_no_point_of_the_skin_is_far_from_a_sample_seams_included(head):
    table = sample_table(head, 20_000)
    points = points_at(head.v_template, head.faces, table.face, table.barycentrics).numpy()
    rng = np.random.default_rng(0)
    away = rng.normal(size=(20_000, 3))
    away *= RADIUS / np.linalg.norm(away, axis=1, keepdims=True)
    # A band round the seam behind, which random points would hardly find.
    seam = np.stack(
        [
            np.zeros(500),
            *(RADIUS * f(np.linspace(-1.3, 1.3, 500)) for f in (np.sin, lambda t: -np.cos(t))),
        ],
        -1,
    )
    distance, _ = cKDTree(points).query(np.concatenate([away, seam]))
    widest = float(table.spacing.max())
    # In a grid of squares nothing is farther than 0.71 spacings; facets add a little.
    assert distance.max() < 0.8 * widest


def test_spacing_is_the_distance_of_neighbours(head):
    table = sample_table(head, 20_000)
    near = (table.uv[:, 1] > 0.6) & (table.uv[:, 1] < 0.7)  # about the equator
    points = points_at(head.v_template, head.faces, table.face, table.barycentrics)[near].numpy()
    distance, _ = cKDTree(points).query(points, k=2)
    assert np.median(distance[:, 1]) == pytest.approx(
        float(table.spacing[near].amin(1).median()), rel=0.1
    )
    area = float(table.spacing[table.uv[:, 1] > 0.3].prod(-1).sum())
    assert area == pytest.approx(4 * np.pi * RADIUS**2, rel=0.1)


def test_rest_lengths_are_those_of_the_sphere(head):
    lengths = rest_lengths(head)
    middle = points_at(
        head.uvs, head.uv_faces, torch.arange(head.face_count), torch.full((1, 3), 1 / 3)
    )
    equator = ((middle[:, 1] - 0.64).abs() < 0.02) & (middle[:, 1] > 0.3)
    expected = torch.tensor([2 * np.pi * RADIUS / 0.96, np.pi * RADIUS / 0.68])
    torch.testing.assert_close(
        lengths[equator], expected.expand_as(lengths[equator]).float(), rtol=0.02, atol=0
    )


def test_thin_parts_keep_their_share_and_eyeballs_have_no_back(head):
    table = sample_table(head, 20_000)
    points = points_at(head.v_template, head.faces, table.face, table.barycentrics)
    eyes = head.parts["eyeballs"][table.face]
    assert 0.01 < eyes.float().mean() <= THIN_SHARE + 0.01
    assert points[eyes, 2].min() > 0.088 - 0.0015
    assert (table.steps[table.face] > 0).all()


def test_parts_that_fill_the_layout_are_thinned_but_touch_the_skin_finely(head):
    low = head.v_template[head.faces].mean(1)[:, 1] < 0
    mouth = low & head.parts["skin"]
    big = replace(head, parts={"skin": ~low & head.parts["skin"], "mouth": mouth})
    table = sample_table(big, 20_000)
    assert mouth[table.face].float().mean() == pytest.approx(THIN_SHARE, abs=0.01)
    assert len(table) == pytest.approx(20_000, rel=0.03)
    steps = table.steps[mouth]
    assert steps.max() > 2 * table.steps[big.parts["skin"]].max()
    assert steps.max() == pytest.approx(2 * float(steps.min()), rel=1e-4)


def test_a_head_of_regions_instead_of_parts_works_too(head):
    masks = {}
    for name, sign in (("eyeball_left", 1), ("eyeball_right", -1)):
        ball = torch.zeros(head.vertex_count, dtype=torch.bool)
        ball[head.faces[head.parts["eyeballs"]].unique()] = True
        masks[name] = ball & (head.v_template[:, 0] * sign > 0)
    regions = replace(head, parts={}, regions=masks)
    assert torch.equal(sample_table(regions, 5_000).face, sample_table(head, 5_000).face)


def test_heads_without_a_usable_layout_say_so(head):
    none = torch.zeros(0, 2), torch.zeros(0, 3, dtype=torch.int64)
    with pytest.raises(HeadMismatch, match="no texture coordinates"):
        sample_table(replace(head, uvs=none[0], uv_faces=none[1], fingerprint=""), 5_000)
    with pytest.raises(HeadMismatch, match="no area"):
        sample_table(replace(head, uvs=torch.zeros_like(head.uvs), fingerprint=""), 5_000)
    with pytest.raises(ValueError, match="cannot cover"):
        sample_table(head, 5)
