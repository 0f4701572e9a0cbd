"""Splat files: round trips against plyfile and hand-made bytes, and every kind of bad one."""

import errno
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import plyfile
import pytest
import torch

from renderer import disk
from renderer.errors import BadSplatFile, UnreadableFile, UserError
from renderer.gaussians import Gaussians
from renderer.ply import read_ply, write_ply
from tests.make_ply import (
    SH0,
    full_names,
    header,
    splats,
    stored,
    valid_bytes,
    write_columns,
)

FIELDS = ("means", "quats", "scales", "opacities", "sh")
GEOMETRY = ["x", "y", "z", "opacity", "scale_0", "scale_1", "scale_2"]


def assert_same(read: Gaussians, expected: Gaussians, tolerance: float = 2e-6) -> None:
    assert read.sh_degree == expected.sh_degree
    for name in FIELDS:
        torch.testing.assert_close(
            getattr(read, name), getattr(expected, name), rtol=tolerance, atol=tolerance
        )


def refusal(path: Path) -> BadSplatFile:
    with pytest.raises(BadSplatFile) as caught:
        read_ply(path)
    error = caught.value
    assert path.name in error.message
    for sentence in (error.message, error.remedy):
        assert sentence.endswith(".")
        assert "\n" not in sentence
    return error


@pytest.mark.parametrize("degree", range(4))
def test_what_is_written_is_read_back(tmp_path, degree):
    original = splats(50, degree)
    write_ply(tmp_path / "a.ply", original, sh_degree=degree)
    file = read_ply(tmp_path / "a.ply")
    assert_same(file.gaussians, original)
    assert (file.dropped, file.extra) == (0, ())


@pytest.mark.parametrize("degree", range(4))
def test_a_lower_degree_is_padded_to_the_full_layout(tmp_path, degree):
    original = splats(10, degree)
    write_ply(tmp_path / "a.ply", original)
    read = read_ply(tmp_path / "a.ply").gaussians
    assert read.sh_degree == 3
    torch.testing.assert_close(read.sh[:, : original.sh.shape[1]], original.sh)
    assert not read.sh[:, original.sh.shape[1] :].any()


def test_a_higher_degree_is_cut_to_the_one_asked_for(tmp_path):
    write_ply(tmp_path / "a.ply", splats(10, 3), sh_degree=1)
    read = read_ply(tmp_path / "a.ply").gaussians
    assert read.sh_degree == 1
    torch.testing.assert_close(read.sh, splats(10, 3).sh[:, :4])


def test_a_degree_that_does_not_exist_is_a_mistake_of_the_caller(tmp_path):
    for degree in (-1, 4):
        with pytest.raises(ValueError, match="sh_degree"):
            write_ply(tmp_path / "a.ply", splats(3), sh_degree=degree)


@pytest.mark.parametrize("form", ["<", ">", "ascii"])
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("degree", [0, 2])
def test_every_encoding_of_another_writer_is_read(tmp_path, form, kind, degree):
    original = splats(25, degree)
    path = write_columns(tmp_path / "a.ply", stored(original), types={"*": kind}, form=form)
    assert_same(read_ply(path).gaussians, original)


@pytest.mark.parametrize("form", ["<", "ascii"])
def test_fields_are_found_by_name_in_any_order_without_normals(tmp_path, form):
    original = splats(25, 3)
    names = full_names(3, normals=False)
    np.random.default_rng(1).shuffle(names)
    path = write_columns(tmp_path / "a.ply", stored(original), names=names, form=form)
    assert_same(read_ply(path).gaussians, original)


def test_types_may_be_mixed_and_whole_numbers(tmp_path):
    columns = stored(splats(12, 0))
    for name in ("x", "y", "z", "rot_1"):
        columns[name] = np.arange(12.0) % 5
    types = {"x": "i4", "y": "u1", "z": "f8", "rot_1": "i2"}
    read = read_ply(write_columns(tmp_path / "a.ply", columns, types=types, form=">")).gaussians
    assert read.means[:, 1].tolist() == [float(i % 5) for i in range(12)]
    torch.testing.assert_close(read.quats.norm(dim=-1), torch.ones(12))


