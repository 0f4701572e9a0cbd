"""The walk through the window that a test takes, in a process of its own.

Run as ``python -m tests.app.window_walk FOLDER PHOTO``: drives the real window with ImGui's test
engine and leaves a picture of each step and ``result.json`` in FOLDER.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from imgui_bundle import ImVec2, hello_imgui, imgui

from app.gui.loop import Loop
from app.gui.photograph import grab
from app.gui.window import run
from app.startup import prepare
from app.window_flags import WindowFlags


class Walk:
    """One pass through the window."""

    def __init__(self, folder: Path, photo: Path) -> None:
        self.folder = folder
        self.photo = photo
        self.steps: list[str] = []
        self.failure = ""
        self.changes: dict[str, float] = {}
        self._ctx: Any = None
        self._loop: Loop | None = None
        self._before: np.ndarray[Any, Any] | None = None

    @property
    def loop(self) -> Loop:
        assert self._loop is not None
        return self._loop

    def register(self, loop: Loop) -> None:
        self._loop = loop
        engine = hello_imgui.get_imgui_test_engine()
        io = imgui.test_engine.get_io(engine)
        io.config_run_speed = imgui.test_engine.TestRunSpeed.fast
        io.config_watchdog_warning = io.config_watchdog_kill_test = 1000.0
        test = imgui.test_engine.register_test(engine, "window", "walk")
        test.test_func = self._guarded
        imgui.test_engine.queue_test(engine, test)

    def _guarded(self, ctx: Any) -> None:
        self._ctx = ctx
        try:
            self.walk()
        except BaseException:  # noqa: BLE001  (told through the result; the engine would abort)
            self.failure = traceback.format_exc()
            self.loop.photographer.ask(self.folder / "failure.png")
            ctx.yield_(3)
            hello_imgui.get_runner_params().app_shall_exit = True

    # The walk.

    def walk(self) -> None:
        editor = self.loop.editor
        self.wait("the demo", lambda: self.picture_is_of(editor.demo))
        self.done("1-start")
        editor.change_settings(last_options={"textured-head": {"quality": "quick"}})
        self.loop.requests.dropped.append(self.photo)
        self.wait("the question", lambda: editor.prompt is not None)
        self.done("2-dropped")
        self.press(imgui.Key.enter)
        self.wait("a job", lambda: any(job.is_active for job in editor.jobs))
        self.wait("a preview", lambda: any(job.preview is not None for job in editor.jobs))
        self.done("3-working")
        self.wait("the avatar", lambda: not any(job.is_active for job in editor.jobs))
        assert editor.document.avatar is not None
        assert editor.demo is None or editor.document.avatar is not editor.demo.avatar
        self.wait("its picture", lambda: self.picture_is_of(editor.document))
        self.done("4-avatar")
        self.close_notices()
        self.orbit()
        self.move_a_slider()
        self.undo()
        self.save_and_reopen()
        self.done("9-reopened")
        self.press(imgui.Key.mod_ctrl | imgui.Key.q)

    def close_notices(self) -> None:
        """They lie over the picture that is compared."""
        while closers := [p for p in self.loop.widgets if p.endswith("/close")]:
            self.click(self.loop.widgets[closers[0]].middle)
            self._ctx.yield_(2)

    def orbit(self) -> None:
        self.remember()
        before = self.loop.editor.view.orbit
        area = self.loop.viewport.area
        x, y = area.x + area.width / 2, area.y + area.height / 2
        self.drag((x, y), (x + area.height / 5, y))
        assert self.loop.editor.view.orbit.azimuth < before.azimuth
        self.settle()
        self.compare("orbit")
        self.done("5-orbited")

    def move_a_slider(self) -> None:
        editor = self.loop.editor
        before, steps = editor.document, len(editor.history.labels())
        self.click(self.widget("Expression", "Search").middle)
        self._ctx.key_chars("open")
        self.wait("the search", lambda: self.is_in_sight("Expression", "jawOpen"))
        self.remember()
        rect = self.widget("Expression", "jawOpen")
        y = (rect.y0 + rect.y1) / 2
        self.drag((rect.x0 + 8, y), (rect.x0 + 0.7 * (rect.x1 - rect.x0), y))
        assert editor.document is not before
        assert len(editor.history.labels()) == steps + 1
        self.settle()
        self.compare("slider")
        self.done("6-slider")

    def undo(self) -> None:
        editor = self.loop.editor
        moved = editor.document
        self.remember()
        self.press(imgui.Key.mod_ctrl | imgui.Key.z)
        self.wait("undo", lambda: editor.document is not moved)
        self.settle()
        self.compare("undo")
        self.done("7-undone")

    def save_and_reopen(self) -> None:
        editor, file = self.loop.editor, self.folder / "walk.avatar"
        self.press(imgui.Key.mod_ctrl | imgui.Key.s)
        self.wait("the file dialog", lambda: "Files/name" in self.loop.widgets)
        self._ctx.yield_(2)
        self.click(self.loop.widgets["Files/name"].middle)
        self.press(imgui.Key.mod_ctrl | imgui.Key.a)
        self._ctx.key_chars(str(file))
        self._ctx.yield_(2)
        self.loop.photographer.ask(self.folder / "8-save.png")
        self._ctx.yield_(2)
        self.press(imgui.Key.enter)
        self.wait("saving", lambda: file.exists() and not editor.is_dirty)
        self.steps.append("8-save")
        saved = editor.document
        self.loop.requests.dropped.append(file)
        self.wait("opening", lambda: editor.document is not saved)
        assert editor.path == file
        self.wait("its picture", lambda: self.picture_is_of(editor.document))
        self.settle()

    # What it is made of.

    def done(self, name: str) -> None:
        self._ctx.yield_(3)  # a dialog needs a frame to find its size
        self.loop.photographer.ask(self.folder / f"{name}.png")
        self.wait("a picture", lambda: not self.loop.photographer.is_waiting)
        self.steps.append(name)

    def wait(self, what: str, condition: Callable[[], bool], seconds: float = 150.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}"
            problems = [n for n in self.loop.editor.notices if n.severity == "error"]
            assert not problems, problems[0].text + problems[0].detail
            self._ctx.yield_()
            time.sleep(0.005)

    def settle(self) -> None:
        """Wait until the full picture of what is shown is there."""
        viewport, worker = self.loop.viewport, self.loop.worker
        assert worker is not None
        self._ctx.yield_(3)
        editor = self.loop.editor
        self.wait(
            "the full picture",
            lambda: (
                not worker.busy
                and not viewport.is_moving(editor)
                and viewport.is_up_to_date(editor)
            ),
        )

    def picture_is_of(self, document: Any) -> bool:
        picture = self.loop.viewport.picture
        return (
            document is not None
            and picture is not None
            and picture.request.avatar is document.avatar
        )

    def is_in_sight(self, *parts: str) -> bool:
        return self.widget(*parts).y1 < self.loop.viewport.area.end.y

    def widget(self, *parts: str) -> Any:
        found = [
            path for path in self.loop.widgets
            if all(part in path for part in parts) and not path.endswith(" value")
        ]  # fmt: skip
        assert found, f"no widget {parts} among {sorted(self.loop.widgets)}"
        return self.loop.widgets[min(found, key=len)]

    def press(self, keys: int) -> None:
        self._ctx.key_press(int(keys))
        self._ctx.yield_(2)

    def click(self, at: tuple[float, float]) -> None:
        self._ctx.mouse_teleport_to_pos(ImVec2(*at))
        self._ctx.yield_()
        self._ctx.mouse_click(0)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        self._ctx.mouse_teleport_to_pos(ImVec2(*start))
        self._ctx.yield_()
        self._ctx.mouse_down(0)
        for number in range(1, steps + 1):
            share = number / steps
            x = start[0] + (end[0] - start[0]) * share
            y = start[1] + (end[1] - start[1]) * share
            self._ctx.mouse_teleport_to_pos(ImVec2(x, y))
            self._ctx.yield_()
        self._ctx.mouse_up(0)
        self._ctx.yield_(2)

    def remember(self) -> None:
        self.settle()
        self._before = self._face()

    def compare(self, name: str) -> None:
        """Keep how much of the picture's middle has changed since ``remember``."""
        assert self._before is not None
        difference = np.abs(self._face().astype(int) - self._before.astype(int)).max(axis=2)
        self.changes[name] = float((difference > 24).mean())

    def _face(self) -> Any:
        area = self.loop.viewport.area
        pixels = self._pixels()
        tall = wide = int(0.9 * min(area.height, area.width))
        y, x = int(area.y + area.height / 2), int(area.x + area.width / 2)
        return pixels[y - tall // 2 : y + tall // 2, x - wide // 2 : x + wide // 2]

    def _pixels(self) -> Any:
        taken: list[Any] = []
        self.loop.photographer.listen(lambda: taken.append(grab()))
        self.wait("pixels", lambda: bool(taken))
        return taken[0]


def main(folder: Path, photo: Path) -> int:
    prepare()
    walk = Walk(folder, photo)
    code = run(WindowFlags(size=(1280, 800)), walk.register)
    result = {"steps": walk.steps, "failure": walk.failure, "changes": walk.changes, "code": code}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
