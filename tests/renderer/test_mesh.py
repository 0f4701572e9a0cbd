from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numba
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from renderer.camera import Camera, look_at
from renderer.mesh import (
    MeshBuffer,
    draw_antialiased,
    draw_mesh,
    interpolate,
    shade_flat,
    shade_smooth,
    shade_textured,
    vertex_normals,
    visible_vertices,
    wireframe,
)
from renderer.mesh_setup_kernels import set_up

HAIR = 1e-3  # pixels; closer than this to an edge, rounding may decide


def front_camera(size=32, focal=None, near=0.01, far=1e10):
    """At the world's origin looking along +z, so world and camera axes are the same."""
    focal = size if focal is None else focal
    K = torch.tensor([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1.0]])
    return Camera(torch.eye(4), K.float(), size, size, near, far)


def sphere(rings=16, radius=0.1):
    theta = np.linspace(0, np.pi, rings + 1)[1:-1, None]
    phi = np.arange(2 * rings)[None] * np.pi / rings
    around = np.sin(theta) * np.cos(phi), np.cos(theta) + 0 * phi, np.sin(theta) * np.sin(phi)
    poles = np.array([[0.0, 1, 0], [0, -1, 0]])
    vertices = radius * np.concatenate([np.stack(around, -1).reshape(-1, 3), poles])
    count, top = 2 * rings, len(vertices) - 2
    faces = []
    for j in range(count):
        k = (j + 1) % count
        last = (rings - 2) * count
        faces += [[top, k, j], [top + 1, last + j, last + k]]
        for i in range(rings - 2):
            a, b, c, d = i * count + j, i * count + k, (i + 1) * count + k, (i + 1) * count + j
            faces += [[a, b, c], [a, c, d]]
    return vertices.astype(np.float32), np.array(faces)


def same(one: MeshBuffer, two: MeshBuffer) -> bool:
    fields = ("depth", "face", "barycentric")
    return all(np.array_equal(getattr(one, f), getattr(two, f)) for f in fields)


def brute_force(camera, vertices, faces):
    """Every pixel against every triangle: depth, face, and where rounding may decide otherwise."""
    K, view = camera.K.double().numpy(), camera.viewmat.double().numpy()
    homogeneous = (vertices.astype(np.float64) @ view[:3, :3].T + view[:3, 3]) @ K.T
    y, x = np.mgrid[: camera.height, : camera.width] + 0.5
    pixel = np.stack([x, y, np.ones_like(x)], -1)
    depth = np.full(x.shape, np.inf)
    face = np.full(x.shape, -1)
    unsure = np.zeros(x.shape, bool)
    for f, (a, b, c) in enumerate(homogeneous[faces]):
        determinant = a @ np.cross(b, c)
        if abs(determinant) < 1e-9:  # a corner named twice, or seen exactly edge on
            continue
        planes = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)]) / determinant
        closeness = planes.sum(0)
        near, far = closeness - [0, 0, 1 / camera.far], [0, 0, 1 / camera.near] - closeness
        inside = np.ones(x.shape, bool)
        for line in (*planes, near, far):
            distance = pixel @ line
            steepness = max(float(np.hypot(line[0], line[1])), 1e-12)
            unsure |= abs(distance) < HAIR * steepness
            inside &= distance >= 0
        z = np.divide(1, pixel @ closeness, out=np.full(x.shape, np.inf), where=inside)
        unsure |= inside & np.isfinite(depth) & np.isclose(z, depth, rtol=1e-5, atol=0)
        face[inside & (z < depth)] = f
        depth = np.where(inside, np.minimum(z, depth), depth)
    return depth, face, unsure


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(0.5, 2.0), (-1.0, 1.0), (-0.01, 0.1)]),
    st.sampled_from([1.0, 1e6]),  # the second puts some corners millions of pixels away
)
def test_the_picture_is_that_of_every_pixel_against_every_triangle(seed, depths, spread):
    random = np.random.default_rng(seed)
    camera = front_camera(24, near=0.05, far=1.5)
    vertices = random.uniform([-1, -1, depths[0]], [1, 1, depths[1]], (18, 3)).astype(np.float32)
    vertices[::3, :2] *= spread
    faces = random.integers(0, 18, (12, 3))
    buffer = draw_mesh(camera, vertices, faces)
    depth, face, unsure = brute_force(camera, vertices, faces)
    assume(unsure.mean() < 0.5)  # else a face is there twice
    np.testing.assert_array_equal(buffer.face[~unsure], face[~unsure])
    np.testing.assert_allclose(buffer.depth[~unsure], depth[~unsure], rtol=1e-4)
    assert (buffer.barycentric >= 0).all()
    np.testing.assert_allclose(buffer.barycentric.sum(-1), buffer.mask, atol=1e-6)


