"""Skin that a photo does not show: no flecks, no step, an even neck, grain, lips without teeth."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
import torch

from avatars.head.landmarks import landmark_points
from avatars.texturing.build import Textured, textured
from avatars.texturing.grain import grain
from avatars.texturing.light import measure_light
from avatars.texturing.person import lab, measure_person
from avatars.texturing.regions import places
from avatars.texturing.seen import View, read_photo
from avatars.texturing.texels import SKIN, Array, placed, texels_of
from avatars.texturing.trust import Belief, Surface, believed
from avatars.tracking.fit import fit_landmarks
from avatars.tracking.lips import INNER_LOWER, OUTER_LOWER, lips_where_seen
from avatars.tracking.residual import bake_residual
from tests.avatars.synthetic_photo import SIZE, Shot, head, shot

MAP = 256


def _made(known: Shot, view: View | None = None) -> Textured:
    fit = fit_landmarks(known.head, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    fit = replace(fit, camera=known.camera, state=known.state, betas=known.betas)
    none = torch.zeros(known.head.vertex_count, 3)
    return textured(known.head, fit, none, view or known.view, size=MAP, seed=0)


@cache
def _plain() -> tuple[Shot, Textured]:
    known = shot()
    return known, _made(known)


def _marks(known: Shot, name: str) -> Array:
    texels = texels_of(known.head, MAP)
    return texels.as_map(getattr(places(known.head, texels), name))


def _belief(known: Shot, trust: Array) -> Belief:
    texels = texels_of(known.head, MAP)
    where = places(known.head, texels)
    seen = read_photo(known.head, texels, known.view)
    person = measure_person(texels, seen, known.view, where)
    shade = np.ones(len(trust), np.float32)
    return believed(known.head, texels, seen, trust, person, where, shade)


def test_islands_and_slivers_are_not_believed_but_whole_areas_are() -> None:
    known, _ = _plain()
    texels = texels_of(known.head, MAP)
    base, _ = placed(texels, known.head, known.head.v_template)
    where = places(known.head, texels)
    seen = read_photo(known.head, texels, known.view)
    skin = (texels.kind == SKIN) & (np.maximum(where.scalp, where.ears) < 0.02)
    face = skin & (base[:, 2] > 0.06) & (where.neck < 0.02)
    neck = skin & (where.neck > 0.98)
    side = base[neck & (base[:, 0] > 0.03)]
    middle = side[np.linalg.norm(side - side.mean(axis=0), axis=1).argmin()]
    island = neck & (np.linalg.norm(base - middle, axis=1) < 0.008)
    sliver = neck & (np.abs(base[:, 1] - middle[1] + 0.02) < 0.0015)
    trust = np.where(face, seen.trust, 0.0) + (island | sliver)
    detail = _belief(known, trust.astype(np.float32)).detail
    assert island.sum() > 20
    assert sliver.sum() > 20
    assert detail[island].max() < 0.05
    assert detail[sliver].max() < 0.05
    # The photo itself is believed: squarely seen cheeks, nose and chin.
    whole = _belief(known, seen.trust).detail
    inner = face & (seen.trust > 0.99) & (where.features < 0.02) & (seen.facing > 0.7)
    assert np.median(whole[inner]) > 0.95


def test_belief_ends_softly_where_the_skin_turns_away() -> None:
    known = shot(turn=(0.0, 0.0, 0.0))
    texels = texels_of(known.head, MAP)
    seen = read_photo(known.head, texels, known.view)
    detail = texels.as_map(_belief(known, seen.trust).detail)
    others = np.maximum.reduce([_marks(known, k) for k in ("scalp", "features", "ears")])
    skin = texels.as_map((texels.kind == SKIN).astype(np.float32)) * (others < 0.02) > 0
    # A nose hides its own side from one texel to the next; that edge is meant to stay.
    nose = texels.gather(known.head.regions["nose"].numpy().astype(np.float32))
    cheeks = skin & (texels.as_map(seen.facing) < 0.45) & (texels.as_map(nose) < 0.02)
    pairs = cheeks[:, 1:] & cheeks[:, :-1]

    def steepest(values: Array) -> float:
        return float(np.quantile(np.abs(np.diff(values, axis=1))[pairs], 0.999))

    assert steepest(detail) < 0.3
    assert steepest(detail) < 0.6 * steepest(texels.as_map(seen.trust))


def test_light_of_the_room_on_the_rim_is_tamed() -> None:
    known, clean = _plain()
    texels = texels_of(known.head, MAP)
    seen = read_photo(known.head, texels, known.view)
    others = np.maximum.reduce([_marks(known, k) for k in ("scalp", "features", "ears", "neck")])
    image = known.view.image.copy()
    away = cv2.distanceTransform((known.view.matte > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    image[(away < 9) & (known.view.matte > 0.5)] = (0.95, 0.97, 1.0)
    made = _made(known, replace(known.view, image=image.astype(np.float32)))
    lit = texels_of(known.head, MAP).as_map(seen.trust * (texels.kind == SKIN)) > 0.05
    lit &= (others < 0.02) & (texels.as_map(seen.facing) < 0.45)
    assert lit.sum() > 200
    assert np.quantile(made.rgb[lit].mean(axis=1), 0.99) < 0.9
    assert abs(made.rgb[lit].mean() - clean.rgb[lit].mean()) < 0.15


def test_the_neck_is_the_same_on_both_sides_behind() -> None:
    known = shot(turn=(0.0, 0.0, 0.0))
    columns = np.linspace(0.45, 1.15, SIZE, dtype=np.float32)[None, :, None]
    lit = np.clip(known.view.image * columns, 0, 1).astype(np.float32)
    made = _made(known, replace(known.view, image=lit))
    texels = texels_of(known.head, MAP)
    base, _ = placed(texels, known.head, known.head.v_template)
    neck = (places(known.head, texels).neck > 0.9) & (base[:, 2] < -0.06)
    grey = made.rgb.reshape(-1, 3)[texels.index].mean(axis=1)
    left, right = (float(grey[neck & (side * base[:, 0] > 0.01)].mean()) for side in (1, -1))
    assert left / right == pytest.approx(1.0, abs=0.12)
    # No line down the middle either.
    middle = neck & (np.abs(base[:, 0]) < 0.004)
    beside = neck & (np.abs(np.abs(base[:, 0]) - 0.012) < 0.004)
    assert grey[middle].mean() == pytest.approx(grey[beside].mean(), rel=0.06)


def test_light_behind_does_not_jump() -> None:
    random = np.random.default_rng(1)
    normals = random.normal(size=(4000, 3))
    normals[:, 2] = np.abs(normals[:, 2]) + 1
    normals = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)
    rgb = 0.6 * np.exp(0.8 * normals[:, :1] + 0.4 * normals[:, 1:2]) * np.ones((1, 3))
    light = measure_light(rgb.astype(np.float32), normals, np.ones(4000, bool), np.eye(3))
    turn = np.linspace(-np.pi, np.pi, 721)
    around = np.column_stack([np.sin(turn), np.full(721, 0.05), np.cos(turn)])
    lit = light.on(around.astype(np.float32))
    assert np.abs(np.diff(np.log(lit))).max() < 0.02


def test_filled_skin_has_grain_as_strong_as_seen_skin() -> None:
    known, _ = _plain()
    texels = texels_of(known.head, MAP)
    base, _ = placed(texels, known.head, known.head.v_template)
    where = places(known.head, texels)
    plain = (texels.kind == SKIN) & (np.maximum(where.scalp, where.features) < 0.02)
    front = plain & (base[:, 2] > 0.03) & (where.neck < 0.02)
    random = np.random.default_rng(3)
    surface = Surface(known.head, texels)

    def strength(noise: float) -> float:
        rgb = 0.5 * np.exp(random.normal(0, noise, (len(base), 1))) * np.ones((1, 3))
        made = grain(surface, base, rgb.astype(np.float32), plain, front, seed=0)
        return float(made[plain & ~front].std())

    smooth, rough = strength(0.002), strength(0.1)
    assert smooth < 0.002
    assert 0.01 < rough < 0.1


def test_lips_take_neither_teeth_nor_the_dark_between_them() -> None:
    known = shot(weights={"jawOpen": 0.7})
    image = known.view.image.copy()
    ring = known.view.landmarks[list((*INNER_LOWER, 13))]
    mouth = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mouth, [cv2.convexHull(np.round(ring).astype(np.int32))], (1,))
    inside = cv2.dilate(mouth, np.ones((3, 3), np.uint8)) > 0
    image[inside] = (0.06, 0.03, 0.03)
    made = _made(known, replace(known.view, image=image))
    texels = texels_of(known.head, MAP)
    where = places(known.head, texels)
    rgb = made.rgb.reshape(-1, 3)[texels.index]
    lips = (where.lips > 0.9) & (texels.kind == SKIN)
    light = lab(rgb[lips])[:, 0]
    assert np.quantile(light, 0.02) > 0.55 * np.median(light)


def test_lower_lips_are_put_where_they_end() -> None:
    known = shot(weights={"jawOpen": 1.0}, turn=(0.0, 0.0, 0.0))
    marks = np.column_stack([known.view.landmarks, np.zeros(len(known.view.landmarks))])
    image = np.full((SIZE, SIZE, 3), (0.8, 0.62, 0.52), np.float32)
    lip = [*OUTER_LOWER, *INNER_LOWER[::-1]]
    mouth = np.round(marks[[61, *OUTER_LOWER, 291, 13], :2]).astype(np.int32)
    cv2.fillPoly(image, [mouth], (0.7, 0.33, 0.32))  # a tongue, about as red as the lip
    shape = np.round(marks[lip, :2]).astype(np.int32)
    cv2.fillPoly(image, [shape], (0.75, 0.3, 0.3))
    assert np.abs(lips_where_seen(image, marks) - marks).max() < 1.5
    early = marks.copy()
    gap = np.linalg.norm(marks[14, :2] - marks[13, :2])
    share = 1 - np.linspace(-1, 1, len(INNER_LOWER)) ** 2
    for row in (INNER_LOWER, OUTER_LOWER):
        early[list(row), 1] -= 0.2 * gap * share
    moved = lips_where_seen(image, early)
    before, after = (np.abs(m[17, 1] - marks[17, 1]) for m in (early, moved))
    assert after < 0.5 * before
    closed = shot().view.landmarks
    assert lips_where_seen(known.view.image, closed) is closed


def test_what_is_left_over_at_the_lips_does_not_push_the_mouth_out() -> None:
    known = shot(weights={"jawOpen": 0.8})
    fit = fit_landmarks(known.head, known.view.landmarks, (SIZE, SIZE), focal=known.focal)
    marks = known.view.landmarks.copy()
    marks[list((*INNER_LOWER, *OUTER_LOWER)), 1] += 6.0
    offsets = bake_residual(head(), fit, marks).offsets
    faces, parts = head().faces_numpy, head().parts
    skin = np.unique(faces[parts["skin"].numpy()])
    bag = np.setdiff1d(faces[parts["mouth"].numpy()], skin)
    assert offsets[bag, 2].max() < 0.5e-3
    lower = landmark_points(head(), head().v_template + offsets)[17]
    assert lower[1] < landmark_points(head(), head().v_template)[17][1] - 1e-3
