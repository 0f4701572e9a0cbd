"""What a panel says about itself."""

from dataclasses import dataclass
from typing import Literal

Dock = Literal["left", "right", "bottom"]


@dataclass(frozen=True)
class Panel:
    """A panel's place in the window. Its module has ``draw(ui, editor)`` beside it.

    Attributes:
        id: short name; the module is called the same.
        title: on its tab.
        dock: where it stands when nobody has moved it.
        visible: whether it is open when nobody has opened or closed it.
    """

    id: str
    title: str
    dock: Dock
    visible: bool = True
