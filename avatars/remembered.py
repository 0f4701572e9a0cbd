"""Results kept for the very objects they were made from."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from torch import Tensor

T = TypeVar("T")


class Remembered(Generic[T]):
    """The results for the last few keys, found by identity and not by value.

    Frozen objects make identity enough. A tensor that somebody changed in place all the same
    (an optimiser does) counts as another one. Keys are kept alive, so an id is never reused.

    Args:
        size: how many results are kept; the one unused for longest goes first.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[int, ...], tuple[tuple[object, ...], T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, keys: tuple[object, ...], make: Callable[[], T]) -> T:
        """The result for these objects; ``make`` is called if there is none yet."""
        name = _name(keys)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name][1]
        # Two threads may both get here; what they make is equal, and the later one is kept.
        made = make()
        with self._lock:
            self._kept[name] = keys, made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made

    def known(self, keys: tuple[object, ...]) -> T | None:
        """The result for these objects if there is one already."""
        with self._lock:
            found = self._kept.get(_name(keys))
        return None if found is None else found[1]

    def clear(self) -> None:
        """Forget all results."""
        with self._lock:
            self._kept.clear()


def _name(keys: tuple[object, ...]) -> tuple[int, ...]:
    return tuple(number for key in keys for number in (id(key), version(key)))


def version(key: object) -> int:
    """How often a tensor was changed in place; 0 for anything else."""
    if not isinstance(key, Tensor) or key.is_inference():
        return 0
    return key._version
