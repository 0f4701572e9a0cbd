"""What a head read from a stranger's file must satisfy before anything is done with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]

MAX_VERTICES = 400_000
REMEDY = "Use the file as its makers publish it."


def need(arrays: Mapping[str, Any], names: tuple[str, ...], path: Path) -> None:
    """Nothing, if all names are there.

    Raises:
        UnreadableFile: some are missing.
    """
    missing = [name for name in names if name not in arrays]
    if missing:
        raise UnreadableFile(f"{path} has no {' and no '.join(missing)}.", REMEDY)


def check_shape(name: str, array: NDArray[Any], shape: tuple[int | None, ...], path: Path) -> None:
    """Nothing, if the array has this shape; None stands for any length.

    Raises:
        UnreadableFile: it does not, or it holds no numbers.
    """
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise UnreadableFile(f"'{name}' in {path} is {list(array.shape)}, not [{wanted}].", REMEDY)
    if array.dtype.kind not in "fiub":
        raise UnreadableFile(f"'{name}' in {path} holds no numbers.", REMEDY)


def check_finite(name: str, array: Floats, path: Path, *, largest: float = 1e3) -> None:
    """Nothing, if every number is finite and none is absurdly large.

    Raises:
        UnreadableFile: NaN, infinity, or a magnitude above ``largest``.
    """
    if array.size and not bool(np.isfinite(array).all()):
        raise UnreadableFile(f"'{name}' in {path} holds values that are not numbers (NaN).", REMEDY)
    if array.size and float(np.abs(array).max()) > largest:
        raise UnreadableFile(f"'{name}' in {path} holds values above {largest:g}.", REMEDY)


def check_sums(name: str, array: Floats, path: Path) -> None:
    """Nothing, if every row sums to 1 within 1e-3.

    Raises:
        UnreadableFile: some row does not.
    """
    if array.size and float(np.abs(array.sum(axis=-1) - 1).max()) > 1e-3:
        raise UnreadableFile(f"The rows of '{name}' in {path} do not sum to 1.", REMEDY)


def check_indices(name: str, array: Integers, count: int, path: Path) -> None:
    """Nothing, if all indices lie in 0..count-1.

    Raises:
        UnreadableFile: some do not.
    """
    if array.size and (int(array.min()) < 0 or int(array.max()) >= count):
        raise UnreadableFile(f"'{name}' in {path} points at things that do not exist.", REMEDY)


def check_manifold(faces: Integers, count: int, path: Path) -> None:
    """Nothing, if the triangles form an oriented surface: each directed edge is used once.

    Raises:
        UnreadableFile: an index out of range, a triangle with a repeated corner, or an edge that
            more than two triangles share or two share in the same direction.
    """
    check_indices("faces", faces, count, path)
    if not faces.size:
        raise UnreadableFile(f"{path} has no faces.", REMEDY)
    a, b, c = faces.astype(np.int64).T
    repeated = int(((a == b) | (b == c) | (c == a)).sum())
    if repeated:
        raise UnreadableFile(f"{repeated} faces of {path} have a repeated corner.", REMEDY)
    starts, ends = np.concatenate([a, b, c]), np.concatenate([b, c, a])
    _, uses = np.unique(starts * count + ends, return_counts=True)
    wrong = int((uses > 1).sum())
    if wrong:
        raise UnreadableFile(
            f"{path} is not a clean surface: {wrong} edges are shared by too many faces, or by "
            "faces that look to opposite sides.",
            REMEDY,
        )
