"""What the input check says about pictures with one fault each."""

from dataclasses import replace
from math import radians
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatars.errors import NoFaceFound
from avatars.tracking.checks import Finding, check_input, refuse_unusable
from avatars.tracking.crop import working_crop
from avatars.tracking.faces import FoundFace, find_faces
from avatars.tracking.matting import person_matte
from avatars.tracking.photo import Photo, open_photo, photo_of


def seen(photo: Photo) -> FoundFace:
    return find_faces(photo.rgb)[0]


def kinds(findings: tuple[Finding, ...]) -> dict[str, str]:
    for finding in findings:
        assert finding.message.endswith(".")
        assert finding.remedy.endswith(".")
    return {finding.kind: finding.severity for finding in findings}


@pytest.mark.parametrize(
    "name",
    [
        "photo_astronaut.png",
        "photo_businesswoman.png",
        "photo_man_glasses.jpg",
        "photo_standing_portrait.jpg",
        "photo_woman_open_mouth.jpg",
    ],
)
def test_good_photos_pass_without_a_word(shared: Path, name: str) -> None:
    photo = open_photo(shared / "media" / name)
    face = seen(photo)
    matte = person_matte(working_crop(photo, face))
    assert check_input(photo, face, matte) == ()
    # Dark skin is no dark picture.
    dark = photo_of((photo.rgb * np.array([0.55, 0.42, 0.36])).astype(np.uint8))
    assert "dark" not in kinds(check_input(dark, face))


@pytest.mark.parametrize(("cheeks", "severity"), [(60, "warning"), (34, "refusal")])
def test_small_faces_are_warned_of_or_refused(shared: Path, cheeks: int, severity: str) -> None:
    rgb = open_photo(shared / "media" / "photo_businesswoman.png").rgb
    factor = cheeks / 252
    photo = photo_of(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    findings = check_input(photo, seen(photo))
    assert kinds(findings)["small"] == severity
    assert f"{seen(photo).cheeks_px:.0f} pixels" in findings[0].message
    if severity == "refusal":
        with pytest.raises(NoFaceFound, match="pixels wide"):
            refuse_unusable(findings)
    else:
        refuse_unusable(findings)


@pytest.mark.parametrize(
    ("yaw", "pitch", "wanted"),
    [
        (40, 0, {}),
        (-50, 0, {"turned": "warning"}),
        (80, 0, {"turned": "refusal"}),
        (0, -50, {"tilted": "warning"}),
        (50, 80, {"tilted": "refusal", "turned": "warning"}),
    ],
)
def test_turned_faces_are_warned_of_or_refused(
    shared: Path, yaw: float, pitch: float, wanted: dict[str, str]
) -> None:
    photo = open_photo(shared / "media" / "photo_businesswoman.png")
    face = replace(seen(photo), yaw=radians(yaw), pitch=radians(pitch))
    findings = check_input(photo, face)
    assert kinds(findings) == wanted
    if "refusal" in wanted.values():
        assert findings[0].severity == "refusal"


def test_faces_and_heads_cut_by_the_border_are_warned_of(shared: Path) -> None:
    whole = open_photo(shared / "media" / "photo_businesswoman.png").rgb
    x, y, width, height = (round(value) for value in seen(photo_of(whole)).box)
    chin = photo_of(whole[: y + round(0.9 * height)])
    assert "face" in next(f for f in check_input(chin, seen(chin)) if f.kind == "cut").message
    crown = photo_of(whole[y - round(0.1 * height) :])
    assert "head" in next(f for f in check_input(crown, seen(crown)) if f.kind == "cut").message
    close = open_photo(shared / "media" / "photo_closeup_smile.png")
    face = seen(close)
    assert kinds(check_input(close, face)) == {}
    matte = person_matte(working_crop(close, face))
    assert "hair" in check_input(close, face, matte)[0].message
    assert x > 0
    assert width > 0


def test_blur_and_bad_light_are_warned_of(shared: Path) -> None:
    for name in ("photo_businesswoman.png", "photo_astronaut.png", "photo_man_glasses.jpg"):
        good = open_photo(shared / "media" / name)
        face = seen(good)

        def changed(rgb: np.ndarray, face: FoundFace = face) -> dict[str, str]:
            return kinds(check_input(photo_of(np.clip(rgb, 0, 255).astype(np.uint8)), face))

        sigma = 0.03 * face.cheeks_px
        assert changed(cv2.GaussianBlur(good.rgb, (0, 0), sigma)) == {"blurred": "warning"}
        assert "blurred" not in changed(cv2.GaussianBlur(good.rgb, (0, 0), sigma / 5))
        assert changed(good.rgb * 0.15)["dark"] == "warning"
        assert changed(good.rgb * 3.0 + 80.0)["bright"] == "warning"


def test_a_hand_at_the_face_is_warned_of(shared: Path) -> None:
    photo = open_photo(shared / "media" / "photo_woman_hand_on_cheek.jpg")
    assert kinds(check_input(photo, seen(photo))) == {"covered": "warning"}


def test_a_matte_without_the_face_is_warned_of(shared: Path) -> None:
    photo = open_photo(shared / "media" / "photo_astronaut.png")
    empty = np.zeros((256, 256), np.float32)
    assert kinds(check_input(photo, seen(photo), empty)) == {"unseparated": "warning"}
