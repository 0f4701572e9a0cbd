"""Hair of its own: it follows the photo, hangs together with the skull, and keeps to its hull."""

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
import torch

from avatars.avatar import Identity
from avatars.head.state import HeadState
from avatars.kinds.attributes import Loose
from avatars.kinds.uv_avatar import UvAvatar, initial_maps
from avatars.sampling import sample_table
from avatars.texturing.hair_layer import hair_layer
from avatars.texturing.hair_paint import HairPaint
from avatars.texturing.hair_sheets import Grain
from avatars.texturing.hair_strands import exemplar_of, laid, strand_directions
from avatars.texturing.seen import View
from avatars.tracking.covered import cover_ears
from avatars.tracking.fit import Fit, fit_landmarks
from avatars.tracking.hanging import Hanging, hanging_hair
from tests.avatars.synthetic_photo import SIZE, Shot, shot

HAIR, COAT = (0.25, 0.15, 0.1), (0.1, 0.2, 0.9)
FARTHEST = 0.16  # metres from the head's axis: wider hair was not photographed


@dataclass(frozen=True, eq=False)
class _Haired:
    known: Shot
    fit: Fit
    view: View
    hair: np.ndarray
    hanging: Hanging
    loose: Loose


@cache
def _haired() -> _Haired:
    """Someone with hair down to the shoulders on both sides, and a coat below."""
    known = shot(turn=(0.0, 0.0, 0.0))
    head, marks = known.head, known.view.landmarks
    fit = fit_landmarks(head, marks, (SIZE, SIZE), focal=known.focal)
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    metre = float(fit.camera.K[0, 0]) / float(fit.camera.depths(torch.zeros(1, 3)).mean())
    beside = np.abs(columns - marks[152, 0]) / metre
    above = (marks[152, 1] - rows) / metre
    hair = (beside > 0.06) & (beside < 0.1) & (above < 0.1) & (above > -0.06)
    matte = np.maximum(known.view.matte, hair).astype(np.float32)
    coat = above < -0.06
    image = np.where(hair[..., None], np.array(HAIR, np.float32), known.view.image)
    image = np.where(coat[..., None], np.array(COAT, np.float32), image).astype(np.float32)
    none = torch.zeros(head.vertex_count, 3)
    share = hair.astype(np.float32)
    inside = ~coat
    hanging = hanging_hair(head, fit, none, marks, share, matte, inside)
    assert hanging is not None
    vertices = head.pose(fit.state, fit.betas)
    view = replace(
        known.view, camera=fit.camera, vertices=vertices, image=image, matte=matte, inside=inside
    )
    rest = head.shaped(fit.betas, none).vertices
    count = head.vertex_count
    scalp = head.regions["scalp"].numpy().astype(np.float32)
    paint = HairPaint(
        np.tile(np.array(HAIR, np.float32), (count, 1)),
        scalp,
        np.zeros(count, np.float32),
        None,
        np.array(HAIR, np.float32),
        0,
    )
    loose = hair_layer(head, rest, view, paint, hanging, Grain(2.0, 8000))
    assert loose is not None
    return _Haired(known, fit, view, hair, hanging, loose)


def _means(state: HeadState | None = None) -> np.ndarray:
    made = _haired()
    head = made.known.head
    table = sample_table(head, 2000)
    identity = Identity(made.fit.betas, torch.zeros(head.vertex_count, 3), "hair")
    avatar = UvAvatar(head, identity, initial_maps(head, table, 32), table, "test", made.loose)
    return avatar.pose(state or made.fit.state).means[-len(made.loose) :].numpy()


def _upright() -> HeadState:
    none = torch.zeros(3)
    return replace(_haired().fit.state, global_orient=none, neck_pose=none, transl=none)


def test_from_the_front_hair_lies_where_the_photo_shows_it() -> None:
    made = _haired()
    pixels = made.view.camera.project(torch.from_numpy(_means())).numpy()
    person = cv2.dilate((made.view.matte > 0.5).astype(np.uint8), np.ones((5, 5))) > 0
    columns, rows = pixels.astype(int).clip(0, SIZE - 1).T
    told = made.view.inside[rows, columns]
    assert person[rows, columns][told].mean() > 0.995
    drawn = np.zeros((SIZE, SIZE), np.uint8)
    drawn[rows, columns] = 1
    drawn = cv2.dilate(drawn, np.ones((9, 9)))
    seen = made.hanging.mask & (made.hanging.places[..., 1] > -0.11)
    assert drawn[seen].mean() > 0.97


