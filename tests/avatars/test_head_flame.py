"""FLAME files: the releases' format, what lies beside them, and what is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from avatars.errors import UnreadableFile
from avatars.head.flame_extras import with_extras
from avatars.head.flame_file import read_flame
from avatars.head.importing import completed, flame_in, read_head
from avatars.head.tables import MEDIAPIPE
from tests.make_flame import flame_arrays, write_flame, write_masks, write_template
from tests.make_head import head_arrays, small_head


@pytest.fixture(scope="module")
def arrays():
    return flame_arrays()


@pytest.fixture
def model(tmp_path, arrays):
    return write_flame(tmp_path / "flame2023.pkl", arrays)


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_a_release_with_chumpy_and_scipy_objects_is_read(tmp_path, arrays, protocol):
    small = {**arrays, "shapedirs": np.round(arrays["shapedirs"], 4)}
    head = read_flame(write_flame(tmp_path / "flame2023.pkl", small, protocol))
    np.testing.assert_allclose(head.v_template, arrays["v_template"], atol=1e-6)
    np.testing.assert_allclose(head.shapedirs, small["shapedirs"][..., :300], atol=1e-6)
    np.testing.assert_allclose(head.exprdirs, small["shapedirs"][..., 300:], atol=1e-6)
    np.testing.assert_allclose(head.J_regressor, arrays["J_regressor"], atol=1e-6)
    assert head.parents == (-1, 0, 1, 1, 1)
    assert head.expression_names[:2] == ("expr_000", "expr_001")
    assert head.version == "FLAME 2023"
    assert len(head.source_sha256) == 64


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("generic_model.pkl", "FLAME 2020"),
        ("female_model.pkl", "FLAME 2020 female"),
        ("flame2023_no_jaw.pkl", "FLAME 2023 without jaw rotation"),
        ("flame2023_Open.pkl", "FLAME 2023 Open"),
        ("whatever.pkl", "FLAME"),
    ],
)
def test_the_version_is_read_from_what_there_is(tmp_path, arrays, name, version):
    assert read_flame(write_flame(tmp_path / name, arrays, plain=True)).version == version


def test_metadata_names_the_open_release(tmp_path, arrays):
    path = write_flame(
        tmp_path / "mine.pkl", {**arrays, "supr_expression_metadata": {"n_expr": 100}}, plain=True
    )
    head = read_flame(path)
    assert head.version == "FLAME 2023 Open"
    assert "CC BY 4.0" in head.licence


def test_a_converted_npz_is_read_directly(tmp_path, arrays, model):
    path = tmp_path / "flame2023.npz"
    np.savez(path, **arrays)
    assert read_head(path, "x").head.fingerprint == read_flame(model).fingerprint


def lids(folder, count):
    for name in ("l_eyelid.npy", "r_eyelid.npy"):
        np.save(folder / name, np.full((count, 3), 1e-3))


def embedding(folder, faces):
    table = {
        "static_lmk_faces_idx": np.arange(51),
        "static_lmk_bary_coords": np.full((51, 3), 1 / 3),
        "dynamic_lmk_faces_idx": np.zeros((79, 17), np.int64),
        "dynamic_lmk_bary_coords": np.full((79, 17, 3), 1 / 3, np.float32),
        "full_lmk_faces_idx": np.arange(68)[None],
        "full_lmk_bary_coords": np.full((1, 68, 3), 1 / 3, np.float32),
    }
    np.save(folder / "landmark_embedding.npy", np.array(table, dtype=object), allow_pickle=True)
    np.savez(
        folder / "mediapipe_landmark_embedding.npz",
        lmk_face_idx=np.arange(105, dtype=np.uint32),
        lmk_b_coords=np.full((105, 3), 1 / 3),
        landmark_indices=np.arange(105) * 2,
    )


def test_everything_that_lies_beside_is_picked_up(tmp_path, arrays, model):
    egg = head_arrays(36, 30)
    write_template(tmp_path / "head_template_mesh.obj", arrays, egg)
    write_masks(tmp_path / "FLAME_masks.pkl", {"nose": [1, 2, 5], "left_ear": [7], "boundary": [9]})
    embedding(tmp_path, len(arrays["f"]))
    lids(tmp_path, len(arrays["v_template"]))
    imported = read_head(tmp_path, "x")
    head = imported.head
    assert len(imported.found) == 5
    assert imported.missing == ()
    np.testing.assert_allclose(head.uvs, egg["uvs"], atol=1e-6)
    np.testing.assert_array_equal(head.uv_faces, egg["uv_faces"])
    assert torch.nonzero(head.regions["nose"])[:, 0].tolist() == [1, 2, 5]
    assert torch.nonzero(head.regions["ear_left"])[:, 0].tolist() == [7]
    assert "boundary" not in head.regions
    assert head.landmarks["ibug51"].faces.shape == (51,)
    assert head.landmarks["ibug68"].faces.shape == (68,)
    assert head.landmarks["contour"].faces.shape == (79, 17)
    assert head.landmarks[f"{MEDIAPIPE}105"].ids[:3] == (0, 2, 4)
    assert head.eyelids.shape == (2, head.vertex_count, 3)
    state = head.neutral()
    state.eyelids[0] = 1.0
    torch.testing.assert_close(head.pose(state), head.v_template + 1e-3)


def test_torch_tensors_in_an_embedding_are_read_without_torch_load(tmp_path, arrays):
    path = write_flame(tmp_path / "flame2023.pkl", arrays, plain=True)
    faces = torch.arange(79 * 17).reshape(79, 17) % 50
    weights = torch.full((79, 17, 3), 1 / 3)
    table = {"lmk_face_idx": _LegacyTensor(faces), "lmk_b_coords": _LegacyTensor(weights)}
    np.save(
        tmp_path / "flame_dynamic_embedding.npy", np.array(table, dtype=object), allow_pickle=True
    )
    head = with_extras(read_flame(path), tmp_path).head
    torch.testing.assert_close(head.landmarks["contour"].faces, faces)
    torch.testing.assert_close(head.landmarks["contour"].barycentrics, weights)


class _LegacyTensor:
    """Pickles as torch tensors did in numpy files: a call on a blob in torch's old format."""

    def __init__(self, values):
        self.values = values

    def __reduce__(self):
        from torch._utils import _rebuild_tensor_v2

        return _rebuild_tensor_v2, (
            _Blob(self.values), 0, tuple(self.values.shape), self.values.stride(), False, {}
        )  # fmt: skip


