"""Drives panels without a display: a bare ImGui context, a mouse and a keyboard.

    with Driver(lambda ui: expression.draw(ui, editor)) as gui:
        gui.drag("Expression/jawOpen", 0.6)
        gui.click("Expression/Smile")

Widgets are named by the paths that ``Ui`` records; one step is one frame.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import imgui_bundle
from imgui_bundle import ImVec2, imgui, implot

from app.gui import theme
from app.gui.ui import Rect, Ui

FONTS = Path(imgui_bundle.__file__).parent / "assets" / "fonts"
Keys = imgui.Key | tuple[imgui.Key, ...]


class Driver:
    """A person at a panel.

    Args:
        draw: what a frame draws, inside one window that fills the screen.
        size: of the screen, pixels; tall, so that nothing has to be scrolled.
        scale: of text and buttons.
        before: called before each frame, such as ``editor.poll``.
    """

    def __init__(
        self,
        draw: Callable[[Ui], None],
        *,
        size: tuple[int, int] = (380, 4000),
        scale: float = 1.0,
        colors: str = "dark",
        before: Callable[[], Any] | None = None,
    ) -> None:
        self.ui = Ui()
        self.draw, self.size, self.scale, self.colors = draw, size, scale, colors
        self.before = before
        self.texts: list[str] = []
        self.copied = ""

    def __enter__(self) -> Self:
        self._context = imgui.create_context()
        self._plots = implot.create_context()
        io = imgui.get_io()
        io.set_ini_filename("")
        io.display_size = ImVec2(*self.size)
        io.delta_time = 1 / 60
        # The renderer promises to make textures when the font atlas asks; see ``_serve_textures``.
        io.backend_flags |= imgui.BackendFlags_.renderer_has_textures
        io.config_input_trickle_event_queue = False  # each step sends what one frame can take
        io.fonts.add_font_from_file_ttf(str(FONTS / "Roboto/Roboto-Regular.ttf"), theme.FONT_SIZE)
        theme.apply(self.colors, self.scale)
        self._real = imgui.text_unformatted, imgui.set_clipboard_text
        imgui.text_unformatted, imgui.set_clipboard_text = self._hear, self._keep
        self.step(2)
        return self

    def __exit__(self, *_: object) -> None:
        imgui.text_unformatted, imgui.set_clipboard_text = self._real
        for texture in imgui.get_platform_io().textures:
            texture.set_status(imgui.ImTextureStatus.destroyed)
        implot.destroy_context(self._plots)
        imgui.destroy_context(self._context)

    # Looking.

    def __contains__(self, path: str) -> bool:
        return path in self.ui.widgets

    def __getitem__(self, path: str) -> Rect:
        return self.widget(path)

    def widget(self, path: str) -> Rect:
        """The widget of a path in the last frame.

        Raises:
            AssertionError: there is none; those that are there are listed.
        """
        assert path in self.ui.widgets, f"no {path!r} among {sorted(self.ui.widgets)}"
        return self.ui.widgets[path]

    def names(self, prefix: str = "") -> list[str]:
        """Paths that begin so, in the order in which they were drawn."""
        return [path for path in self.ui.widgets if path.startswith(prefix)]

    def says(self, words: str) -> bool:
        """Whether the last frame showed these words, in one or more lines after each other."""
        return words in " ".join(self.texts)

    # Doing.

    def step(self, frames: int = 1) -> None:
        """Draw frames with the input that was given since the last one."""
        for _ in range(frames):
            if self.before is not None:
                self.before()
            self.ui.begin_frame()
            self.texts = []
            imgui.new_frame()
            imgui.set_next_window_pos(ImVec2(0, 0))
            imgui.set_next_window_size(ImVec2(*self.size))
            f = imgui.WindowFlags_
            imgui.begin("##screen", None, f.no_decoration | f.no_move | f.no_saved_settings)
            self.draw(self.ui)
            imgui.end()
            imgui.render()
            _serve_textures()

    def click(self, path: str, button: int = 0, *, double: bool = False) -> None:
        """Press a widget with the mouse."""
        widget = self._usable(path)
        self.move(*widget.middle)
        for _ in range(2 if double else 1):
            self._button(button, True)
            self._button(button, False)
        self.step()
        if not double:
            self.rest()

    def drag(
        self,
        path: str,
        value: float,
        *,
        steps: int = 4,
        low: float = 0.0,
        high: float = 1.0,
        release: bool = True,
    ) -> None:
        """Drag a slider that goes from ``low`` to ``high`` to a value, in several moves."""
        widget = self._usable(path)
        grab = imgui.get_style().grab_min_size
        first, last = widget.x0 + 2 + grab / 2, widget.x1 - 2 - grab / 2
        start, y = widget.middle
        target = first + (last - first) * (value - low) / (high - low)
        self.move(start, y)
        self._button(0, True)
        for number in range(1, steps + 1):
            self.move(start + (target - start) * number / steps, y)
        if release:
            self.release()

    def drag_to(self, path: str, x: float, y: float, *, steps: int = 3) -> None:
        """Drag whatever lies in the middle of a widget to a point of the screen."""
        start = self._usable(path).middle
        self.move(*start)
        self._button(0, True)
        for n in range(1, steps + 1):
            self.move(*(s + (e - s) * n / steps for s, e in zip(start, (x, y), strict=True)))
        self.release()

    def release(self) -> None:
        """Let go of the mouse button."""
        self._button(0, False)
        self.rest()

    def move(self, x: float, y: float) -> None:
        """Move the mouse."""
        imgui.get_io().add_mouse_pos_event(x, y)
        self.step()

    def rest(self) -> None:
        """Wait so long that the next press is no double click."""
        io = imgui.get_io()
        io.delta_time = 1.0
        self.step()
        io.delta_time = 1 / 60

    def type(self, path: str, text: str, *, enter: bool = True) -> None:
        """Replace what a text field holds."""
        self.click(path)
        self.write(text, enter=enter)

    def write(self, text: str, *, enter: bool = True) -> None:
        """Type over what the field in use holds."""
        self.press(imgui.Key.mod_ctrl, imgui.Key.a)
        imgui.get_io().add_input_characters_utf8(text)
        self.step()
        if enter:
            self.press(imgui.Key.enter)
        self.step()

    def press(self, *keys: imgui.Key) -> None:
        """Press keys together, and let go of them."""
        for down in (True, False):
            for key in keys:
                imgui.get_io().add_key_event(key, down)
            self.step()

    def _hear(self, text: str) -> None:
        self.texts.append(text)
        self._real[0](text)

    def _keep(self, text: str) -> None:
        self.copied = text

    def _button(self, button: int, down: bool) -> None:
        imgui.get_io().add_mouse_button_event(button, down)
        self.step()

    def _usable(self, path: str) -> Rect:
        widget = self.widget(path)
        assert widget.enabled, f"{path!r} takes no input now"
        return widget


def _serve_textures() -> None:
    """Do what a renderer does with textures, without any."""
    status = imgui.ImTextureStatus
    for texture in imgui.get_platform_io().textures:
        if texture.status in (status.want_create, status.want_updates):
            texture.set_tex_id(1)
            texture.set_status(status.ok)
        elif texture.status == status.want_destroy:
            texture.set_tex_id(0)
            texture.set_status(status.destroyed)
