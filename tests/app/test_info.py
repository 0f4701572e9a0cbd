"""`info` on splat files: what it prints, what it costs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app import info
from renderer.errors import BadSplatFile, UnreadableFile
from tests.make_ply import full_names, header, splats, stored, valid_bytes, write_columns


def test_json_has_the_documented_keys_and_nothing_else_is_on_stdout(tmp_path, capsys):
    path = write_columns(tmp_path / "a.ply", stored(splats(40, 2)))
    assert info.run(path, as_json=True) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"kind": "splats", "splats": 40, "sh_degree": 2, "dropped": 0}
    assert printed.err == ""


def test_the_text_names_the_file_and_its_numbers(tmp_path, capsys):
    path = write_columns(tmp_path / "a.ply", stored(splats(1234, 0)))
    assert info.run(path, as_json=False) == 0
    printed = capsys.readouterr()
    assert "a.ply: 3D Gaussian splats" in printed.out
    assert "1,234" in printed.out
    assert printed.err == ""


def test_dropped_splats_are_counted_and_warned_about_on_stderr(tmp_path, capsys):
    columns = stored(splats(100))
    columns["x"][[0, 7]] = np.nan
    path = write_columns(tmp_path / "a.ply", columns)
    info.run(path, as_json=True)
    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert (facts["splats"], facts["dropped"]) == (98, 2)
    assert printed.err.startswith("Warning: ")
    assert "2 unusable splats of 100" in printed.err
    assert printed.err.count("\n") == 1


def test_a_gaussian_avatars_file_says_that_it_needs_a_flame_head(tmp_path, capsys):
    columns = stored(splats(20)) | {"binding_0": np.arange(20.0)}
    info.run(write_columns(tmp_path / "a.ply", columns), as_json=True)
    printed = capsys.readouterr()
    assert json.loads(printed.out)["splats"] == 20
    assert "FLAME head" in printed.err


def test_the_kind_is_decided_by_the_content_not_by_the_name(tmp_path):
    path = write_columns(tmp_path / "picture.png", stored(splats(20)))
    assert info.describe(path).kind == "splats"


def test_a_kind_is_added_by_one_row(tmp_path, monkeypatch):
    (tmp_path / "a.bin").write_bytes(b"MOVE")
    row = info.Kind(
        fits=lambda _, start: start.startswith(b"MOVE"),
        describe=lambda path: info.Description("motion", {"frames": 3}, f"{path}: a motion"),
        suffixes=(".bin",),
    )
    monkeypatch.setattr(info, "KINDS", (*info.KINDS, row))
    assert json.loads(info.describe(tmp_path / "a.bin").as_json()) == {
        "kind": "motion",
        "frames": 3,
    }


def test_a_file_of_no_known_kind_is_refused(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"whatever this is")
    with pytest.raises(UnreadableFile, match=r"a\.xyz is no kind of file"):
        info.describe(tmp_path / "a.xyz")


def test_a_name_that_claims_to_be_a_splat_file_is_told_what_is_wrong(tmp_path):
    (tmp_path / "a.PLY").write_bytes(b"whatever this is")
    with pytest.raises(BadSplatFile, match="not a PLY file"):
        info.describe(tmp_path / "a.PLY")


def test_names_that_lead_to_no_file_are_refused_without_waiting(tmp_path):
    loop, pipe, empty = tmp_path / "loop.ply", tmp_path / "pipe", tmp_path / "empty"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    empty.touch()
    for path in (loop, pipe, empty, tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(UnreadableFile) as caught:
            info.run(path, as_json=True)
        assert str(path) in caught.value.message
        assert caught.value.remedy.endswith(".")


def test_odd_characters_of_a_name_do_not_reach_the_terminal(tmp_path):
    path = tmp_path / "a\n\x1b[31m\udcff.ply"
    path.write_bytes(b"text")
    with pytest.raises(BadSplatFile) as caught:
        info.describe(path)
    assert caught.value.message.isprintable()


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

MEASURE = r"""
import re, sys
from pathlib import Path
from app import info
from renderer.errors import UserError
try:
    info.run(Path(sys.argv[1]), as_json=True)
except UserError as error:
    print(error.message)
assert "torch" not in sys.modules
# Not getrusage: its figure begins with what the process that started this one held.
print(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def peak_bytes(path: Path) -> tuple[str, int]:
    """What `info` prints in a process of its own, and the most memory that process held."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    *lines, peak = done.stdout.splitlines()
    return "\n".join(lines), int(peak)


def allowed(path: Path) -> float:
    return 4 * path.stat().st_size + 200e6


@linux
def test_a_huge_count_costs_no_memory(tmp_path):
    path = tmp_path / "huge.ply"
    path.write_bytes(valid_bytes().replace(b"vertex 30", b"vertex 4000000000"))
    text, peak = peak_bytes(path)
    assert "cut short" in text
    assert peak < 100e6


@linux
@pytest.mark.parametrize("form", ["float", "uchar", "ascii"])
def test_a_file_of_thirty_megabytes_stays_within_four_times_itself_and_200_mb(tmp_path, form):
    path, names = tmp_path / "big.ply", full_names(3 if form == "float" else 0, normals=False)
    if form == "ascii":  # the worst: two characters become four bytes
        count = 30_000_000 // (2 * len(names))
        body = (b"1 " * len(names))[:-1] + b"\n"
        path.write_bytes(header(count, names, form="ascii") + body * count)
    else:
        width = len(names) * (4 if form == "float" else 1)
        count = 30_000_000 // width
        values = np.ones((count, len(names)), "<f4" if form == "float" else "u1")
        values[::40, 0] = np.nan if form == "float" else 2  # so that dropping is measured too
        path.write_bytes(header(count, names, kind=form) + values.tobytes())
    text, peak = peak_bytes(path)
    facts = json.loads(text)
    assert facts["splats"] + facts["dropped"] == count
    assert (facts["dropped"] > 0) == (form == "float")
    assert peak < allowed(path)
