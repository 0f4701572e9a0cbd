"""Wavefront .obj meshes as arrays: positions, texture coordinates and polygons, nothing else."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile

MAX_BYTES = 64 << 20
_REMEDY = "Use the .obj as its makers publish it."


@dataclass(frozen=True, eq=False)
class Mesh:
    """What an .obj holds.

    Attributes:
        vertices: [V, 3] in the file's unit.
        uvs: [U, 2] texture coordinates; U = 0 where there are none.
        faces: [F, 3] triangles; polygons are cut into fans from their first corner.
        uv_faces: [F, 3] indices into ``uvs``; empty [0, 3] where there are none.
    """

    vertices: NDArray[np.float64]
    uvs: NDArray[np.float64]
    faces: NDArray[np.int64]
    uv_faces: NDArray[np.int64]


def read_obj(path: Path) -> Mesh:
    """The mesh of an .obj file.

    Raises:
        UnreadableFile: missing, larger than 64 MB, malformed, or indices that do not exist.
    """
    lines = _lines(path)
    vertices = _numbers(lines, b"v ", 3, path)
    uvs = _numbers(lines, b"vt ", 2, path)
    corners, uv_corners = [], []
    for line in lines:
        if line.startswith(b"f "):
            polygon = [corner.split(b"/") for corner in line.split()[1:]]
            corners.append([_index(corner, 0, path) for corner in polygon])
            if len(uvs):
                uv_corners.append([_index(corner, 1, path) for corner in polygon])
    return Mesh(
        vertices,
        uvs,
        _triangles(corners, len(vertices), path),
        _triangles(uv_corners, len(uvs), path) if len(uvs) else np.zeros((0, 3), np.int64),
    )


def read_obj_vertices(path: Path) -> NDArray[np.float64]:
    """Only the vertices [V, 3] of an .obj file, in its unit.

    Raises:
        UnreadableFile: missing, larger than 64 MB or malformed.
    """
    return _numbers(_lines(path), b"v ", 3, path)


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(f"{path} is larger than {MAX_BYTES >> 20} MB.", _REMEDY)
        return path.read_bytes().splitlines()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.", _REMEDY) from error


def _numbers(lines: list[bytes], start: bytes, width: int, path: Path) -> NDArray[np.float64]:
    rows = [line[len(start) :] for line in lines if line.startswith(start)]
    if not rows:
        return np.zeros((0, width))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            flat = np.fromstring(b" ".join(rows).decode("ascii"), dtype=np.float64, sep=" ")
    except (ValueError, DeprecationWarning, UnicodeError) as error:
        raise UnreadableFile(f"{path} holds something else than numbers.", _REMEDY) from error
    columns = len(flat) // len(rows)
    if columns * len(rows) != len(flat) or columns < width:
        raise UnreadableFile(f"{path} has incomplete lines.", _REMEDY)
    result: NDArray[Any] = flat.reshape(len(rows), columns)[:, :width]
    if not bool(np.isfinite(result).all()):
        raise UnreadableFile(f"{path} holds values that are not numbers (NaN).", _REMEDY)
    return np.ascontiguousarray(result, np.float64)


def _index(corner: list[bytes], part: int, path: Path) -> int:
    try:
        return int(corner[part]) - 1
    except (ValueError, IndexError) as error:
        raise UnreadableFile(f"{path} has a face that cannot be read.", _REMEDY) from error


def _triangles(polygons: list[list[int]], count: int, path: Path) -> NDArray[np.int64]:
    triangles = [
        (polygon[0], polygon[i], polygon[i + 1])
        for polygon in polygons
        for i in range(1, len(polygon) - 1)
    ]
    faces = np.array(triangles, np.int64).reshape(-1, 3)
    if faces.size and (faces.min() < 0 or faces.max() >= count):
        raise UnreadableFile(f"{path} has faces whose corners do not exist.", _REMEDY)
    return faces
