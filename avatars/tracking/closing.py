"""What is opened in a `with` block and ends with its `close`."""

from types import TracebackType
from typing import Self


class Closing:
    """Closes itself at the end of a `with` block, whatever happened in it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; nothing by itself."""
        raise NotImplementedError
