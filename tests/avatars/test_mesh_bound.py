from pathlib import Path

import numpy as np
import plyfile
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from avatars.avatar import Identity
from avatars.errors import HeadMismatch, UnreadableFile
from avatars.files.gaussian_avatars import read_gaussian_avatar
from avatars.head.flame_teeth import FACES, LOWER_LIP, UPPER_LIP, VERTICES, with_teeth
from avatars.head.model import HeadModel
from avatars.kinds.mesh_bound import MeshBoundAvatar, triangle_frames
from renderer import rotations
from renderer.camera import look_at
from renderer.cpu_rasterizer import CpuRasterizer
from renderer.errors import BadSplatFile
from renderer.gaussians import Gaussians
from tests.make_ply import full_names

SPLATS = 300


def flame_shaped(shapes: int = 300, expressions: int = 100) -> HeadModel:
    """A head with FLAME's numbers of vertices and triangles: a ball with random directions."""
    rng = torch.Generator().manual_seed(1)
    count, faces = 5023, 9976
    ball = torch.nn.functional.normalize(torch.randn(count, 3, generator=rng), dim=-1) * 0.1
    ring = torch.linspace(0.024, -0.024, 15)
    for ids, height in ((UPPER_LIP, 0.004), (LOWER_LIP, -0.0037)):
        ball[list(ids)] = torch.stack(
            [ring, torch.full((15,), height), torch.full((15,), 0.09)], dim=-1
        )
    start = torch.randint(0, count - 3, (faces, 1), generator=rng)
    regressor = torch.zeros(5, count)
    regressor[:, :5] = torch.eye(5)
    weights = torch.rand(count, 5, generator=rng)
    return HeadModel(
        v_template=ball,
        faces=start + torch.arange(3),
        shapedirs=torch.randn(count, 3, shapes, generator=rng) * 1e-3,
        exprdirs=torch.randn(count, 3, expressions, generator=rng) * 1e-3,
        posedirs=torch.zeros(count, 3, 36),
        J_regressor=regressor,
        parents=(-1, 0, 1, 1, 1),
        lbs_weights=weights / weights.sum(1, keepdim=True),
        uvs=torch.rand(5118, 2, generator=rng),
        uv_faces=torch.randint(0, 5118, (faces, 3), generator=rng),
        expression_names=tuple(f"expr_{i:03d}" for i in range(expressions)),
        version="FLAME 2023",
    )


@pytest.fixture(scope="module")
def flame() -> HeadModel:
    return flame_shaped()


def columns(seed: int = 0, faces: int = FACES) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    table = {name: np.zeros(SPLATS, np.float32) for name in full_names(3)}
    for name in table:
        if not name.startswith("n"):
            table[name] = rng.normal(0, 0.2, SPLATS).astype(np.float32)
    for axis in range(3):
        table[f"scale_{axis}"] = np.log(rng.uniform(0.1, 0.6, SPLATS)).astype(np.float32)
    table["rot_0"] += 1
    table["binding_0"] = rng.integers(0, faces, SPLATS).astype(np.float32)
    return table


def write_folder(folder: Path, table: dict[str, np.ndarray], frames: int = 4) -> Path:
    inner = folder / "point_cloud" / "iteration_600000"
    inner.mkdir(parents=True)
    rows = np.zeros(SPLATS, [(name, "<f4") for name in table])
    for name, values in table.items():
        rows[name] = values
    plyfile.PlyData([plyfile.PlyElement.describe(rows, "vertex")]).write(
        str(inner / "point_cloud.ply")
    )
    rng = np.random.default_rng(3)
    np.savez(
        inner / "flame_param.npz",
        shape=rng.normal(size=300).astype(np.float32),
        expr=rng.normal(size=(frames, 100)).astype(np.float32),
        rotation=rng.normal(0, 0.2, (frames, 3)).astype(np.float32),
        neck_pose=np.zeros((frames, 3), np.float32),
        jaw_pose=np.tile(np.float32([0.2, 0, 0]), (frames, 1)),
        eyes_pose=np.arange(6 * frames, dtype=np.float32).reshape(frames, 6) / 100,
        translation=np.zeros((frames, 3), np.float32),
        static_offset=np.zeros((1, VERTICES, 3), np.float32),
        dynamic_offset=np.zeros((frames, VERTICES, 3), np.float32),
    )
    return folder


def test_teeth_are_appended_where_published_avatars_expect_them(flame: HeadModel) -> None:
    whole = with_teeth(flame)
    assert (whole.vertex_count, whole.face_count) == (VERTICES, FACES)
    assert torch.equal(whole.v_template[:5023], flame.v_template)
    local = whole.faces[9976:] - 5023
    assert local.min() == 0
    assert local.max() == 119
    assert local[0].tolist() == [0, 31, 30]
    assert local[1].tolist() == [0, 1, 31]
    assert local[84].tolist() == [45, 46, 15]
    used = torch.bincount(local.flatten(), minlength=120)
    assert (used > 0).all()
    height = 0.0077
    upper_edge = whole.v_template[5023 + 30 : 5023 + 45]
    torch.testing.assert_close(upper_edge[:, 2], torch.full((15,), 0.09 - 1.5 * height))
    assert (whole.lbs_weights[5023 : 5023 + 15, 1] == 1).all()  # upper root: neck
    assert (whole.lbs_weights[5023 + 15 : 5023 + 30, 2] == 1).all()  # lower root: jaw
    assert whole.uvs.shape[0] == 5118 + 120
    assert whole.uv_faces.max() == 5118 + 119
    assert with_teeth(whole) is whole


