"""Flags of `avatar-gui bench`, and which measurement each subject is."""

import argparse
import json
import sys
from collections.abc import Callable

from renderer.errors import UserError

SUBJECTS = ("render", "frame", "head", "reconstruct", "edit", "track", "network")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of cli.md's row."""
    from app.cli import add_device

    parser.add_argument("subject", choices=SUBJECTS, help="what to measure")
    parser.add_argument(
        "--splats", type=_counts, default=(14000, 50000, 100000), help="numbers of splats (a,b,c)"
    )
    parser.add_argument("--size", type=int, default=512, help="picture size in pixels")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    add_device(parser)


def _counts(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(part) for part in text.split(","))
    except ValueError:
        counts = ()
    if not counts or min(counts) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of numbers such as 14000,50000")
    return counts


def run(options: argparse.Namespace) -> int:
    """Measure and print; exit code 0.

    Raises:
        UserError: a subject this version cannot measure, or a size that makes no picture.
    """
    if not 1 <= options.size <= 8192:
        raise UserError(f"--size {options.size} is no picture size.", "Use 1 to 8192 pixels.")
    measures = _measures()
    if options.subject not in measures:
        raise UserError(
            f"This version has nothing to measure for '{options.subject}' yet.",
            f"Use one of: {', '.join(measures)}.",
        )
    document, table = measures[options.subject](options)
    sys.stdout.write((json.dumps(document, indent=2) if options.json else table) + "\n")
    return 0


Measure = Callable[[argparse.Namespace], tuple[dict[str, object], str]]


def _measures() -> dict[str, Measure]:
    from app.bench import edit, frame, head, network, reconstruct, render, track

    return {
        "render": render.measure,
        "frame": frame.measure,
        "head": head.measure,
        "edit": edit.measure,
        "reconstruct": reconstruct.measure,
        "network": network.measure,
        "track": track.measure,
    }