def test_half_floats_are_read(tmp_path):
    columns, names = stored(splats(20, 0)), full_names(0)
    body = np.stack([columns[name] for name in names], axis=1).astype("<f2").tobytes()
    (tmp_path / "a.ply").write_bytes(header(20, names, kind="half") + body)
    assert_same(read_ply(tmp_path / "a.ply").gaussians, splats(20, 0), tolerance=0.01)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
@pytest.mark.parametrize("form", ["<", "ascii"])
def test_other_line_endings_are_read(tmp_path, ending, form):
    content = valid_bytes(20, 1, form)
    end = content.index(b"end_header\n") + len(b"end_header\n")
    head, body = content[:end].replace(b"\n", ending), content[end:]
    body = body.replace(b"\n", ending) if form == "ascii" else body
    (tmp_path / "a.ply").write_bytes(head + body)
    assert_same(read_ply(tmp_path / "a.ply").gaussians, splats(20, 1))


def test_a_body_that_begins_with_a_line_feed_keeps_it_after_carriage_returns(tmp_path):
    # 0x0a as the lowest byte of x: the header's own ending must not swallow it.
    columns = stored(splats(20, 0))
    columns["x"][0] = np.frombuffer(b"\x0a\x00\x80\x3d", "<f4")[0]
    content = write_columns(tmp_path / "a.ply", columns).read_bytes()
    end = content.index(b"end_header\n") + len(b"end_header\n")
    (tmp_path / "b.ply").write_bytes(content[:end].replace(b"\n", b"\r") + content[end:])
    assert read_ply(tmp_path / "b.ply").gaussians.means[0, 0] == np.float32(columns["x"][0])


def test_comments_and_other_elements_around_the_splats_do_no_harm(tmp_path):
    small = plyfile.PlyElement.describe(np.zeros(3, [("a", "f8"), ("b", "u1")]), "camera")
    faces = np.empty(2, [("vertex_indices", "O")])
    faces["vertex_indices"] = [[0, 1, 2], [3, 4, 5]]
    mesh = plyfile.PlyElement.describe(faces, "face")
    for form in ("<", "ascii"):
        path = tmp_path / f"{len(form)}.ply"
        write_columns(path, stored(splats(20, 1)), form=form, before=(small,), after=(mesh,))
        commented = path.read_bytes().replace(
            b"ply\n", b"ply\ncomment made by \xe4\xf6 end_header\nobj_info x\n\n", 1
        )
        path.write_bytes(commented)
        assert_same(read_ply(path).gaussians, splats(20, 1))


def test_the_header_written_is_the_full_inria_layout_byte_for_byte(tmp_path):
    write_ply(tmp_path / "a.ply", splats(7, 0))
    expected = "ply\nformat binary_little_endian 1.0\nelement vertex 7\n"
    expected += "".join(f"property float {name}\n" for name in full_names(3))
    expected += "end_header\n"
    content = (tmp_path / "a.ply").read_bytes()
    assert expected.count("property") == 62
    assert content[: len(expected)] == expected.encode()
    assert len(content) == len(expected) + 7 * 248


