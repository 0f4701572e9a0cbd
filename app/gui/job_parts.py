"""What several panels show of a job: bar, phase, time left, curve of what is minimised."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import ImVec2, imgui, implot

from app.gui import theme
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.jobs.job import Job


def progress_of(ui: Ui, job: "Job") -> None:
    """Draw the bar of a job with what it does and how long it will take."""
    if job.state == "queued":
        ui.muted("Waits for its turn")
        return
    if job.state == "cancelling":
        ui.muted("Cancelling...")
    ui.progress(job.fraction, theme.colors().warning if job.state == "cancelling" else "")
    if job.state == "cancelling":
        return
    left = job.eta_seconds
    words = f"{job.fraction:.0%}  {job.note}".strip()
    ui.muted(words if left is None else f"{words}, about {duration(left)} left")


def duration(seconds: float) -> str:
    """A time span as people say it."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{seconds / 3600:.1f} h"


def loss_curve(losses: Sequence[float], height: float) -> None:
    """Draw what a job minimises, step by step."""
    if implot.get_current_context() is None:
        implot.create_context()
    p = theme.colors()
    f, a = implot.Flags_, implot.AxisFlags_
    implot.push_style_color(implot.Col_.frame_bg, theme.rgba(p.frame, 0.0))
    implot.push_style_color(implot.Col_.plot_bg, theme.rgba(p.frame, 0.55))
    implot.push_style_color(implot.Col_.plot_border, theme.rgba(p.line, 0.0))
    implot.push_style_color(implot.Col_.axis_grid, theme.rgba(p.line))
    implot.push_style_color(implot.Col_.axis_text, theme.rgba(p.muted))
    implot.push_style_var(implot.StyleVar_.plot_padding, ImVec2(0, 0))
    if implot.begin_plot("##loss", ImVec2(-1, height), f.canvas_only | f.no_inputs):
        plain = a.no_tick_marks | a.auto_fit | a.no_menus | a.no_highlight
        implot.setup_axes("", "", plain | a.no_tick_labels | a.no_grid_lines, plain)
        spec = implot.Spec()
        spec.line_color = theme.rgba(p.accent)
        spec.line_weight = 2.0
        implot.plot_line("loss", np.asarray(losses, np.float64), spec=spec)
        implot.end_plot()
    implot.pop_style_var()
    implot.pop_style_color(5)
    imgui.set_item_tooltip("Difference from the input, step by step; lower is better")
