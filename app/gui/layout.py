"""Where panels stand when nobody has moved them yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imgui_bundle import hello_imgui, imgui

LEFT, RIGHT = 328.0, 350.0
"""Widths of the places at the sides, pixels at scale 1."""
BOTTOM = 0.28
"""Share of the window's height."""


@dataclass(frozen=True)
class PanelWindow:
    """A panel as the dock space knows it."""

    title: str
    dock: str
    visible: bool
    draw: Any


def describe(
    params: hello_imgui.DockingParams, panels: Sequence[PanelWindow], width: float
) -> None:
    """Fill in the dock space: a left, a right and a bottom place around the picture.

    Args:
        params: to fill in.
        panels: what stands there.
        width: of the window, pixels at the scale of its text.
    """
    right = min(RIGHT / width, 0.3)
    left = min(LEFT / width, 0.27)
    flags = imgui.DockNodeFlags_
    params.main_dock_space_node_flags = (
        flags.passthru_central_node | flags.no_docking_over_central_node
    )
    params.docking_splits = [
        _split("MainDockSpace", "right", imgui.Dir.right, right),
        _split("MainDockSpace", "left", imgui.Dir.left, left / (1 - right)),
        _split("MainDockSpace", "bottom", imgui.Dir.down, BOTTOM),
    ]
    params.dockable_windows = [_window(panel) for panel in panels]


def _split(place: str, name: str, direction: imgui.Dir, ratio: float) -> hello_imgui.DockingSplit:
    return hello_imgui.DockingSplit(place, name, direction, ratio)


def _window(panel: PanelWindow) -> hello_imgui.DockableWindow:
    window = hello_imgui.DockableWindow(
        panel.title, panel.dock, panel.draw, is_visible_=panel.visible, can_be_closed_=True
    )
    window.include_in_view_menu = False
    window.imgui_window_flags = int(imgui.WindowFlags_.no_collapse)
    return window


def central_rectangle() -> tuple[float, float, float, float]:
    """Left, top, width and height of what the panels leave free, in screen pixels."""
    params = hello_imgui.get_runner_params().docking_params
    root = params.dock_space_id_from_name("MainDockSpace")
    node = imgui.internal.dock_builder_get_central_node(root) if root is not None else None
    if node is None:
        viewport = imgui.get_main_viewport()
        return (
            viewport.work_pos.x, viewport.work_pos.y, viewport.work_size.x, viewport.work_size.y
        )  # fmt: skip
    return node.pos.x, node.pos.y, node.size.x, node.size.y


FRONT = "front panels"
"""Name under which the layout file keeps them."""


def bring_forward(params: hello_imgui.RunnerParams) -> None:
    """Show the panels that lay in front last time, or the first one of each place.

    The dock space keeps where panels are, but whichever appears last comes to the front.
    """
    kept = "" if params.ini_disable else hello_imgui.load_user_pref(FRONT)
    wanted = set(kept.splitlines())
    places = set()
    for window in params.docking_params.dockable_windows:
        is_first = window.is_visible and window.dock_space_name not in places
        if is_first:
            places.add(window.dock_space_name)
        if window.label in wanted or (is_first and not wanted):
            window.focus_window_at_next_frame = True


def keep_front(params: hello_imgui.RunnerParams, titles: Sequence[str]) -> None:
    """Remember which panels lie in front."""
    if not params.ini_disable and titles:
        hello_imgui.save_user_pref(FRONT, "\n".join(titles))