def test_the_values_written_are_what_another_reader_expects(tmp_path):
    original = splats(9, 3)
    write_ply(tmp_path / "a.ply", original)
    vertex = plyfile.PlyData.read(str(tmp_path / "a.ply"))["vertex"]
    for name, values in stored(original).items():
        np.testing.assert_allclose(vertex[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def test_f_rest_is_channel_major_as_a_colour_worked_out_by_hand_shows(tmp_path):
    # One splat, degree 1, seen along +x: colour = 0.5 + SH0 * dc - 0.4886025 * x * (third basis).
    columns = {name: np.zeros(1) for name in full_names(1)} | {"rot_0": np.ones(1)}
    columns |= {"f_dc_0": np.ones(1)}
    columns |= {f"f_rest_{i}": np.full(1, (i + 1) / 10) for i in range(9)}
    sh = read_ply(write_columns(tmp_path / "a.ply", columns)).gaussians.sh[0]  # [4, 3]
    basis = torch.tensor([SH0, 0.0, 0.0, -0.4886025119029199])
    colour = 0.5 + basis @ sh
    # Red owns f_rest 0-2, green 3-5, blue 6-8; the third of each goes with x.
    expected = [0.5 + SH0 - 0.4886025 * 0.3, 0.5 - 0.4886025 * 0.6, 0.5 - 0.4886025 * 0.9]
    torch.testing.assert_close(colour, torch.tensor(expected))


def test_opacity_and_scale_at_their_limits_stay_finite_in_the_file(tmp_path):
    original = splats(6)
    original.opacities[:3] = torch.tensor([0.0, 1.0, 0.5])
    original.scales[0] = 0.0
    write_ply(tmp_path / "a.ply", original)
    vertex = plyfile.PlyData.read(str(tmp_path / "a.ply"))["vertex"].data
    assert all(np.isfinite(vertex[name]).all() for name in vertex.dtype.names)
    read = read_ply(tmp_path / "a.ply")
    assert read.dropped == 0
    torch.testing.assert_close(read.gaussians.opacities, original.opacities, rtol=0, atol=2e-6)
    assert read.gaussians.scales[0].max() < 1e-9


def test_quaternions_are_normalised_on_reading_whatever_their_length(tmp_path):
    columns = stored(splats(20, 0))
    for name in ("rot_0", "rot_1", "rot_2", "rot_3"):
        columns[name][0] *= 1e30
        columns[name][1] *= 1e-6
        columns[name][2] *= 7.0
    read = read_ply(write_columns(tmp_path / "a.ply", columns))
    assert read.dropped == 0
    torch.testing.assert_close(read.gaussians.quats, splats(20, 0).quats)


def test_unknown_properties_are_named_and_normals_are_not(tmp_path):
    columns = stored(splats(20, 0)) | {"binding_0": np.arange(20.0), "label": np.zeros(20)}
    path = write_columns(tmp_path / "a.ply", columns, types={"label": "u1"})
    assert read_ply(path).extra == ("binding_0", "label")


def test_a_single_splat_is_a_file(tmp_path):
    write_ply(tmp_path / "a.ply", splats(1))
    assert len(read_ply(tmp_path / "a.ply").gaussians) == 1


# --- what can be repaired -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("x", v) for v in (np.nan, np.inf, -np.inf, 1e30)),
        *(("opacity", v) for v in (np.nan, np.inf, -np.inf)),
        *(("scale_1", v) for v in (np.nan, np.inf, -np.inf, 60.0, 1000.0)),
        *(("f_dc_1", v) for v in (np.nan, np.inf)),
        *(("f_rest_44", v) for v in (np.nan, -np.inf)),
        *(("rot_2", v) for v in (np.nan, np.inf)),
        ("rot", 0.0),
    ],
)
@pytest.mark.parametrize("form", ["<", "ascii"])
def test_up_to_one_in_twenty_broken_splats_is_dropped_and_counted(tmp_path, name, value, form):
    columns = stored(splats(100))
    broken = [3, 50, 51, 98, 99]
    for column in [f"rot_{i}" for i in range(4)] if name == "rot" else [name]:
        columns[column][broken] = value
    file = read_ply(write_columns(tmp_path / "a.ply", columns, form=form))
    assert file.dropped == 5
    whole = splats(100)
    assert_same(file.gaussians, whole.select(~torch.isin(torch.arange(100), torch.tensor(broken))))


def test_one_broken_splat_too_many_is_refused(tmp_path):
    columns = stored(splats(100))
    columns["y"][:6] = np.nan
    error = refusal(write_columns(tmp_path / "a.ply", columns))
    assert "6 of its 100" in error.message


def test_a_double_beyond_float_range_counts_as_broken(tmp_path):
    columns = stored(splats(100))
    columns["x"][0] = 1e300
    for form in ("<", "ascii"):
        path = write_columns(tmp_path / "a.ply", columns, types={"x": "f8"}, form=form)
        assert read_ply(path).dropped == 1


