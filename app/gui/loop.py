"""What one frame does, top to bottom: the runner's callbacks."""

import logging
import shutil
import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import glfw
from imgui_bundle import hello_imgui, imgui
from imgui_bundle.glfw_utils import glfw_window_hello_imgui

from app.gui import dialogs, layout, menu, performance, shortcuts, start, status, theme
from app.gui.bare import BareWindow
from app.gui.beginning import begin, make_editor
from app.gui.guard import Guard
from app.gui.layout import PanelWindow, central_rectangle
from app.gui.panels import PANELS
from app.gui.photograph import Photographer
from app.gui.shell import Requests
from app.gui.toasts import Toasts
from app.gui.ui import Rect, Ui
from app.gui.viewport import Area, Viewport
from app.gui.wants import Wants
from app.window_flags import WindowFlags

if TYPE_CHECKING:
    from app.frames import FrameWorker
    from app.notices import Notice

log = logging.getLogger(__name__)
IDLE = 5.0
"""Seconds between frames while nothing happens at all."""
WORKING = 0.2
"""Seconds between frames while a job runs: bars move, clocks tick."""


class Loop:
    """The window's parts and what they do in a frame.

    Attributes:
        editor: what is open.
        frames: how many were shown.
        widgets: by path, those of the frame before.
        ui_ms: milliseconds that making the last frame took on the main thread.
    """

    def __init__(self, flags: WindowFlags) -> None:
        self.flags = flags
        self.editor = make_editor(flags, self.wake)
        self.requests = Requests()
        self.worker: FrameWorker | None = None
        self.viewport = Viewport()
        self.frames = 0
        self.ui_ms = 0.0
        self.widgets: dict[str, Rect] = {}
        self.photographer = Photographer(flags)
        self.ui = Ui()
        self.ui.textures = self.viewport.stills
        self.guard = Guard(self.editor)
        self.toasts = Toasts()
        self.wants = Wants(self)
        self.bare = BareWindow(self.editor, lambda: self._front)
        self._prompt = dialogs.PromptDialog()
        self._bugs = dialogs.BugDialog()
        self._looks: tuple[str, float] | None = None
        self._running = True
        self._title = ""
        self._device = self.editor.settings.device
        self._trouble: Notice | None = None
        self._in_sight: list[str] = []
        self._front: list[str] = []

    def wake(self) -> None:
        """Make the loop run a frame; callable from any thread."""
        if self.frames and self._running:
            glfw.post_empty_event()

    # What the runner asks for.

    def panel_windows(self) -> list[PanelWindow]:
        """The panels as windows of the dock space."""
        made = []
        for name in PANELS:
            module = import_module(f"app.gui.panels.{name}")
            panel = module.PANEL
            draw = partial(self._panel, panel.title, module)
            made.append(PanelWindow(panel.title, panel.dock, panel.visible, draw))
        return made

    def status_bar(self, calls: hello_imgui.RunnerCallbacks) -> None:
        """Put the status line at the bottom."""
        calls.add_edge_toolbar(hello_imgui.EdgeToolbarType.bottom, self._status, status.options())

    def style(self) -> None:
        """Apply theme and scale of the settings."""
        settings = self.editor.settings
        self._looks = settings.theme, settings.ui_scale
        theme.apply(*self._looks)
        ground = theme.rgba(theme.colors().ground)
        hello_imgui.get_runner_params().imgui_window_params.background_color = ground

    def before(self) -> None:
        """Before ImGui begins a frame."""
        self._began = time.perf_counter()
        self._follow_editor()
        settings = self.editor.settings
        if self._looks != (settings.theme, settings.ui_scale):
            self.style()
        self.bare.style()
        self.ui.begin_frame()

    def menus(self) -> None:
        """The menu bar."""
        menu.draw(self.editor)

    def frame(self) -> None:
        """Everything else."""
        editor = self.editor
        editor.poll()
        self._serve_requests()
        if _has_input():
            editor.touch()
        self.guard.draw("shortcuts", partial(shortcuts.handle, editor))
        area = Area(*central_rectangle())
        self.guard.draw("viewport", partial(self.viewport.draw, self.ui, editor, self.worker, area))
        if editor.driving.camera is not None and self.viewport.picture is not None:
            editor.driving.camera.show(self.viewport.picture.rgba, editor.view.options.background)
        if editor.panel.get(performance.SWITCH):
            self.guard.draw("performance", partial(self._performance, area))
        self.guard.draw("start", partial(start.draw, self.ui, editor, area))
        self.guard.draw("dialogs", self._dialogs)
        edge = 16 * theme.px(1)
        toast_left = self.toasts.draw(
            self.ui, editor, area.x + area.width - edge, area.y + area.height - edge
        )
        self.wants.serve()
        self.photographer.look(self)
        self._pace(toast_left)

    def drawn(self) -> None:
        """All is drawn, nothing is on the screen yet."""
        self.widgets = self.ui.widgets
        self._front, self._in_sight = self._in_sight, []
        if self.viewport.picture is not None:
            self.photographer.first_picture()
        self.photographer.take()
        self.ui_ms = (time.perf_counter() - self._began) * 1000

    def shown(self) -> None:
        """A frame is on the screen."""
        self.frames += 1
        if self.frames == 2:
            layout.bring_forward(hello_imgui.get_runner_params())
        if self.frames == 1:
            # Only now: importing torch beside it would make the first frame late.
            self.photographer.first_frame()
            self.worker = begin(self.editor, self.flags, self.wake)

    def may_close(self) -> bool:
        """Whether the window may close at once; else the question is on its way."""
        self.editor.request_quit()
        return "quit" in self.editor.wants

    def leaving(self) -> None:
        """The window is about to go: workers may not wake it any more."""
        self._running = False
        layout.keep_front(hello_imgui.get_runner_params(), self._front)
        self.viewport.free()

    def close(self) -> None:
        """End everything; work that does not end within two seconds is left behind."""
        self._running = False
        if self.worker is not None:
            self.worker.close()
        if not self.editor.close():
            log.warning("work did not end in time")
        if self.flags.safe_mode:  # its settings lay in a folder of their own
            shutil.rmtree(self.editor.places.config, ignore_errors=True)

    def finish(self) -> int:
        """The exit code, once all is closed.

        Raises:
            UserError: a picture was asked for of a file that cannot be used.
        """
        return self.photographer.finish()

    # Parts.

    def _panel(self, title: str, module: Any) -> None:
        self._in_sight.append(title)  # the dock space only asks for what lies in front
        self.guard.draw(title, partial(module.draw, self.ui, self.editor))

    def _status(self) -> None:
        if self.bare.is_on:
            return
        self.guard.draw(
            "status",
            partial(status.draw, self.ui, self.editor, self.worker, self.viewport.picture),
        )

    def _performance(self, area: Area) -> None:
        texture = self.viewport.texture
        numbers = performance.numbers_of(
            self.viewport.picture,
            texture.upload_ms if texture is not None else 0.0,
            self.ui_ms,
            imgui.get_io().framerate,
        )
        gap = theme.px(14)
        beside_tools = area.x + gap + theme.px(54)
        performance.draw(self.ui, numbers, beside_tools, area.y + gap)

    def _dialogs(self) -> None:
        self._prompt.draw(self.ui, self.editor)
        self._bugs.draw(self.ui, self.editor)
        self.wants.draw(self.ui)

    def _follow_editor(self) -> None:
        """Title, device and troubles of the render worker."""
        title = self.editor.title
        if title != self._title:
            self._title = title
            glfw.set_window_title(glfw_window_hello_imgui(), title)
        worker = self.worker
        if worker is None:
            return
        if self.editor.settings.device != self._device:
            self._device = self.editor.settings.device
            worker.use(self._device)
        if worker.error is not self._trouble:
            self._trouble = worker.error
            if worker.error is not None:
                self.editor.notify(worker.error)

    def _serve_requests(self) -> None:
        dropped, self.requests.dropped = self.requests.dropped, []
        if dropped:
            self.editor.touch()
            at = self.viewport.aim(self.editor, self.requests.dropped_at)
            self.editor.drop(dropped, at)

    def _pace(self, toast_left: float) -> None:
        """Say how long the loop may sleep if nothing wakes it."""
        editor = self.editor
        due = editor.seconds_until_due
        waits = [IDLE, toast_left, self.viewport.wakes_in, self.photographer.wakes_in]
        waits += [] if due is None else [due]
        waits += [WORKING] if self.wants.waits_outside else []
        waits += [WORKING] if any(job.is_active for job in editor.jobs) else []
        waits += [WORKING] if self.worker is not None and self.worker.busy else []
        idling = hello_imgui.get_runner_params().fps_idling
        idling.fps_idle = 1 / min(max(min(waits), 1 / 60), IDLE)


def _has_input() -> bool:
    io = imgui.get_io()
    return any(io.mouse_clicked) or io.mouse_wheel != 0 or bool(io.input_queue_characters)