def test_only_flame_gets_teeth() -> None:
    from app.demo import builtin_head

    with pytest.raises(HeadMismatch, match="not FLAME"):
        with_teeth(builtin_head())


@given(st.integers(0, 10_000))
def test_frames_turn_and_grow_with_their_triangles(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    vertices = torch.randn(9, 3, generator=rng, dtype=torch.float64)
    faces = torch.arange(9).view(3, 3)
    turn = rotations.axis_angles_to_matrices(torch.randn(3, generator=rng, dtype=torch.float64))
    before = triangle_frames(vertices, faces)
    after = triangle_frames(2.5 * vertices @ turn.mT + 1, faces)
    torch.testing.assert_close(after.rotations, turn @ before.rotations)
    torch.testing.assert_close(after.sizes, 2.5 * before.sizes)
    torch.testing.assert_close(after.origins, 2.5 * before.origins @ turn.mT + 1)
    torch.testing.assert_close(torch.linalg.det(before.rotations), torch.ones(3).double())


def test_a_triangle_frame_has_the_published_axes() -> None:
    vertices = torch.tensor([[0.0, 0, 0], [2, 0, 0], [0, 1, 0]])
    frame = triangle_frames(vertices, torch.tensor([[0, 1, 2]]))
    torch.testing.assert_close(frame.rotations[0, :, 0], torch.tensor([1.0, 0, 0]))
    torch.testing.assert_close(frame.rotations[0, :, 1], torch.tensor([0.0, 0, 1]))
    torch.testing.assert_close(frame.rotations[0, :, 2], torch.tensor([0.0, -1, 0]))
    assert frame.sizes.item() == pytest.approx(1.5)


def test_a_folder_opens_and_its_splats_follow_the_motion(flame: HeadModel, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "306", columns())
    avatar, motion = read_gaussian_avatar(folder, flame)
    assert avatar.identity.name == "306"
    assert avatar.maps is None
    assert len(avatar) == SPLATS
    assert motion.frames == 4
    assert motion.leye_pose[1].tolist() == pytest.approx([0.06, 0.07, 0.08])
    first, second = (avatar.pose(motion.at(number)) for number in (0, 1))
    assert (first.means - second.means).norm(dim=-1).max() > 1e-3
    # Independently: place one splat by hand.
    splat = 17
    vertices = avatar.head.pose(motion.at(0), avatar.identity.betas, avatar.identity.offsets)
    a, b, c = vertices[avatar.head.faces[avatar.binding[splat]]]
    x = (b - a) / (b - a).norm()
    y = torch.linalg.cross(x, c - a)
    y = y / y.norm()
    z = torch.linalg.cross(x, y)
    size = ((b - a).norm() + (z @ (c - a)).abs()) / 2
    place = size * torch.stack([x, y, z], dim=1) @ avatar.local.means[splat] + (a + b + c) / 3
    torch.testing.assert_close(first.means[splat], place, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(first.scales[splat], size * avatar.local.scales[splat])


def test_it_can_be_drawn(flame: HeadModel, tmp_path: Path) -> None:
    avatar, motion = read_gaussian_avatar(write_folder(tmp_path / "x", columns()), flame)
    camera = look_at((0, 0, 0.7), (0, 0, 0), focal=300, width=64, height=64)
    frame = CpuRasterizer().draw(avatar.pose(motion.at(2)), camera)
    assert frame.rgba[..., 3].max() > 100


@pytest.mark.parametrize("face", [FACES, -1, 0.5])
def test_a_binding_to_no_triangle_is_refused(flame: HeadModel, tmp_path: Path, face: float) -> None:
    table = columns()
    table["binding_0"][3] = face
    with pytest.raises(UnreadableFile, match="triangles"):
        read_gaussian_avatar(write_folder(tmp_path / "x", table), flame)


def test_splats_without_binding_are_refused(flame: HeadModel, tmp_path: Path) -> None:
    table = columns()
    del table["binding_0"]
    with pytest.raises(BadSplatFile, match="binding_0"):
        read_gaussian_avatar(write_folder(tmp_path / "x", table), flame)


def test_broken_parameters_and_empty_folders_are_refused(flame: HeadModel, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "x", columns())
    inner = folder / "point_cloud" / "iteration_600000" / "flame_param.npz"
    arrays = dict(np.load(inner))
    np.savez(inner, **(arrays | {"jaw_pose": arrays["jaw_pose"][:2]}))
    with pytest.raises(UnreadableFile, match="jaw_pose"):
        read_gaussian_avatar(folder, flame)
    np.savez(inner, **(arrays | {"expr": arrays["expr"] * np.nan}))
    with pytest.raises(UnreadableFile, match="finite"):
        read_gaussian_avatar(folder, flame)
    inner.unlink()
    with pytest.raises(UnreadableFile, match="missing"):
        read_gaussian_avatar(folder, flame)
    with pytest.raises(UnreadableFile, match="holds no"):
        read_gaussian_avatar(tmp_path, flame)


def test_a_head_with_too_few_directions_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "x", columns())
    with pytest.raises(HeadMismatch, match="identity"):
        read_gaussian_avatar(folder, flame_shaped(shapes=100))


def test_a_wrong_binding_is_a_programming_error(flame: HeadModel) -> None:
    whole = with_teeth(flame)
    one = Gaussians(
        torch.zeros(1, 3), torch.eye(4)[:1], torch.ones(1, 3), torch.ones(1), torch.zeros(1, 1, 3),
        sh_degree=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="triangles"):
        MeshBoundAvatar(whole, Identity(torch.zeros(3)), torch.tensor([FACES]), one)
