"""Reading and writing .npz archives of strangers: no pickles, no surprises in size, atomic."""

import math
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from renderer.disk import make_folder, replacing

Arrays = dict[str, NDArray[Any]]

# numpy's own parsers of the header; they carry no annotations.
_magic: Callable[[IO[bytes]], tuple[int, int]] = np.lib.format.read_magic
_HEADERS: dict[tuple[int, int], Callable[[IO[bytes]], tuple[tuple[int, ...], bool, Any]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(path: Path, *, limit: int = 1 << 30, only: Collection[str] | None = None) -> Arrays:
    """The arrays of a .npz file by name.

    Only plain numbers, booleans and text are read; a pickle inside is never opened. Every array's
    declared size is compared with what the archive holds before memory is taken.

    Args:
        path: the archive.
        limit: largest sum of unpacked bytes that is accepted.
        only: names to read; all by default.

    Raises:
        UnreadableFile: missing, no archive, too large, truncated, or holding Python objects.
    """
    with _opened(path, limit) as archive:
        return {
            member.filename[:-4]: _read_member(archive, member)
            for member in _members(archive)
            if only is None or member.filename[:-4] in only
        }


def npz_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of every array of a .npz file by name; the arrays are not read.

    Raises:
        UnreadableFile: as ``read_npz``.
    """
    shapes = {}
    with _opened(path, 1 << 40) as archive:
        for member in _members(archive):
            with archive.open(member) as stream:
                shapes[member.filename[:-4]] = npy_header(stream)[0]
    return shapes


@contextmanager
def _opened(path: Path, limit: int) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in _members(archive)) > limit:
                raise UnreadableFile(
                    f"{path} unpacks to more than {limit >> 20} MB.",
                    "Use a file that holds one head, avatar or motion.",
                )
            yield archive
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file {path}.", "Check the path.") from error
    except HoldsObjects as error:
        raise UnreadableFile(
            f"'{error}' in {path} holds Python objects, not plain numbers.",
            "Save it again as plain arrays (a sparse matrix with .toarray()).",
        ) from None
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
        *(OSError, ValueError, MemoryError),
    ) as error:
        raise UnreadableFile(
            f"{path} is not a complete .npz archive.",
            "Check that the file was copied completely, or get it again.",
        ) from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [member for member in archive.infolist() if member.filename.endswith(".npy")]


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        return npy_array(stream, member.file_size, member.filename[:-4])


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as a compressed .npz; the target is replaced only once all is on disk."""
    # The annotation of savez_compressed reserves one keyword for a flag; names here are ours.
    members: dict[str, Any] = dict(arrays)
    atomic_write(path, lambda stream: np.savez_compressed(stream, **members))


def atomic_write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path`` and rename it over ``path``.

    Whatever goes wrong, ``path`` is either the old file or the complete new one.

    Raises:
        UserError: the folder cannot be made or written.
    """
    make_folder(path.parent)
    with replacing(path) as stream:
        write(stream)


def npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, Any]:
    """(shape, Fortran order, dtype) at the start of a .npy stream, which is left at the data.

    Raises:
        ValueError: the stream is no .npy.
    """
    version = _magic(stream)
    if version not in _HEADERS:
        raise ValueError("unknown version of .npy")
    return _HEADERS[version](stream)


def npy_array(stream: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """The array of a .npy stream of ``size`` bytes.

    Raises:
        ValueError: no .npy, or its size disagrees with its header.
        HoldsObjects: it holds Python objects.
    """
    shape, fortran, dtype = npy_header(stream)
    if dtype.hasobject or dtype.kind not in "fiubU":
        raise HoldsObjects(name)
    expected = math.prod(shape) * dtype.itemsize
    # One byte more than announced is asked for, so that a wrong announcement shows either way.
    content = stream.read(expected + 1) if 0 <= expected <= size else b""
    if len(content) != expected:
        raise ValueError("size of an array disagrees with its header")
    flat: NDArray[Any] = np.frombuffer(content, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


class HoldsObjects(Exception):
    """An array of Python objects, which is a pickle; the text is its name."""
