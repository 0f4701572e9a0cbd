"""Opens the window and leaves when it closes.

The runner of hello_imgui brings the dock space, the layout file, DPI and idling on GLFW and
OpenGL 3. It calls back into ``loop``, which says what one frame does.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import imgui_bundle  # before glfw: makes it use the library that the runner uses
from imgui_bundle import hello_imgui, imgui, implot
from imgui_bundle.glfw_utils import glfw_window_hello_imgui

from app.gui import layout, theme
from app.gui.loop import Loop
from app.paths import paths
from app.system import display_problem
from app.window_flags import WindowFlags
from renderer.errors import UserError

log = logging.getLogger(__name__)
SIZE = (1440, 900)
IDLE_FPS = 0.2
"""Frames a second while nothing happens: workers wake the loop when there is something to show."""
ACTIVE_SECONDS = 0.4
"""How long after the last input frames keep coming: animations of widgets end, hovers settle."""


def run(flags: WindowFlags, register_tests: Callable[[Loop], None] | None = None) -> int:
    """Show the window until it is closed; returns the exit code.

    Args:
        flags: how to start.
        register_tests: called once the ImGui test engine is ready to be filled; None leaves the
            engine off.

    Raises:
        UserError: there is no display, no OpenGL 3.3, or a file given cannot be used.
    """
    problem = display_problem()
    if problem is not None:
        raise UserError(*problem)
    loop = Loop(flags)
    params = _params(loop, flags)
    if register_tests is not None:
        params.use_imgui_test_engine = True
        params.fps_idling.enable_idling = False  # what the engine does is no event that wakes
        params.callbacks.register_tests = lambda: register_tests(loop)
    if loop.editor.settings.transparent:
        _ask_for_alpha()
    try:
        hello_imgui.run(params)
    except RuntimeError as error:
        if loop.frames or "window" not in str(error).lower():
            raise
        raise UserError(
            "No window with OpenGL 3.3 could be made.",
            "Install or update the graphics driver (Debian: apt-get install libgl1-mesa-dri).",
        ) from error
    finally:
        loop.close()
    return loop.finish()


def _ask_for_alpha() -> None:
    """Have the window made so that what it leaves free can be seen through, where that works."""
    import glfw

    if glfw.init():
        glfw.window_hint(glfw.TRANSPARENT_FRAMEBUFFER, glfw.TRUE)


def _params(loop: Loop, flags: WindowFlags) -> hello_imgui.RunnerParams:
    params = hello_imgui.RunnerParams()
    window = params.app_window_params
    window.window_title = "avatar-gui"
    window.window_geometry.size = flags.size or SIZE
    window.restore_previous_geometry = flags.size is None and not flags.safe_mode
    inside = params.imgui_window_params
    inside.default_imgui_window_type = (
        hello_imgui.DefaultImGuiWindowType.provide_full_screen_dock_space
    )
    inside.show_menu_bar = True
    inside.show_menu_app = inside.show_menu_view = inside.show_menu_view_themes = False
    inside.show_status_bar = inside.show_status_fps = False
    inside.remember_theme = inside.remember_status_bar_settings = False
    _graphics(params)
    _layout_file(params, safe_mode=flags.safe_mode)
    width = window.window_geometry.size[0] / loop.editor.settings.ui_scale
    layout.describe(params.docking_params, loop.panel_windows(), width)
    _callbacks(params, loop)
    return params


def _graphics(params: hello_imgui.RunnerParams) -> None:
    gl = params.renderer_backend_options.open_gl_options
    gl.major_version, gl.minor_version, gl.glsl_version = 3, 3, "330"
    # Lines of ImGui are smooth by themselves; samples cost 4 ms a frame without a GPU.
    gl.anti_aliasing_samples = 0
    idling = params.fps_idling
    idling.fps_idle = IDLE_FPS
    idling.time_active_after_last_event = ACTIVE_SECONDS
    idling.fps_max = 60
    idling.vsync_to_monitor = True


def _layout_file(params: hello_imgui.RunnerParams, *, safe_mode: bool) -> None:
    if safe_mode:
        params.ini_disable = True
        return
    folder = paths().config
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.warning("The layout is not kept: %s", error)
        params.ini_disable = True
        return
    params.ini_folder_type = hello_imgui.IniFolderType.absolute_path
    params.ini_filename = str(Path(folder) / "layout.ini")
    params.ini_filename_use_app_window_title = False


def _callbacks(params: hello_imgui.RunnerParams, loop: Loop) -> None:
    calls = params.callbacks
    calls.default_icon_font = hello_imgui.DefaultIconFont.no_icons  # load_fonts brings them
    calls.load_additional_fonts = theme.load_fonts
    calls.setup_imgui_style = loop.style
    calls.setup_imgui_config = _config
    calls.post_init = lambda: _listen(loop)
    calls.before_exit = lambda: _end(loop)
    calls.show_menus = loop.menus
    calls.show_gui = loop.frame
    calls.pre_new_frame = loop.before
    calls.before_swap = loop.drawn
    calls.after_swap = loop.shown
    calls.confirm_exit = loop.may_close
    loop.status_bar(calls)


def _config() -> None:
    io = imgui.get_io()
    io.config_flags |= imgui.ConfigFlags_.docking_enable
    io.config_docking_with_shift = False
    io.config_windows_move_from_title_bar_only = True
    io.config_drag_click_to_input_text = True
    # What an error left open is closed by the guard, which also tells of it.
    io.config_error_recovery_enable_assert = False
    io.config_error_recovery_enable_tooltip = False
    io.config_input_text_cursor_blink = False  # a blinking caret would wake the loop forever


def _end(loop: Loop) -> None:
    loop.leaving()
    implot.destroy_context()


def _listen(loop: Loop) -> None:
    import glfw

    implot.create_context()
    window = glfw_window_hello_imgui()

    def drop(_window: Any, names: Any) -> None:
        loop.requests.dropped += [Path(name) for name in names]
        loop.requests.dropped_at = glfw.get_cursor_pos(window)

    glfw.set_drop_callback(window, cast("Any", drop))
    glfw.set_window_size_limits(window, 800, 560, glfw.DONT_CARE, glfw.DONT_CARE)


assert imgui_bundle.__version__
