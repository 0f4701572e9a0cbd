"""`avatar-gui weights`: what can be downloaded, and downloading it."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from app.notices import say
from app.paths import paths
from avatars.progress import Progress, Report
from avatars.weights import WEIGHTS, fetch, weights_named


def run(options: argparse.Namespace) -> int:
    """List the downloads or get one; exit code 0.

    Raises:
        MissingWeights: an unknown name, or the download failed.
    """
    folder = weights_folder()
    if options.action == "list":
        return _list(folder, as_json=options.json)
    weights = weights_named(options.name)
    say(f"{weights.file}: {weights.size / 1e6:.1f} MB, licence: {weights.licence}")
    path = fetch(weights, folder, Progress(_tenths()))
    sys.stdout.write(f"{path}\n")
    return 0


def weights_folder() -> Path:
    """Where downloads live."""
    return paths().data / "weights"


def _list(folder: Path, *, as_json: bool) -> int:
    if as_json:
        rows = [
            {
                "name": weights.name,
                "present": weights.is_present(folder),
                "path": str(weights.path(folder)),
                "size": weights.size,
                "licence": weights.licence,
                "gives": weights.gives,
            }
            for weights in WEIGHTS
        ]
        sys.stdout.write(json.dumps({"weights": rows}, indent=2) + "\n")
        return 0
    for weights in WEIGHTS:
        state = "present" if weights.is_present(folder) else f"{weights.size / 1e6:.1f} MB to get"
        sys.stdout.write(f"{weights.name:<20} {state}: {weights.gives}\n")
    return 0


def _tenths() -> Callable[[Report], None]:
    """A listener that says each further tenth."""
    last = [-1]

    def listen(report: Report) -> None:
        tenth = int(report.fraction * 10)
        if tenth > last[0]:
            last[0] = tenth
            say(f"{tenth * 10:3d} %  {report.note}")

    return listen
