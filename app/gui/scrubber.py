"""The strip of a timeline: play head, range with its handles, frames in which nobody was seen."""

from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui

from app.gui import theme
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.driving.player import Player
    from app.editor import Editor

_GRABBED = "timeline.grabbed"
TALL, TRACK, HANDLE = 44, 8, 9
"""Pixels at scale 1: the strip, the line in it, and how wide a handle is to the pointer."""
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)  # seconds
_BETWEEN = 70  # pixels at scale 1 between two ticks, at least


def scrubber(ui: Ui, editor: "Editor", player: "Player") -> None:
    """Draw the strip; a press goes to a frame, a handle changes the range."""
    strip = _Strip(player)
    imgui.invisible_button("##strip", ImVec2(strip.wide + 2 * strip.margin, px(TALL)))
    ui.record("strip", value=player.frame)
    first, last = player.range
    for name, frame in (("range first", first), ("range last", last)):
        x = strip.x(frame)
        box = (x - px(HANDLE) / 2, strip.bottom - px(12), x + px(HANDLE) / 2, strip.bottom)
        ui.record_at(name, box, value=frame)
    _drag(editor, player, strip)
    if imgui.is_item_hovered() or imgui.is_item_active():
        on_handle = editor.panel.get(_GRABBED) in (0, 1) or strip.handle_at() is not None
        imgui.set_mouse_cursor(
            imgui.MouseCursor_.resize_ew if on_handle else imgui.MouseCursor_.hand
        )
    _draw(player, strip)


class _Strip:
    """Where frames lie on the screen."""

    def __init__(self, player: "Player") -> None:
        corner = imgui.get_cursor_screen_pos()
        self.margin = px(HANDLE)
        self.left = corner.x + self.margin
        self.wide = max(px(40), imgui.get_content_region_avail().x - 2 * self.margin)
        self.top, self.bottom = corner.y, corner.y + px(TALL)
        self.player = player
        self.end = max(1, len(player.motion) - 1)

    @property
    def line(self) -> float:
        """The height at which the track begins."""
        return self.top + px(18)

    def x(self, frame: float) -> float:
        """Where a frame lies."""
        return self.left + self.wide * min(max(frame / self.end, 0.0), 1.0)

    def frame(self) -> float:
        """The frame under the pointer."""
        share = (imgui.get_mouse_pos().x - self.left) / self.wide
        return min(max(share, 0.0), 1.0) * self.end

    def handle_at(self) -> int | None:
        """The handle under the pointer: 0 is the first frame's, 1 the last's."""
        at = imgui.get_mouse_pos()
        if at.y < self.bottom - px(16):
            return None
        away = [abs(self.x(frame) - at.x) for frame in self.player.range]
        nearest = 0 if away[0] <= away[1] else 1
        return nearest if away[nearest] <= px(HANDLE) else None


def _drag(editor: "Editor", player: "Player", strip: _Strip) -> None:
    if imgui.is_item_activated():
        handle = strip.handle_at()
        editor.panel[_GRABBED] = 2 if handle is None else handle
    grabbed = editor.panel.get(_GRABBED)
    if grabbed is None:
        return
    if not imgui.is_item_active():
        editor.panel[_GRABBED] = None
        return
    first, last = player.range
    frame = round(strip.frame())
    if grabbed == 2:
        editor.driving.reel.seek(strip.frame() if player.is_playing else frame)
    elif grabbed == 0 and frame != first:
        player.range = min(frame, last), last
    elif grabbed == 1 and frame != last:
        player.range = first, max(frame, first)


def _draw(player: "Player", strip: _Strip) -> None:
    p, canvas = theme.colors(), imgui.get_window_draw_list()
    low, high = strip.line, strip.line + px(TRACK)
    first, last = player.range
    end = strip.left + strip.wide
    canvas.add_rect_filled(ImVec2(strip.left, low), ImVec2(end, high), theme.u32(p.frame), px(4))
    canvas.add_rect_filled(
        ImVec2(strip.x(first), low), ImVec2(strip.x(last), high), theme.u32(p.accent_soft), px(4)
    )
    for start, stop in _unseen(player):
        box = ImVec2(strip.x(start), low), ImVec2(max(strip.x(stop), strip.x(start) + 1), high)
        canvas.add_rect_filled(*box, theme.u32(p.warning, 0.45))
    _ticks(player, strip)
    for frame in (first, last):
        x, tall = strip.x(frame), px(11)
        canvas.add_triangle_filled(
            ImVec2(x, high + px(3)),
            ImVec2(x - px(HANDLE) / 2, high + px(3) + tall),
            ImVec2(x + px(HANDLE) / 2, high + px(3) + tall),
            theme.u32(p.muted),
        )
    x = strip.x(player.frame)
    canvas.add_line(ImVec2(x, low - px(3)), ImVec2(x, high + px(3)), theme.u32(p.accent), px(2))
    canvas.add_circle_filled(ImVec2(x, (low + high) / 2), px(7), theme.u32(p.accent))


def _ticks(player: "Player", strip: _Strip) -> None:
    p, canvas, motion = theme.colors(), imgui.get_window_draw_list(), player.motion
    per_second = strip.wide / max(strip.end / motion.fps, 1e-6)
    step = next((each for each in _TICKS if each * per_second >= px(_BETWEEN)), _TICKS[-1])
    size = theme.FONT_SIZE * 0.78 * theme.px(1)
    count = int(strip.end / motion.fps / step) + 1
    for number in range(min(count, 500)):
        seconds = number * step
        x = strip.x(seconds * motion.fps)
        words = f"{seconds:g} s"
        if x + px(30) > strip.left + strip.wide + strip.margin and number:
            continue
        canvas.add_text(
            imgui.get_font(), size, ImVec2(x, strip.top - px(2)), theme.u32(p.muted, 0.8), words
        )


def _unseen(player: "Player") -> list[tuple[int, int]]:
    """Runs of frames in which nobody was seen: first and last frame."""
    motion = player.motion
    kept = _RUNS.get(id(motion))
    if kept is None or kept[0] is not motion:
        valid = motion.valid.tolist()
        runs: list[tuple[int, int]] = []
        for frame, seen in enumerate(valid):
            if seen:
                continue
            if runs and runs[-1][1] == frame - 1:
                runs[-1] = runs[-1][0], frame
            else:
                runs.append((frame, frame))
        _RUNS.clear()  # one motion is on the timeline
        kept = _RUNS[id(motion)] = motion, runs
    return kept[1]


_RUNS: dict[int, tuple[object, list[tuple[int, int]]]] = {}
