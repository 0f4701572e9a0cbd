"""From a photo to a complete colour map: the known person comes back, strangers do not."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from avatars.texturing.build import Textured, textured
from avatars.texturing.drawn import drawn_looks
from avatars.texturing.light import measure_light
from avatars.texturing.mouth import paint_mouth
from avatars.texturing.person import lab
from avatars.texturing.regions import places
from avatars.texturing.seen import foreground_extended, read_photo
from avatars.texturing.texels import EYE, MOUTH, SKIN, placed, texels_of
from avatars.tracking.fit import Fit, fit_landmarks
from tests.avatars.synthetic_photo import SIZE, Shot, head, shot

MAP = 256


def _fitted(known: Shot) -> Fit:
    fit = fit_landmarks(known.head, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    return replace(fit, camera=known.camera, state=known.state, betas=known.betas)


@cache
def _made(gains: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> tuple[Shot, Textured]:
    known = shot(gains=gains)
    none = torch.zeros(known.head.vertex_count, 3)
    return known, textured(known.head, _fitted(known), none, known.view, size=MAP, seed=0)


def _truth(known: Shot) -> np.ndarray:
    looks = drawn_looks(known.head, texels_of(known.head, MAP))
    assert looks is not None
    return looks.rgb


def test_seen_texels_have_the_colours_of_the_photo() -> None:
    known, made = _made()
    texels = texels_of(known.head, MAP)
    seen = made.trust.reshape(-1)[texels.index] > 0.95
    error = np.abs(made.rgb.reshape(-1, 3)[texels.index] - _truth(known))[seen]
    assert seen.sum() > 5000
    assert np.median(error) < 0.03


@pytest.mark.parametrize("gains", [(1.0, 1.0, 1.0), (0.45, 0.4, 0.4), (0.8, 1.0, 0.7)])
def test_unseen_skin_and_hair_are_the_persons(gains: tuple[float, float, float]) -> None:
    known, made = _made(gains)
    texels = texels_of(known.head, MAP)
    trust, rgb = (m.reshape(MAP * MAP, -1)[texels.index] for m in (made.trust, made.rgb))
    where = places(known.head, texels)
    truth = _truth(known) * np.array(gains, np.float32)
    for share in (where.scalp, where.neck):
        unseen = (trust[:, 0] < 0.01) & (share > 0.9)
        off = lab(rgb[unseen].mean(axis=0)[None]) - lab(truth[unseen].mean(axis=0)[None])
        assert np.linalg.norm(off) < 22
    background = np.array([0.1, 0.5, 0.9])
    skin = texels.kind == SKIN
    assert (np.linalg.norm(rgb[skin] - background, axis=1) < 0.2).mean() < 1e-3


def test_there_is_no_step_where_the_photo_ends() -> None:
    known, made = _made()
    valid = np.zeros((MAP, MAP), bool)
    texels = texels_of(known.head, MAP)
    where = places(known.head, texels)
    plain = (texels.kind == SKIN) & (np.maximum(where.features, where.scalp) < 0.02)
    valid.reshape(-1)[texels.index[plain & (where.ears < 0.02)]] = True
    grey = made.rgb.mean(axis=-1)
    step = np.abs(np.diff(grey, axis=1))[valid[:, 1:] & valid[:, :-1]]
    assert np.quantile(step, 0.999) < 0.12


def test_a_collar_does_not_become_neck() -> None:
    known, _ = _made()
    image = known.view.image.copy()
    chin = int(known.view.landmarks[152, 1]) + 12
    image[chin:] = np.where(known.view.matte[chin:, :, None] > 0.5, (0.05, 0.1, 0.3), image[chin:])
    view = replace(known.view, image=image.astype(np.float32))
    none = torch.zeros(known.head.vertex_count, 3)
    made = textured(known.head, _fitted(known), none, view, size=MAP, seed=0)
    texels = texels_of(known.head, MAP)
    neck = places(known.head, texels).neck > 0.9
    rgb = made.rgb.reshape(-1, 3)[texels.index][neck]
    assert (rgb[:, 2] > rgb[:, 0]).mean() < 0.02


def test_a_picture_is_complete_and_bounded() -> None:
    known, made = _made()
    texels = texels_of(known.head, MAP)
    assert made.rgb.shape == (MAP, MAP, 3)
    assert made.rgb.dtype == np.float32
    assert np.isfinite(made.rgb).all()
    assert made.rgb.min() >= 0
    assert made.rgb.max() <= 1
    assert (made.facing.reshape(-1)[texels.index] >= -1.001).all()
    assert made.weight.shape == (SIZE, SIZE)
    outside = np.ones(MAP * MAP, bool)
    outside[texels.index] = False
    assert (made.facing.reshape(-1)[outside] == -1).all()
    eyes = made.rgb.reshape(-1, 3)[texels.index[texels.kind == EYE]]
    assert eyes.mean() > 0.2


def test_the_same_photo_gives_the_same_map() -> None:
    known, made = _made()
    none = torch.zeros(known.head.vertex_count, 3)
    again = textured(known.head, _fitted(known), none, known.view, size=MAP, seed=0)
    assert np.array_equal(again.rgb, made.rgb)


def test_a_grey_photo_stays_grey_where_it_fills() -> None:
    known = shot()
    grey = np.repeat(known.view.image.mean(axis=-1, keepdims=True), 3, axis=2)
    none = torch.zeros(known.head.vertex_count, 3)
    view = replace(known.view, image=grey)
    made = textured(known.head, _fitted(known), none, view, size=MAP, seed=0)
    texels = texels_of(known.head, MAP)
    skin = made.rgb.reshape(-1, 3)[texels.index[texels.kind == SKIN]]
    assert np.quantile(np.ptp(skin, axis=1), 0.99) < 0.05


def test_light_from_one_side_is_measured() -> None:
    random = np.random.default_rng(0)
    normals = random.normal(size=(4000, 3))
    normals[:, 2] = np.abs(normals[:, 2]) + 1
    normals = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)
    rgb = 0.6 * np.exp(0.5 * normals[:, :1]) * np.ones((1, 3))
    light = measure_light(rgb.astype(np.float32), normals, np.ones(4000, bool), np.eye(3))
    left, right = light.on(np.array([[-0.5, 0, 0.87], [0.5, 0, 0.87]], np.float32))
    assert right / left == pytest.approx(np.exp(0.5), rel=0.1)
    stranger = light.departure(np.array([[1.0, 1.0, 1.0]], np.float32), normals[:1])
    assert stranger[0] > 3


def test_drawn_mouth_follows_the_brightness_and_exists_without_drawings() -> None:
    model = head()
    texels = texels_of(model, 128)
    base, _ = placed(texels, model, model.v_template)
    drawn = drawn_looks(model, texels)
    inside = texels.kind == MOUTH
    bright, dark = (paint_mouth(model, texels, base, level, drawn) for level in (0.6, 0.3))
    assert dark[inside].mean() < 0.6 * bright[inside].mean()
    plain = paint_mouth(model, texels, base, 0.6)
    assert plain[inside].min() > 0
    assert not plain[~inside].any()
    assert drawn_looks(replace(model, name="other"), texels) is None


def test_the_background_does_not_ring_the_person() -> None:
    known = shot()
    extended = foreground_extended(known.view.image, known.view.matte > 0.9)
    away = np.linalg.norm(extended - np.array([0.1, 0.5, 0.9]), axis=-1)
    assert away.min() > 0.15
    assert np.array_equal(foreground_extended(extended, np.zeros((SIZE, SIZE), bool)), extended)


def test_eyes_are_not_read_through_closed_lids() -> None:
    known = shot(weights={"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0})
    texels = texels_of(known.head, MAP)
    seen = read_photo(known.head, texels, known.view)
    assert (seen.trust[texels.kind == EYE] > 0.5).mean() < 0.02


def test_a_real_face_is_textured_whole(shared: Path) -> None:
    mediapipe = pytest.importorskip("mediapipe")
    photo = cv2.imread(str(shared / "media" / "photo_businesswoman.png"))
    if photo is None:
        pytest.skip("no such photo here")
    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=True, max_num_faces=1
    ) as mesh:
        rgb = np.ascontiguousarray(photo[..., ::-1])
        found = mesh.process(rgb).multi_face_landmarks[0].landmark
    marks = np.array([[p.x, p.y] for p in found]) * [photo.shape[1], photo.shape[0]]
    middle = marks.mean(axis=0)
    scale = 384 / (2.5 * np.ptp(marks, axis=0).max())
    warp = np.column_stack([np.eye(2) * scale, 192 - scale * middle])
    image = cv2.warpAffine(rgb, warp, (384, 384), borderMode=cv2.BORDER_REPLICATE)
    marks = marks * scale + warp[:, 2]
    fit = fit_landmarks(head(), marks, (384, 384))
    assert fit.residual_mm < 1.2
    none = torch.zeros(head().vertex_count, 3)
    view = replace(
        shot().view,
        camera=fit.camera,
        vertices=head().pose(fit.state, fit.betas, none),
        image=image.astype(np.float32) / 255,
        matte=(image.min(axis=-1) < 235).astype(np.float32),
        inside=np.ones((384, 384), bool),
        landmarks=marks,
    )
    made = textured(head(), fit, none, view, size=MAP, seed=0)
    texels = texels_of(head(), MAP)
    colors = made.rgb.reshape(-1, 3)[texels.index]
    where = places(head(), texels)
    # Dark hair, fair skin, and a neck that is neither shirt nor blazer.
    assert colors[where.scalp > 0.9].mean() < 0.4
    neck = colors[where.neck > 0.9]
    assert (neck[:, 0] > neck[:, 2]).mean() > 0.95
