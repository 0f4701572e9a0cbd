"""The closed unpickler: old files open, hostile ones do nothing."""

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from avatars.errors import UnreadableFile
from avatars.head.stand_ins import as_array
from avatars.head.unpickle import load_pickle
from tests.make_flame import python2_array

HERE = Path("model.pkl")


class _Runs:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def refused(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as error:
        load_pickle(content, HERE)
    assert error.value.remedy
    return error.value.message


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_would_create_a_file_creates_none(tmp_path, protocol):
    victim = tmp_path / "created"
    hostile = {"v_template": _Runs(os.system, f"touch {victim}")}
    message = refused(pickle.dumps(hostile, protocol))
    assert "system" in message
    assert not victim.exists()
    # The same file does harm where it is opened carelessly, so the test means something.
    pickle.loads(pickle.dumps(hostile, protocol))
    assert victim.exists()


@pytest.mark.parametrize(
    "function", [eval, exec, open, np.load, getattr, __import__, pickle.loads, bytearray, type]
)
def test_foreign_functions_are_refused_by_name(function):
    assert function.__name__ in refused(pickle.dumps(_Runs(function, "1"), 2))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle at all",
        b"\x80\x04.",
        pickle.dumps({"a": 1})[:-3],
        b"\x80\x02cbuiltins\nset\n}b.",  # state for a function
        b"\x80\x02cnumpy\nndarray\n}b.",  # state for a class
        b"\x80\x02cnumpy\nndarray\n}}\x86b.",
        b"(inumpy\nndarray\n.",  # old-style instance
        b"\x80\x02\x82\x01.",  # extension registry
        b"Pid\n.",  # persistent id
        b"\x80\x02U\x01aK\x01\x85R.",  # a call of a string
        b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.",
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x0f.",  # bytearray of an exabyte
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x0fa.",  # bytes of an exabyte
        b"\x80\x02cnumpy\nndarray\nK\x01K\x02ss.",
        b"\x80\x02ccopy_reg\n_reconstructor\nc__builtin__\nobject\nc__builtin__\nobject\nN\x87R.",
    ],
)
def test_broken_and_crafted_streams_are_refused(content):
    refused(content)


def test_a_huge_memo_number_costs_nothing():
    assert load_pickle(b"\x80\x02K\x01r" + struct.pack("<I", 2**32 - 1) + b".", HERE) == 1


def test_a_key_nested_a_million_times_is_refused():
    refused(b"\x80\x02}" + b")" + b"\x85" * 1_000_000 + b"K\x01s.")


def test_deep_nesting_alone_is_harmless():
    load_pickle(b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".", HERE)


def test_content_that_multiplies_itself_is_refused():
    block = b"B" + struct.pack("<I", 1 << 20) + bytes(1 << 20) + b"q\x00"
    dtype = b"cnumpy\ndtype\nX\x02\x00\x00\x00u1K\x00K\x01\x87Rq\x01"
    call = b"cnumpy.core.numeric\n_frombuffer\n(h\x00h\x01J" + struct.pack("<i", 1 << 20)
    content = b"\x80\x02(" + block + dtype + (call + b"X\x01\x00\x00\x00CtR") * 600 + b"t."
    assert "multiply" in refused(content)


def test_a_number_does_not_become_that_many_bytes():
    dtype = b"cnumpy\ndtype\nX\x02\x00\x00\x00u1K\x00K\x01\x87R"
    size = struct.pack("<i", 1 << 30)
    call = b"cnumpy.core.numeric\n_frombuffer\n(J" + size + dtype + b"J" + size
    assert "without content" in refused(b"\x80\x02" + call + b"X\x01\x00\x00\x00CtR.")


def test_tensors_of_one_storage_share_its_memory():
    content = b"FloatStorage" + bytes(1 << 20)
    storage = b"ctorch.storage\n_load_from_bytes\n(X" + struct.pack("<I", len(content)) + content
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(h\x00K\x00J" + struct.pack("<i", 1 << 18)
    rest = b"\x85K\x01\x85tR"
    found = load_pickle(
        b"\x80\x02" + storage + b"tRq\x000](" + (tensor + rest) * 1000 + b"e.", HERE
    )
    first, last = found[0], found[-1]
    assert first.shape == (1 << 18,)
    assert np.shares_memory(first, last)


def test_nested_lists_do_not_become_arrays():
    nested = [1.0] * 10
    for _ in range(12):
        nested = [nested] * 10
    value = load_pickle(pickle.dumps({"x": nested}), HERE)
    with pytest.raises(UnreadableFile, match="'x'"):
        as_array(value["x"], "x", HERE)


@pytest.mark.parametrize("values", [np.array([object()]), np.arange(3, dtype=">i4")])
def test_object_and_big_endian_arrays_are_refused(values):
    content = pickle.dumps(values, 2) if values.dtype != object else _object_array()
    with pytest.raises(UnreadableFile):
        as_array(load_pickle(content, HERE), "f", HERE)


def _object_array() -> bytes:
    return pickle.dumps(np.array(["text", None], dtype=object), 2)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["<f4", "<f8", "<i8", "<u4", "|u1", "|b1"])
def test_plain_arrays_come_back_whole(protocol, kind):
    values = np.arange(12).reshape(3, 4).astype(kind)
    stored = {"a": values, "f": np.asfortranarray(values), "s": values[1, 1], "l": [values]}
    loaded = load_pickle(pickle.dumps(stored, protocol), HERE)
    np.testing.assert_array_equal(loaded["a"], values)
    np.testing.assert_array_equal(loaded["f"], values)
    np.testing.assert_array_equal(loaded["l"][0], values)
    assert loaded["s"] == values[1, 1]
    assert loaded["a"].dtype == values.dtype


def test_raw_byte_strings_of_python_2_are_read():
    values = np.array([0, 7, 255, 1 << 40])
    loaded = load_pickle(python2_array(values) + b".", HERE)
    np.testing.assert_array_equal(loaded, values)


def test_random_damage_never_raises_anything_else(tmp_path):
    rng = np.random.default_rng(0)
    good = pickle.dumps({"a": np.arange(20.0), "b": {"c": [1, "x"]}, "d": {"e"}}, 2)
    for _ in range(1500):
        damaged = bytearray(good)
        for place in rng.integers(0, len(good), rng.integers(1, 6)):
            damaged[place] = rng.integers(0, 256)
        try:
            load_pickle(bytes(damaged), HERE)
        except UnreadableFile:
            continue
    assert not list(tmp_path.iterdir())
