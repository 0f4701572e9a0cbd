"""Sequences of monocular trackers: INSTA, IMAvatar and metrical-tracker folders to a motion.

These keep the head still and move the camera; a motion does it the other way round. The place of
the head is told relative to the first frame.
"""

import io
import json
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avatars.errors import UnreadableFile
from avatars.files.flame_motion import MOST_FRAMES, checked, flame_motion
from avatars.head.unpickle import load_pickle
from avatars.motion import Motion
from renderer.disk import open_input, shown

Array = NDArray[np.float64]

_LARGEST_TEXT = 1 << 28
_LARGEST_FRAME = 1 << 24
_FLIP = np.diag([1.0, -1.0, -1.0])  # a camera's axes (x right, y down, z forward) to the world's
_IMAVATAR_SCALE = 4.0
_REMEDY = "Get the data set again."


def is_tracker_folder(folder: Path) -> bool:
    """Whether a folder looks like one of the three."""
    return (
        (folder / "flame_params.json").is_file()
        or (folder / "checkpoint").is_dir()
        or (folder / "flame" / "exp").is_dir()
        or any(folder.glob("*.frame"))
    )


def read_tracker_folder(folder: Path) -> Motion:
    """The motion of an INSTA, IMAvatar or metrical-tracker folder.

    Raises:
        UnreadableFile: something is missing, damaged, or not of these.
    """
    if (folder / "flame_params.json").is_file():
        return _imavatar(folder / "flame_params.json")
    if (folder / "flame" / "exp").is_dir():
        return _insta(folder)
    inside = folder / "checkpoint"
    return _metrical(inside if inside.is_dir() else folder)


def _insta(folder: Path) -> Motion:
    """Text files of numbers per frame under ``flame``; cameras in ``transforms.json``."""
    texts = _numbered((folder / "flame" / "exp").glob("*.txt"), folder)
    fields = {"expression": _texts(texts, None)}
    for kind, width in (("jaw", 6), ("eyes", 12), ("eyelids", 2)):
        files = [folder / "flame" / kind / path.name for path in texts]
        if all(path.is_file() for path in files):
            _store(fields, kind, _texts(files, width))
    cameras = folder / "transforms.json"
    if cameras.is_file():
        matrices = _insta_cameras(cameras)
        if all(_number(path) in matrices for path in texts):
            to_world = np.stack([matrices[_number(path)] for path in texts])
            fields |= _poses(np.linalg.inv(to_world))
    return flame_motion(fields)


def _insta_cameras(path: Path) -> dict[int, Array]:
    found = {}
    for frame in _list(path, _json(path), "frames"):
        matrix = _matrix(path, frame, "transform_matrix", (4, 4))
        name = str(frame.get("file_path", ""))
        digits = re.search(r"(\d+)\D*$", name)
        if digits and abs(np.linalg.det(matrix[:3, :3])) > 1e-6:
            found[int(digits[1][-9:])] = matrix
    return found


def _imavatar(path: Path) -> Motion:
    """One JSON for all frames; the head is four times its size and the camera OpenGL's."""
    frames = _list(path, _json(path), "frames")
    if not frames or len(frames) > MOST_FRAMES:
        raise UnreadableFile(f"{shown(path)} has no frames, or too many.", _REMEDY)
    pose = np.stack([_vector(path, frame, "pose", 15) for frame in frames])
    rows = [_vector(path, frame, "expression", None) for frame in frames]
    if len({len(row) for row in rows}) != 1:
        raise UnreadableFile(f"The frames of {shown(path)} differ in length.", _REMEDY)
    fields = {
        "expression": np.stack(rows),
        "global_orient": pose[:, :3],
        "neck_pose": pose[:, 3:6],
        "jaw_pose": pose[:, 6:9],
        "leye_pose": pose[:, 9:12],
        "reye_pose": pose[:, 12:15],
    }
    cameras = np.stack([_matrix(path, frame, "world_mat", (3, 4)) for frame in frames])
    place = cameras[:, :, 3] / _IMAVATAR_SCALE  # already x right, y up
    fields["transl"] = place - place[0]
    turns = [Rotation.from_matrix(_orthonormal(path, camera[:, :3])) for camera in cameras]
    roots = Rotation.from_rotvec(fields["global_orient"])
    fields["global_orient"] = (Rotation.concatenate(turns) * roots).as_rotvec()
    return flame_motion(fields)


