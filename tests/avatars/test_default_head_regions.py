"""The named regions of the built-in head: all there, mirrored, and where their names say."""

from __future__ import annotations

import numpy as np
import pytest

from avatars.head.default.build import NeutralHead
from avatars.head.default.regions_default import build_parts
from avatars.head.default.topology import Bools
from avatars.head.regions import REGIONS
from tests.avatars import atlas_measures as measures

PAIRS = ("brow", "eye", "eyeball", "iris", "cheek", "ear")


@pytest.fixture(scope="module")
def head() -> NeutralHead:
    return measures.neutral_head()


@pytest.fixture(scope="module")
def regions() -> dict[str, Bools]:
    return measures.built_regions()


def test_every_name_is_there_and_holds_faces(head: NeutralHead, regions: dict[str, Bools]) -> None:
    assert set(regions) == set(REGIONS)
    for name, mask in regions.items():
        assert mask.shape == (len(head.v_template),), name
        assert mask.dtype == np.bool_, name
        assert mask[head.faces].all(axis=1).sum() >= 20, name


@pytest.mark.parametrize("name", PAIRS)
def test_left_and_right_are_mirror_images(
    head: NeutralHead, regions: dict[str, Bools], name: str
) -> None:
    left, right = regions[f"{name}_left"], regions[f"{name}_right"]
    np.testing.assert_array_equal(left, right[head.mirror])
    # The subject's left is at x > 0.
    assert head.v_template[left, 0].min() > 0
    assert not (left & right).any()


def test_the_others_are_their_own_mirror_image(
    head: NeutralHead, regions: dict[str, Bools]
) -> None:
    for name, mask in regions.items():
        if not name.endswith(("_left", "_right")):
            np.testing.assert_array_equal(mask, mask[head.mirror], err_msg=name)


def test_skin_leaves_out_eyeballs_mouth_teeth_and_tongue(
    head: NeutralHead, regions: dict[str, Bools]
) -> None:
    inside = ("eyeball_left", "eyeball_right", "mouth_inner", "teeth_upper", "teeth_lower")
    total = np.zeros(len(head.v_template), bool)
    for name in (*inside, "tongue"):
        assert not (regions["skin"] & regions[name]).any(), name
        total |= regions[name]
    np.testing.assert_array_equal(regions["skin"], ~total)


def test_small_regions_lie_in_large_ones(regions: dict[str, Bools]) -> None:
    for part, whole in (
        ("forehead", "face"), ("brow_left", "face"), ("eye_left", "face"), ("nose", "face"),
        ("cheek_left", "face"), ("lips", "face"), ("chin", "face"), ("face", "skin"),
        ("iris_left", "eyeball_left"), ("scalp", "skin"), ("ear_left", "skin"), ("neck", "skin"),
    ):  # fmt: skip
        assert not (regions[part] & ~regions[whole]).any(), (part, whole)


def test_regions_that_exclude_each_other_do(regions: dict[str, Bools]) -> None:
    for group in (
        ("brow_left", "eye_left", "nose", "lips", "cheek_left", "forehead", "chin"),
        ("face", "scalp", "neck", "ear_left", "ear_right"),
        ("jaw", "chin", "lips", "cheek_left", "neck", "scalp"),
    ):
        total = np.sum([regions[name].astype(int) for name in group], axis=0)
        assert total.max() == 1, group


def test_landmarks_are_in_their_regions(regions: dict[str, Bools]) -> None:
    for name, ids in {
        "lips": (0, 17, 13, 14, 61, 291), "nose": (4, 1, 6), "brow_right": (105, 52),
        "brow_left": (334, 282), "eye_right": (159, 145, 33, 133), "eye_left": (386, 374),
        "cheek_right": (50,), "cheek_left": (280,), "chin": (199, 175), "forehead": (151, 10),
        "jaw": (172, 397),
    }.items():  # fmt: skip
        assert regions[name][list(ids)].all(), name


def test_iris_is_the_front_of_the_eyeball(head: NeutralHead, regions: dict[str, Bools]) -> None:
    for name, lid in (("iris_left", head.left_lid), ("iris_right", head.right_lid)):
        away = head.v_template[regions[name]] - lid.centre
        angle = np.degrees(np.arctan2(np.hypot(away[:, 0], away[:, 1]), away[:, 2]))
        assert angle.max() == pytest.approx(29, abs=0.5)
        assert angle.min() < 0.5


def test_scalp_is_on_top_and_neck_below(head: NeutralHead, regions: dict[str, Bools]) -> None:
    heights = {name: head.v_template[regions[name], 1] for name in ("scalp", "forehead", "neck")}
    assert heights["scalp"].max() > heights["forehead"].max() > heights["neck"].max()
    assert np.median(heights["scalp"]) > 0.02 > -0.06 > np.median(heights["neck"])
    assert regions["scalp"][head.v_template[:, 1].argmax()]
    assert regions["neck"][head.loops["neck"]].all()


def test_parts_share_out_all_faces(head: NeutralHead) -> None:
    parts = build_parts(head)
    assert np.sum([mask.astype(int) for mask in parts.values()], axis=0).tolist() == [1] * len(
        head.faces
    )
