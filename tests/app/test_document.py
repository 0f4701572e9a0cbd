"""Documents: from files and back, and the edits of a face as pure functions."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from app import face_edits
from app.document import EMPTY, Document, document_of, stored_of
from avatars.files.avatar_file import read_avatar, write_avatar
from avatars.files.source_photo import LONGEST, photo_pixels, source_jpeg
from avatars.head.tables import ARKIT_NAMES
from tests.make_avatar import nowhere, stored_avatar
from tests.make_editor import arkit_head, document, splats_document
from tests.make_head import uv_head

NAMES = st.sampled_from(ARKIT_NAMES)
WEIGHTS = st.dictionaries(NAMES, st.floats(0, 1), min_size=1, max_size=6)


def weights(made: Document) -> dict[str, float]:
    assert made.arkit is not None
    return dict(zip(ARKIT_NAMES, made.arkit, strict=True))


def same_state(one, other, atol=1e-6) -> None:
    for name in ("expression", "jaw_pose", "neck_pose", "leye_pose", "reye_pose", "eyelids"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), atol=atol, rtol=0)


def test_a_document_is_saved_and_opened_with_everything_in_it(tmp_path):
    photo = source_jpeg(torch.rand(40, 40, 3).numpy())
    before = replace(stored_avatar(arkit_head()), photo=photo, layers=(), layer_files={})
    made = face_edits.with_arkit(document_of(before), {"jawOpen": 0.375, "mouthPucker": 0.1})
    made = replace(made, name="Grace")
    write_avatar(tmp_path / "a.avatar", stored_of(made))
    after = document_of(read_avatar(tmp_path / "a.avatar", nowhere))
    assert after.name == "Grace"
    assert after.arkit == pytest.approx(made.arkit, abs=1e-6)
    assert (weights(after)["jawOpen"], weights(after)["mouthPucker"]) == pytest.approx((0.375, 0.1))
    same_state(after.head_state, made.head_state)
    assert after.origin is not None
    assert after.origin.photo == photo
    for name in ("provenance", "source", "thumb", "framing"):
        assert getattr(after.origin, name) == getattr(made.origin, name)
    assert after.centre == pytest.approx(made.centre, abs=1e-6)
    assert after.lineage != made.lineage


def test_the_name_of_a_document_is_the_persons_unless_it_is_given():
    assert document_of(replace(stored_avatar(), layers=(), layer_files={})).name == "Ada"
    assert document("Grace").name == "Grace"


def test_a_document_without_an_avatar_is_not_stored():
    for nothing in (EMPTY, splats_document()):
        with pytest.raises(ValueError, match="without an avatar"):
            stored_of(nothing)


def test_a_head_without_an_arkit_table_has_no_weights_and_still_a_face():
    made = document_of(replace(stored_avatar(replace(uv_head(), arkit=None)), layers=()))
    assert made.arkit is None
    assert face_edits.with_arkit(made, {"jawOpen": 1.0}) is made
    rest = face_edits.with_rest(made)
    assert rest.arkit is None
    assert rest.head_state is not None
    assert not rest.head_state.expression.any()


@settings(max_examples=50)
@given(st.lists(WEIGHTS, max_size=8))
def test_sliders_read_back_what_was_set_though_the_head_cannot_show_it_exactly(changes):
    made, wanted = document(), weights(document())
    for change in changes:
        made = face_edits.with_arkit(made, change)
        wanted |= change
    assert weights(made) == wanted


@settings(max_examples=30)
@given(WEIGHTS, WEIGHTS)
def test_a_slider_that_is_moved_back_leaves_the_face_as_it_was(first, second):
    made = document()
    before = weights(made)
    there = face_edits.with_arkit(face_edits.with_arkit(made, first), second)
    back = face_edits.with_arkit(there, {name: before[name] for name in {*first, *second}})
    assert back.arkit == made.arkit
    same_state(back.head_state, made.head_state, atol=1e-5)


def test_one_slider_moves_the_face_by_its_own_row_alone():
    made = document()
    moved = face_edits.with_arkit(made, {"jawOpen": weights(made)["jawOpen"] + 0.5})
    table, row = made.avatar.head.arkit, ARKIT_NAMES.index("jawOpen")
    change = moved.head_state.expression - made.head_state.expression
    torch.testing.assert_close(change, 0.5 * table.expression[row], atol=1e-6, rtol=0)
    assert moved.head_state.neck_pose is made.head_state.neck_pose


def test_weights_are_cut_to_what_can_be_shown_and_names_are_known():
    made = face_edits.with_arkit(document(), {"jawOpen": 9.0, "mouthPucker": -1.0})
    assert (weights(made)["jawOpen"], weights(made)["mouthPucker"]) == (2.0, 0.0)
    with pytest.raises(KeyError):
        face_edits.with_arkit(made, {"jawOpenn": 1.0})


def test_no_change_is_the_same_document():
    made = document()
    assert face_edits.with_arkit(made, {"jawOpen": weights(made)["jawOpen"]}) is made
    assert face_edits.with_head_state(made, made.head_state) is made
    assert face_edits.with_beta(made, 0, float(made.avatar.identity.betas[0])) is made
    for nothing in (EMPTY, splats_document()):
        assert face_edits.with_arkit(nothing, {"jawOpen": 1.0}) is nothing
        assert face_edits.with_rest(nothing) is nothing
        assert face_edits.with_beta(nothing, 0, 1.0) is nothing
        assert face_edits.with_shape_reset(nothing) is nothing


def test_a_preset_is_the_face_of_its_weights_and_nothing_else():
    placed = replace(document().head_state, transl=torch.tensor([0.1, 0.2, 0.3]))
    made = face_edits.with_face(replace(document(), head_state=placed), {"jawOpen": 0.5})
    assert {name: weight for name, weight in weights(made).items() if weight} == {"jawOpen": 0.5}
    row = ARKIT_NAMES.index("jawOpen")
    expected = 0.5 * made.avatar.head.arkit.expression[row]
    torch.testing.assert_close(made.head_state.expression, expected)
    assert made.head_state.transl is placed.transl
    rest = face_edits.with_rest(made)
    assert not any(rest.arkit)
    assert not rest.head_state.expression.any()


def test_turning_the_head_keeps_all_weights_and_turning_the_eyes_all_but_the_gaze():
    made = face_edits.with_arkit(document(), {"jawOpen": 0.7, "mouthSmileLeft": 0.3})
    turned = replace(made.head_state, neck_pose=torch.tensor([0.1, 0.2, 0.0]))
    assert face_edits.with_head_state(made, turned).arkit == made.arkit
    looking = replace(made.head_state, leye_pose=torch.tensor([0.0, 0.3, 0.0]))
    after = weights(face_edits.with_head_state(made, looking))
    before = weights(made)
    for name, weight in before.items():
        if not name.startswith("eyeLook"):
            assert after[name] == weight, name


def test_another_expression_is_matched_with_the_weights_anew():
    made = document()
    state = replace(made.head_state, expression=made.head_state.expression + 0.3)
    after = face_edits.with_head_state(made, state)
    assert after.head_state is state
    assert after.arkit != made.arkit


def test_identity_coefficients_change_the_shape_and_nothing_else():
    made = document()
    changed = face_edits.with_beta(made, 1, 1.5)
    assert changed.avatar.identity.betas[1] == 1.5
    assert changed.avatar.maps is made.avatar.maps
    assert changed.avatar.identity.offsets is made.avatar.identity.offsets
    assert changed.head_state is made.head_state
    assert not face_edits.with_shape_reset(changed).avatar.identity.betas.any()
    splats = changed.avatar.pose(changed.head_state)
    assert not torch.equal(splats.means, made.avatar.pose(made.head_state).means)
    for index in (-1, made.avatar.head.shape_count):
        with pytest.raises(IndexError):
            face_edits.with_beta(made, index, 0.0)


def test_the_free_camera_sees_the_head_upright_with_its_neck_turned():
    state = replace(
        document().head_state,
        global_orient=torch.ones(3),
        transl=torch.ones(3),
        neck_pose=torch.full((3,), 0.2),
    )
    upright = face_edits.upright(state)
    assert not upright.global_orient.any()
    assert not upright.transl.any()
    assert upright.neck_pose is state.neck_pose


def test_a_kept_photo_is_small_and_comes_back():
    ramp = torch.linspace(0, 1, 2000)[None, :, None].expand(900, 2000, 3).numpy()
    pixels = photo_pixels(source_jpeg(ramp))
    assert max(pixels.shape) == LONGEST
    assert pixels[0, 0].max() < 8
    assert pixels[-1, -1].min() > 247
    assert pixels.shape[2] == 3
