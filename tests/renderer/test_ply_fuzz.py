"""Whatever the bytes are, the reader answers with splats or with a sentence."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renderer.errors import UnreadableFile
from renderer.ply_rows import SplatRows, read_rows
from tests.make_ply import full_names, valid_bytes

CASES = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,  # the same cases for everyone: a failure elsewhere can be seen here
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
VALID = [valid_bytes(30, 1, form) for form in ("<", ">", "ascii")]
WORDS = st.sampled_from(
    [
        *("ply", "format", "element", "property", "end_header", "comment", "obj_info", "list"),
        *("ascii", "binary_little_endian", "binary_big_endian", "1.0", "2.0", "vertex", "face"),
        *("chunk", "float", "double", "uchar", "int", "half", "string", "0", "1", "3", "-1"),
        *("99999999999999999999", "packed_position", "binding_0", "²", "\x1b[0m", "", "nan"),
        *full_names(1),
    ]
)


def answer(content: bytes) -> SplatRows | UnreadableFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.ply"
        path.write_bytes(content)
        try:
            result: SplatRows | UnreadableFile = read_rows(path)
        except UnreadableFile as error:
            result = error
    if isinstance(result, UnreadableFile):
        assert "fuzz.ply" in result.message
        for sentence in (result.message, result.remedy):
            assert sentence.endswith(".")
            assert sentence.isprintable()
    else:
        assert len(result.means) > 0
        assert all(np.isfinite(field).all() for field in result.fields.values())
        np.testing.assert_allclose(np.linalg.norm(result.quats, axis=1), 1.0, atol=1e-5)
    return result


def test_the_files_that_are_mutated_below_are_valid():
    assert all(isinstance(answer(content), SplatRows) for content in VALID)


@CASES
@given(st.binary(max_size=3000))
def test_random_bytes_are_answered(content):
    answer(content)
    answer(b"ply\n" + content)


@CASES
@given(st.sampled_from(VALID), st.data())
def test_a_file_cut_anywhere_is_answered(content, data):
    cut = data.draw(st.integers(0, len(content) - 1))
    result = answer(content[:cut])
    # The last line of an ASCII file may lose its end, and digits of its last number.
    if content is not VALID[2] or cut < len(content) - 12:
        assert isinstance(result, UnreadableFile)


@CASES
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 6)), max_size=8),
)
def test_a_file_with_changed_bytes_is_answered(content, changes):
    for place, new, replaced in changes:
        start = int(place * len(content))
        content = content[:start] + new + content[start + replaced :]
    answer(content)


@CASES
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.floats(0, 1), st.lists(WORDS, max_size=5)), min_size=1, max_size=6),
    st.sampled_from([0, 1]),
)
def test_a_file_with_changed_header_lines_is_answered(content, changes, replaced):
    head, _, body = content.partition(b"end_header\n")
    lines = head.split(b"\n")
    for place, words in changes:
        start = int(place * len(lines))
        lines[start : start + replaced] = [" ".join(words).encode()]
    answer(b"\n".join(lines) + b"end_header\n" + body)


@CASES
@given(st.lists(st.lists(WORDS, max_size=5), max_size=40), st.binary(max_size=400))
def test_a_random_header_is_answered(lines, body):
    text = "\n".join(" ".join(words) for words in lines)
    answer(b"ply\nformat ascii 1.0\n" + text.encode() + b"\nend_header\n" + body)


@CASES
@given(st.lists(st.text(alphabet="0123456789.eE+-naif \n\r\t\x00x,", max_size=60), max_size=40))
def test_a_random_ascii_body_is_answered(lines):
    head = VALID[2].partition(b"end_header\n")[0].replace(b"vertex 30", b"vertex 3")
    answer(head + b"end_header\n" + "\n".join(lines).encode())
