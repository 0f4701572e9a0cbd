"""The measured facts that the head is made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avatars.head.default.topology import Floats, Ints, symmetrised

MEASURED_FILE = Path(__file__).with_name("measured.npz")


@dataclass(frozen=True)
class Measurements:
    """Averages over photographed people; lengths in millimetres.

    Attributes:
        landmarks: [468, 3] mean neutral face with open lids resting on the eyeball and closed
            lips, exactly symmetrical.
        mirror: [468] index of the mirrored landmark.
        edges: [1322, 2] edges of the landmark mesh.
        iris: [10, 3] centre and four rim points, right eye first.
        eyeball_centre_left: [3] centre fitted to the lid margins.
        eyeball_radius: radius of the eyeball.
        expression_names: names of the rows of `expressions`.
        expressions: [25, 468, 3] displacement for a detector score of one.
    """

    landmarks: Floats
    mirror: Ints
    edges: Ints
    iris: Floats
    eyeball_centre_left: Floats
    eyeball_radius: float
    expression_names: tuple[str, ...]
    expressions: Floats


def load_measurements(path: Path = MEASURED_FILE) -> Measurements:
    """The measurements that ship with the generator."""
    with np.load(path, allow_pickle=False) as data:
        mirror = data["mirror"].astype(np.int64)
        landmarks = data["landmarks_closed"].astype(np.float64) * 1e3
        return Measurements(
            landmarks=symmetrised(landmarks, mirror),
            mirror=mirror,
            edges=data["edges"].astype(np.int64),
            iris=data["iris"].astype(np.float64) * 1e3,
            eyeball_centre_left=data["eyeball_centre_left"].astype(np.float64) * 1e3,
            eyeball_radius=float(data["eyeball_radius"]) * 1e3,
            expression_names=tuple(str(name) for name in data["expression_names"]),
            expressions=data["expressions"].astype(np.float64) * 1e3,
        )


def with_landmarks(measurements: Measurements, landmarks: Floats) -> Measurements:
    """The same measurements with another mean face.

    Args:
        measurements: what everything else is taken from.
        landmarks: [468, 3] in **metres**, for example a mean that leaves some people out.
    """
    return replace(
        measurements,
        landmarks=symmetrised(np.asarray(landmarks, np.float64) * 1e3, measurements.mirror),
    )
