"""Sources that are let go of end beside the window: their threads may be in mid-frame."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.editor import Editor
    from app.sources.base import Source
    from avatars.progress import Progress

log = logging.getLogger(__name__)


class Closing:
    """Closes sources in the lane in which others are opened, so that cameras are free by then.

    Args:
        editor: has the lane.
    """

    def __init__(self, editor: "Editor") -> None:
        self._editor = editor
        self._sources: list[Source] = []

    def release(self, source: "Source") -> None:
        """Start closing a source."""
        self._sources.append(source)

        def end(progress: "Progress") -> None:
            progress.report(0.0, "Stopping the source")
            source.close()

        def ended(_: object) -> None:
            self._sources = [each for each in self._sources if each is not source]

        try:
            self._editor.start(
                end, "Stop the source", ended, "light", False, quiet=True, keeps_document=True
            )
        except RuntimeError:  # the program is being left, and ``finish`` does it
            log.debug("a source is closed at the end")

    def finish(self) -> None:
        """Close what is not closed yet; waits for the sources' threads."""
        sources, self._sources = self._sources, []
        for source in sources:
            source.close()
