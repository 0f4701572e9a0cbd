"""The window over the whole screen, and back where it was."""

from typing import Any, cast

from imgui_bundle.glfw_utils import glfw_window_hello_imgui


class FullScreen:
    """Switches between window and full screen."""

    def __init__(self) -> None:
        self._before = (60, 60, 1440, 900)

    def toggle(self) -> None:
        """Fill the screen, or give it back."""
        import glfw

        window = glfw_window_hello_imgui()
        if glfw.get_window_monitor(window):
            glfw.set_window_monitor(window, cast("Any", None), *self._before, glfw.DONT_CARE)
            return
        self._before = (*glfw.get_window_pos(window), *glfw.get_window_size(window))
        monitor = glfw.get_primary_monitor()
        if not monitor:
            return
        mode = glfw.get_video_mode(monitor)
        size = mode.size
        glfw.set_window_monitor(window, monitor, 0, 0, size.width, size.height, mode.refresh_rate)
