"""Sends the shown face to another program, as VMC."""

from typing import TYPE_CHECKING

from app.notices import Notice
from renderer.errors import UserError

if TYPE_CHECKING:
    from app.driving.driver import Driver
    from app.driving.kept import Kept
    from app.editor import Editor
    from app.sources.udp import VmcSender
    from avatars.progress import Progress


class Sending:
    """Begins and ends sending.

    Args:
        editor: whose face it is.
        driver: that sends.
        kept: where to, by the settings.
    """

    def __init__(self, editor: "Editor", driver: "Driver", kept: "Kept") -> None:
        self._editor, self._driver, self._kept = editor, driver, kept
        self._wanted = False

    @property
    def is_on(self) -> bool:
        """Whether it sends, or is about to."""
        return self._wanted

    @property
    def receiver(self) -> tuple[str, int]:
        """Address and port it goes to."""
        return self._kept.receiver

    def send_to(self, host: str, port: int) -> None:
        """Choose where it goes from now on."""
        self._kept.receiver = host, port
        if self._wanted:
            self.start()

    def stop(self) -> None:
        """End sending."""
        self._wanted = False
        sender, self._driver.sender = self._driver.sender, None
        if sender is not None:
            sender.close()

    def start(self) -> None:
        """Begin sending; a name is looked up on another thread, which may take its time."""
        self.stop()
        self._wanted = True
        host, port = self.receiver

        def make(progress: "Progress") -> "VmcSender | UserError":
            from app.sources.udp import VmcSender

            progress.report(0.0, "Looking for the receiver")
            try:
                return VmcSender(host, port)
            except UserError as problem:
                return problem

        def apply(made: "VmcSender | UserError") -> None:
            if isinstance(made, UserError):
                self._wanted = False
                self._editor.notify(Notice(made.message, made.remedy, "warning"))
            elif self._wanted and self._driver.sender is None:
                self._driver.sender = made
            else:
                made.close()

        self._editor.start(
            make, "Look for the receiver", apply, "light", False, quiet=True, keeps_document=True
        )
