"""How the window is asked to start."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from renderer.errors import UserError

Device = Literal["auto", "cpu", "cuda"]
LEAST, MOST = 320, 16384  # pixels a side of the window


@dataclass(frozen=True)
class WindowFlags:
    """How the window was asked to start.

    Attributes:
        files: to open at once.
        screenshot: where to save a picture of the window before leaving by itself; None = stay.
        after: seconds to wait before that picture.
        timeout: seconds after which it is taken though the job of a file still runs.
        size: of the window, pixels at an ordinary screen's density; None = as last time.
        safe_mode: ignore settings and layout, write neither.
        demo: show the demo avatar while nothing is open.
        device: overrides the one of the settings; None = leave it.
    """

    files: tuple[Path, ...] = ()
    screenshot: Path | None = None
    after: float = 5.0
    timeout: float = 300.0
    size: tuple[int, int] | None = None
    safe_mode: bool = False
    demo: bool = True
    device: Device | None = None


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Declare files and flags of the window."""
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="open it; a photo becomes an avatar"
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="OUT.png", help="save the window's picture and leave"
    )
    parser.add_argument(
        "--after", type=float, default=5.0, metavar="SECONDS", help="before that (default 5)"
    )
    parser.add_argument(
        "--timeout", type=float, default=300.0, metavar="SECONDS",
        help="longest wait for what FILE started (default 300)",
    )  # fmt: skip
    parser.add_argument("--size", metavar="WxH", help="of the window, such as 1280x800")
    parser.add_argument(
        "--safe-mode", action="store_true", help="ignore settings and layout, write neither"
    )
    parser.add_argument(
        "--no-demo", action="store_true", help="begin with nothing instead of the demo avatar"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="where to draw")


def flags_of(options: argparse.Namespace) -> WindowFlags:
    """The flags as typed.

    Raises:
        UserError: a size, time or file that cannot be used.
    """
    for name in ("after", "timeout"):
        seconds = getattr(options, name)
        if not 0 <= seconds < 1e6:
            raise UserError(f"--{name} {seconds:g} is no time.", "Give seconds, such as 5.")
    for path in options.files:
        if not path.exists():
            raise UserError(f"There is no file {path}.", "Check the spelling of its name.")
    shot: Path | None = options.screenshot
    if shot is not None and shot.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UserError(f"--screenshot {shot} is no picture.", "End its name in .png.")
    if shot is not None and not shot.absolute().parent.is_dir():
        raise UserError(f"There is no folder {shot.parent}.", "Make it, or choose another one.")
    return WindowFlags(
        files=tuple(options.files),
        screenshot=shot,
        after=options.after,
        timeout=options.timeout,
        size=None if options.size is None else _size(options.size),
        safe_mode=options.safe_mode,
        demo=not options.no_demo,
        device=options.device,
    )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    try:
        size = int(width), int(height)
    except ValueError:
        size = 0, 0
    if not all(LEAST <= side <= MOST for side in size):
        raise UserError(
            f"--size {text} is no window size.", f"Give WxH of at least {LEAST}, as 1280x800."
        )
    return size
