"""The window without borders, panels and ground: the head alone, for streaming programs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from imgui_bundle import hello_imgui, imgui
from imgui_bundle.glfw_utils import glfw_window_hello_imgui

from app.notices import Notice

if TYPE_CHECKING:
    from app.editor import Editor
    from app.view import Color

SWITCH = "bare window"
"""Whether it is on, in ``editor.panel``."""


class BareWindow:
    """Switches between the whole window and the bare one.

    Args:
        editor: whose head it shows.
        front: titles of the panels that lie in front.
    """

    def __init__(self, editor: "Editor", front: Callable[[], Sequence[str]]) -> None:
        self._editor, self._in_front = editor, front
        self._front: Sequence[str] = ()
        self._panels: list[str] = []
        self._background: Color | None = None

    @property
    def is_on(self) -> bool:
        """Whether the window is bare."""
        return bool(self._editor.panel.get(SWITCH))

    def toggle(self) -> None:
        """Make the window bare, or whole again."""
        if self.is_on:
            self._end()
        else:
            self._begin()

    def style(self) -> None:
        """Take the grounds of docked places out of the picture; once per frame."""
        if not self.is_on:
            return
        style, nothing = imgui.get_style(), imgui.ImVec4(0, 0, 0, 0)
        for role in (imgui.Col_.window_bg, imgui.Col_.docking_empty_bg):
            style.set_color_(role, nothing)
        hello_imgui.get_runner_params().imgui_window_params.background_color = nothing

    def _begin(self) -> None:
        import glfw

        editor, params = self._editor, hello_imgui.get_runner_params()
        window = glfw_window_hello_imgui()
        self._background = editor.view.options.background
        can = bool(glfw.get_window_attrib(window, glfw.TRANSPARENT_FRAMEBUFFER))
        why = why_opaque(can=can, wanted=editor.settings.transparent)
        if why is None:
            editor.set_options(background=None)
        else:
            editor.notify(why)
        self._front = list(self._in_front())
        self._panels = [
            each.label for each in params.docking_params.dockable_windows if each.is_visible
        ]
        for each in params.docking_params.dockable_windows:
            each.is_visible = False
        params.imgui_window_params.show_menu_bar = False
        glfw.set_window_attrib(window, glfw.DECORATED, glfw.FALSE)
        editor.panel[SWITCH] = True

    def _end(self) -> None:
        import glfw

        editor, params = self._editor, hello_imgui.get_runner_params()
        editor.panel[SWITCH] = False
        glfw.set_window_attrib(glfw_window_hello_imgui(), glfw.DECORATED, glfw.TRUE)
        params.imgui_window_params.show_menu_bar = True
        for each in params.docking_params.dockable_windows:
            each.is_visible = each.label in self._panels
            each.focus_window_at_next_frame = each.label in self._front
        if editor.view.options.background is None:
            editor.set_options(background=self._background)


def why_opaque(*, can: bool, wanted: bool) -> Notice | None:
    """Why the window keeps its ground, or None if it can be seen through.

    Args:
        can: whether this window can be.
        wanted: whether settings asked for one that can when it was made.
    """
    if can:
        return None
    if not wanted:
        return Notice(
            "This window was not made to be seen through, so its background stays.",
            "Switch on Transparent in Preferences, under Window, and start the program again.",
        )
    return Notice(
        "This desktop shows no transparent windows, so the background stays.",
        "Choose a green background and key it out, or switch on the desktop's compositor.",
        "warning",
    )
