"""The `head` commands: import, list, use and get, as text for a terminal or JSON."""

import json
import os
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import IO

from app.paths import asset
from avatars.errors import HeadMismatch, MissingWeights
from avatars.head.importing import ImportedHead, completed, read_head
from avatars.head.library import DEFAULT, Library
from avatars.head.model import HeadModel

ICT = "ict-facekit"

_ICT_URLS = (
    "https://github.com/ICT-VGL/ICT-FaceKit/archive/da5f95a.zip",
    "https://github.com/ICT-VGL/ICT-FaceKit/archive/refs/heads/master.zip",
)
_MAX_DOWNLOAD = 600 << 20
_MAX_MEMBER = 64 << 20
_BLOCK = 1 << 20

Report = Callable[[str], None]


def library(home: Path) -> Library:
    """The user's heads in the folder ``home``, with the built-in one."""
    return Library(home, asset("heads/default.npz"))


def import_head(path: Path, name: str | None, force: bool, home: Path) -> str:
    """Check a head file or folder, store it, and say what was found and what is missing.

    Args:
        path: a FLAME file or folder, an ICT-FaceKit folder, or a head file of this program.
        name: what to call it; the file's or folder's stem by default.
        force: replace a head of the same name.
        home: the folder of stored heads.

    Raises:
        UnreadableFile: nothing usable there.
        NameTaken: a head of that name is stored and ``force`` is not set.
        HeadMismatch: the name cannot be used.
    """
    heads = library(home)
    resolved = Path(os.path.realpath(path.expanduser()))  # resolve() fails on a circle of links
    called = name or (resolved.name if resolved.is_dir() else resolved.stem)
    heads.path(called)  # a bad name is said before anything is read
    imported = read_head(path.expanduser(), called)
    heads.check_free(called, imported.head.version, force=force)
    imported = completed(imported, _reference(heads))
    stored = heads.store(imported.head, force=force)
    return _told(imported, stored)


def list_heads(home: Path, *, as_json: bool = False) -> str:
    """All heads with their sizes; the one in use carries a star.

    Args:
        home: the folder of stored heads.
        as_json: one JSON document instead of a table.
    """
    heads = library(home).heads()
    if as_json:
        rows = [{**asdict(head), "path": str(head.path)} for head in heads]
        return json.dumps({"heads": rows}, indent=2)
    width = max((len(head.name) for head in heads), default=0)
    return "\n".join(
        f"{'*' if head.in_use else ' '} {head.name:<{width}}  {head.vertices} vertices, "
        f"{head.faces} faces, {head.betas} betas, {head.expressions} expressions"
        + (f"  ({head.version})" if head.version else "")
        for head in heads
    )


def use_head(name: str, home: Path) -> str:
    """Make new avatars on the head of this name from now on.

    Raises:
        HeadMismatch: no such head.
        UnreadableFile: its file is broken.
    """
    heads = library(home)
    head = heads.load(name)  # a head that cannot be loaded is not put into use
    heads.use(name)
    version = f" ({head.version})" if head.version else ""
    return f"New avatars use the head '{name}'{version}; avatars made before keep theirs."


def get_head(name: str, home: Path, *, force: bool = False, report: Report | None = None) -> str:
    """Download a head that may be passed on, store it, and show its licence.

    Args:
        name: only ``ict-facekit`` so far.
        home: the folder of stored heads.
        force: replace a head of the same name.
        report: told about progress, one line each; stderr by default.

    Raises:
        HeadMismatch: a name that cannot be downloaded.
        NameTaken: it is stored already and ``force`` is not set.
        MissingWeights: the download failed.
        UnreadableFile: what came is not the model.
    """
    if name != ICT:
        raise HeadMismatch(
            f"'{name}' cannot be downloaded.",
            f"Only '{ICT}' can; get FLAME from flame.is.tue.mpg.de and use `head import`.",
        )
    heads = library(home)
    heads.check_free(ICT, force=force)
    tell = report or _to_stderr
    with tempfile.TemporaryDirectory(prefix="avatar-gui-") as folder:
        archive = Path(folder) / "ict.zip"
        _download(archive, tell)
        tell("Reading the model")
        licence = _unpack(archive, Path(folder) / "ICT-FaceKit")
        imported = read_head(Path(folder) / "ICT-FaceKit", ICT)
        imported = completed(imported, _reference(heads))
        stored = heads.store(imported.head, force=force)
    return f"{_told(imported, stored)}\n\n{licence.strip()}"


def _reference(heads: Library) -> HeadModel | None:
    return heads.load(DEFAULT) if heads.builtin.is_file() else None


def _told(imported: ImportedHead, stored: Path) -> str:
    head = imported.head
    lines = [
        f"Stored '{head.name}' ({head.version or 'head'}): {head.vertex_count} vertices, "
        f"{head.face_count} faces, {head.shape_count} betas, {head.expression_count} expressions",
        *(f"found: {line}" for line in imported.found),
        *(f"derived: {line}" for line in imported.derived),
        *(f"missing: {line}" for line in imported.missing),
    ]
    if head.licence:
        lines.append(f"licence: {head.licence}")
    lines.append(f"file: {stored}")
    return "\n".join(lines)


def _download(target: Path, tell: Report) -> None:
    reason = ""
    for url in _ICT_URLS:
        tell(f"Downloading {url}")
        try:
            with urllib.request.urlopen(url, timeout=30) as answer, target.open("wb") as file:
                _copy(answer, file, tell)
        except (OSError, ValueError) as error:  # URLError and timeouts are OSErrors
            reason = str(getattr(error, "reason", error))
            continue
        return
    raise MissingWeights(
        f"ICT-FaceKit could not be downloaded ({reason}).",
        "Download github.com/ICT-VGL/ICT-FaceKit elsewhere, then `avatar-gui head import FOLDER`.",
    )


def _copy(answer: IO[bytes], file: IO[bytes], tell: Report) -> None:
    done = 0
    while block := answer.read(_BLOCK):
        done += len(block)
        if done > _MAX_DOWNLOAD:
            raise ValueError("it is larger than expected")
        file.write(block)
        if done // (50 * _BLOCK) != (done - len(block)) // (50 * _BLOCK):
            tell(f"{done // _BLOCK} MB")


def _unpack(archive: Path, folder: Path) -> str:
    """Put the model's own files, and no others, into a folder; the text of the licence."""
    folder.mkdir()
    licence = "MIT licence (its text was not in the archive)"
    try:
        with zipfile.ZipFile(archive) as zipped:
            for member in zipped.infolist():
                path = PurePosixPath(member.filename)
                if member.is_dir() or member.file_size > _MAX_MEMBER:
                    continue
                if path.name == "LICENSE" and len(path.parts) == 2:
                    licence = zipped.read(member).decode("utf-8", "replace")
                if path.parent.name == "FaceXModel" and path.suffix in (".obj", ".json"):
                    # Only the bare name is used, so an archive cannot write elsewhere.
                    (folder / path.name).write_bytes(zipped.read(member))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise MissingWeights(
            "What was downloaded for ICT-FaceKit is not a complete archive.", "Try again later."
        ) from error
    return licence


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
