"""Flags of the commands that make and show avatars."""

import argparse
from pathlib import Path

from app.cli import add_device


def add_reconstruct(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `reconstruct`."""
    parser.add_argument("input", type=Path, metavar="INPUT", help="a photo")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.avatar")
    parser.add_argument("--method", help="how (default: textured-head; see 'avatar-gui methods')")
    parser.add_argument("--quality", choices=("quick", "fine"), default="fine")
    parser.add_argument("--face", type=int, help="which face, from 1, left to right")
    parser.add_argument("--head", help="head model to build on (default: the one in use)")
    add_device(parser)


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `evaluate`."""
    parser.add_argument("avatar", type=Path, metavar="AVATAR")
    parser.add_argument("--photo", type=Path, required=True, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    add_device(parser)


def add_export(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `export`."""
    parser.add_argument("avatar", type=Path, metavar="AVATAR")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help=".ply splats, .png UV map"
    )
    add_face(parser)
    parser.add_argument(
        "--sh-degree", type=int, choices=(0, 1, 2, 3), default=3, help="of the .ply (default 3)"
    )


def add_face(parser: argparse.ArgumentParser) -> None:
    """Declare what chooses the face an avatar makes."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="ARKit names, sliders, jaw_pose.x, gaze.x ...; may be repeated",
    )
    parser.add_argument("--neutral", action="store_true", help="drop the photo's expression first")