def test_signalling_nan_is_as_quiet_as_any_other(tmp_path):
    columns, names = stored(splats(100, 1)), full_names(1)
    table = np.stack([columns[name] for name in names], axis=1).astype("<f4")
    table.view("<u4")[0] = 0x7F800001  # numpy warns when it converts this one
    (tmp_path / "a.ply").write_bytes(header(100, names) + table.tobytes())
    assert read_ply(tmp_path / "a.ply").dropped == 1


def test_only_nan_is_refused(tmp_path):
    columns = {name: np.full(50, np.nan) for name in full_names(1)}
    assert "50 of its 50" in refusal(write_columns(tmp_path / "a.ply", columns)).message


def test_broken_normals_and_extras_cost_no_splat(tmp_path):
    columns = stored(splats(20)) | {"confidence": np.full(20, np.nan)}
    columns["nx"][:] = np.inf
    assert read_ply(write_columns(tmp_path / "a.ply", columns)).dropped == 0


def test_dropping_works_across_block_borders(tmp_path):
    # Several blocks of reading and of compacting; the rows left must be the right ones.
    count = 150_000
    columns = {name: np.zeros(count) for name in full_names(0)}
    columns |= {"x": np.linspace(-1, 1, count), "rot_0": np.ones(count)}
    columns |= {f"scale_{i}": np.full(count, -5.0) for i in range(3)}
    columns["y"][::50] = np.nan
    file = read_ply(write_columns(tmp_path / "a.ply", columns))
    assert file.dropped == count // 50
    expected = np.delete(columns["x"], np.arange(0, count, 50)).astype(np.float32)
    np.testing.assert_array_equal(file.gaussians.means[:, 0].numpy(), expected)


def test_unusable_finds_what_reading_drops():
    g = splats(10)
    assert not g.unusable().any()
    g.means[0, 0], g.quats[1], g.scales[2, 0], g.opacities[3] = float("nan"), 0.0, 1e4, 1.5
    g.sh[4, 2, 1], g.scales[5, 1] = float("inf"), -1.0
    assert g.unusable().tolist() == [True] * 6 + [False] * 4
    assert splats(1).unusable().tolist() == [False]
    assert splats(0).unusable().shape == (0,)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "missing",
    ["x", "f_dc_2", "opacity", "scale_0 scale_1", "rot_3", "x y z f_dc_0 f_dc_1 f_dc_2 opacity"],
)
def test_missing_fields_are_listed(tmp_path, missing):
    names = [name for name in full_names(0) if name not in missing.split()]
    path = write_columns(tmp_path / "a.ply", stored(splats(5, 0)) | {"x": np.ones(5)}, names=names)
    assert f"lacks the properties {', '.join(missing.split())}." in refusal(path).message


@pytest.mark.parametrize("rest", [1, 8, 10, 44, 46, 72])
def test_an_impossible_number_of_colour_fields_is_refused(tmp_path, rest):
    names = [*full_names(0), *(f"f_rest_{i}" for i in range(rest))]
    (tmp_path / "a.ply").write_bytes(header(1, names) + bytes(4 * len(names)))
    assert f"has {rest} f_rest properties" in refusal(tmp_path / "a.ply").message


def test_a_gap_in_the_colour_fields_is_named(tmp_path):
    names = [*full_names(0), *(f"f_rest_{i}" for i in (0, 1, 2, 3, 4, 5, 6, 7, 9))]
    (tmp_path / "a.ply").write_bytes(header(1, names) + bytes(4 * len(names)))
    assert "lacks the properties f_rest_8." in refusal(tmp_path / "a.ply").message


@pytest.mark.parametrize("form", ["<", ">", "ascii"])
@pytest.mark.parametrize("kept", [0.99, 0.6, 0.02])
def test_truncated_files_are_refused(tmp_path, form, kept):
    content = valid_bytes(30, 1, form)
    (tmp_path / "a.ply").write_bytes(content[: int(len(content) * kept)])
    message = refusal(tmp_path / "a.ply").message
    assert "cut short" in message or "not 26 numbers" in message