def test_a_closed_sphere_has_no_holes_outside_or_inside():
    vertices, faces = sphere()
    camera = look_at((0.1, 0.2, 0.4), (0, 0, 0), focal=100, width=80, height=64)
    buffer = draw_mesh(camera, vertices, faces, cull_back=True)
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(80) + 0.5, indexing="ij")
    eye, rays = camera.rays(torch.stack([x, y], -1))
    miss = torch.linalg.cross(rays, eye.expand_as(rays)).norm(dim=-1).numpy()
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inscribed = abs((normal / np.linalg.norm(normal, axis=1)[:, None] * corners[:, 0]).sum(1)).min()
    assert buffer.mask[miss < inscribed].all()
    assert not buffer.mask[miss > 0.1].any()
    assert same(buffer, draw_mesh(camera, vertices, faces))  # what is culled was hidden anyway
    inside = look_at((0.02, 0.01, 0), (0.1, 0.03, 0.1), focal=40, width=80, height=64)
    assert draw_mesh(inside, vertices, faces).mask.all()
    assert not draw_mesh(inside, vertices, faces, cull_back=True).mask.any()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 28), st.integers(2, 28), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_pixel_on_a_shared_edge_belongs_to_exactly_one_face(x, y, turned, seed):
    # Corners on pixel centres: many edges run exactly through centres.
    rim = np.array([[1, 1], [15, 1], [29, 1], [29, 15], [29, 29], [15, 29], [1, 29], [1, 15]])
    pixels = np.concatenate([rim, [[x, y]]]) + 0.5
    depth = np.random.default_rng(seed).integers(1, 4, (9, 1))  # exact in binary
    vertices = np.concatenate([(pixels - 16) * depth / 32, depth], 1).astype(np.float32)
    faces = np.array([[i, (i + 1) % 8, 8] for i in range(8)])
    faces = faces[:, ::-1] if turned else faces
    camera = front_camera(32)
    alone = sum(draw_mesh(camera, vertices, face[None]).mask.astype(int) for face in faces)
    expected = np.zeros((32, 32), int)
    expected[1:29, 1:29] = 1  # top and left sides belong to the square, bottom and right do not
    np.testing.assert_array_equal(alone, expected)


def test_depth_and_barycentrics_of_a_slanted_plane_are_those_of_the_ray():
    vertices = np.array([[-3, -2, 1], [3, -2, 2], [4, 5, 9], [-4, 5, 8]], np.float32)
    vertices[:, 2] = 2 + 0.3 * vertices[:, 0] + 0.7 * (vertices[:, 1] + 2)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    camera = front_camera(64, focal=50)
    buffer = draw_mesh(camera, vertices, faces)
    y, x = np.nonzero(buffer.mask)
    ray = np.stack([(x + 0.5 - 32) / 50, (y + 0.5 - 32) / 50, np.ones(len(x))], 1)
    expected = 3.4 / (ray @ [-0.3, -0.7, 1])
    assert buffer.mask.mean() > 0.3
    np.testing.assert_allclose(buffer.depth[y, x], expected, rtol=1e-6)
    hit = interpolate(buffer, faces, vertices)[y, x]
    np.testing.assert_allclose(hit, ray * expected[:, None], atol=1e-5)


def test_a_floor_that_runs_under_the_camera_is_cut_at_the_near_plane():
    floor = np.array([[-99, 1, -50], [99, 1, -50], [99, 1, 50], [-99, 1, 50]], np.float32)
    camera = front_camera(64, focal=16, near=0.7)
    buffer = draw_mesh(camera, floor, np.array([[0, 1, 2], [0, 2, 3]]))
    depth = 16 / (np.arange(64) + 0.5 - 32)
    seen = (depth >= 0.7) & (depth <= 50)
    assert buffer.mask[seen].all()
    assert not buffer.mask[~seen].any()
    np.testing.assert_allclose(buffer.depth[seen, 5], depth[seen], rtol=1e-5)


