"""The picture in the middle, and the pointer on it."""

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imgui_bundle import ImVec2, imgui

from app.aim import Aim
from app.gui import backdrop, orbit, theme, tools, view_marks
from app.gui.bare import SWITCH as BARE
from app.gui.ground import Box
from app.gui.pieces import chip
from app.gui.still import Stills
from app.gui.strips import draw_strips
from app.gui.theme import px
from app.gui.tools.base import Phase, Pointer
from app.gui.ui import Ui
from app.gui.wipe import Wipe

if TYPE_CHECKING:
    from app.editor import Editor
    from app.frame_picture import Picture
    from app.frames import FrameWorker
    from app.gui.texture import PictureTexture
    from app.jobs.job import Job

LEFT, RIGHT, MIDDLE = 0, 1, 2
STILL_WITHIN = 4
"""Pixels at scale 1 that the pointer may move within a click."""
STILL_AFTER = 0.18
"""Seconds after the last notch of the wheel in which the camera counts as moving."""


@dataclass(frozen=True)
class Area:
    """Where the picture is on the screen, pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def end(self) -> ImVec2:
        """Its lower right corner."""
        return ImVec2(self.x + self.width, self.y + self.height)


class Viewport:
    """Shows what the render worker draws and hands the pointer to the tool in use."""

    def __init__(self) -> None:
        self.area = Area(0, 0, 1, 1)
        self.picture: Picture | None = None
        self.stills = Stills()
        self.wakes_in = float("inf")
        self._texture: PictureTexture | None = None
        self._wipe = Wipe()
        self._tool = "orbit"
        self._wheel_at = float("-inf")
        self._pressed: int | None = None
        self._hovered = False
        self._sampling: tuple[float, float] | None = None  # where a press with Alt was

    @property
    def texture(self) -> "PictureTexture | None":
        """What holds the picture on the graphics card, once there is one."""
        return self._texture

    def draw(self, ui: Ui, editor: "Editor", worker: "FrameWorker | None", area: Area) -> None:
        """Draw picture and controls into an area of the screen."""
        self.area, self.wakes_in = area, float("inf")
        imgui.set_next_window_pos(ImVec2(area.x, area.y))
        imgui.set_next_window_size(ImVec2(area.width, area.height))
        imgui.push_style_var(imgui.StyleVar_.window_padding, ImVec2(0, 0))
        imgui.push_style_var(imgui.StyleVar_.window_rounding, 0)
        imgui.push_style_var(imgui.StyleVar_.window_border_size, 0)
        f = imgui.WindowFlags_
        flags = (
            f.no_decoration | f.no_docking | f.no_move | f.no_saved_settings | f.no_nav
            | f.no_bring_to_front_on_focus | f.no_background | f.no_scroll_with_mouse
        )  # fmt: skip
        imgui.begin("##viewport", None, flags)
        imgui.pop_style_var(3)
        is_bare = bool(editor.panel.get(BARE))
        is_clear = is_bare and editor.view.options.background is None
        if not is_clear and not self._is_covered(editor):
            backdrop.draw(editor.view.options, self.stills, area)
        self._pointer(editor)
        ui.record("Viewport/picture")
        self._picture(editor, worker)
        if previewing(editor) is None and not is_bare:
            view_marks.draw(editor, self._box, over=self._hovered or self._pressed == LEFT)
            draw_strips(ui, editor, area)
        imgui.end()

    def free(self) -> None:
        """Let go of what is on the graphics card."""
        self.stills.free()
        if self._texture is not None:
            self._texture.close()

    def is_moving(self, editor: "Editor") -> bool:
        """Whether a coarser picture will do for now."""
        rolling = time.monotonic() - self._wheel_at < STILL_AFTER
        return (
            rolling
            or editor.draft is not None
            or editor.idle.is_running
            or editor.driving.is_moving
            or (self._pressed is not None and imgui.is_mouse_dragging(self._pressed, 1.0))
        )

    def is_up_to_date(self, editor: "Editor") -> bool:
        """Whether the picture on the screen is the full one of what should be shown."""
        picture = self.picture
        if picture is None or picture.is_reduced:
            return False
        scale = imgui.get_io().display_framebuffer_scale
        width, height = int(self.area.width * scale.x), int(self.area.height * scale.y)
        wanted = editor.request(max(1, width), max(1, height), moving=False)
        return wanted.same_picture(picture.request)

    def _picture(self, editor: "Editor", worker: "FrameWorker | None") -> None:
        area = self.area
        if worker is not None and not editor.shown.is_empty:
            scale = imgui.get_io().display_framebuffer_scale
            width, height = int(area.width * scale.x), int(area.height * scale.y)
            moving = self.is_moving(editor)
            worker.show(editor.request(max(1, width), max(1, height), moving=moving))
            self._take(worker)
            if moving and self._pressed is None:
                self.wakes_in = STILL_AFTER
        job = previewing(editor)
        if job is not None:
            self._preview(job)
        elif self.picture is not None and self._texture is not None and not editor.shown.is_empty:
            _fitted(self._texture.ref, self._texture.size, area)
            self._wipe.draw(editor, self.stills, area)
            if self.picture.is_reduced and not _moves_by_itself(editor):
                share = round(100 * self.picture.scale)
                chip(f"{share} % resolution while moving", area.x + px(14), area.end.y - px(42))

    def _is_covered(self, editor: "Editor") -> bool:
        """Whether an opaque picture covers all; filling what is behind costs time without a GPU."""
        options, picture = editor.view.options, self.picture
        if picture is None or editor.shown.is_empty or previewing(editor) is not None:
            return False
        drawn = picture.request.options
        if drawn.background is None or options.background is None:
            return False
        if drawn.background_picture is not None or options.background_picture is not None:
            return False
        wide = picture.width * self.area.height / max(picture.height, 1)
        return wide >= self.area.width

    def _take(self, worker: "FrameWorker") -> None:
        newest = worker.newest()
        if newest is None or newest is self.picture:
            return
        if self._texture is None:
            from app.gui.texture import PictureTexture

            self._texture = PictureTexture()
        self._texture.show(newest)
        self.picture = newest

    def _preview(self, job: "Job") -> None:
        assert job.preview is not None
        texture, size = self.stills.of_array(job.preview)
        _fitted(texture, size, self.area, share=0.84)
        x, area = self.area.x + self.area.width / 2, self.area
        note = f"{job.title}   {round(100 * job.fraction)} %"
        chip(note, x, area.end.y - px(42), align=0.5)

    # The pointer.

    def _pointer(self, editor: "Editor") -> None:
        imgui.set_cursor_pos(ImVec2(0, 0))
        imgui.set_next_item_allow_overlap()
        b = imgui.ButtonFlags_
        buttons = b.mouse_button_left | b.mouse_button_right | b.mouse_button_middle
        size = ImVec2(max(1, self.area.width), max(1, self.area.height))
        imgui.invisible_button("##picture", size, buttons)
        self._change_tool(editor)
        if editor.shown.is_empty or previewing(editor) is not None:
            self._pressed = None
            return
        self._hovered = imgui.is_item_hovered()
        if self._hovered:
            self._hovering(editor)
        if self._pressed is None and imgui.is_item_activated():
            self._press(editor)
        elif self._pressed is not None:
            self._drag(editor)

    def _hovering(self, editor: "Editor") -> None:
        wheel = imgui.get_io().mouse_wheel
        if wheel:
            self._wheel_at = time.monotonic()
            orbit.zoomed(editor, wheel, self._event("hover", editor))
        if imgui.is_mouse_double_clicked(LEFT) and not self._wipe.is_near(editor, self.area):
            event = self._event("double", editor)
            if editor.view.tool == "orbit" or event.alt:
                orbit.pivoted(editor, event)
            else:
                tools.tool(editor.view.tool).pointer(event, editor)

    def _press(self, editor: "Editor") -> None:
        down = [button for button in (LEFT, RIGHT, MIDDLE) if imgui.is_mouse_down(button)]
        self._pressed = down[0] if down else None
        editor.touch()
        if self._pressed == LEFT:
            if self._wipe.grab(editor, self.area):
                return
            event = self._event("press", editor)
            if event.alt:
                self._sampling = event.x, event.y
            else:
                tools.tool(editor.view.tool).pointer(event, editor)

    def _drag(self, editor: "Editor") -> None:
        assert self._pressed is not None
        if not imgui.is_mouse_down(self._pressed):
            released, self._pressed = self._pressed, None
            sampling, self._sampling = self._sampling, None
            event = self._event("release", editor)
            if sampling is not None:
                if math.dist(sampling, (event.x, event.y)) < px(STILL_WITHIN):
                    event = replace(event, phase="sample")
                    tools.tool(editor.view.tool).pointer(event, editor)
            elif not self._wipe.release() and released == LEFT:
                tools.tool(editor.view.tool).pointer(event, editor)
            return
        event = self._event("drag", editor)
        if not (event.dx or event.dy):
            return
        if self._wipe.is_held:
            self._wipe.drag(editor, event.u)
        elif self._pressed != LEFT:
            orbit.panned(editor, event)
        elif event.alt or self._sampling is not None:
            orbit.orbited(editor, event)
        else:
            tools.tool(editor.view.tool).pointer(event, editor)

    def _change_tool(self, editor: "Editor") -> None:
        if editor.view.tool != self._tool:
            tools.tool(self._tool).deactivate(editor)
            self._tool = editor.view.tool
            tools.tool(self._tool).activate(editor)

    def aim(self, editor: "Editor", at: tuple[float, float] | None) -> Aim | None:
        """What lies under a point of the screen; None beside the picture."""
        return view_marks.aim(editor, self._box, at)

    @property
    def _box(self) -> Box:
        return Box(self.area.x, self.area.y, self.area.width, self.area.height)

    def _event(self, phase: Phase, editor: "Editor") -> Pointer:
        io, area = imgui.get_io(), self.area
        tall = max(area.height, 1)
        event = Pointer(
            phase,
            (io.mouse_pos.x - area.x) / max(area.width, 1),
            (io.mouse_pos.y - area.y) / tall,
            io.mouse_delta.x / tall,
            io.mouse_delta.y / tall,
            area.width,
            area.height,
            io.key_alt,
            io.key_ctrl,
            io.key_shift,
            view_marks.ground(editor, self._box),
            io.mouse_pos.x,
            io.mouse_pos.y,
        )
        return event if phase == "drag" else replace(event, dx=0.0, dy=0.0)


def previewing(editor: "Editor") -> "Job | None":
    """The running job that shows what it makes, if one does."""
    for job in editor.jobs:
        if job.is_active and job.state != "queued" and job.preview is not None:
            return job
    return None


def _moves_by_itself(editor: "Editor") -> bool:
    return editor.idle.is_running or editor.driving.is_moving


def _fitted(
    texture: imgui.ImTextureRef, size: tuple[int, int], area: Area, share: float = 1.0
) -> None:
    """Draw a picture in the middle of an area, as large as it fits, pixels square."""
    scale = share * min(area.width / max(size[0], 1), area.height / max(size[1], 1))
    if share == 1.0:  # a picture made for another size of the area: keep its height
        scale = area.height / max(size[1], 1)
    wide, tall = size[0] * scale, size[1] * scale
    x, y = area.x + (area.width - wide) / 2, area.y + (area.height - tall) / 2
    draw = imgui.get_window_draw_list()
    draw.push_clip_rect(ImVec2(area.x, area.y), area.end, True)
    rounding = px(8) if share < 1.0 else 0.0
    draw.add_image_rounded(
        texture, ImVec2(x, y), ImVec2(x + wide, y + tall),
        ImVec2(0, 0), ImVec2(1, 1), theme.u32("#ffffff"), rounding,
    )  # fmt: skip
    draw.pop_clip_rect()
