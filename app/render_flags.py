"""Flags of `avatar-gui render`; apart from the command itself, so that help needs no torch."""

import argparse
from pathlib import Path


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    from app.avatar_flags import add_face
    from app.cli import add_device

    parser.add_argument("file", type=Path, metavar="FILE", help="an .avatar, or a .ply of splats")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help=".png or .mp4"
    )
    parser.add_argument("--size", type=int, default=512, help="pixels per side (default 512)")
    parser.add_argument(
        "--background", default="white", help="white, black, transparent or #rrggbb"
    )
    parser.add_argument("--yaw", type=float, default=0.0, help="degrees to the subject's left")
    parser.add_argument("--pitch", type=float, default=0.0, help="degrees upwards")
    parser.add_argument("--roll", type=float, default=0.0, help="degrees about the camera's axis")
    parser.add_argument("--distance", type=float, help="metres (default: 0.75, or what fits)")
    group = parser.add_argument_group("avatars only")
    group.add_argument(
        "--camera", choices=("front", "source"), default="front", help="source: as the photo"
    )
    add_face(parser)
    group.add_argument("--turntable", action="store_true", help="a clip once round the head")
    group.add_argument("--frames", type=int, default=120, help="of the turntable (default 120)")
    group.add_argument("--motion", type=Path, metavar="FILE", help="a clip of a motion played")
    group.add_argument(
        "--fps", type=float, help="frames per second (default: 30, or the motion's own)"
    )
    add_device(parser)