@pytest.mark.parametrize("turn", np.arange(8) * np.pi / 4 + 0.1)
@pytest.mark.parametrize("reach", [1e2, 1e4, 1e6])
def test_an_edge_between_corners_far_off_the_picture_stays_where_it_is(turn, reach):
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    pixels = np.array([-reach * along, 0.7 * reach * along, reach * (across + along)]) + 16
    vertices = np.concatenate([(pixels - 16) / 32, np.ones((3, 1))], 1)
    y, x = np.mgrid[:32, :32] + 0.5
    side = (x - 16) * across[0] + (y - 16) * across[1]
    mask = draw_mesh(front_camera(32), vertices, np.array([[0, 1, 2]])).mask
    sure = abs(side) > 0.2  # float32 vertices: a million pixels away they are this coarse
    np.testing.assert_array_equal(mask[sure], (side > 0)[sure])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.permutations([0, 1, 2]), st.booleans())
def test_equal_depths_go_to_the_lower_face_however_its_corners_are_ordered(seed, order, apart):
    random = np.random.default_rng(seed)
    vertices = random.uniform([-2, -2, 1], [2, 2, 9], (3, 3)).astype(np.float32)
    thin = vertices * [1, 1e-5, 1] + vertices[:, 2:] * [0, 0.5 / 128, 0]  # seen almost edge on
    for corners in (vertices, thin):
        twice = np.concatenate([corners, corners])  # the same places under other numbers
        faces = np.array([np.add(order, 3 * apart), [0, 1, 2]])
        buffer = draw_mesh(front_camera(128), twice, faces)
        assert (buffer.face[buffer.mask] == 0).all()


def test_what_cannot_be_drawn_is_left_out():
    vertices = np.array(
        [[0, 0, 1], [1, 0, 1], [0, 1, 1], [np.nan, 0, 1], [np.inf, 0, 1], [2, 0, 1]], np.float32
    )
    faces = np.array([[0, 1, 3], [0, 4, 2], [0, 0, 1], [0, 1, 5], [2, 2, 2]])
    assert not draw_mesh(front_camera(), vertices, faces).mask.any()
    empty = draw_mesh(front_camera(), np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    assert np.isinf(empty.depth).all()
    assert (empty.face == -1).all()
    assert (
        shade_smooth(empty, np.zeros((0, 3)), np.zeros((0, 3), int), camera=front_camera()).max()
        == 0
    )


def test_the_result_does_not_depend_on_the_number_of_threads():
    vertices, faces = sphere()
    camera = look_at((0, 0.05, 0.11), (0, 0, 0), focal=60, width=90, height=70)
    before = numba.get_num_threads()
    try:
        drawn = []
        for count in range(1, numba.config.NUMBA_NUM_THREADS + 1):
            numba.set_num_threads(count)
            buffer = draw_mesh(camera, vertices, faces)
            drawn.append((buffer, shade_smooth(buffer, vertices, faces, camera=camera)))
    finally:
        numba.set_num_threads(before)
    assert all(same(drawn[0][0], buffer) for buffer, _ in drawn)
    assert all(np.array_equal(drawn[0][1], rgba) for _, rgba in drawn)


def test_three_threads_draw_at_once():
    vertices, faces = sphere()

    def picture(i):
        camera = look_at((0.1 * i, 0.1, 0.4), (0, 0, 0), focal=90, width=64, height=64)
        buffer = draw_mesh(camera, vertices, faces)
        return shade_flat(buffer, vertices, faces, camera=camera)

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(picture, list(range(6)) * 4))
    for i, rgba in enumerate(together):
        np.testing.assert_array_equal(rgba, picture(i % 6))