def test_clothes_lend_no_colour() -> None:
    rgb = _haired().loose.rgb.numpy()
    assert (rgb[:, 2] < 0.4).all()


def test_there_is_hair_behind_the_neck_too() -> None:
    rest = _means(_upright())
    assert ((rest[:, 2] < -0.06) & (rest[:, 1] < -0.03)).sum() > 100


def test_no_splat_floats_away_from_the_hull() -> None:
    rest = _means(_upright())
    assert np.hypot(rest[:, 0], rest[:, 2] + 0.02).max() < FARTHEST
    assert rest[:, 1].min() > -0.17


def test_hair_turns_with_the_head() -> None:
    made = _haired()
    turned = replace(made.fit.state, global_orient=torch.tensor([0.0, 0.5, 0.0]))
    still = replace(made.fit.state, global_orient=torch.zeros(3))
    a, b = _means(still), _means(turned)
    between = np.linalg.norm(a[::50, None] - a[None, ::50], axis=-1)
    after = np.linalg.norm(b[::50, None] - b[None, ::50], axis=-1)
    assert np.abs(between - after).max() < 5e-4
    assert np.linalg.norm(a - b, axis=1).mean() > 0.01


def test_an_open_jaw_moves_no_hair() -> None:
    made = _haired()
    state = made.fit.state
    opened = replace(state, jaw_pose=state.jaw_pose + torch.tensor([0.3, 0.0, 0.0]))
    assert np.abs(_means(opened) - _means()).max() < 1e-3


def test_the_number_of_splats_keeps_its_bounds() -> None:
    assert 2000 < len(_haired().loose) < 9500


def test_a_short_haired_head_has_nothing_hanging() -> None:
    made = _haired()
    none = torch.zeros(made.known.head.vertex_count, 3)
    bare = np.zeros((SIZE, SIZE), np.float32)
    found = hanging_hair(
        made.known.head,
        made.fit,
        none,
        made.view.landmarks,
        bare,
        made.view.matte,
        made.view.inside,
    )
    assert found is None


def test_ears_lie_down_under_hair_and_only_there() -> None:
    made = _haired()
    head = made.known.head
    none = torch.zeros(head.vertex_count, 3)
    inside = np.ones((SIZE, SIZE), bool)
    covered = cover_ears(head, made.fit, none, np.ones((SIZE, SIZE), np.float32), inside)
    bare = cover_ears(head, made.fit, none, np.zeros((SIZE, SIZE), np.float32), inside)
    assert torch.equal(bare.offsets, none)
    assert bare.share.max() == 0
    ear = head.regions["ear_left"]
    rest = head.shaped(made.fit.betas, none).vertices[ear]
    laid_down = head.shaped(made.fit.betas, covered.offsets).vertices[ear]
    assert float(laid_down[:, 0].max()) < float(rest[:, 0].max()) - 0.008
    others = ~(ear | head.regions["ear_right"])
    assert float(covered.offsets[others].abs().max()) == 0


def _stripes() -> np.ndarray:
    wave = 0.5 + 0.4 * np.sin(np.arange(128) / 3)
    return np.broadcast_to(wave[None, :, None], (128, 128, 3)).astype(np.float32).copy()


def test_strands_are_found_along_stripes() -> None:
    found = strand_directions(_stripes(), 6.0)[64, 64]
    assert abs(found[1]) > 0.99


def test_patches_are_turned_into_the_flow() -> None:
    down = np.array([0.0, 1.0], np.float32)
    exemplar = exemplar_of(_stripes(), np.ones((128, 128), bool), down, 1500.0)
    assert exemplar is not None
    x, y = np.meshgrid(np.linspace(0, 0.08, 160), np.linspace(0, 0.08, 160))
    points = np.column_stack([x.ravel(), y.ravel(), 0 * x.ravel()]).astype(np.float32)
    for axis in (0, 1):
        flow = np.zeros_like(points)
        flow[:, axis] = 1
        across = np.zeros_like(points)
        across[:, 1 - axis] = 1
        detail = laid(exemplar, points, flow, across, 0)[:, 0].reshape(160, 160)
        along = np.abs(np.diff(detail, axis=1 - axis)).mean()
        aside = np.abs(np.diff(detail, axis=axis)).mean()
        assert aside > 2 * along
    assert abs(float(detail.mean())) < 0.1


def test_too_little_hair_makes_no_patches() -> None:
    seen = np.zeros((128, 128), bool)
    seen[60:64, 60:64] = True
    assert exemplar_of(_stripes(), seen, np.array([0.0, 1.0], np.float32), 1500.0) is None
