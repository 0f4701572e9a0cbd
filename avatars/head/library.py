"""The heads a user has stored: a folder of head files, and a note which one is in use."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from avatars.errors import HeadMismatch, UnreadableFile, UserError
from avatars.head.head_file import read_head_file, write_head_file
from avatars.head.model import HeadModel
from avatars.npz import atomic_write, npz_shapes, read_npz

DEFAULT = "default"
"""Name of the built-in head."""

_IN_USE = "in-use.txt"


@dataclass(frozen=True)
class StoredHead:
    """What a list of heads shows, read without loading the heads.

    Attributes:
        name: the head's name.
        path: its file.
        version: the release it comes from.
        fingerprint_source: digest of the file it was imported from, empty for a folder.
        vertices: V.
        faces: F.
        betas: S.
        expressions: E.
        in_use: whether new avatars are made on it.
    """

    name: str
    path: Path
    version: str
    fingerprint_source: str
    vertices: int
    faces: int
    betas: int
    expressions: int
    in_use: bool = False


class NameTaken(UserError):
    """A head of this name is stored already."""


@dataclass(frozen=True)
class Library:
    """A folder of heads and the built-in one; nothing is read before it is asked for.

    Attributes:
        folder: where imported heads are kept; made at the first import.
        builtin: file of the built-in head.
    """

    folder: Path
    builtin: Path

    def path(self, name: str) -> Path:
        """Where the head of this name is, or would be.

        Raises:
            HeadMismatch: the name cannot be a file's name.
        """
        if name == DEFAULT:
            return self.builtin
        if not re.fullmatch(r"[A-Za-z0-9][\w .+-]{0,63}", name, re.ASCII) or name.endswith("."):
            raise HeadMismatch(
                f"A head cannot be called '{name[:64]}'.",
                "Use letters, digits, spaces, dots, dashes and underscores, 64 at most.",
            )
        return self.folder / f"{name}.npz"

    def names(self) -> list[str]:
        """The built-in head's name, then those of the stored ones in order."""
        stored = sorted(p.stem for p in self.folder.glob("*.npz")) if self.folder.is_dir() else []
        return [DEFAULT, *(name for name in stored if name != DEFAULT)]

    def load(self, name: str) -> HeadModel:
        """A stored head, checked.

        Raises:
            HeadMismatch: no such head.
            UnreadableFile: its file is broken.
        """
        return read_head_file(self._existing(name))

    def load_in_use(self) -> HeadModel:
        """The head in use, checked.

        Raises:
            UnreadableFile: its file is broken.
        """
        return self.load(self.in_use())

    def store(self, head: HeadModel, *, force: bool = False) -> Path:
        """Write a head under its own name and return its file; all of it or nothing.

        Raises:
            NameTaken: a head of that name is there and ``force`` is not set.
            HeadMismatch: the name is the built-in head's, or cannot be a file's name.
        """
        self.check_free(head.name, head.version, force=force)
        path = self.path(head.name)
        write_head_file(path, head)
        return path

    def check_free(self, name: str, version: str = "", *, force: bool = False) -> None:
        """Nothing, if a head of this name and version may be stored.

        Raises:
            NameTaken: a head of that name is there and ``force`` is not set.
            HeadMismatch: the name is the built-in head's, or cannot be a file's name.
        """
        if name == DEFAULT:
            raise HeadMismatch(
                f"The name '{DEFAULT}' belongs to the built-in head.", "Choose another with --name."
            )
        if force or not self.path(name).exists():
            return
        have = _described(self.path(name)).version
        other = f" of another version ({have})" if version and have and have != version else ""
        raise NameTaken(
            f"A head called '{name}'{other} is stored already.",
            "Choose another name with --name, or replace it with --force.",
        )

    def in_use(self) -> str:
        """Name of the head new avatars are made on; the built-in one if that head is gone."""
        try:
            name = (self.folder / _IN_USE).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError):
            return DEFAULT
        return name if name in self.names() else DEFAULT

    def use(self, name: str) -> None:
        """Make new avatars on this head from now on.

        Raises:
            HeadMismatch: no such head.
        """
        self._existing(name)
        content = name.encode()
        atomic_write(self.folder / _IN_USE, lambda stream: stream.write(content))

    def heads(self) -> list[StoredHead]:
        """All heads, the built-in one first; a broken file is left out."""
        used = self.in_use()
        found = []
        for name in self.names():
            try:
                found.append(_described(self.path(name), name, in_use=name == used))
            except UserError:
                continue
        return found

    def _existing(self, name: str) -> Path:
        path = self.path(name)
        if path.is_file():
            return path
        if name == DEFAULT:
            raise UnreadableFile(
                f"The built-in head ({path}) is missing.", "Install avatar-gui again."
            )
        near = difflib.get_close_matches(name, self.names(), n=1)
        have = f"Did you mean '{near[0]}'?" if near else f"Stored: {', '.join(self.names())}."
        raise HeadMismatch(f"There is no head called '{name}'.", have)


def _described(path: Path, name: str = "", *, in_use: bool = False) -> StoredHead:
    shapes = npz_shapes(path)
    texts = read_npz(path, only=("version", "source_sha256"))
    if "v_template" not in shapes or "faces" not in shapes:
        raise UnreadableFile(f"{path} is not a head file of this program.", "Remove it.")
    return StoredHead(
        name=name or path.stem,
        path=path,
        version=str(texts.get("version", "")),
        fingerprint_source=str(texts.get("source_sha256", "")),
        vertices=shapes["v_template"][0],
        faces=shapes["faces"][0],
        betas=shapes.get("shapedirs", (0,))[-1],
        expressions=shapes.get("exprdirs", (0,))[-1],
        in_use=in_use,
    )
