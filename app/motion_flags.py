"""Flags of `track` and `reenact`, and of other commands what plays a motion."""

import argparse
from pathlib import Path

from app.cli import add_device

GROUPS = ("pose", "mouth", "jaw", "eyes", "gaze", "brows")


def add_track(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `track`."""
    parser.add_argument("input", type=Path, metavar="VIDEO|PHOTO")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="MOTION.npz")
    parser.add_argument(
        "--flame-folder", type=Path, metavar="DIR", help="also FLAME parameters for other programs"
    )
    parser.add_argument(
        "--face", type=int, help="whom to follow, from 1, left to right at the start"
    )
    parser.add_argument("--head", help="head model to track with (default: the one in use)")
    add_device(parser)


def add_reenact(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `reenact`."""
    parser.add_argument("avatar", type=Path, metavar="AVATAR")
    parser.add_argument(
        "--driver", type=Path, required=True, metavar="VIDEO|MOTION|FOLDER", help="who drives it"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT",
        help=".mp4, or a folder (or name_%%04d.png) for pictures with alpha",
    )  # fmt: skip
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--relative", action="store_true", help="relative to the driver's neutral (default)"
    )
    ways.add_argument("--absolute", action="store_true", help="the driver's face and pose as is")
    for group in GROUPS:
        parser.add_argument(
            f"--{group}-strength", type=float, default=1.0, metavar="X", help="default 1.0"
        )
    parser.add_argument("--dead-zone", type=float, default=0.0, help="weights to ignore (0..0.5)")
    parser.add_argument("--only", choices=("pose", "expression"), help="take over one half")
    parser.add_argument(
        "--neutral-frame", type=int, metavar="N",
        help="frame of the driver at rest, from 0 (default: that with the least expression)",
    )  # fmt: skip
    parser.add_argument("--camera", choices=("front", "source"), default="front")
    parser.add_argument("--size", type=int, default=512, help="pixels per side (default 512)")
    parser.add_argument(
        "--background", default="white", help="white, black, transparent or #rrggbb"
    )
    parser.add_argument("--side-by-side", action="store_true", help="show the driver beside it")
    parser.add_argument("--smooth", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument(
        "--face", type=int, help="whom to follow, from 1, left to right at the start"
    )
    add_device(parser)
