"""Pickles of strangers as plain data: a closed unpickler that runs nobody's code.

Old head models are Python 2 pickles with chumpy and scipy objects inside. The reader below knows
the handful of classes that occur there and gives each an inert stand-in of its own; any other name
is refused, by name. It differs from ``pickle.load`` in three more ways, all against hostile files:

- it is Python's pure-Python unpickler, whose memo is a dict: the compiled one grows a table to
  whatever number a file asks for;
- instructions that head files never use (persistent ids, the extension registry, old-style
  instances, out-of-band buffers) are taken out;
- calling and building are limited to the stand-ins, so data can never become a function; what
  calls may copy in total is bounded, and keys are plain values (hashing a tuple nested a million
  times deep would overflow the stack).
"""

import io
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from avatars.errors import UnreadableFile
from avatars.head.stand_ins import (
    CALLABLE,
    KNOWN,
    REMEDY,
    ArrayRecord,
    Record,
    Refused,
    instance,
    plain_key,
    set_array,
)

MAX_BYTES = 512 << 20


def load_pickle(content: bytes, path: Path) -> Any:
    """The data of a pickle: dicts, lists, numbers, text, numpy arrays and ``Record``s.

    Nothing in it is executed. Arrays come out as numpy arrays; Chumpy, Select and SparseColumns
    records are turned into arrays by ``stand_ins.as_array``.

    Args:
        content: the whole file.
        path: for messages.

    Raises:
        UnreadableFile: no pickle, truncated, too large, or holding a class not on the list.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"{path} is larger than {MAX_BYTES >> 20} MB.", REMEDY)
    try:
        return _plain(_ClosedUnpickler(io.BytesIO(content)).load())
    except Refused as error:
        raise UnreadableFile(f"{path} was not opened: it holds {error}.", REMEDY) from None
    except (
        *(pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError),
        *(AttributeError, OverflowError, MemoryError, RecursionError, UnicodeError),
        *(AssertionError, struct.error),
    ) as error:
        raise UnreadableFile(
            f"{path} is not a complete pickle.", "Check that it was copied completely."
        ) from error


def _plain(value: Any) -> Any:
    """Arrays instead of their stand-ins, all the way down; shared and cyclic parts only once."""
    done: dict[int, Any] = {}
    todo = [value]
    while todo:  # no recursion: a hostile file may nest a million lists
        item = todo.pop()
        if id(item) in done:
            continue
        done[id(item)] = item
        if isinstance(item, dict):
            todo.extend(item.values())
            item.update({k: v.state for k, v in item.items() if isinstance(v, ArrayRecord)})
        elif isinstance(item, list):
            todo.extend(item)
            item[:] = [v.state if isinstance(v, ArrayRecord) else v for v in item]
        elif isinstance(item, tuple):
            todo.extend(item)
        elif isinstance(item, Record):
            todo.append(item.state)
    return value.state if isinstance(value, ArrayRecord) else value


_REMOVED = (
    *(pickle.PERSID, pickle.BINPERSID, pickle.EXT1, pickle.EXT2, pickle.EXT4),
    *(pickle.INST, pickle.OBJ, pickle.NEWOBJ_EX, pickle.FROZENSET),
    *(pickle.NEXT_BUFFER, pickle.READONLY_BUFFER),
)


class _ClosedUnpickler(pickle._Unpickler):
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        code: action
        for code, action in pickle._Unpickler.dispatch.items()
        if code not in {removed[0] for removed in _REMOVED}
    }

    stack: list[Any]
    append: Callable[[Any], None]
    if TYPE_CHECKING:

        def pop_mark(self) -> list[Any]: ...
        def read(self, size: int) -> bytes: ...

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, encoding="latin1")
        self.copied = 0

    def find_class(self, module: str, name: str) -> Any:
        known = KNOWN.get((module, name))
        if known is None:
            shown = f"{module}.{name}"[:80].encode("ascii", "replace").decode()
            raise Refused(f"the Python object '{shown}', which no head file needs")
        return known

    def load_bytearray8(self) -> None:
        # The original takes the announced memory before it looks what the file really holds.
        (size,) = struct.unpack("<Q", self.read(8))
        content = self.read(size)
        if len(content) != size:
            raise EOFError
        self.append(content)

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        if isinstance(function, type) and issubclass(function, Record) and not arguments:
            self.stack[-1] = instance(function)
        elif not callable(function) or function not in CALLABLE:
            raise Refused("a call of something that is not on the list")
        else:
            self._pay(arguments)
            self.stack[-1] = function(*arguments)

    def _pay(self, arguments: tuple[Any, ...]) -> None:
        """Count what a call may copy; a file can name the same megabyte a million times."""
        self.copied += sum(len(a) for a in arguments if isinstance(a, str | bytes | list | tuple))
        if self.copied > MAX_BYTES:
            raise Refused("instructions that multiply its content")

    def load_newobj(self) -> None:
        self.stack.pop()
        self.stack[-1] = instance(self.stack[-1])

    def load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, ArrayRecord):
            self._pay(state)
            set_array(target, state)
        elif isinstance(target, Record):
            target.state = state
        elif not isinstance(target, dict):
            raise Refused("an object that changes what it was made from")

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._mapping()[plain_key(key)] = value

    def load_setitems(self) -> None:
        items = self.pop_mark()
        mapping = self._mapping()
        for i in range(0, len(items), 2):
            mapping[plain_key(items[i])] = items[i + 1]

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.append({plain_key(items[i]): items[i + 1] for i in range(0, len(items), 2)})

    def load_additems(self) -> None:
        items = self.pop_mark()
        if not isinstance(self.stack[-1], set):
            raise Refused("additions to something that is no set")
        self.stack[-1].update(plain_key(item) for item in items)

    def _mapping(self) -> dict[Any, Any]:
        if not isinstance(self.stack[-1], dict):
            raise Refused("entries of something that is no table")
        return self.stack[-1]

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.DICT[0]] = load_dict
    dispatch[pickle.ADDITEMS[0]] = load_additems
    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.BUILD[0]] = load_build
