"""Takes of Live Link Face: a table of ARKit values over time."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avatars.errors import UnreadableFile
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.motion import Motion
from renderer.disk import open_input, shown

Array = NDArray[np.float64]

ARKIT = "ARKit"
"""Head of a motion that knows the 52 names and no expression coefficients."""
FPS = 60.0
"""Frames per second of the app, where the timecodes do not tell another."""
_LARGEST = 1 << 28
_NO_VALUES = ("timecode", "blendshapecount", "")
_MOST_ROWS = 1_000_000
_RATES = (24.0, 25.0, 30.0, 50.0, 60.0)
_REMEDY = "Export the take again as CSV from Live Link Face (ARKit mode)."


def is_live_link(start: bytes) -> bool:
    """Whether a file begins with the header of such a table."""
    first = start.lstrip(b"\xef\xbb\xbf").split(b"\n")[0].lower()
    return b"," in first and b"eyeblinkleft" in first and b"jawopen" in first


def read_live_link(path: Path) -> Motion:
    """The motion of a take; rows without values are frames without a face.

    Raises:
        UnreadableFile: no such table, or damaged.
    """
    with open_input(path) as handle:
        content = handle.read(_LARGEST + 1)
    if len(content) > _LARGEST or not is_live_link(content[:4096]):
        raise UnreadableFile(f"{shown(path)} is no take of Live Link Face.", _REMEDY)
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline="")))
    except csv.Error as error:
        raise UnreadableFile(f"{shown(path)} is no complete table.", _REMEDY) from error
    header = [name.strip().lower() for name in rows[0]]
    body = [row for row in rows[1 : _MOST_ROWS + 1] if any(cell.strip() for cell in row)]
    if not body:
        raise UnreadableFile(f"{shown(path)} holds no frames.", _REMEDY)
    values = np.full((len(body), len(header)), np.nan)
    known = [column for column, name in enumerate(header) if name not in _NO_VALUES]
    for number, row in enumerate(body):
        for column in known:
            if column < len(row):
                values[number, column] = _number(row[column])
    return _motion(path, header, values, _rate([row[0] for row in body]))


def _motion(path: Path, header: list[str], values: Array, fps: float) -> Motion:
    columns = {name: values[:, column] for column, name in enumerate(header)}
    missing = np.full(len(values), np.nan)
    arkit = np.stack([columns.get(name.lower(), missing) for name in ARKIT_NAMES], axis=1)
    valid = np.isfinite(arkit).any(axis=1)
    if not valid.any():
        raise UnreadableFile(f"{shown(path)} holds no frame with a face.", _REMEDY)
    angles = {
        part: np.stack([columns.get(f"{part}{axis}", missing) for axis in ("yaw", "pitch", "roll")])
        for part in ("head", "lefteye", "righteye")
    }
    held = np.maximum.accumulate(np.where(valid, np.arange(len(valid)), 0))
    held = np.where(held == 0, int(np.flatnonzero(valid)[0]), held)
    state = HeadState.neutral(0, frames=len(values))
    fields = dict(vars(state))
    for part, name in (
        ("head", "global_orient"),
        ("lefteye", "leye_pose"),
        ("righteye", "reye_pose"),
    ):
        yaw, pitch, roll = np.clip(np.nan_to_num(angles[part][:, held]), -np.pi, np.pi)
        # The app's yaw turns to the left, its pitch looks down, its roll leans to the left.
        turn = Rotation.from_euler("YXZ", np.stack([yaw, pitch, -roll], axis=1))
        fields[name] = torch.from_numpy(turn.as_rotvec()).float()
    return Motion(
        states=HeadState(**fields),
        arkit=torch.from_numpy(np.clip(np.nan_to_num(arkit[held]), 0, 2)).float(),
        fps=fps,
        valid=torch.from_numpy(valid),
        head=ARKIT,
        names=(),
    )


def _rate(codes: list[str]) -> float:
    """Frames per second by timecodes hh:mm:ss:ff.sub: how many a second holds."""
    seconds: dict[str, set[str]] = {}
    for code in codes:
        found = re.fullmatch(r"(\d+:\d+:\d+)[:;](\d+(?:\.\d+)?)", code.strip())
        if found:
            seconds.setdefault(found[1], set()).add(found[2])
    counts = [len(frames) for frames in seconds.values()]
    if len(counts) < 3:
        return FPS
    usual = float(np.median(counts[1:-1]))
    nearest = min(_RATES, key=lambda rate: abs(rate - usual))
    return nearest if abs(nearest - usual) < 0.15 * nearest else max(usual, 1.0)


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        return float("nan")
    return value if abs(value) < 100 else float("nan")
