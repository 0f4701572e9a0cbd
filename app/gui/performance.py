"""The performance overlay: what a picture costs, in the corner of the view, to be copied."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import icons_fontawesome_6 as icons
from imgui_bundle import imgui

from app.gui import theme
from app.gui.pieces import floating
from app.gui.theme import px
from app.gui.ui import Ui

if TYPE_CHECKING:
    from app.frame_picture import Picture

SWITCH = "performance"
"""Key in ``editor.panel``: whether the overlay is on."""
_IDLE = 2.0  # frames a second below which the window only waits


@dataclass(frozen=True)
class Numbers:
    """What the last picture cost.

    Attributes:
        splats: drawn.
        width: pixels drawn.
        height: pixels drawn.
        device: ``cpu`` or ``cuda``.
        pose_ms: from head state to splats.
        raster_ms: from splats to pixels.
        upload_ms: from pixels to the texture, copies included.
        ui_ms: what making a frame of the window takes on its thread.
        frames: of the window a second.
        gpu_mb: GPU memory held, 0 on the CPU.
    """

    splats: int = 0
    width: int = 0
    height: int = 0
    device: str = ""
    pose_ms: float = 0.0
    raster_ms: float = 0.0
    upload_ms: float = 0.0
    ui_ms: float = 0.0
    frames: float = 0.0
    gpu_mb: float = 0.0

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Names and values as they are shown."""
        total = self.pose_ms + self.raster_ms + self.upload_ms
        rows = [
            ("Splats", f"{self.splats:,}"),
            ("Picture", f"{self.width} × {self.height}, {_device(self.device)}"),
            ("Pose", _ms(self.pose_ms)),
            ("Raster", _ms(self.raster_ms)),
            ("Upload", _ms(self.upload_ms)),
            ("Together", _ms(total)),
            ("Window", _ms(self.ui_ms)),
            ("Frames/s", f"{self.frames:.0f}" if self.frames > _IDLE else "idle"),
        ]
        if self.gpu_mb:
            rows.append(("GPU memory", f"{self.gpu_mb:,.0f} MB"))
        return tuple(rows)

    @property
    def text(self) -> str:
        """All of it as lines, for a report."""
        return "\n".join(f"{name}: {value}" for name, value in self.rows)


def numbers_of(picture: "Picture | None", upload_ms: float, ui_ms: float, frames: float) -> Numbers:
    """The numbers of a picture and of the window that shows it."""
    if picture is None:
        return Numbers(ui_ms=ui_ms, frames=frames)
    return Numbers(
        splats=picture.splats,
        width=picture.width,
        height=picture.height,
        device=picture.device,
        pose_ms=picture.pose_ms,
        raster_ms=picture.raster_ms,
        upload_ms=picture.copy_ms + upload_ms,
        ui_ms=ui_ms,
        frames=frames,
        gpu_mb=picture.gpu_mb,
    )


def draw(ui: Ui, numbers: Numbers, x: float, y: float) -> None:
    """Draw the overlay with its upper left corner at a point of the screen."""
    flags = floating("performance", x, y, pivot=(0.0, 0.0))
    p = theme.colors()
    imgui.push_style_color(imgui.Col_.window_bg, theme.rgba(p.overlay))
    imgui.begin("##performance", None, flags)
    with ui.scope("Performance"):
        imgui.align_text_to_frame_padding()
        ui.heading("Performance")
        imgui.same_line(px(186))
        if ui.icon_button(icons.ICON_FA_COPY, "Copy", "Copy as text"):
            imgui.set_clipboard_text(numbers.text)
        for name, value in numbers.rows:
            imgui.push_style_color(imgui.Col_.text, theme.rgba(p.muted))
            imgui.text_unformatted(name)
            imgui.pop_style_color()
            width = imgui.calc_text_size(value).x
            imgui.same_line(px(210) - width)
            imgui.text_unformatted(value)
            ui.record(f"##{name}", value=value)
    imgui.end()
    imgui.pop_style_color()


def _ms(value: float) -> str:
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms"


def _device(device: str) -> str:
    return {"cpu": "CPU", "cuda": "GPU"}.get(device, device)