def _metrical(folder: Path) -> Motion:
    """One ``.frame`` per frame: a zip of a pickle, which is read by the closed unpickler."""
    paths = _numbered(folder.glob("*.frame"), folder)
    frames = [_frame(path) for path in paths]
    fields = {"expression": _stacked(paths, [_flame(f) for f in frames], "exp", None)}
    for kind, width in (("jaw", 6), ("eyes", 12), ("eyelids", 2)):
        if all(kind in _flame(frame) for frame in frames):
            _store(fields, kind, _stacked(paths, [_flame(f) for f in frames], kind, width))
    lenses = [frame.get("opencv") for frame in frames]
    if all(isinstance(lens, dict) and {"R", "t"} <= set(lens) for lens in lenses):
        to_camera = np.tile(np.eye(4), (len(frames), 1, 1))
        turns = _stacked(paths, lenses, "R", 9)
        to_camera[:, :3, :3] = turns.reshape(-1, 3, 3)
        to_camera[:, :3, 3] = _stacked(paths, lenses, "t", 3)
        fields |= _poses(to_camera)
    if len({len(values) for values in fields.values()}) != 1:
        raise UnreadableFile(f"The frames in {shown(folder)} do not belong together.", _REMEDY)
    return flame_motion(fields)


def _frame(path: Path) -> dict[str, Any]:
    with open_input(path) as handle:
        if handle.read(4) != b"PK\x03\x04":
            raise UnreadableFile(
                f"{shown(path)} is no frame of the tracker, or of a very old PyTorch.", _REMEDY
            )
        content = _pickle_of(path, handle)
    found = load_pickle(content, path)
    if not isinstance(found, dict) or not isinstance(found.get("flame"), dict):
        raise UnreadableFile(f"{shown(path)} is no frame of the tracker.", _REMEDY)
    return found


def _pickle_of(path: Path, handle: BinaryIO) -> bytes:
    """The pickle in a file that PyTorch wrote, which is a zip in a dialect of its own."""
    try:
        if handle.seek(0, io.SEEK_END) > _LARGEST_FRAME:
            raise UnreadableFile(f"{shown(path)} is too large for one frame.", _REMEDY)
        with zipfile.ZipFile(handle) as archive:
            for member in archive.infolist():
                if member.filename.endswith("data.pkl") and member.file_size <= _LARGEST_FRAME:
                    with archive.open(member) as stream:
                        return stream.read(_LARGEST_FRAME)
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, OverflowError, KeyError),
        *(NotImplementedError, RuntimeError, OSError, ValueError, MemoryError),
    ) as error:
        raise UnreadableFile(f"{shown(path)} is damaged or incomplete.", _REMEDY) from error
    raise UnreadableFile(f"{shown(path)} is no frame of the tracker.", _REMEDY)


def _flame(frame: dict[str, Any]) -> dict[str, Any]:
    flame: dict[str, Any] = frame["flame"]
    return flame


def _stacked(paths: Sequence[Path], records: Sequence[Any], name: str, width: int | None) -> Array:
    rows = []
    for path, record in zip(paths, records, strict=True):
        values = record.get(name)
        if not isinstance(values, np.ndarray) or values.size > 10_000:
            raise UnreadableFile(f"'{name}' is missing in {shown(path)}.", _REMEDY)
        rows.append(checked(path, values.reshape(1, -1), name, width))
    if len({row.shape[1] for row in rows}) != 1:
        raise UnreadableFile(f"'{name}' differs in length from frame to frame.", _REMEDY)
    return np.concatenate(rows)


def _store(fields: dict[str, Array], kind: str, values: Array) -> None:
    """Six numbers of a rotation (its first two rows) as axis-angle, eyes left first."""
    if kind == "jaw":
        fields["jaw_pose"] = _from_rows(values)
    elif kind == "eyes":
        fields["leye_pose"], fields["reye_pose"] = (
            _from_rows(values[:, :6]),
            _from_rows(values[:, 6:]),
        )
    else:
        fields["eyelids"] = values


