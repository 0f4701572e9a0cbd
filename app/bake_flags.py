"""Flags of `avatar-gui bake`."""

import argparse
from pathlib import Path

from app.cli import add_device


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `bake`."""
    parser.add_argument(
        "avatar", type=Path, metavar="AVATAR", help="an .avatar, or a folder of GaussianAvatars"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.avatar")
    parser.add_argument("--size", type=int, default=512, help="of the maps (default 512)")
    parser.add_argument("--splats", type=int, default=50_000, help="of the result")
    parser.add_argument("--steps", type=int, default=400, help="pictures to learn from")
    add_device(parser)
