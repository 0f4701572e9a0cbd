"""The walk of live driving through the window, in a process of its own.

Run as ``python -m tests.app.drive_walk FOLDER VIDEO``: a video in a camera's place drives the demo
avatar, is recorded, and the recording is played. Leaves a picture of each step and ``result.json``.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from imgui_bundle import hello_imgui, imgui

from app.editing_video import drive_with
from app.gui.window import run
from app.startup import prepare
from app.window_flags import WindowFlags
from tests.app.window_walk import Walk


class DriveWalk(Walk):
    """One pass through driving, recording and playing."""

    def walk(self) -> None:
        editor = self.loop.editor
        self.wait("the demo", lambda: self.picture_is_of(editor.demo))
        rest = self._face()
        drive_with(editor, self.photo)
        self.wait("a face", lambda: editor.driver.weights is not None)
        self.wait("a head that moved", lambda: self.changed(rest) > 0.02)
        self.keep("driven", rest)
        self.done("1-driven")
        first = self._face()
        self.wait("a head that moves on", lambda: self.changed(first) > 0.01)
        self.keep("moving", first)
        self.press(imgui.Key.f9)
        assert editor.driving.reel.is_recording
        end = time.monotonic() + 2
        self.wait("two seconds", lambda: time.monotonic() > end)
        self.done("2-recording")
        self.press(imgui.Key.f9)
        self.wait("the recording", lambda: editor.document.motion is not None)
        motion = editor.document.motion
        assert motion is not None
        self.changes["seconds"] = motion.seconds
        self.wait("the timeline", lambda: "Timeline/strip" in self.loop.widgets)
        self.press(imgui.Key.space)
        self.wait("playing", lambda: editor.driving.reel.is_playing)
        assert not editor.driving.is_live
        before = self._face()
        self.wait("a head that plays", lambda: self.changed(before) > 0.005)
        self.done("3-playing")
        self.click(self.loop.widgets["Timeline/Stop"].middle)
        self.wait("the resting face", lambda: editor.view.live_state is None)
        self.settle()
        self.done("4-stopped")
        self.changes["back"] = self.changed(rest)
        hello_imgui.get_runner_params().app_shall_exit = True

    def changed(self, before: Any) -> float:
        """Share of the middle that differs from a picture of before."""
        now = self._face()
        if now.shape != before.shape:  # a panel came or went
            tall, wide = (min(a, b) for a, b in zip(now.shape[:2], before.shape[:2], strict=True))
            now, before = _middle(now, tall, wide), _middle(before, tall, wide)
        return float((np.abs(now.astype(int) - before.astype(int)).max(axis=2) > 24).mean())

    def keep(self, name: str, before: Any) -> None:
        self.changes[name] = self.changed(before)


def _middle(pixels: Any, tall: int, wide: int) -> Any:
    y, x = (pixels.shape[0] - tall) // 2, (pixels.shape[1] - wide) // 2
    return pixels[y : y + tall, x : x + wide]


def main(folder: Path, video: Path) -> int:
    prepare()
    walk = DriveWalk(folder, video)
    code = run(WindowFlags(size=(1280, 800)), walk.register)
    result = {"steps": walk.steps, "failure": walk.failure, "changes": walk.changes, "code": code}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
