"""Work of milliseconds that follows the pointer: one thread beside the window, newest first.

Jobs are listed, cancelled and tried again; this is what happens between two frames of a drag. The
thread begins with the first work and ends by itself when there is none for a while.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

RESTS_AFTER = 2.0
"""Seconds without work after which the thread ends."""
CLOSING = 2.0
"""Seconds that closing waits for it."""


@dataclass(frozen=True, eq=False)
class _Work(Generic[T]):
    make: Callable[[], T]
    then: Callable[[T], None] | None
    name: str


class Hand:
    """Carries out small work in order and gives the results back in ``poll``.

    Args:
        wake: called on the thread when there is a result.
        threaded: without, work is done where it is handed in, for tests.
    """

    def __init__(self, wake: Callable[[], None] | None = None, *, threaded: bool = True) -> None:
        self._wake = wake or (lambda: None)
        self._threaded = threaded
        self._changed = threading.Condition()
        self._waiting: deque[_Work[Any]] = deque()
        self._done: deque[tuple[_Work[Any], Any, Exception | None]] = deque()
        self._working = self._closed = False
        self._thread: threading.Thread | None = None

    def do(
        self,
        make: Callable[[], T],
        then: Callable[[T], None] | None = None,
        *,
        newest: str = "",
    ) -> None:
        """Have something done.

        Args:
            make: called on the thread; sees only what it was given.
            then: called by ``poll`` with what it returned.
            newest: a name; work of the same name that still waits is dropped for this.
        """
        work = _Work(make, then, newest)
        if not self._threaded:
            self._carry_out(work)
            return
        with self._changed:
            if self._closed:
                return
            if newest:
                self._waiting = deque(each for each in self._waiting if each.name != newest)
            self._waiting.append(work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hand", daemon=True)
                self._thread.start()
            self._changed.notify()

    def poll(self, trouble: Callable[[Exception], None]) -> None:
        """Hand over the results that are there; what failed goes to ``trouble``."""
        while self._done:
            work, result, error = self._done.popleft()
            if error is not None:
                trouble(error)
            elif work.then is not None:
                work.then(result)

    @property
    def is_threaded(self) -> bool:
        """Whether work is done beside the window."""
        return self._threaded

    @property
    def is_busy(self) -> bool:
        """Whether there is work, or a result that ``poll`` has not handed over."""
        with self._changed:
            return self._working or bool(self._waiting) or bool(self._done)

    def close(self) -> bool:
        """End the thread; whether it ended in time."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            thread = self._thread
            self._changed.notify()
        if thread is None:
            return True
        thread.join(CLOSING)
        return not thread.is_alive()

    # On the thread.

    def _run(self) -> None:
        while (work := self._next()) is not None:
            self._carry_out(work)
            with self._changed:
                self._working = False
            del work
            self._wake()

    def _next(self) -> _Work[Any] | None:
        with self._changed:
            if not self._waiting and not self._closed:
                self._changed.wait(RESTS_AFTER)
            if self._closed or not self._waiting:
                self._thread = None
                return None
            self._working = True
            return self._waiting.popleft()

    def _carry_out(self, work: _Work[Any]) -> None:
        try:
            result, error = work.make(), None
        except Exception as problem:  # noqa: BLE001  (the edge of a thread: told by poll)
            result, error = None, problem
        self._done.append((work, result, error))
