"""Inert stand-ins for the few classes that occur in old head models.

``unpickle`` hands these out in place of numpy's, scipy's, chumpy's and torch's own: each keeps
the state it is given and does nothing. What they hold becomes plain numpy arrays here.
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile

REMEDY = "Use the file as its makers publish it; files from elsewhere can carry programs."


class Refused(Exception):
    """Something a head file has no business holding; the text completes "it holds ..."."""


class Record:
    """A stand-in for an object of a class we know by name: its state, and no behaviour."""

    def __init__(self) -> None:
        self.state: Any = None


class Chumpy(Record):
    """chumpy.ch.Ch, an array that remembers how it was computed."""


class Select(Record):
    """chumpy.reordering.Select, some elements of another array."""


class SparseColumns(Record):
    """scipy.sparse csc_matrix."""


class ArrayRecord(Record):
    """numpy.ndarray before and after its state is known."""


class DTypeRecord(Record):
    """numpy.dtype, by its code such as 'f8'."""

    def __init__(self, code: Any, *_: Any) -> None:
        super().__init__()
        if isinstance(code, bytes):
            code = code.decode("latin1")
        if not isinstance(code, str) or not re.fullmatch(r"[fiu][1248]|b1|O[48]?", code):
            raise Refused("arrays of something else than plain numbers")
        self.code = code

    @property
    def holds_objects(self) -> bool:
        """Whether it announces Python objects, as the array around a pickled dict does."""
        return bool(self.code.startswith("O"))

    def dtype(self) -> np.dtype[Any]:
        """The numpy type; only little-endian numbers pass."""
        order = self.state[1] if isinstance(self.state, tuple) and len(self.state) > 1 else "<"
        if order in (">", b">"):
            raise Refused("big-endian numbers")
        return np.dtype("|" + self.code if self.code[1] == "1" else "<" + self.code)


class StorageRecord(Record):
    """Raw bytes of a torch tensor."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content


def as_array(value: Any, name: str, path: Path) -> NDArray[Any]:
    """The numbers of an array, of nested chumpy records, or of a sparse matrix made dense.

    Raises:
        UnreadableFile: it is none of these, or nested deeper than eight levels.
    """
    try:
        return _evaluated(value, 0)
    except (Refused, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise UnreadableFile(f"'{name}' in {path} is not an array of numbers.", REMEDY) from error


def _evaluated(value: Any, depth: int) -> NDArray[Any]:
    if depth > 8:
        raise Refused("arrays nested too deeply")
    if isinstance(value, ArrayRecord):
        value = value.state
    # Lists must be flat: a few bytes can describe a nested one with more numbers than atoms.
    flat = isinstance(value, list) and all(isinstance(item, int | float) for item in value)
    if flat or isinstance(value, np.ndarray | np.generic | int | float):
        array: NDArray[Any] = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise Refused("arrays of something else than plain numbers")
        return array
    state = value.state if isinstance(value, Record) else None
    if not isinstance(state, dict):
        raise Refused("no array")
    if isinstance(value, SparseColumns):
        return _dense(state)
    if isinstance(value, Select):
        chosen = _evaluated(state["idxs"], depth + 1).astype(np.int64)
        picked: NDArray[Any] = _evaluated(state["a"], depth + 1).ravel()[chosen]
        shape = state.get("preferred_shape")
        return picked if shape is None else picked.reshape(tuple(int(n) for n in shape))
    for key in ("x", "r", "_data"):
        if key in state:
            return _evaluated(state[key], depth + 1)
    raise Refused("no array")


def _dense(state: dict[Any, Any]) -> NDArray[Any]:
    rows, columns = (int(n) for n in state["_shape" if "_shape" in state else "shape"])
    data, indices, starts = (
        _evaluated(state[key], 1).ravel() for key in ("data", "indices", "indptr")
    )
    if not (0 < rows * columns <= 1 << 24) or min(rows, columns) < 1:
        raise ValueError("absurd size of a sparse matrix")
    counts = np.diff(starts)
    if len(counts) != columns or starts[0] != 0 or starts[-1] != len(data) or (counts < 0).any():
        raise ValueError("columns of a sparse matrix disagree")
    if len(indices) and (indices.min() < 0 or indices.max() >= rows):
        raise ValueError("rows of a sparse matrix disagree")
    dense = np.zeros((rows, columns))
    np.add.at(dense, (indices, np.repeat(np.arange(columns), counts)), data)
    return dense


def _array_from(content: bytes, dtype: Any, shape: Any, fortran: bool) -> NDArray[Any]:
    if not isinstance(dtype, DTypeRecord) or dtype.holds_objects:
        raise Refused("an array without a type")
    kind = dtype.dtype()
    sizes = tuple(int(n) for n in (shape if isinstance(shape, tuple) else (shape,)))
    if min(sizes, default=0) < 0 or math.prod(sizes) * kind.itemsize != len(content):
        raise Refused("an array whose size and content disagree")
    flat: NDArray[Any] = np.frombuffer(content, kind)
    return flat.reshape(sizes, order="F" if fortran else "C")


def set_array(array: ArrayRecord, state: Any) -> None:
    """Give an array its numbers, from the state numpy pickles."""
    _, shape, dtype, fortran, content = state
    if isinstance(dtype, DTypeRecord) and dtype.holds_objects:
        if not isinstance(content, list) or math.prod(shape) != len(content):
            raise Refused("an array whose size and content disagree")
        array.state = content
        return
    if isinstance(content, str):  # Python 2 bytes, read as latin1
        content = content.encode("latin1")
    if not isinstance(content, bytes):
        raise Refused("arrays of Python objects")
    array.state = _array_from(content, dtype, shape, bool(fortran))


def _reconstruct(kind: Any, *_: Any) -> ArrayRecord:
    if kind is not ArrayRecord:
        raise Refused("an array of an unknown class")
    return ArrayRecord()


def _scalar(dtype: Any, content: Any = b"") -> Any:
    content = content.encode("latin1") if isinstance(content, str) else content
    return _array_from(content, dtype, (), fortran=False)[()]


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any = "C") -> ArrayRecord:
    if not isinstance(content, bytes):  # bytes(n) would make n of them
        raise Refused("an array without content")
    array = ArrayRecord()
    array.state = _array_from(content, dtype, shape, order == "F")
    return array


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise Refused("text in an unexpected encoding")
    return text.encode("latin1")