class _Blob:
    def __init__(self, values):
        self.values = values

    def __reduce__(self):
        import io

        from torch.storage import _load_from_bytes

        stream = io.BytesIO()
        torch.save(self.values.untyped_storage(), stream, _use_new_zipfile_serialization=False)
        kind = b"LongStorage" if self.values.dtype == torch.int64 else b"FloatStorage"
        return _load_from_bytes, (kind + stream.getvalue(),)


def test_faces_of_the_template_may_come_in_another_order(tmp_path, arrays, model):
    egg = head_arrays(36, 30)
    order = np.random.default_rng(0).permutation(len(egg["faces"]))
    shuffled = {**egg, "faces": egg["faces"][order], "uv_faces": egg["uv_faces"][order]}
    write_template(tmp_path / "head_template_mesh.obj", arrays, shuffled)
    np.testing.assert_array_equal(read_head(model, "x").head.uv_faces, egg["uv_faces"])


def test_a_complete_import_has_regions_landmarks_and_arkit(tmp_path, model):
    imported = completed(read_head(model, "mine"), small_head())
    head = imported.head
    assert head.name == "mine"
    assert {"nose", "lips", "eyeball_left"} <= set(head.regions)
    assert head.landmarks[MEDIAPIPE].faces.shape == (478,)
    assert head.arkit is not None
    assert any("51 of 52 ARKit names" in line for line in imported.derived)
    assert any("texture layout" in line for line in imported.missing)
    assert completed(imported, small_head()).derived == ()


def broken(arrays, key, change):
    return {**arrays, key: change(arrays[key].copy())}


