"""Our own head file and the library of stored heads."""

import io
import pickle
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from avatars.errors import HeadMismatch, NewerFile, UnreadableFile
from avatars.head.head_file import read_head_file, write_head_file
from avatars.head.library import Library, NameTaken
from avatars.head.model import HeadModel
from avatars.head.tables import MEDIAPIPE
from avatars.npz import read_npz, write_npz
from tests.make_head import small_head


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "egg.npz"
    write_head_file(path, small_head())
    return path


def rewritten(path, **changes):
    arrays = read_npz(path) | changes
    write_npz(path, {name: value for name, value in arrays.items() if value is not None})
    return path


def same(first: HeadModel, second: HeadModel) -> bool:
    for item in fields(HeadModel):
        a, b = getattr(first, item.name), getattr(second, item.name)
        if isinstance(a, torch.Tensor):
            assert torch.equal(a, b), item.name
        elif isinstance(a, str | tuple):
            assert a == b, item.name
    return True


def test_a_head_comes_back_as_it_was(stored):
    head = replace(small_head(), eyelids=torch.randn(2, small_head().vertex_count, 3) * 1e-3)
    write_head_file(stored, head)
    back = read_head_file(stored)
    assert same(head, back)
    assert head.regions.keys() == back.regions.keys()
    assert torch.equal(head.regions["nose"], back.regions["nose"])
    assert torch.equal(head.landmarks[MEDIAPIPE].faces, back.landmarks[MEDIAPIPE].faces)
    assert torch.equal(head.arkit.expression, back.arkit.expression)


def test_whole_steps_make_the_file_smaller_and_the_head_almost_the_same(tmp_path):
    head = small_head()
    write_head_file(tmp_path / "a.npz", head)
    write_head_file(tmp_path / "b.npz", head, step=1e-6)
    small, large = (tmp_path / "b.npz").stat().st_size, (tmp_path / "a.npz").stat().st_size
    assert small < 0.7 * large
    error = read_head_file(tmp_path / "b.npz").exprdirs - head.exprdirs
    assert error.abs().max() <= 0.51e-6


def test_the_generator_may_give_landmarks_as_vertices_and_regions_as_faces(stored):
    head = small_head()
    faces = torch.zeros(head.face_count, dtype=torch.bool)
    faces[:10] = True
    arrays = {f"landmark/{MEDIAPIPE}/{part}": None for part in ("faces", "barycentrics", "ids")}
    chosen = np.arange(478)
    rewritten(stored, landmarks=chosen, **{"region/nose": faces.numpy()}, **arrays)
    back = read_head_file(stored)
    points = back.landmarks[MEDIAPIPE]
    corner = points.barycentrics.argmax(-1)
    assert torch.equal(back.faces[points.faces, corner], torch.from_numpy(chosen))
    assert set(torch.nonzero(back.regions["nose"])[:, 0].tolist()) == set(
        head.faces[:10].flatten().tolist()
    )


def nan(values):
    broken = values.copy()
    broken.flat[3] = np.nan
    return broken


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {"v_template": nan(a["v_template"])}, "NaN"),
        (lambda a: {"exprdirs": nan(a["exprdirs"])}, "NaN"),
        (lambda a: {"v_template": a["v_template"][:, :2]}, "v_template"),
        (lambda a: {"faces": a["faces"] + 10**6}, "do not exist"),
        (lambda a: {"faces": np.concatenate([a["faces"], a["faces"][:1]])}, "not a clean surface"),
        (lambda a: {"faces": a["faces"][:, [0, 0, 1]]}, "repeated corner"),
        (lambda a: {"lbs_weights": a["lbs_weights"] * 2}, "do not sum to 1"),
        (lambda a: {"shapedirs": a["shapedirs"][:-1]}, "shapedirs"),
        (lambda a: {"parents": np.array([-1, 0, 1, 1, 3])}, "parents"),
        (lambda a: {"expression_names": a["expression_names"][:-1]}, "names"),
        (lambda a: {"arkit_names": a["arkit_names"][:-1]}, "52"),
        (lambda a: {"arkit_jaw_pose": a["arkit_jaw_pose"][:-1]}, "usable"),
        (lambda a: {"landmark/mediapipe/barycentrics": None}, "usable"),
        (lambda a: {"lbs_weights": None}, "lbs_weights"),
        (lambda a: {"format": None}, "not a head file"),
    ],
)
def test_broken_heads_are_refused_in_one_sentence(stored, change, message):
    rewritten(stored, **change(read_npz(stored)))
    with pytest.raises(UnreadableFile, match=message) as error:
        read_head_file(stored)
    assert "\n" not in error.value.message
    assert str(stored) in error.value.message


