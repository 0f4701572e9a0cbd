"""FLAME parameter files of other programs: GaussianAvatars, VHAP, NeRSemble; and a writer of them.

Axis-angle throughout but for NeRSemble's rotation, which its files also give as matrices. Eyes come
left first, as FLAME's joints do.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avatars.errors import UnreadableFile
from avatars.head.state import HeadState
from avatars.head.tables import ARKIT_NAMES
from avatars.motion import Motion
from avatars.npz import Arrays, read_npz, write_npz
from renderer.disk import shown
from renderer.errors import UserError

Array = NDArray[np.float64]

FLAME = "FLAME"
FPS = 25.0
"""Frames per second where a data set does not say; VHAP's and the trackers' usual rate."""
MOST_FRAMES = 200_000
_MOST_COEFFICIENTS = 400
_SHAPES, _EXPRESSIONS, _VERTICES = 300, 100, 5143
_LARGEST = 1 << 26  # bytes of one frame's file
_FARTHEST = 1e3
_REMEDY = "Get the data again, or name the folder that holds 'flame_param'."

_EXPRESSION = ("expr", "expression")
_TURNS = (
    ("global_orient", ("rotation",)),
    ("neck_pose", ("neck_pose", "neck")),
    ("jaw_pose", ("jaw_pose", "jaw")),
    ("transl", ("translation",)),
)


def holds_flame(names: set[str]) -> bool:
    """Whether arrays of these names are FLAME parameters over time."""
    return bool(names & set(_EXPRESSION)) and bool(names & {"jaw_pose", "jaw"})


def read_flame_file(path: Path) -> Motion:
    """The motion in one .npz of FLAME parameters with a leading dimension of frames.

    Raises:
        UnreadableFile: missing, damaged, or other arrays.
    """
    return flame_motion(_fields(path, read_npz(path, limit=1 << 33, only=_NEEDED)))


def read_flame_folder(folder: Path) -> Motion:
    """The motion in a folder of one .npz per frame; a data set's ``flame_param`` is found inside.

    Raises:
        UnreadableFile: no such files, or one is damaged.
    """
    inside = folder / "flame_param"
    place = inside if inside.is_dir() else folder
    files = sorted(
        (path for path in place.glob("*.npz") if re.match(r"\d+", path.stem)),
        key=lambda path: (int(re.match(r"\d+", path.stem)[0]), path.name),  # type: ignore[index]
    )
    if not files:
        raise UnreadableFile(f"{shown(folder)} holds no FLAME parameters.", _REMEDY)
    if len(files) > MOST_FRAMES:
        raise UnreadableFile(f"{shown(folder)} holds more than {MOST_FRAMES} frames.", "Split it.")
    frames = [_fields(path, read_npz(path, limit=_LARGEST, only=_NEEDED)) for path in files]
    widths = {frame["expression"].shape[1] for frame in frames}
    if len(widths) != 1:
        raise UnreadableFile(f"The files in {shown(place)} do not belong together.", _REMEDY)
    return flame_motion({name: np.concatenate([f[name] for f in frames]) for name in frames[0]})


def flame_motion(fields: dict[str, Array], fps: float = FPS, head: str = FLAME) -> Motion:
    """A motion of FLAME fields [T, ...] by their names in ``HeadState``; missing ones rest.

    Raises:
        ValueError: no expression, or lengths disagree.
    """
    expression = fields["expression"]
    count, width = expression.shape
    rest = HeadState.neutral(width, frames=count)
    given = {name: torch.from_numpy(values).float() for name, values in fields.items()}
    full = {name: given.get(name, getattr(rest, name)) for name in vars(rest)}
    return Motion(
        states=HeadState(**full),
        arkit=torch.zeros(count, len(ARKIT_NAMES)),
        fps=fps,
        valid=torch.ones(count, dtype=torch.bool),
        head=head,
        names=tuple(f"expr_{number:03d}" for number in range(width)),
        has_arkit=False,
    )


def checked(path: Path, values: NDArray[np.generic], name: str, width: int | None) -> Array:
    """Numbers [T, width] of a file, or one row of them.

    Raises:
        UnreadableFile: another shape, or numbers that cannot be.
    """
    rows = np.atleast_2d(values) if values.ndim < 3 else values
    right = rows.ndim == 2 and 0 < rows.shape[1] <= _MOST_COEFFICIENTS and len(rows) > 0
    if values.dtype.kind not in "fiu" or not right or (width and rows.shape[1] != width):
        raise UnreadableFile(f"'{name}' in {shown(path)} has another shape than FLAME's.", _REMEDY)
    plain = rows.astype(np.float64)
    if not np.isfinite(plain).all() or np.abs(plain).max() > _FARTHEST:
        raise UnreadableFile(f"'{name}' in {shown(path)} holds impossible numbers.", _REMEDY)
    return plain


_NEEDED = (
    *_EXPRESSION,
    *(name for _, names in _TURNS for name in names),
    *("eyes_pose", "eyes", "eyelids", "rotation_matrices"),
)


def _fields(path: Path, arrays: Arrays) -> dict[str, Array]:
    """Fields [T, ...] by their names in ``HeadState``."""
    given = next((name for name in _EXPRESSION if name in arrays), None)
    if given is None:
        raise UnreadableFile(f"{shown(path)} holds no FLAME expression.", _REMEDY)
    found = {"expression": checked(path, arrays[given], given, None)}
    for field, names in _TURNS:
        for name in names:
            if name in arrays:
                found[field] = checked(path, arrays[name], name, 3)
    if "rotation_matrices" in arrays:
        flat = arrays["rotation_matrices"].reshape(len(found["expression"]), -1)
        matrices = checked(path, flat, "rotation_matrices", 9).reshape(-1, 3, 3)
        if (np.abs(np.linalg.det(matrices) - 1) > 0.1).any():
            raise UnreadableFile(f"'rotation_matrices' in {shown(path)} are none.", _REMEDY)
        found["global_orient"] = Rotation.from_matrix(matrices).as_rotvec()
    for name in ("eyes_pose", "eyes"):
        if name in arrays:
            eyes = checked(path, arrays[name], name, 6)
            found["leye_pose"], found["reye_pose"] = eyes[:, :3], eyes[:, 3:]
    if "eyelids" in arrays:
        found["eyelids"] = checked(path, arrays["eyelids"], "eyelids", 2)
    if len({len(values) for values in found.values()}) != 1:
        raise UnreadableFile(f"The arrays in {shown(path)} differ in length.", _REMEDY)
    return found


def write_flame_folder(folder: Path, motion: Motion, betas: torch.Tensor) -> int:
    """Write a motion of a FLAME head as GaussianAvatars and VHAP read it; how many frames.

    ``flame_param/00000.npz`` and so on, and ``canonical_flame_param.npz``.

    Raises:
        UserError: the motion is of no FLAME head, or the folder cannot be written.
    """
    if not motion.head.upper().startswith(FLAME):
        raise UserError(
            f"FLAME parameters need a FLAME head; this motion is of '{motion.head}'.",
            "Import one with 'avatar-gui head import' and choose it with 'avatar-gui head use'.",
        )
    shape = _padded(betas.double().numpy()[None], _SHAPES)[0].astype(np.float32)
    offset = np.zeros((1, _VERTICES, 3), np.float32)
    states = motion.states

    def row(values: torch.Tensor, number: int) -> NDArray[np.float32]:
        picked: NDArray[np.float32] = values[number : number + 1].numpy().astype(np.float32)
        return picked

    for number in range(len(motion)):
        eyes = torch.cat([states.leye_pose, states.reye_pose], dim=1)
        frame = {
            "translation": row(states.transl, number),
            "rotation": row(states.global_orient, number),
            "neck_pose": row(states.neck_pose, number),
            "jaw_pose": row(states.jaw_pose, number),
            "eyes_pose": row(eyes, number),
            "shape": shape,
            "expr": _padded(row(states.expression, number), _EXPRESSIONS).astype(np.float32),
            "static_offset": offset,
        }
        write_npz(folder / "flame_param" / f"{number:05d}.npz", frame)
    still = {name: np.zeros((1, 3)) for name in ("translation", "rotation", "neck_pose")}
    canonical = {
        **still,
        "jaw_pose": np.array([[0.3, 0.0, 0.0]]),
        "eyes_pose": np.zeros((1, 6)),
        "shape": shape,
        "expr": np.zeros((1, _EXPRESSIONS), np.float32),
        "static_offset": offset,
    }
    write_npz(folder / "canonical_flame_param.npz", canonical)
    return len(motion)


def _padded(rows: NDArray[Any], width: int) -> NDArray[Any]:
    kept = rows[:, :width]
    return np.pad(kept, ((0, 0), (0, width - kept.shape[1])))