def _from_rows(values: Array) -> Array:
    first, second = values[:, :3], values[:, 3:]
    first = first / np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-8)
    second = second - (first * second).sum(axis=1, keepdims=True) * first
    second = second / np.maximum(np.linalg.norm(second, axis=1, keepdims=True), 1e-8)
    matrices = np.stack([first, second, np.cross(first, second)], axis=1)
    flat = np.linalg.norm(np.cross(first, second), axis=1) < 0.5  # no rotation at all
    matrices[flat] = np.eye(3)
    vectors: Array = Rotation.from_matrix(matrices).as_rotvec()
    return vectors


def _poses(to_camera: Array) -> dict[str, Array]:
    """Turn and place of the head before a camera at rest, from world-to-camera matrices."""
    turns = _FLIP @ to_camera[:, :3, :3]
    if not np.isfinite(turns).all() or (np.abs(np.linalg.det(turns)) < 1e-3).any():
        return {}
    place = to_camera[:, :3, 3] @ _FLIP
    return {
        "global_orient": Rotation.from_matrix(turns).as_rotvec(),
        "transl": place - place[0],
    }


def _orthonormal(path: Path, matrix: Array) -> Array:
    if abs(abs(np.linalg.det(matrix)) - 1) > 0.2:
        raise UnreadableFile(f"'world_mat' in {shown(path)} is no camera.", _REMEDY)
    left, _, right = np.linalg.svd(matrix)
    turn: Array = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return turn


def _numbered(paths: Any, folder: Path) -> list[Path]:
    found = [path for path in paths if re.fullmatch(r"\d{1,9}", path.stem)]
    if not found:
        raise UnreadableFile(f"{shown(folder)} holds no tracked frames.", _REMEDY)
    if len(found) > MOST_FRAMES:
        raise UnreadableFile(f"{shown(folder)} holds more than {MOST_FRAMES} frames.", "Split it.")
    return sorted(found, key=_number)


def _number(path: Path) -> int:
    return int(path.stem)


def _texts(paths: Sequence[Path], width: int | None) -> Array:
    rows = []
    for path in paths:
        with open_input(path) as handle:
            words = handle.read(1 << 16).split()
        try:
            values = np.array([float(word) for word in words[:1000]])
        except ValueError as error:
            raise UnreadableFile(f"{shown(path)} holds no numbers.", _REMEDY) from error
        rows.append(checked(path, values[None], path.parent.name, width))
    if len({row.shape[1] for row in rows}) != 1:
        raise UnreadableFile(f"{shown(paths[0].parent)} holds files of several lengths.", _REMEDY)
    return np.concatenate(rows)


def _json(path: Path) -> Any:
    with open_input(path) as handle:
        content = handle.read(_LARGEST_TEXT + 1)
    if len(content) > _LARGEST_TEXT:
        raise UnreadableFile(f"{shown(path)} is larger than {_LARGEST_TEXT >> 20} MB.", _REMEDY)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{shown(path)} is not complete JSON.", _REMEDY) from error


def _list(path: Path, document: Any, name: str) -> list[dict[str, Any]]:
    rows = document.get(name) if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnreadableFile(f"'{name}' is missing in {shown(path)}.", _REMEDY)
    return rows


def _vector(path: Path, frame: dict[str, Any], name: str, width: int | None) -> Array:
    values = frame.get(name)
    plain = isinstance(values, list) and all(
        isinstance(v, int | float) and math.isfinite(v) for v in values
    )
    if not plain or not isinstance(values, list) or not values:
        raise UnreadableFile(f"'{name}' in {shown(path)} holds no numbers.", _REMEDY)
    row: Array = checked(path, np.array(values, np.float64)[None], name, width)[0]
    return row


def _matrix(path: Path, frame: dict[str, Any], name: str, shape: tuple[int, int]) -> Array:
    values = frame.get(name)
    rows = values[: shape[0]] if isinstance(values, list) else []
    flat = [number for row in rows if isinstance(row, list) for number in row]
    return _vector(path, {name: flat}, name, shape[0] * shape[1]).reshape(shape)
