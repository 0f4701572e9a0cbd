"""Files on disk: open one that may be anything, replace one as a whole. No torch, no numpy."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from renderer.errors import UnreadableFile, UserError

_LONGEST_SHOWN = 300  # characters of a name in a message
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)


def printable(text: str) -> str:
    """Text on one line, safe for a terminal: odd characters escaped, the middle cut if long."""
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    if len(safe) <= _LONGEST_SHOWN:
        return safe
    half = _LONGEST_SHOWN // 2
    return f"{safe[:half]}...{safe[-half:]}"


def shown(path: Path) -> str:
    """Name of a file as messages write it."""
    return printable(str(path))


def open_input(path: Path) -> BinaryIO:
    """Open file for reading bytes; never waits, whatever the name leads to.

    Raises:
        UnreadableFile: missing, empty, a folder, a pipe or device, a link to itself, or not ours
            to read.
    """
    try:
        # Asked before opening: to open a device can already make it do something.
        _refuse_unless_regular(path, os.stat(path))
        # Without O_NONBLOCK a pipe that took the file's place meanwhile would wait for a writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.fdopen(os.open(path, flags), "rb")
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise _unreadable(path, error) from error
    try:
        _refuse_unless_regular(path, os.fstat(handle.fileno()))
    except BaseException:
        handle.close()
        raise
    return handle


def _refuse_unless_regular(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UnreadableFile(f"{shown(path)} is a folder.", "Name a file inside it.")
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFile(
            f"{shown(path)} is a pipe or a device, not an ordinary file.",
            "Save its data to a file and name that one.",
        )
    if found.st_size == 0:
        raise UnreadableFile(f"{shown(path)} is empty.", "Copy or export the file again.")


def _unreadable(path: Path, error: OSError | ValueError) -> UnreadableFile:
    name, code = shown(path), getattr(error, "errno", None)
    if code == errno.ELOOP:
        return UnreadableFile(
            f"{name} is a symbolic link that leads back to itself.", "Name the file itself instead."
        )
    if code in _NOT_OURS:
        return UnreadableFile(
            f"{name} may not be read by this user.",
            "Change its permissions, or copy it to a folder of your own.",
        )
    if code == errno.ENOENT and path.is_symlink():
        return UnreadableFile(
            f"{name} is a symbolic link to a file that does not exist.",
            "Name the file itself instead.",
        )
    if code in (errno.ENOENT, errno.ENOTDIR):
        return UnreadableFile(f"{name} does not exist.", "Check the name and the folder.")
    reason = getattr(error, "strerror", None) or str(error)
    return UnreadableFile(
        f"{name} cannot be opened ({reason}).", "Check the name, or copy the file elsewhere."
    )


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        UserError: a file is in the way, or the place is not ours to write.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {shown(path)} cannot be made ({error.strerror or error}).",
            "Choose another folder or change its permissions.",
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """New file, open for writing bytes, that takes the name `path` only if the block succeeds.

    It is written beside the target, flushed to the disk and renamed over it, so that at every
    moment the name holds the old content or the new one; after a failure nothing new is left.

    Raises:
        UserError: no room, no such folder, not ours to write, or the name is no ordinary file.
    """
    beside = path.parent / f".{path.name[:40]}.{secrets.token_hex(6)}.part"
    try:
        if path.exists() and not path.is_file():
            # A rename would put a file in the place of /dev/null just as well.
            raise UserError(
                f"{shown(path)} is not an ordinary file and cannot be replaced.",
                "Choose another name for the output.",
            )
        try:
            # "x" and the default mode: the permissions any new file of this user would get.
            with open(beside, "xb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(beside, path)
        finally:
            if beside.exists():
                beside.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> UserError:
    name, folder = shown(path), shown(path.parent)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"There is no room left to write {name}.", "Free some space or choose another disk."
        )
    if error.errno in _NOT_OURS:
        return UserError(
            f"{name} cannot be written: the folder {folder} is not writable for this user.",
            "Choose another folder or change its permissions.",
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return UserError(
            f"{name} cannot be written: the folder {folder} does not exist.",
            "Create the folder first or choose another one.",
        )
    return UserError(
        f"{name} cannot be written ({error.strerror or error}).",
        "Choose another name or folder for the output.",
    )
