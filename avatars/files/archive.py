"""Zip archives of strangers: judged by their table of contents before anything is unpacked.

Written ones are a function of their content alone: fixed times, order and attributes.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from avatars.errors import UnreadableFile
from avatars.npz import Arrays, HoldsObjects, npy_array
from renderer.disk import shown

MAX_FILE = 1 << 30
"""Largest file that is opened, bytes."""

MAX_UNPACKED = 1 << 29
"""Largest sum of unpacked members, bytes."""

_MAX_MEMBERS = 4096
_MAX_DIRECTORY = 1 << 20
_MAX_RATIO = 200  # of unpacked to packed, once the sum is more than a few maps
_RATIO_FROM = 64 << 20
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_DEFLATED_BELOW = 1 << 16  # bytes; above, members are packed in themselves (npz, png)
_REMEDY = "Copy the file again; if that does not help, open an older copy of it."
_FAILURES = (
    *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, OverflowError),
    *(NotImplementedError, RuntimeError, OSError, ValueError, MemoryError, KeyError),
)


class Hostile(ValueError):
    """An archive that no program of ours wrote; the text says why."""


class Archive:
    """An open archive whose table of contents was found in order.

    Attributes:
        names: of all members.
    """

    def __init__(self, opened: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> None:
        self._opened = opened
        self._members = members
        self.names = tuple(members)

    def read(self, name: str) -> bytes:
        """A member's bytes, exactly as many as announced.

        Raises:
            KeyError: there is no such member.
            Hostile: it has another length than announced, or its checksum is wrong (as
                ``zipfile.BadZipFile``).
        """
        member = self._members[name]
        with self._opened.open(member) as stream:
            content = stream.read(member.file_size + 1)
        if len(content) != member.file_size:
            raise Hostile(f"'{name}' is not as long as it says")
        return content


@contextmanager
def opened_archive(path: Path, handle: BinaryIO) -> Iterator[Archive]:
    """The archive of an open file; whatever goes wrong inside the block is told as one error.

    Raises:
        UnreadableFile: no zip, incomplete, damaged, hostile or too large.
    """
    try:
        with _judged(handle) as archive:
            yield archive
    except Hostile as reason:
        raise UnreadableFile(f"{shown(path)} is not a usable file: {reason}.", _REMEDY) from reason
    except HoldsObjects as reason:
        raise UnreadableFile(
            f"'{reason}' in {shown(path)} holds Python objects, which are never opened.", _REMEDY
        ) from None
    except RecursionError as error:
        raise UnreadableFile(f"{shown(path)} is nested too deeply.", _REMEDY) from error
    except _FAILURES as error:
        raise UnreadableFile(f"{shown(path)} is damaged or incomplete.", _REMEDY) from error


def read_arrays(content: bytes, *, limit: int = MAX_UNPACKED) -> Arrays:
    """The arrays of a .npz in memory by name: plain numbers only, sizes checked first.

    Raises:
        Hostile: the archive is not in order.
        HoldsObjects: an array of Python objects.
        ValueError: an array is not what its header says; and what ``zipfile`` raises.
    """
    with _judged(io.BytesIO(content), limit) as archive:
        return {
            name.removesuffix(".npy"): _array(archive.read(name), name)
            for name in archive.names
            if name.endswith(".npy")
        }


def judge(content: bytes, *, limit: int = MAX_UNPACKED) -> None:
    """Nothing, if a zip in memory is in order.

    Raises:
        Hostile: it is not; and what ``zipfile`` raises.
    """
    with _judged(io.BytesIO(content), limit):
        pass


def write_archive(handle: BinaryIO, members: Mapping[str, bytes]) -> None:
    """Write a zip of members in the given order, the same bytes for the same content."""
    with zipfile.ZipFile(handle, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # else it names the system that wrote it
            entry.external_attr = 0o644 << 16
            small = len(content) < _DEFLATED_BELOW
            entry.compress_type = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
            archive.writestr(entry, content)


def packed_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """A .npz of arrays in the given order, the same bytes for the same content."""
    stream = io.BytesIO()
    save: Callable[..., None] = np.lib.format.write_array
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _TIME)
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            plain = io.BytesIO()
            save(plain, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(entry, plain.getvalue(), compresslevel=6)
    return stream.getvalue()


def _array(content: bytes, name: str) -> NDArray[np.generic]:
    return npy_array(io.BytesIO(content), len(content), name)


@contextmanager
def _judged(handle: BinaryIO, limit: int = MAX_UNPACKED) -> Iterator[Archive]:
    size = handle.seek(0, io.SEEK_END)
    if size > MAX_FILE:
        raise Hostile(f"it is larger than {MAX_FILE >> 20} MB")
    _judge_directory(handle, size)
    handle.seek(0)
    with zipfile.ZipFile(handle) as opened:
        members: dict[str, zipfile.ZipInfo] = {}
        for member in opened.infolist():
            _judge_member(member)
            if member.filename in members:
                raise Hostile("a member occurs twice")
            members[member.filename] = member
        unpacked = sum(member.file_size for member in members.values())
        if len(members) > _MAX_MEMBERS or unpacked > limit:
            raise Hostile(f"it unpacks to more than {limit >> 20} MB")
        if sum(member.compress_size for member in members.values()) > size:
            raise Hostile("its members lie over each other")
        if unpacked > max(_RATIO_FROM, _MAX_RATIO * size):
            raise Hostile("it unpacks to far more than its own size")
        yield Archive(opened, members)


def _judge_directory(handle: BinaryIO, size: int) -> None:
    """Refuse a table of contents that would fill the memory before a member is looked at."""
    handle.seek(max(0, size - (1 << 16) - 22 - 20))
    tail = handle.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("no end of a zip")
    (directory,) = struct.unpack_from("<L", tail, end + 12)
    # A zip of more than 4 GB or 65,535 members has a second, larger table; ours never do.
    if directory > _MAX_DIRECTORY or tail[max(0, end - 20) : end][:4] == b"PK\x06\x07":
        raise Hostile("it has too many members")


def _judge_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = name.split("/")
    odd = any(ord(letter) < 32 or letter in '\\:*?"<>|' for letter in name)
    if odd or len(name) > 200 or any(part in ("", ".", "..") for part in parts):
        raise Hostile("a member has a name that leads elsewhere")
    if member.flag_bits & 0x1:
        raise Hostile("it is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Hostile("it is packed in an unusual way")
