"""What of a person is hair, clothes and hand: told by colour and place."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest

from avatars.tracking.hands import hands_over
from avatars.tracking.likeness import OVAL
from avatars.tracking.parts import Parts, person_parts
from avatars.tracking.view import filled
from tests.avatars.synthetic_photo import SIZE, shot

PER_MM = 1.5 * SIZE / 500
SKIN, HAIR, COAT, WALL = (0.8, 0.6, 0.5), (0.25, 0.13, 0.06), (0.1, 0.2, 0.5), (0.9, 0.8, 0.1)


@dataclass(frozen=True, eq=False)
class _Drawing:
    image: np.ndarray
    matte: np.ndarray
    landmarks: np.ndarray
    hair: np.ndarray
    coat: np.ndarray


@cache
def _drawn(hair: tuple[float, float, float] = HAIR) -> _Drawing:
    """A flat drawing of a person: a face in a ring of hair, over a coat."""
    view = shot(turn=(0.0, 0.0, 0.0)).view
    marks = np.asarray(view.landmarks, np.float64)
    rng = np.random.default_rng(0)
    image = np.empty((SIZE, SIZE, 3), np.float32)
    image[:] = WALL
    face = filled(marks[OVAL, :2], SIZE, SIZE)
    chin, top = marks[152, :2], marks[10, :2]
    middle = (chin + top) / 2
    ring = np.zeros((SIZE, SIZE), np.uint8)
    long = int(np.linalg.norm(chin - top) / 2)
    cv2.ellipse(
        ring,
        (int(middle[0]), int(middle[1] - 0.3 * long)),
        (int(1.05 * long), int(1.2 * long)),
        0,
        0,
        360,
        (1,),
        -1,
    )
    rows = np.arange(SIZE)[:, None]
    crown = (ring > 0) & (rows < middle[1] + 0.2 * long)
    coat = np.broadcast_to(rows > chin[1] + 35 * PER_MM, face.shape)
    neck = (rows > middle[1]) & (np.abs(np.arange(SIZE)[None] - chin[0]) < 45 * PER_MM) & ~coat
    for mask, color in ((crown, hair), (coat, COAT), (neck, SKIN), (face, SKIN)):
        image[mask] = color
    image += 0.02 * rng.standard_normal(image.shape).astype(np.float32)
    matte = (crown | coat | neck | face).astype(np.float32)
    return _Drawing(np.clip(image, 0, 1), matte, marks, crown & ~face, coat)


def _told(drawing: _Drawing, matte: np.ndarray | None = None) -> Parts:
    inside = np.ones((SIZE, SIZE), bool)
    alpha = drawing.matte if matte is None else matte
    return person_parts(drawing.image, alpha, inside, drawing.landmarks, PER_MM)


def test_hair_and_clothes_are_told_apart() -> None:
    drawing = _drawn()
    parts = _told(drawing)
    assert parts.hair[drawing.hair].mean() > 0.9
    assert parts.clothes[drawing.coat].mean() > 0.9
    assert parts.hair[drawing.coat].mean() < 0.05
    assert parts.clothes[drawing.hair].mean() < 0.02


def test_the_face_is_neither() -> None:
    drawing = _drawn()
    parts = _told(drawing)
    inner = cv2.erode(
        filled(drawing.landmarks[OVAL, :2], SIZE, SIZE).astype(np.uint8), np.ones((15, 15))
    )
    assert (parts.hair + parts.clothes)[inner > 0].mean() < 0.03


def test_a_bald_head_has_no_hair() -> None:
    bald = _drawn(SKIN)
    assert _told(bald).hair[bald.hair].mean() < 0.1


def test_white_hair_is_hair() -> None:
    white = _drawn((0.93, 0.93, 0.95))
    assert _told(white).hair[white.hair].mean() > 0.9


def test_a_wall_in_the_matte_is_found() -> None:
    drawing = _drawn()
    columns = np.arange(SIZE)[None]
    edge = np.flatnonzero(drawing.hair.any(axis=0)).max()
    rows = np.arange(SIZE)[:, None]
    top = np.flatnonzero(drawing.hair.any(axis=1)).min()
    wall = (columns > edge - 20) & (columns < edge + 25) & (np.abs(rows - top - 60) < 40)
    wall &= drawing.matte < 0.5
    parts = _told(drawing, np.where(wall, 1, drawing.matte).astype(np.float32))
    assert parts.behind[wall].mean() > 0.7
    assert parts.behind[drawing.hair].mean() < 0.05


def test_nothing_is_told_without_a_face() -> None:
    drawing = _drawn()
    nobody = np.zeros_like(drawing.matte)
    parts = _told(drawing, nobody)
    assert parts.hair.max() == parts.clothes.max() == 0


def test_a_hand_is_cut_out_and_a_hand_over_the_whole_face_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawing = _drawn()
    skin = np.zeros((SIZE, SIZE), np.float32)
    rgb = (drawing.image * 255).astype(np.uint8)
    cheek, middle = drawing.landmarks[234, :2], drawing.landmarks[4, :2]
    spread = np.linspace(-1, 1, 21)[:, None] * np.array([2.0, 25.0])

    class Finder:
        joints = cheek + spread

        def __init__(self, least_score: float) -> None:
            pass

        def __enter__(self) -> "Finder":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def hands_in(self, _: object) -> list[np.ndarray]:
            return [self.joints]

    monkeypatch.setattr("avatars.tracking.hands.HandFinder", Finder)
    found = hands_over(rgb, drawing.landmarks, PER_MM, skin)
    assert found[int(cheek[1]), int(cheek[0])]
    assert not found[int(middle[1]), int(middle[0])]
    around = np.random.default_rng(0).uniform(-75, 75, (21, 2)) * PER_MM
    monkeypatch.setattr(Finder, "joints", middle + around)
    assert not hands_over(rgb, drawing.landmarks, PER_MM, skin).any()