def instance(kind: Any, *_: Any) -> Record:
    """An empty stand-in of a class that may be made without calling it."""
    if kind not in (Chumpy, Select, SparseColumns, ArrayRecord):
        raise Refused("an object of an unknown class")
    made: Record = kind()
    return made


def _set(items: Any = ()) -> set[Any]:
    return {plain_key(item) for item in items} if isinstance(items, list | tuple) else set()


def _mapping(items: Any = ()) -> dict[Any, Any]:
    return (
        {plain_key(key): value for key, value in items} if isinstance(items, list | tuple) else {}
    )


def plain_key(key: Any) -> Any:
    """The key itself, if it is a plain value or a tuple of such."""
    parts = key if isinstance(key, tuple) else (key,)
    if not all(part is None or isinstance(part, str | bytes | int | float) for part in parts):
        raise Refused("a table with unusual keys")
    return key


def _nothing(*_: Any) -> None:
    """Base class named in Python 2 pickles; never called for anything."""


def _storage(content: Any) -> StorageRecord:
    content = content.encode("latin1") if isinstance(content, str) else content
    if not isinstance(content, bytes):
        raise Refused("a tensor without content")
    return StorageRecord(content)


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> ArrayRecord:
    """A torch tensor from the last bytes of its old-format storage; never by torch itself."""
    if not isinstance(storage, StorageRecord) or offset != 0:
        raise Refused("a tensor of an unknown kind")
    sizes = tuple(int(n) for n in size)
    count = math.prod(sizes)
    steps = tuple(math.prod(sizes[i + 1 :]) for i in range(len(sizes)))
    if tuple(stride) != steps or count < 0:
        raise Refused("a tensor that is not stored in order")
    code = "<i8" if b"LongStorage" in storage.content else "<f4"
    if code == "<f4" and b"FloatStorage" not in storage.content:
        raise Refused("a tensor of an unknown type")
    begin = len(storage.content) - count * int(code[2])
    if begin < 0:
        raise Refused("a tensor whose size and content disagree")
    array = ArrayRecord()
    # A view: a file can ask for the same storage as often as it likes.
    flat: NDArray[Any] = np.frombuffer(storage.content, code, count, begin)
    array.state = flat.reshape(sizes)
    return array


def _known() -> dict[tuple[str, str], Any]:
    table: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): ArrayRecord,
        ("numpy", "dtype"): DTypeRecord,
        ("_codecs", "encode"): _encode,
        ("chumpy.ch", "Ch"): Chumpy,
        ("chumpy.reordering", "Select"): Select,
        ("scipy.sparse.csc", "csc_matrix"): SparseColumns,
        ("scipy.sparse._csc", "csc_matrix"): SparseColumns,
        ("collections", "OrderedDict"): _mapping,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch.storage", "_load_from_bytes"): _storage,
    }
    for core in ("numpy.core", "numpy._core"):
        table[f"{core}.multiarray", "_reconstruct"] = _reconstruct
        table[f"{core}.multiarray", "scalar"] = _scalar
        table[f"{core}.numeric", "_frombuffer"] = _from_buffer
    for builtins in ("__builtin__", "builtins"):
        table[builtins, "object"] = _nothing
        table[builtins, "set"] = _set
    for registry in ("copy_reg", "copyreg"):
        table[registry, "_reconstructor"] = instance
    return table


KNOWN = _known()
CALLABLE = frozenset(
    {DTypeRecord, _encode, _mapping, _tensor, _storage, _reconstruct, _scalar, _from_buffer}
    | {_set, instance}
)
