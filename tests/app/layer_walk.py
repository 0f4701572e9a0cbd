"""Texture editing in the real window, run by test_layer_walk in a process of its own.

``python -m tests.app.layer_walk FOLDER``: lays a sticker on the demo's cheek, drags it, paints,
takes back, saves and opens again; leaves a picture of each step and ``result.json`` in FOLDER.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from imgui_bundle import ImVec2, imgui

from app.brush_settings import set_brush
from app.gui.window import run
from app.selection import selected
from app.settings import Settings, save_settings
from app.startup import prepare
from app.window_flags import WindowFlags
from tests.app.window_walk import Walk
from tests.make_layers import disc

RED = (255, 0, 60)


class LayerWalk(Walk):
    """Sticker, brush, undo, save, open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder)
        self.cheek: dict[str, list[float]] = {}
        self.labels: list[str] = []
        self.slowest: dict[str, float] = {}

    def walk(self) -> None:
        editor = self.loop.editor
        self.wait("the demo", lambda: self.picture_is_of(editor.demo))
        editor.touch()
        self.settle()
        self.look_at_cheek("plain")
        self.drop_sticker()
        self.drag_sticker()
        self.paint()
        self.press(imgui.Key.mod_ctrl | imgui.Key.z)
        self.wait("undo", lambda: len(editor.document.layers) == 1)
        self.settle()
        self.look_at_stroke("undone")
        self.done("5-undone")
        self.press(imgui.Key.mod_ctrl | imgui.Key.mod_shift | imgui.Key.z)
        self.wait("redo", lambda: len(editor.document.layers) == 2)
        self.settle()
        self.look_at_stroke("redone")
        self.labels = editor.history.labels()
        self.press(imgui.Key.escape)
        self.save_and_reopen()
        self.look_at_stroke("reopened")
        self.look_at_cheek("reopened")
        self.done("9-reopened")
        self.press(imgui.Key.mod_ctrl | imgui.Key.q)

    def drop_sticker(self) -> None:
        import cv2

        path = self.folder / "dot.png"
        cv2.imwrite(str(path), disc(RED).pixels[..., [2, 1, 0, 3]])
        self.loop.requests.dropped_at = self.cheek_place()
        self.loop.requests.dropped.append(path)
        editor = self.loop.editor
        self.wait("the question", lambda: editor.prompt is not None)
        self.done("1-question")
        self.press(imgui.Key.enter)
        self.wait("the sticker", lambda: len(editor.document.layers) == 1)
        self.settle()
        self.wait("its frame", lambda: editor.easel.outline(editor.document.layers[0]) is not None)
        self.look_at_cheek("sticker")
        self.done("2-sticker")

    def drag_sticker(self) -> None:
        editor = self.loop.editor
        x, y = self.cheek_place()
        before, steps = editor.document, len(editor.history)
        self.timed_drag("sticker", (x, y), (x - 10, y + 60))
        self.wait("the drag", lambda: editor.document is not before and editor.draft is None)
        assert len(editor.history) == steps + 1, editor.history.labels()
        self.settle()
        self.look_at_cheek("dragged")
        self.done("3-dragged")

    def paint(self) -> None:
        editor = self.loop.editor
        self.press(imgui.Key.b)
        assert editor.view.tool == "brush"
        set_brush(editor, color=(0.1, 0.9, 0.3), size=0.05, hardness=0.7)
        self.look_at_stroke("plain")
        start, end = self.stroke_places()
        before = editor.document
        self.timed_drag("stroke", start, end)
        self.wait("the stroke", lambda: editor.document is not before and editor.draft is None)
        layer = selected(editor)
        assert layer is not None
        assert layer.kind == "paint"
        self.settle()
        self.look_at_stroke("painted")
        self.done("4-painted")

    # Places and pixels.

    def cheek_place(self) -> tuple[float, float]:
        area = self.loop.viewport.area
        return area.x + 0.5 * area.width + 0.1 * area.height, area.y + 0.53 * area.height

    def stroke_places(self) -> tuple[tuple[float, float], tuple[float, float]]:
        area = self.loop.viewport.area
        x, y = area.x + 0.5 * area.width, area.y + 0.3 * area.height
        wide = 0.08 * area.height
        return (x - wide, y), (x + wide, y)

    def look_at_cheek(self, name: str) -> None:
        self.cheek[f"cheek {name}"] = self.color_at(*self.cheek_place())

    def look_at_stroke(self, name: str) -> None:
        (x0, y), (x1, _) = self.stroke_places()
        self.cheek[f"stroke {name}"] = self.color_at((x0 + x1) / 2, y)

    def color_at(self, x: float, y: float) -> list[float]:
        """Mean colour of what the worker drew around a place of the screen, without any marks."""
        self.settle()
        picture, area = self.loop.viewport.picture, self.loop.viewport.area
        assert picture is not None
        column = int((x - area.x) / area.width * picture.width)
        row = int((y - area.y) / area.height * picture.height)
        part = picture.rgba[row - 2 : row + 3, column - 2 : column + 3, :3]
        return [float(value) for value in part.reshape(-1, 3).mean(axis=0)]

    def timed_drag(self, name: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A drag, and the milliseconds that its frames took on the main thread."""
        self._ctx.mouse_teleport_to_pos(ImVec2(*start))
        self._ctx.yield_(3)
        self._ctx.mouse_down(0)
        self._ctx.yield_()
        taken = []
        for share in np.linspace(0, 1, 16):
            x, y = (a + (b - a) * float(share) for a, b in zip(start, end, strict=True))
            self._ctx.mouse_teleport_to_pos(ImVec2(x, y))
            self._ctx.yield_()
            taken.append(self.loop.ui_ms)
            time.sleep(0.02)
        self.loop.photographer.ask(self.folder / f"during-{name}.png")
        self._ctx.yield_(3)
        self._ctx.mouse_up(0)
        self._ctx.yield_(2)
        self.slowest[name] = float(np.median(taken))


def main(folder: Path) -> int:
    prepare()
    from app.paths import paths

    save_settings(paths().config, Settings(idle_motion=False))
    walk = LayerWalk(folder)
    code = run(WindowFlags(size=(1280, 800)), walk.register)
    result = {
        "failure": walk.failure,
        "steps": walk.steps,
        "colors": walk.cheek,
        "labels": walk.labels,
        "main_thread_ms": walk.slowest,
        "code": code,
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