QUAD = np.array([[-0.5, 0.5, 0], [-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0]], np.float32)
QUAD_UVS = np.array([[0, 1], [0, 0], [1, 0], [1, 1]], np.float32)
QUAD_FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_texture_seen_pixel_for_pixel_is_the_texture_row_0_on_top(channels):
    camera = look_at((0, 0, 1), (0, 0, 0), focal=8, width=8, height=8)
    texture = np.random.default_rng(0).integers(1, 256, (8, 8, channels)).astype(np.uint8)
    buffer = draw_mesh(camera, QUAD, QUAD_FACES)
    rgba = shade_textured(buffer, QUAD_UVS, QUAD_FACES, texture)
    np.testing.assert_allclose(rgba[..., :channels] * 255, texture, atol=1e-3)
    if channels == 3:
        assert (rgba[..., 3] == 1).all()


def test_texels_are_blended_and_transparent_ones_lend_no_colour():
    camera = look_at((0, 0, 1), (0, 0, 0), focal=8, width=8, height=8)
    texture = np.zeros((1, 2, 4), np.float32)
    texture[0, 1] = [1, 0.5, 0.25, 1]
    buffer = draw_mesh(camera, QUAD, QUAD_FACES)
    rgba = shade_textured(buffer, QUAD_UVS, QUAD_FACES, texture)[3]
    np.testing.assert_allclose(rgba[:, 3], [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], atol=1e-5)
    np.testing.assert_allclose(rgba[2:, :3] - [1, 0.5, 0.25], 0, atol=1e-5)


def test_visible_vertices_of_a_sphere_are_those_that_face_the_camera():
    vertices, faces = sphere(24)
    camera = look_at((0.3, 0.2, 0.5), (0, 0, 0), focal=400, width=200, height=200)
    buffer = draw_mesh(camera, vertices, faces)
    seen = visible_vertices(buffer, camera, vertices, 0.0005)
    to_eye = camera.position.numpy() - vertices
    facing = (vertices / 0.1 * to_eye / np.linalg.norm(to_eye, axis=1)[:, None]).sum(1)
    assert seen[facing > 0.2].all()
    assert not seen[facing < -0.1].any()
    aside = np.array([[5, 0, 0], [0.6, 0.4, 1], [np.nan, 0, 0]])  # off the picture, behind, nowhere
    assert not visible_vertices(buffer, camera, aside, 1.0).any()
    floating = (camera.position.numpy() * 0.5)[None]
    assert visible_vertices(buffer, camera, floating, 0.0).all()


def test_normals_of_a_sphere_point_outwards_and_light_falls_from_the_upper_left():
    vertices, faces = sphere(24)
    assert np.abs(vertex_normals(vertices, faces) - vertices / 0.1).max() < 0.03
    camera = look_at((0, 0, 0.5), (0, 0, 0), focal=150, width=64, height=64)
    buffer = draw_mesh(camera, vertices, faces)
    for shade in (shade_flat, shade_smooth):
        rgba = shade(buffer, vertices, faces, np.array([1.0, 0.5, 0.2]), camera=camera)
        assert rgba.shape == (64, 64, 4)
        assert rgba.dtype == np.float32
        np.testing.assert_array_equal(rgba[..., 3], buffer.mask)
        assert rgba[22, 22, 0] > rgba[42, 42, 0] + 0.2
        assert rgba[32, 32, 0] > rgba[32, 32, 1] > rgba[32, 32, 2]


def test_a_face_seen_from_behind_is_lit_like_one_seen_from_the_front():
    vertices, faces = sphere()
    camera = look_at((0, 0, 0.5), (0, 0, 0), focal=150, width=32, height=32)
    pictures = []
    for way in (faces, faces[:, ::-1]):
        buffer = draw_mesh(camera, vertices, way)
        pictures.append(shade_smooth(buffer, vertices, way, camera=camera))
    np.testing.assert_allclose(pictures[0], pictures[1], atol=1e-5)


def test_colours_are_per_face_or_per_vertex():
    camera = look_at((0, 0, 1), (0, 0, 0), focal=8, width=8, height=8)
    buffer = draw_mesh(camera, QUAD, QUAD_FACES)
    flat = shade_flat(
        buffer, QUAD, QUAD_FACES, np.array([[255, 0, 0], [0, 255, 0]], np.uint8), camera=camera
    )
    np.testing.assert_array_equal(flat[..., 0] > 0, buffer.face == 0)
    np.testing.assert_array_equal(flat[..., 1] > 0, buffer.face == 1)
    smooth = shade_smooth(buffer, QUAD, QUAD_FACES, QUAD_UVS[:, [0, 1, 1]] * 0.5, camera=camera)
    assert (np.diff(smooth[4, :, 0]) > 0).all()
    assert (np.diff(smooth[:, 4, 1]) < 0).all()