def test_a_file_of_the_future_is_recognised(stored):
    rewritten(stored, format_version=np.array(2))
    with pytest.raises(NewerFile, match="format 2"):
        read_head_file(stored)


def test_truncated_foreign_and_absurd_archives_are_refused(stored, tmp_path):
    whole = stored.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 30):
        stored.write_bytes(whole[:size])
        with pytest.raises(UnreadableFile):
            read_head_file(stored)
    with pytest.raises(UnreadableFile, match="no file"):
        read_head_file(tmp_path / "absent.npz")
    large = tmp_path / "large.npz"
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v_template.npy", bytes(50 << 20))
    with pytest.raises(UnreadableFile, match="unpacks to more"):
        read_npz(large, limit=1 << 20)
    lying = tmp_path / "lying.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
    )
    with zipfile.ZipFile(lying, "w") as archive:
        archive.writestr("v_template.npy", header.getvalue() + bytes(64))
    with pytest.raises(UnreadableFile, match="complete"):
        read_npz(lying)


class _Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickle_inside_an_npz_is_never_opened(stored, tmp_path):
    arrays = read_npz(stored)
    hostile = np.array([_Touch(tmp_path / "created")], dtype=object)
    np.savez(stored, **(arrays | {"v_template": hostile}))
    assert pickle.dumps(hostile)  # it could have been
    with pytest.raises(UnreadableFile, match="Python objects"):
        read_head_file(stored)
    assert not (tmp_path / "created").exists()


def test_a_failed_write_leaves_the_old_file(stored, monkeypatch):
    before = stored.read_bytes()
    monkeypatch.setattr(np, "savez_compressed", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_head_file(stored, small_head())
    assert stored.read_bytes() == before
    assert list(stored.parent.iterdir()) == [stored]


@pytest.fixture
def library(tmp_path):
    write_head_file(tmp_path / "default.npz", small_head())
    return Library(tmp_path / "heads", tmp_path / "default.npz")


def test_the_library_stores_lists_and_uses_heads(library):
    assert library.names() == ["default"]
    assert library.in_use() == "default"
    library.store(replace(small_head(), name="mine", version="A"))
    assert library.names() == ["default", "mine"]
    library.use("mine")
    assert library.load_in_use().name == "mine"
    listed = {head.name: head for head in library.heads()}
    assert listed["mine"].in_use
    assert not listed["default"].in_use
    assert listed["mine"].vertices == small_head().vertex_count
    assert listed["mine"].expressions == 51
    library.path("mine").unlink()
    assert library.in_use() == "default"


def test_a_name_is_replaced_only_when_asked(library):
    library.store(replace(small_head(), name="mine", version="A"))
    with pytest.raises(NameTaken, match=r"another version \(A\)"):
        library.store(replace(small_head(), name="mine", version="B"))
    assert library.load("mine").version == "A"
    library.store(replace(small_head(), name="mine", version="B"), force=True)
    assert library.load("mine").version == "B"


@pytest.mark.parametrize(
    "name", ["", "default", "../evil", "a/b", ".hidden", "x" * 70, "a\n", "a."]
)
def test_names_that_are_no_file_names_are_refused(library, name):
    with pytest.raises(HeadMismatch):
        library.store(replace(small_head(), name=name))
    assert not library.folder.exists()


def test_a_wrong_name_gets_the_nearest(library):
    library.store(replace(small_head(), name="flame2023"))
    with pytest.raises(HeadMismatch, match="Did you mean 'flame2023'"):
        library.use("flame2032")
