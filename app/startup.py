"""What must be settled before torch or numba are imported, and the log."""

import os

from app.logs import start_logging
from app.paths import Paths, paths


def prepare() -> Paths:
    """Point the libraries at this program's folders, start the log, return the folders."""
    places = paths()
    # Both are read once, when numba and torch are first imported. Threads that wait actively for
    # the next piece of work take the cores from everyone else: under load pictures took three
    # times as long.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(places.kernels))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Its systems of equations here are small: threads only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    start_logging(places.log_file)
    return places
