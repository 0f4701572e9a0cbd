"""`avatar-gui methods`: what can make an avatar, and from what."""

import argparse
import json
import sys

from app.paths import paths
from avatars.methods import find_methods
from avatars.methods.base import MethodInfo


def run(options: argparse.Namespace) -> int:
    """Print the methods; exit code 0."""
    rows = [_row(method.info) for method in find_methods()]
    if options.json:
        sys.stdout.write(json.dumps({"methods": rows}, indent=2) + "\n")
        return 0
    for row in rows:
        sys.stdout.write(
            f"{row['id']:<20} {row['title']}: takes {row['takes']}, CPU {row['cpu']}, "
            f"weights {'none' if not row['weights'] else row['weights']}\n"
        )
    return 0


def _row(info: MethodInfo) -> dict[str, object]:
    folder = paths().data / "weights"
    return {
        "id": info.id,
        "title": info.title,
        "takes": info.takes.__name__.lower(),
        "weights": [{"name": name, "present": (folder / name).exists()} for name in info.weights],
        "cpu": info.cpu,
    }