@pytest.mark.parametrize(
    "count", ["4294967295", "999999999999999999999", "9" * 6000, "1000000000", "31"]
)
@pytest.mark.parametrize("form", ["binary_little_endian", "binary_big_endian", "ascii"])
def test_a_count_beyond_the_file_is_refused_before_anything_is_allocated(tmp_path, count, form):
    kind = {"binary_little_endian": "<", "binary_big_endian": ">"}.get(form, "ascii")
    content = valid_bytes(30, 1, kind).replace(b"vertex 30", f"vertex {count}".encode())
    (tmp_path / "a.ply").write_bytes(content)
    tracemalloc.start()
    error = refusal(tmp_path / "a.ply")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "cut short" in error.message
    assert peak < 8e6


def test_a_huge_count_on_another_element_is_refused_or_ignored(tmp_path):
    content = valid_bytes(30, 1)
    huge = b"element face 999999999999\nproperty list uchar int vertex_indices\n"
    (tmp_path / "a.ply").write_bytes(content.replace(b"end_header", huge + b"end_header"))
    assert len(read_ply(tmp_path / "a.ply").gaussians) == 30
    before = b"element other 999999999999\nproperty float a\nelement vertex"
    for form in ("<", "ascii"):
        content = valid_bytes(30, 1, form).replace(b"element vertex", before)
        (tmp_path / "b.ply").write_bytes(content)
        assert "cut short" in refusal(tmp_path / "b.ply").message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, this is text", "not a PLY file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "not a PLY file"),
        (b"plyx\nformat ascii 1.0\n", "not a PLY file"),
        (b"ply\n", "cut short inside its header"),
        (b"ply\nformat binary_little_endian 1.0\nelement ver", "cut short inside its header"),
        (b"ply\nend_header\n", "without a format line"),
        (b"ply\nformat ascii 1.0\nend_header\n", "no element named vertex"),
        (b"ply\nformat ascii 2.0\nend_header\n", "line 2"),
        (b"ply\nformat morse 1.0\nend_header\n", "line 2"),
        (b"ply\nformat ascii 1.0\nproperty float x\nend_header\n", "line 3"),
        (b"ply\nformat ascii 1.0\nelement vertex -5\nend_header\n", "line 3"),
        (b"ply\nformat ascii 1.0\nelement vertex 1_0\nend_header\n", "line 3"),
        (b"ply\nformat ascii 1.0\nelement vertex ten\nend_header\n", "line 3"),
        (b"ply\nformat ascii 1.0\nwhat \x1b[31m is this\nend_header\n", "\\x1b"),
        (b"ply\n" + b"comment " + b"x" * 2_000_000 + b"\nend_header\n", "header of more than"),
        (header(0, full_names(0)), "holds no splats"),
        (header(0, full_names(0), form="ascii"), "holds no splats"),
        (header(1, [*full_names(0), "x"]) + bytes(100), "twice"),
        (header(1, full_names(0), kind="string") + bytes(100), "type 'string'"),
        (header(1, full_names(0), kind="list uchar float") + bytes(100), "list property among"),
        (header(1, full_names(0)).replace(b"vertex", b"point") + bytes(100), "no element named"),
        (
            header(1, full_names(0)).replace(
                b"element", b"element face 1\nproperty list uchar int i\nelement", 1
            )
            + bytes(100),
            "list property before",
        ),
        (header(1, full_names(0), form="ascii") + b"1 2 three 4 " * 17 + b"\n", "not 17 numbers"),
        (header(1, full_names(0), form="ascii") + b"1 " * 21 + b"\n", "not 17 numbers"),
        (header(2, full_names(0), form="ascii") + b"1 " * 17 + b"\n\n" * 30, "after 1 of 2"),
        (header(1, full_names(0), form="ascii") + b" " * 300_000 + b"1 " * 17, "line of more"),
        (header(1, full_names(0), form="ascii") + b"\xff\x00 " * 40, "not 17 numbers"),
    ],
)
def test_broken_files_are_refused_with_a_sentence(tmp_path, content, words):
    (tmp_path / "face.ply").write_bytes(content)
    assert words in refusal(tmp_path / "face.ply").message