def test_antialiasing_softens_alpha_and_keeps_the_colour():
    vertices, faces = sphere()
    camera = look_at((0, 0, 0.5), (0, 0, 0), focal=60, width=31, height=33)

    def white(buffer):
        return np.repeat(buffer.mask[..., None], 4, -1).astype(np.float32)

    fine = draw_antialiased(camera, vertices, faces, white, antialias=3)
    plain = draw_antialiased(camera, vertices, faces, white, antialias=1)
    assert fine.shape == plain.shape == (33, 31, 4)
    assert len(np.unique(fine[..., 3])) > 5
    np.testing.assert_allclose(fine[fine[..., 3] > 0, :3], 1, atol=1e-6)
    assert fine[..., 3].sum() == pytest.approx(plain[..., 3].sum(), rel=0.03)


def test_wireframe_marks_where_faces_meet():
    camera = look_at((0, 0, 1), (0, 0, 0), focal=8, width=16, height=16)
    buffer = draw_mesh(camera, QUAD, QUAD_FACES)
    lines = wireframe(buffer)
    assert lines[8, 8]  # the diagonal
    assert not lines[10, 5]
    assert not lines[0].any()


def test_tensors_and_arrays_of_any_index_width_give_the_same():
    vertices, faces = sphere(6)
    camera = look_at((0, 0, 0.5), (0, 0, 0), focal=100, width=32, height=32)
    reference = draw_mesh(camera, vertices, faces)
    tensor = torch.from_numpy(vertices).requires_grad_()
    for indices in (torch.from_numpy(faces), torch.from_numpy(faces).int(), faces.astype(np.int32)):
        assert same(reference, draw_mesh(camera, tensor, indices))


def test_read_only_arrays_compile_nothing_anew():
    vertices, faces = sphere(6)
    camera = look_at((0, 0, 0.5), (0, 0, 0), focal=100, width=32, height=32)
    draw_mesh(camera, vertices, faces)
    compiled = len(set_up.signatures)
    faces = faces.astype(np.int32)
    vertices.flags.writeable = faces.flags.writeable = False
    draw_mesh(camera, vertices, faces)
    assert len(set_up.signatures) == compiled


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.zeros((4, 2)), np.zeros((1, 3), int)),
        (np.zeros(3), np.zeros((1, 3), int)),
        (np.zeros((4, 3)), np.zeros((1, 4), int)),
        (np.zeros((4, 3)), np.zeros((1, 3))),
        (np.zeros((4, 3)), np.array([[0, 1, 4]])),
        (np.zeros((4, 3)), np.array([[0, 1, -1]])),
    ],
)
def test_wrong_meshes_are_refused(vertices, faces):
    with pytest.raises(ValueError, match=r"must (be|hold|point)"):
        draw_mesh(front_camera(), vertices, faces)


def test_what_does_not_fit_together_is_refused():
    camera = look_at((0, 0, 1), (0, 0, 0), focal=8, width=8, height=8)
    buffer = draw_mesh(camera, QUAD, QUAD_FACES)
    with pytest.raises(ValueError, match="only 1 faces"):
        shade_textured(buffer, QUAD_UVS, QUAD_FACES[:1], np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match="texture must"):
        shade_textured(buffer, QUAD_UVS, QUAD_FACES, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="colors must"):
        shade_flat(buffer, QUAD, QUAD_FACES, np.zeros((3, 3)), camera=camera)
    with pytest.raises(ValueError, match="the buffer is"):
        visible_vertices(buffer, camera.scaled(2), QUAD, 0.1)
    with pytest.raises(ValueError, match="at least 1"):
        draw_antialiased(camera, QUAD, QUAD_FACES, wireframe, antialias=0)
    huge = SimpleNamespace(width=40000, height=1)
    with pytest.raises(ValueError, match="pixels"):
        draw_mesh(huge, QUAD, QUAD_FACES)
