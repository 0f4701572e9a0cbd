"""Normals, frames, picking and the texel table."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from avatars.errors import HeadMismatch
from avatars.head import surface
from avatars.head.picking import pick
from avatars.uv_layout import PADDING, texel_table
from tests.make_head import small_head


@pytest.fixture(scope="module")
def head():
    return small_head()


def topology(head):
    return head.faces, head.uvs, head.uv_faces


def test_normals_of_the_egg_look_outwards(head):
    normals = surface.vertex_normals(head.v_template, head.faces)
    torch.testing.assert_close(normals.norm(dim=-1), torch.ones(head.vertex_count))
    skin = ~(head.regions["eyeball_left"] | head.regions["eyeball_right"])
    assert ((normals * head.v_template)[skin].sum(-1) > 0).all()
    batch = surface.vertex_normals(torch.stack([head.v_template] * 2), head.faces)
    torch.testing.assert_close(batch[1], normals)


def test_frames_are_rotations_whose_tangent_follows_u(head):
    face = torch.arange(head.face_count)
    thirds = torch.full((head.face_count, 3), 1 / 3)
    points = surface.surface_points(head.v_template, topology(head), face, thirds)
    identity = torch.eye(3).expand(head.face_count, 3, 3)
    torch.testing.assert_close(points.frames.mT @ points.frames, identity, rtol=0, atol=1e-5)
    assert (torch.linalg.det(points.frames) > 0.99).all()
    # On the egg u grows with the angle around y.
    skin = (head.faces < 48 * 36).all(1)
    x, _, z = points.positions.unbind(-1)
    along = torch.stack([z, torch.zeros_like(x), -x], -1)
    along = torch.nn.functional.normalize(along, dim=-1)
    agreement = (points.frames[..., 0] * along).sum(-1)[skin]
    assert (agreement > 0.3).all()  # less on the flanks of the nose
    assert agreement.median() > 0.95


def test_frames_survive_a_layout_without_area(head):
    flat = torch.zeros_like(head.uvs)
    thirds = torch.full((5, 3), 1 / 3)
    points = surface.surface_points(
        head.v_template, (head.faces, flat, head.uv_faces), torch.arange(5), thirds
    )
    assert points.frames.isfinite().all()
    assert torch.allclose(torch.linalg.det(points.frames), torch.ones(5), atol=1e-5)


def test_frames_have_gradients(head):
    vertices = head.v_template.double()[:40].requires_grad_()
    faces = torch.tensor([[0, 1, 2], [1, 3, 2]])
    uvs = torch.tensor([[0.0, 0], [1, 0.1], [0, 1], [1, 1]]).double()
    thirds = torch.full((2, 3), 1 / 3).double()

    def frames(vertices):
        found = surface.surface_points(vertices, (faces, uvs, faces), torch.arange(2), thirds)
        return found.frames, found.positions

    points = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(frames, points.requires_grad_())
    assert vertices.requires_grad


def brute_force(origin, direction, vertices, faces):
    best = None
    for number, (a, b, c) in enumerate(vertices[faces]):
        matrix = np.stack([-direction, b - a, c - a], -1)
        if np.linalg.det(matrix) <= 1e-15:  # seen from behind, or from the side
            continue
        distance, v, w = np.linalg.solve(matrix, origin - a)
        inside = min(v, w) >= 0 and v + w <= 1 and distance > 0
        if inside and (best is None or distance < best[0]):
            best = (distance, number, (1 - v - w, v, w))
    return best


def test_picking_finds_what_brute_force_finds(head):
    rng = np.random.default_rng(0)
    vertices = head.v_template.numpy().astype(np.float64)
    hits = 0
    for _ in range(25):
        origin = rng.normal(size=3)
        origin *= 0.5 / np.linalg.norm(origin)
        direction = rng.uniform(-0.1, 0.1, 3) - origin
        direction /= np.linalg.norm(direction)
        expected = brute_force(origin, direction, vertices, head.faces_numpy)
        ray = torch.from_numpy(origin), 3 * torch.from_numpy(direction)
        found = pick(ray, head.v_template, head)
        assert (found is None) == (expected is None)
        if found is None or expected is None:
            continue
        hits += 1
        assert found.distance == pytest.approx(expected[0], abs=1e-6)
        np.testing.assert_allclose(found.position, origin + expected[0] * direction, atol=1e-6)
        if found.face == expected[1]:
            np.testing.assert_allclose(found.barycentric, expected[2], atol=1e-4)
    assert hits > 10


def test_picking_reports_uv_and_misses_politely(head):
    ray = torch.tensor([0.0, 0.05, 1.0]), torch.tensor([0.0, 0.0, -1.0])
    hit = pick(ray, head.v_template, head)
    assert hit is not None
    assert hit.uv is not None
    corners = head.uvs[head.uv_faces[hit.face]]
    expected = torch.tensor(hit.barycentric) @ corners
    torch.testing.assert_close(torch.tensor(hit.uv), expected, rtol=0, atol=1e-6)
    away = torch.tensor([0.0, 0.05, 1.0]), torch.tensor([0.0, 0.0, 1.0])
    assert pick(away, head.v_template, head) is None
    inside = torch.zeros(3), torch.tensor([0.0, 0.0, 1.0])
    assert pick(inside, head.v_template, head) is None
    nothing = np.zeros(head.face_count, bool)
    assert pick(ray, head.v_template, head, faces=nothing) is None


def test_each_texel_lies_in_its_face(head):
    size = 128
    table = texel_table(head, size)
    row, column = torch.nonzero(table.inside, as_tuple=True)
    face, weights = table.face[row, column], table.barycentrics[row, column]
    uv = (head.uvs[head.uv_faces[face]] * weights[..., None]).sum(1)
    expected = torch.stack([(column + 0.5) / size, 1 - (row + 0.5) / size], -1)
    torch.testing.assert_close(uv, expected.float(), rtol=0, atol=1e-5)
    assert (weights >= 0).all()
    assert table is texel_table(head, size)


def test_no_texel_reads_across_a_seam(head):
    """Every bilinear read of a point on the skin uses only texels that stand for points near it."""
    size = 128
    table = texel_table(head, size)
    skin = (head.faces < 48 * 36).all(1)
    face = torch.nonzero(skin)[:, 0].repeat_interleave(3)
    weights = torch.tensor([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.01, 0.98]])
    weights = weights.repeat(int(skin.sum()), 1)
    point = surface.points_at(head.v_template, head.faces, face, weights)
    uv = surface.points_at(head.uvs, head.uv_faces, face, weights)
    x, y = uv[:, 0] * size - 0.5, (1 - uv[:, 1]) * size - 0.5
    for right in (0, 1):
        for down in (0, 1):
            column, row = x.floor().long() + right, y.floor().long() + down
            assert (table.face[row, column] >= 0).all()
            stands = surface.points_at(
                head.v_template,
                head.faces,
                table.face[row, column],
                table.barycentrics[row, column],
            )
            # One texel is at most 5 mm of egg; the other side of a seam is centimetres away.
            assert (stands - point).norm(dim=-1).max() < 0.015


def test_the_border_is_as_wide_as_it_says_and_repeats_its_island(head):
    table = texel_table(head, 256)
    border = table.used & ~table.inside
    assert border.any()
    rows, columns = torch.nonzero(table.inside, as_tuple=True)
    inside = torch.stack([rows, columns], -1).float()
    edge = torch.nonzero(border).float()[::97]
    assert torch.cdist(edge, inside).min(1).values.max() <= PADDING
    sums = table.barycentrics[table.used].sum(-1)
    torch.testing.assert_close(sums, torch.ones_like(sums))


def test_the_table_for_512_takes_less_than_a_second():
    fresh = replace(small_head(), name="fresh")
    start = time.perf_counter()
    texel_table(fresh, 512)
    assert time.perf_counter() - start < 1.0


def test_a_head_without_layout_says_what_to_do(head):
    bare = replace(
        head, uvs=torch.zeros(0, 2), uv_faces=torch.zeros(0, 3, dtype=torch.int64), fingerprint=""
    )
    with pytest.raises(HeadMismatch, match="head_template_mesh"):
        texel_table(bare, 64)
