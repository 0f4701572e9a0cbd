"""Soft hair round the outline: where it may be, what colour it has, how much it covers."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from avatars.avatar import Identity
from avatars.files.avatar_file import StoredAvatar, read_avatar, write_avatar
from avatars.files.manifest import Provenance
from avatars.kinds.attributes import Loose
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.sampling import sample_table
from avatars.texturing.person import Person, lab
from avatars.texturing.seen import View
from avatars.texturing.wisps import nearest_inside, own_colors, splat_opacity, wisps, within_reach
from renderer.mesh import draw_mesh
from tests.avatars.synthetic_photo import Shot, shot

HAIR = (0.25, 0.15, 0.1)
SKIN = (0.8, 0.6, 0.5)
GREEN = (0.1, 0.8, 0.2)
WRITER = Provenance("avatar-gui", "0", "test")


def _lab(rgb: tuple[float, float, float]) -> np.ndarray:
    return lab(np.array([rgb], np.float32))[0]


PERSON = Person(_lab(SKIN), _lab(HAIR), None, 1.0, 8.0)


@cache
def _known() -> Shot:
    return shot(turn=(0.0, 0.0, 0.0))


def _haired(color: tuple[float, float, float] = HAIR, matte: float = 1.0) -> View:
    """The photo of one in ``color`` whose matte reaches 8 px past the mesh at all sides."""
    view = _known().view
    inside = draw_mesh(view.camera, view.vertices, _known().head.faces).mask
    _, away = nearest_inside(inside)
    alpha = np.where(away < 8, np.where(inside, 1.0, matte), 0.0).astype(np.float32)
    image = np.broadcast_to(np.array(color, np.float32), view.image.shape).copy()
    return replace(view, image=image, matte=alpha)


def _made(view: View) -> Loose:
    found = wisps(_known().head, view, PERSON)
    assert found is not None
    return found


def _avatar(loose: Loose) -> UvAvatar:
    head = _known().head
    table = sample_table(head, 2000)
    identity = Identity(_known().betas, torch.zeros(head.vertex_count, 3), "wisps")
    return UvAvatar(head, identity, initial_maps(head, table, 32), table, "test", loose)


def test_splats_lie_between_mesh_and_matte_well_above_the_chin() -> None:
    view = _haired()
    found = _made(view)
    splats = _avatar(found).pose(_known().state).means[-len(found) :]
    pixels = view.camera.project(splats).numpy()
    columns, rows = pixels.astype(int).T
    mask = draw_mesh(view.camera, view.vertices, _known().head.faces).mask
    assert 200 < len(found) < 3000
    # But for roundings at the very edge.
    assert mask[rows, columns].mean() < 0.01
    reach = cv2.dilate(view.matte, np.ones((3, 3)))
    assert (reach[rows, columns] < 0.1).mean() < 0.01
    assert rows.max() < view.landmarks[152, 1]


def test_splats_have_the_colour_of_the_photo_and_its_matte() -> None:
    full, half = _made(_haired()), _made(_haired(matte=0.5))
    assert np.allclose(full.rgb.numpy(), HAIR, atol=0.02)
    assert np.allclose(half.rgb.numpy(), HAIR, atol=0.02)
    assert float(half.opacity.max()) < 0.6 * float(full.opacity.max())


def test_strange_colours_are_left_out() -> None:
    assert wisps(_known().head, _haired(GREEN), PERSON) is None


def test_hair_counts_only_where_hair_may_be() -> None:
    colors = np.array([HAIR, SKIN, GREEN, HAIR], np.float32)
    chosen = own_colors(colors, PERSON, np.array([True, False, True, False]))
    assert chosen.tolist() == [True, True, False, False]


def test_nothing_outside_the_mesh_is_nothing() -> None:
    view = _known().view
    mask = draw_mesh(view.camera, view.vertices, _known().head.faces).mask
    matte = cv2.erode(mask.astype(np.float32), np.ones((3, 3)))
    assert wisps(_known().head, replace(view, matte=matte), PERSON) is None


def test_reach_ends_below_the_chin_and_far_out() -> None:
    above = np.array([0.1, 0.1, 0.01, -0.01, 0.1], np.float32)
    away = np.array([0.005, 0.02, 0.012, 0.001, 0.005], np.float32)
    most = np.array([0.016, 0.016, 0.016, 0.016, 0.002], np.float32)
    assert within_reach(above, away, most).tolist() == pytest.approx([1.0, 0.0, 0.0, 0.0, 0.0])


def test_several_layers_add_up_to_the_share() -> None:
    alone = splat_opacity(np.array([0.0, 0.5, 1.0], np.float32))
    assert alone[0] == 0
    assert 0 < alone[1] < 0.5
    assert alone[1] < alone[2] < 1


def test_nearest_names_the_nearest_inner_pixel() -> None:
    mask = np.zeros((9, 12), bool)
    mask[3:6, 2:5] = True
    nearest, away = nearest_inside(mask)
    assert nearest[4, 10] == 4 * 12 + 4
    assert away[4, 10] == pytest.approx(6, abs=0.1)
    assert nearest[4, 3] == 4 * 12 + 3
    assert away[4, 3] == 0


def test_a_file_keeps_them(tmp_path: Path) -> None:
    found = _made(_haired())
    path = tmp_path / "wisps.avatar"
    write_avatar(path, StoredAvatar(_avatar(found), _known().state, WRITER))
    back = read_avatar(path, lambda reference: _known().head).avatar.loose
    assert back is not None
    assert len(back) == len(found)
    assert torch.equal(back.face, found.face)
    assert torch.allclose(back.offset, found.offset, atol=2e-5)
    assert torch.allclose(back.rgb, found.rgb, atol=1e-3)
    assert torch.allclose(back.opacity, found.opacity, atol=1e-3)
