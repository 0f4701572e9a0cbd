"""Undo and redo: a list of documents and a cursor."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.document import Document

LEAST_STEPS = 2  # entries kept whatever the budget says, so that the last edit can be undone


@dataclass(frozen=True, eq=False)
class Entry:
    """One step.

    Attributes:
        label: what was done.
        document: how it was afterwards.
        merge_key: what later edits must bring to become part of this step, or None.
        sizes: bytes of each array in it, by identity.
    """

    label: str
    document: "Document"
    merge_key: str | None
    sizes: Mapping[int, int]


class History:
    """The documents of a session, oldest first, and which of them is current.

    Documents are frozen, so a step costs what it does not share with the others: every array is
    counted once, however many steps hold it. Past the budget the oldest steps are dropped.

    Args:
        byte_budget: bytes that all steps together may hold.
    """

    def __init__(self, byte_budget: int) -> None:
        self.byte_budget = byte_budget
        self._entries: list[Entry] = []
        self._cursor = -1
        self._sealed = True
        self._held: Counter[int] = Counter()  # how many steps hold an array
        self._bytes = 0

    def push(self, label: str, document: "Document", merge_key: str | None = None) -> None:
        """Make a document current; what had been undone is forgotten.

        With the merge key of the step before, and nothing in between, it takes that step's place.
        """
        merges = (
            merge_key is not None
            and not self._sealed
            and self._cursor == len(self._entries) - 1 > 0
            and self._entries[-1].merge_key == merge_key
        )
        while len(self._entries) - 1 > self._cursor - merges:
            self._let_go(self._entries.pop())
        entry = Entry(label, document, merge_key, dict(array_sizes(document)))
        self._entries.append(entry)
        self._take(entry)
        self._cursor = len(self._entries) - 1
        self._sealed = False
        while self._bytes > self.byte_budget and len(self._entries) > LEAST_STEPS:
            self._let_go(self._entries.pop(0))
            self._cursor -= 1

    def seal(self) -> None:
        """End merging: the next step stands by itself."""
        self._sealed = True

    def undo(self) -> "Document":
        """The document before the current one, now current; itself where there is none."""
        return self.jump(max(self._cursor - 1, 0))

    def redo(self) -> "Document":
        """The document that was undone last, now current; itself where there is none."""
        return self.jump(min(self._cursor + 1, len(self._entries) - 1))

    def jump(self, index: int) -> "Document":
        """The document of a step, now current.

        Raises:
            IndexError: there is no such step.
        """
        if not 0 <= index < len(self._entries):
            raise IndexError(f"no step {index} among {len(self._entries)}")
        self._cursor = index
        self._sealed = True
        return self.current

    @property
    def current(self) -> "Document":
        """The current document.

        Raises:
            IndexError: nothing was pushed yet.
        """
        if not self._entries:
            raise IndexError("the history is empty")
        return self._entries[self._cursor].document

    @property
    def cursor(self) -> int:
        """Which step is current, from 0; -1 while there is none."""
        return self._cursor

    @property
    def can_undo(self) -> bool:
        """Whether a step lies before the current one."""
        return self._cursor > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step lies after the current one."""
        return self._cursor < len(self._entries) - 1

    @property
    def undo_label(self) -> str:
        """What ``undo`` would take back, or nothing."""
        return self._entries[self._cursor].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        """What ``redo`` would do again, or nothing."""
        return self._entries[self._cursor + 1].label if self.can_redo else ""

    @property
    def bytes_held(self) -> int:
        """Bytes of all arrays in all steps, each counted once."""
        return self._bytes

    def labels(self) -> list[str]:
        """What each step did, oldest first."""
        return [entry.label for entry in self._entries]

    def documents(self) -> "list[Document]":
        """The document of each step, oldest first."""
        return [entry.document for entry in self._entries]

    def __len__(self) -> int:
        return len(self._entries)

    def _take(self, entry: Entry) -> None:
        for key, size in entry.sizes.items():
            if not self._held[key]:
                self._bytes += size
            self._held[key] += 1

    def _let_go(self, entry: Entry) -> None:
        for key, size in entry.sizes.items():
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
                self._bytes -= size


def array_sizes(value: object) -> Iterator[tuple[int, int]]:
    """(identity, bytes) of every array, tensor and byte text reachable from a frozen value.

    Walks the fields of dataclasses, tuples, lists and mappings; each object is visited once. Views
    count as what they are a view of.
    """
    # Without importing torch: where no module has, no value can be a tensor.
    torch = sys.modules.get("torch")
    tensor: Any = getattr(torch, "Tensor", ())
    numpy = sys.modules.get("numpy")
    array: Any = getattr(numpy, "ndarray", ())
    seen: set[int] = set()
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if item is None or isinstance(item, str | int | float) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, tensor):
            storage: Any = item
            whole = storage.untyped_storage()
            yield whole.data_ptr() or id(item), whole.nbytes()
        elif isinstance(item, array):
            yield _numpy_size(item)
        elif isinstance(item, bytes):
            yield id(item), len(item)
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, tuple | list):
            waiting.extend(item)
        elif is_dataclass(item) and not isinstance(item, type):
            waiting.extend(getattr(item, field.name) for field in fields(item) if field.init)


def _numpy_size(item: Any) -> tuple[int, int]:
    """The array that owns a numpy view's memory, and its bytes."""
    owner = item
    while owner.base is not None and hasattr(owner.base, "nbytes"):
        owner = owner.base
    return int(owner.__array_interface__["data"][0]) or id(item), int(owner.nbytes)