def with_nan(values):
    values[0] = np.nan
    return values


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("v_template", with_nan, "NaN"),
        ("posedirs", with_nan, "NaN"),
        ("shapedirs", lambda v: v[..., :150], "shapedirs"),
        ("shapedirs", lambda v: v[:-1], "shapedirs"),
        ("weights", lambda v: v[:, :4], "weights"),
        ("weights", lambda v: v * 0.5, "do not sum to 1"),
        ("kintree_table", lambda v: v[:, ::-1], "joints"),
        ("f", lambda v: v + 9999, "do not exist"),
        ("f", lambda v: np.concatenate([v, v[:2]]), "not a clean surface"),
        ("f", lambda v: np.concatenate([v[:1, ::-1], v[1:]]), "opposite sides"),
        ("f", lambda v: np.stack([v[:, 0]] * 3, 1), "repeated corner"),
        ("J", lambda v: v + 0.01, "male, female and generic"),
        ("v_template", lambda v: v.astype(">f8"), "big-endian"),
        ("v_template", lambda v: v.astype(object), "v_template"),
    ],
)
def test_wrong_arrays_are_refused_in_one_sentence(tmp_path, arrays, key, change, message):
    path = write_flame(tmp_path / "flame2023.pkl", broken(arrays, key, change), plain=True)
    with pytest.raises(UnreadableFile, match=message) as error:
        read_flame(path)
    assert "\n" not in error.value.message
    assert str(path) in error.value.message


def test_a_missing_key_is_named(tmp_path, arrays):
    less = {key: value for key, value in arrays.items() if key != "posedirs"}
    with pytest.raises(UnreadableFile, match="no posedirs"):
        read_flame(write_flame(tmp_path / "flame.pkl", less, plain=True))


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1, 2]), pickle.dumps({"f": 1})])
def test_a_pickle_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "flame.pkl"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        read_head(path, "x")


class _Touch:
    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize(
    "name", ["flame2023.pkl", "FLAME_masks.pkl", "l_eyelid.npy", "flame_static_embedding.pkl"]
)
def test_a_hostile_file_anywhere_in_the_folder_stops_the_import(tmp_path, arrays, name):
    write_flame(tmp_path / "flame2023.pkl", arrays, plain=True)
    lids(tmp_path, len(arrays["v_template"]))
    content = {"v_template": _Touch(tmp_path / "created")}
    if name.endswith(".npy"):
        np.save(tmp_path / name, np.array(content, dtype=object), allow_pickle=True)
    else:
        (tmp_path / name).write_bytes(pickle.dumps(content, 2))
    with pytest.raises(UnreadableFile, match="open"):
        read_head(tmp_path, "x")
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("FLAME_masks.pkl", lambda p: write_masks(p, {"nose": [10**7]})),
        ("l_eyelid.npy", lambda p: lids(p.parent, 7)),
        ("head_template_mesh.obj", lambda p: p.write_text("v 0 0 0\nvt 0 0\nf 1/1 1/1 1/1\n")),
        ("head_template_mesh.obj", lambda p: p.write_text("v 0 0 zero\n")),
        ("head_template_mesh.obj", lambda p: p.write_text("v 0 0 0\nf 1 1 1\n")),
        ("mediapipe_landmark_embedding.npz", lambda p: p.write_bytes(b"PK")),
    ],
)
def test_a_companion_of_another_head_is_refused(model, name, write):
    write(model.with_name(name))
    with pytest.raises(UnreadableFile, match=name):
        read_head(model, "x")


def test_a_folder_of_variants_gives_the_generic_one_or_asks(tmp_path, arrays):
    for name in ("male_model.pkl", "female_model.pkl"):
        write_flame(tmp_path / name, arrays, plain=True)
    with pytest.raises(UnreadableFile, match="several head models"):
        flame_in(tmp_path)
    generic = write_flame(tmp_path / "generic_model.pkl", arrays, plain=True)
    assert flame_in(tmp_path) == generic
    write_flame(tmp_path / "flame2023.pkl", arrays, plain=True)
    with pytest.raises(UnreadableFile, match="Name the one file"):
        flame_in(tmp_path)


def test_other_paths_are_refused_politely(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    for path in (tmp_path, tmp_path / "photo.jpg", tmp_path / "absent.pkl"):
        with pytest.raises(UnreadableFile):
            read_head(path, "x")
