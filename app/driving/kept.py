"""What settings keep of driving: sources by kind, options by source and avatar."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.driving.choice import KINDS, SourceChoice, SourceKind, choice_of, plain_choice
from app.driving.options import Plain

if TYPE_CHECKING:
    from app.editor import Editor

MOST_OPTIONS = 60
"""Sets of options that are kept: one per kind of source and avatar, the oldest go."""
_CHOICE, _OPTIONS, _RECEIVER, _VIEW = "source", "drive", "vmc out", "drive view"
VMC_PORT = 39539


class Kept:
    """Reads and writes among the options that settings keep.

    Args:
        editor: whose settings they are.
    """

    def __init__(self, editor: "Editor") -> None:
        self._editor = editor

    @property
    def choice(self) -> SourceChoice:
        """The source that is chosen."""
        named = self._values(_CHOICE).get("kind", "camera")
        kind: SourceKind = next((each for each in KINDS if each == named), "camera")
        return choice_of(kind, self._values(f"{_CHOICE} {kind}"))

    @choice.setter
    def choice(self, value: SourceChoice) -> None:
        self._put(_CHOICE, {"kind": value.kind})
        self._put(f"{_CHOICE} {value.kind}", plain_choice(value))

    def choose_kind(self, kind: SourceKind) -> None:
        """Choose a kind of source, as it was chosen last."""
        self._put(_CHOICE, {"kind": kind})

    def options_key(self, kind: str) -> str:
        """Under which the options of a kind of source on the open avatar are kept."""
        # Names come from file names, which may hold bytes that no text file can.
        name = self._editor.document.name.encode("utf-8", "replace").decode()[:80]
        return f"{_OPTIONS} {kind}: {name}"

    def options(self, key: str) -> Mapping[str, Plain] | None:
        """Options that were kept, or None."""
        return self._editor.settings.last_options.get(key)

    def put_options(self, key: str, values: dict[str, Plain]) -> None:
        """Keep options."""
        self._put(key, values)

    @property
    def receiver(self) -> tuple[str, int]:
        """Address and port that VMC goes to."""
        kept = self._values(_RECEIVER)
        host, port = kept.get("host"), kept.get("port")
        return (
            host if isinstance(host, str) and host else "127.0.0.1",
            port if isinstance(port, int) and 0 < port < 1 << 16 else VMC_PORT,
        )

    @receiver.setter
    def receiver(self, value: tuple[str, int]) -> None:
        host, port = value
        self._put(_RECEIVER, {"host": host.strip(), "port": min(max(port, 1), (1 << 16) - 1)})

    @property
    def camera_follows(self) -> bool:
        """Whether the camera goes with the head, so that it stays in the middle."""
        return self._values(_VIEW).get("follow") is True

    @camera_follows.setter
    def camera_follows(self, value: bool) -> None:
        self._put(_VIEW, {"follow": value})

    def _values(self, key: str) -> Mapping[str, Plain]:
        return self._editor.settings.last_options.get(key, {})

    def _put(self, key: str, values: dict[str, Plain]) -> None:
        kept = dict(self._editor.settings.last_options)
        if kept.get(key) == values:
            return
        kept.pop(key, None)
        sets = [name for name in kept if name.startswith(f"{_OPTIONS} ") and ": " in name]
        for old in sets[: max(0, len(sets) - MOST_OPTIONS + 1)]:
            del kept[old]
        self._editor.change_settings(last_options={**kept, key: values})
