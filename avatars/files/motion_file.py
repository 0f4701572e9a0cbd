"""Motion files: our own .npz, and by what they hold those of other programs."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from avatars.errors import NewerFile, UnreadableFile
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.motion import Motion
from avatars.npz import Arrays, npz_shapes, read_npz, write_npz
from renderer.disk import shown

VERSION = 1
LARGEST = 1 << 28
"""Bytes that a motion file may unpack to: five hours at 30 frames per second."""

_WIDTHS = {
    "jaw_pose": 3,
    "neck_pose": 3,
    "leye_pose": 3,
    "reye_pose": 3,
    "global_orient": 3,
    "transl": 3,
    "eyelids": 2,
}
_REQUIRED = ("version", "fps", "names", "expression", "arkit_names", "arkit", *_WIDTHS, "valid")
_MOST_EXPRESSIONS = 2000
_MOST_FPS = 1000.0
_FARTHEST = 1e3  # metres, radians or units: beyond it a number is damage
_REMEDY = "Track the video again, or get the file again."


def write_motion(path: Path, motion: Motion) -> None:
    """Write a motion as .npz; the target is replaced only once all is on disk.

    Raises:
        UserError: the folder cannot be made or written.
    """
    states = motion.states
    arrays: dict[str, NDArray[Any]] = {
        "version": np.array(VERSION, np.int64),
        "fps": np.array(motion.fps, np.float64),
        "head": np.array(motion.head),
        "fingerprint": np.array(motion.fingerprint),
        "names": np.array(motion.names, dtype=np.str_),
        "expression": _float32(states.expression),
        "arkit_names": np.array(ARKIT_NAMES),
        "arkit": _float32(motion.arkit),
        "valid": motion.valid.numpy(),
    }
    arrays |= {name: _float32(getattr(states, name)) for name in _WIDTHS}
    write_npz(path, arrays)


def is_motion_file(path: Path) -> bool:
    """Whether an .npz holds a motion of ours, by the names and shapes of its arrays.

    Raises:
        UnreadableFile: it is no complete archive.
    """
    shapes = npz_shapes(path)
    return set(_REQUIRED) <= set(shapes) and len(shapes["expression"]) == 2


def read_motion(path: Path) -> Motion:
    """The motion in one of our own files.

    ARKit columns are found by their names, whatever their order.

    Raises:
        NewerFile: written by a newer program.
        UnreadableFile: missing, damaged, or no motion.
    """
    arrays = read_npz(path, limit=LARGEST)
    missing = [name for name in _REQUIRED if name not in arrays]
    if missing:
        raise UnreadableFile(
            f"{shown(path)} is not a motion file: '{missing[0]}' is missing.", _REMEDY
        )
    version = int(_number(path, arrays, "version"))
    if version > VERSION:
        raise NewerFile(
            f"{shown(path)} was written by a newer version of avatar-gui.", "Update avatar-gui."
        )
    fps = _number(path, arrays, "fps")
    if not 0 < fps <= _MOST_FPS:
        raise _wrong(path, "fps")
    names = _texts(path, arrays, "names")
    count = arrays["expression"].shape[0] if arrays["expression"].ndim == 2 else 0
    if not count or not len(names) <= _MOST_EXPRESSIONS:
        raise _wrong(path, "expression")
    fields = {"expression": _rows(path, arrays, "expression", count, len(names))}
    fields |= {name: _rows(path, arrays, name, count, width) for name, width in _WIDTHS.items()}
    valid = arrays["valid"]
    if valid.shape != (count,) or valid.dtype != np.bool_:
        raise _wrong(path, "valid")
    return Motion(
        states=HeadState(**fields),
        arkit=_arkit(path, arrays, count),
        fps=fps,
        valid=torch.from_numpy(valid.copy()),
        head=_text(arrays, "head"),
        names=names,
        fingerprint=_text(arrays, "fingerprint"),
    )


def _arkit(path: Path, arrays: Arrays, count: int) -> torch.Tensor:
    given = _texts(path, arrays, "arkit_names")
    values = _rows(path, arrays, "arkit", count, len(given))
    known = {name: column for column, name in enumerate(given)}
    if len(known) != len(given) or not set(ARKIT_NAMES) & set(known):
        raise _wrong(path, "arkit_names")
    result = torch.zeros(count, len(ARKIT_NAMES))
    for number, name in enumerate(ARKIT_NAMES):
        if name in known:
            result[:, number] = values[:, known[name]]
    return result.clamp(0.0, 2.0)


def _rows(path: Path, arrays: Arrays, name: str, count: int, width: int) -> torch.Tensor:
    values = arrays[name]
    if values.shape != (count, width) or values.dtype.kind not in "fiu":
        raise _wrong(path, name)
    plain = values.astype(np.float32)
    if not np.isfinite(plain).all() or np.abs(plain).max(initial=0.0) > _FARTHEST:
        raise _wrong(path, name)
    return torch.from_numpy(plain)


def _number(path: Path, arrays: Arrays, name: str) -> float:
    values = arrays[name]
    if values.size != 1 or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise _wrong(path, name)
    return float(values.reshape(-1)[0])


def _texts(path: Path, arrays: Arrays, name: str) -> tuple[str, ...]:
    values = arrays[name]
    if values.ndim != 1 or (values.dtype.kind != "U" and values.size):
        raise _wrong(path, name)
    return tuple(str(value) for value in values)


def _text(arrays: Arrays, name: str) -> str:
    values = arrays.get(name)
    if values is None or values.size != 1 or values.dtype.kind != "U":
        return ""
    return str(values.reshape(-1)[0])[:200]


def _wrong(path: Path, name: str) -> UnreadableFile:
    return UnreadableFile(f"'{name}' in {shown(path)} is not what a motion file holds.", _REMEDY)


def _float32(values: torch.Tensor) -> NDArray[Any]:
    return values.detach().cpu().numpy().astype(np.float32)
