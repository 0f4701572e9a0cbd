"""What lets long work wait a moment while a frame is drawn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Set while a frame is being drawn; work waits at it in its reports, but never for long.

    Only one worker draws, so there is no count of drawers.
    """

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    def set(self) -> None:
        """A frame is being drawn."""
        self._free.clear()

    def clear(self) -> None:
        """It is done."""
        self._free.set()

    def is_set(self) -> bool:
        """Whether a frame is being drawn."""
        return not self._free.is_set()

    def wait_clear(self, timeout: float) -> bool:
        """Wait until no frame is being drawn, at most ``timeout`` seconds; whether none is."""
        return self._free.wait(timeout)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Set within the block."""
        self.set()
        try:
            yield
        finally:
            self.clear()
