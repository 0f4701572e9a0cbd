"""Which widgets a frame showed, where, and whether they could be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from imgui_bundle import imgui


@dataclass(frozen=True)
class Rect:
    """A widget on the screen.

    Attributes:
        x0, y0: upper left corner, pixels.
        x1, y1: lower right corner.
        enabled: whether it takes input.
        value: what it shows, where it shows something.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    enabled: bool = True
    value: Any = None

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre, pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


def visible(label: str) -> str:
    """The part of a label that is shown: what stands before ``##``."""
    return label.partition("##")[0]


def name_of(label: str) -> str:
    """What a widget of this label is called in paths: what follows ``##``, else all of it."""
    shown, _, hidden = label.partition("##")
    return hidden or shown


class Recorder:
    """Keeps each widget's path and rectangle of one frame.

    Attributes:
        widgets: by path, such as ``Jobs/Cancel``, what the current frame has shown so far.
    """

    def __init__(self) -> None:
        self.widgets: dict[str, Rect] = {}
        self._scopes: list[str] = []
        self._blocked = 0

    def begin_frame(self) -> None:
        """Forget the last frame's widgets."""
        self.widgets = {}
        self._scopes.clear()
        self._blocked = 0

    def path(self, label: str) -> str:
        """The path that a widget of this label has here."""
        return "/".join([*self._scopes, name_of(label)])

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Within, widgets belong to a panel or group; its name is part of their paths and ids."""
        self._scopes.append(name)
        imgui.push_id(name)
        try:
            yield
        finally:
            imgui.pop_id()
            self._scopes.pop()

    @contextmanager
    def enabled(self, condition: bool) -> Iterator[None]:
        """Within, widgets take input only if the condition holds."""
        imgui.begin_disabled(not condition)
        self._blocked += not condition
        try:
            yield
        finally:
            self._blocked -= not condition
            imgui.end_disabled()

    def record(self, label: str, enabled: bool = True, value: Any = None) -> None:
        """Remember the widget that was drawn last."""
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        self.record_at(label, (low.x, low.y, high.x, high.y), enabled, value)

    def record_at(
        self,
        label: str,
        box: tuple[float, float, float, float],
        enabled: bool = True,
        value: Any = None,
    ) -> None:
        """Remember a widget that was drawn by hand."""
        self.widgets[self.path(label)] = Rect(*box, enabled and not self._blocked, value)
