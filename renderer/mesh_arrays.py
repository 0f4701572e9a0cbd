"""What callers hand to the mesh functions, checked and turned into numpy arrays."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

ArrayLike: TypeAlias = Tensor | NDArray[Any]
Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int32]


def as_rows(name: str, values: ArrayLike, columns: int) -> Floats:
    """[rows, columns] float32; ValueError if the shape is another."""
    array = _as_numpy(values)
    if array.ndim != 2 or array.shape[1] != columns:
        raise ValueError(f"{name} must be [rows, {columns}], not {list(array.shape)}")
    return _compact(array, np.float32)


def as_faces(name: str, faces: ArrayLike, vertex_count: int) -> Ints:
    """[F, 3] int32; ValueError if not whole numbers or an index is not below ``vertex_count``."""
    array = _as_numpy(faces)
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(f"{name} must be [F, 3], not {list(array.shape)}")
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold whole numbers, not {array.dtype}")
    if array.size and (int(array.min()) < 0 or int(array.max()) >= vertex_count):
        raise ValueError(
            f"{name} must point at 0..{vertex_count - 1}, not {array.min()}..{array.max()}"
        )
    return _compact(array, np.int32)


def as_colours(name: str, colours: ArrayLike | None, rows: int) -> Floats:
    """[rows, 3] float32 in 0..1 from [rows, 3] or one colour [3], uint8 or float; None is grey."""
    if colours is None:
        return np.full((rows, 3), 0.8, np.float32)
    array = _as_numpy(colours)
    if array.shape not in ((rows, 3), (3,)):
        raise ValueError(f"{name} must be [{rows}, 3] or [3], not {list(array.shape)}")
    values = array.astype(np.float32)
    if array.dtype == np.uint8:
        values /= 255.0
    return _compact(np.broadcast_to(values, (rows, 3)), np.float32)


def as_texture(texture: ArrayLike) -> NDArray[Any]:
    """[R, R, 3|4] uint8 or float32, as it came; ValueError if the shape is another."""
    array = _as_numpy(texture)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise ValueError(f"texture must be [R, R, 3] or [R, R, 4], not {list(array.shape)}")
    return _compact(array, np.uint8 if array.dtype == np.uint8 else np.float32)


def _as_numpy(values: ArrayLike) -> NDArray[Any]:
    if isinstance(values, Tensor):
        return np.asarray(values.detach().cpu().numpy())
    return np.asarray(values)


def _compact(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """The array as the kernels want it: contiguous and writable.

    Numba compiles a kernel anew, which takes seconds, for every mixture of read-only and writable
    arguments; a copy of the read-only ones takes microseconds.
    """
    compact = np.ascontiguousarray(array, dtype)
    return compact if compact.flags.writeable else compact.copy()