@pytest.mark.parametrize("names", [["packed_position", "packed_rotation"], ["min_x", "min_y"]])
def test_a_compressed_file_is_recognised(tmp_path, names):
    content = header(1, names, kind="uint") + bytes(8)
    if "min_x" in names:
        content = content.replace(b"vertex", b"chunk")
    (tmp_path / "a.compressed.ply").write_bytes(content)
    error = refusal(tmp_path / "a.compressed.ply")
    assert "not supported yet" in error.message
    assert "uncompressed" in error.remedy


def test_files_that_are_no_files_are_refused_without_waiting(tmp_path):
    loop, pipe, dangling = tmp_path / "loop.ply", tmp_path / "pipe.ply", tmp_path / "gone.ply"
    loop.symlink_to(loop)
    dangling.symlink_to(tmp_path / "nowhere.ply")
    os.mkfifo(pipe)
    (tmp_path / "empty.ply").touch()
    cases = {
        loop: "leads back to itself",
        dangling: "symbolic link to a file that does not exist",
        pipe: "pipe or a device",
        Path("/dev/zero"): "pipe or a device",
        tmp_path: "is a folder",
        tmp_path / "empty.ply": "is empty",
        tmp_path / "missing.ply": "does not exist",
        tmp_path / "empty.ply" / "x.ply": "does not exist",
        tmp_path / ("n" * 300 + ".ply"): "cannot be opened",
        Path("nul\0.ply"): "cannot be opened",
    }
    for path, words in cases.items():
        with pytest.raises(UnreadableFile, match=words) as caught:
            read_ply(path)
        assert caught.value.remedy.endswith(".")


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    (tmp_path / "a.ply").write_bytes(valid_bytes())

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(disk.os, "open", refuse)  # root may read everything
    with pytest.raises(UnreadableFile, match="may not be read"):
        read_ply(tmp_path / "a.ply")


def test_a_pipe_that_replaces_the_file_while_it_is_opened_does_not_wait(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.ply")
    (tmp_path / "file.ply").write_bytes(valid_bytes())
    real = os.stat(tmp_path / "file.ply")
    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "stat", lambda _: real)
        with pytest.raises(UnreadableFile, match="pipe or a device"):
            read_ply(tmp_path / "pipe.ply")


# --- writing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no room left"),
        (errno.EACCES, "not writable"),
        (errno.EROFS, "not writable"),
        (errno.EIO, "cannot be written"),
    ],
)
@pytest.mark.parametrize("stage", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, code, words, stage
):
    (tmp_path / "a.ply").write_bytes(b"old")

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(disk.os, stage, fail)
    with pytest.raises(UserError, match=words) as caught:
        write_ply(tmp_path / "a.ply", splats(5))
    assert caught.value.remedy.endswith(".")
    assert [p.name for p in tmp_path.iterdir()] == ["a.ply"]
    assert (tmp_path / "a.ply").read_bytes() == b"old"


def test_a_disk_that_fills_up_half_way_leaves_nothing(tmp_path):
    # A limit on the size of files stands in for the full disk: the same failure inside write().
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from renderer.errors import UserError\n"
        "from renderer.ply import write_ply\n"
        "from tests.make_ply import splats\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    write_ply(Path(sys.argv[1]), splats(1000))\n"
        "except UserError as error:\n    print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.ply")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert "no room left" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["missing/a.ply", "file/a.ply", "folder", "pipe", "."])
def test_a_target_that_cannot_be_a_file_is_refused(tmp_path, target):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as caught:
        write_ply(tmp_path / target, splats(5))
    assert caught.value.remedy.endswith(".")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_interrupted_write_leaves_nothing(tmp_path):
    def write_half():
        with disk.replacing(tmp_path / "a.ply") as handle:
            handle.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    write_ply(tmp_path / "a.ply", splats(5))
    assert (tmp_path / "a.ply").stat().st_mode == (tmp_path / "plain").stat().st_mode
