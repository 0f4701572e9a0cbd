"""What a file holds: the `info` command.

The kind is decided by what is inside, never by the name alone. Each kind is one row of `KINDS`; a
row's reader imports what it needs by itself, so that a splat file costs no torch.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app import opening
from renderer.disk import shown
from renderer.errors import UnreadableFile


@dataclass(frozen=True)
class Description:
    """What a file holds.

    Attributes:
        kind: one of `avatar`, `splats`, `head`, `motion`, `photo`, `video`.
        facts: what `--json` gives beside the kind; keys as in docs/cli.md.
        text: the same for a person, one line per fact.
        notices: sentences on what is odd about the file, though it can be used.
    """

    kind: str
    facts: dict[str, object]
    text: str
    notices: tuple[str, ...] = ()

    def as_json(self) -> str:
        """One JSON document."""
        return json.dumps({"kind": self.kind, **self.facts})


@dataclass(frozen=True)
class Kind:
    """A kind of file that `info` knows.

    Attributes:
        fits: whether a file is of this kind, from its path and first bytes (at least 1, at most
            4096); it may look further into the file.
        describe: reads the file; raises UnreadableFile or a child of it.
        suffixes: endings of names that claim to be of this kind. They matter only where nothing
            fits, so that the reader they belong to says what is wrong.
    """

    fits: Callable[[Path, bytes], bool]
    describe: Callable[[Path], Description]
    suffixes: tuple[str, ...]


def run(path: Path, as_json: bool) -> int:
    """Print what a file holds on stdout, notices on stderr; the exit code.

    Raises:
        UnreadableFile: the file cannot be read, or is of no known kind.
    """
    description = describe(path)
    for notice in description.notices:
        sys.stderr.write(f"Warning: {notice}\n")
    sys.stdout.write((description.as_json() if as_json else description.text) + "\n")
    return 0


def describe(path: Path) -> Description:
    """What a file holds.

    Raises:
        UnreadableFile: missing, empty, not an ordinary file, damaged, or of no known kind.
    """
    start = opening.first_bytes(path)
    for kind in KINDS:
        if kind.fits(path, start):
            return kind.describe(path)
    for kind in KINDS:
        if path.suffix.lower() in kind.suffixes:
            return kind.describe(path)
    raise UnreadableFile(
        f"{shown(path)} is no kind of file that avatar-gui knows.",
        "`avatar-gui info --help` names the kinds.",
    )


def _describe_splats(path: Path) -> Description:
    from renderer.ply_rows import read_rows

    rows = read_rows(path)
    count = len(rows.means)
    notices = []
    if rows.dropped:
        notices.append(
            f"{shown(path)} has {rows.dropped:,} unusable splats of {count + rows.dropped:,}; "
            "they were left out."
        )
    if any(name.startswith("binding_") for name in rows.extra):
        notices.append(
            f"{shown(path)} is a GaussianAvatars file, its splats ride on the triangles of a FLAME "
            "head; it needs that head (`avatar-gui head import`) to be shown."
        )
    lines = {
        "splats": f"{count:,}",
        "SH degree": str(rows.sh_degree),
        "left out": f"{rows.dropped:,}",
    }
    return Description(
        kind="splats",
        facts={"splats": count, "sh_degree": rows.sh_degree, "dropped": rows.dropped},
        text="\n".join(
            [f"{shown(path)}: 3D Gaussian splats", *(f"  {k:<10} {v}" for k, v in lines.items())]
        ),
        notices=tuple(notices),
    )


def _later(name: str) -> Callable[[Path], Description]:
    """A reader of ``app.info_kinds``, imported only when a file needs it."""

    def describe_file(path: Path) -> Description:
        from app import info_kinds

        reader: Callable[[Path], Description] = getattr(info_kinds, name)
        return reader(path)

    return describe_file


def _starts(fits: Callable[[bytes], bool]) -> Callable[[Path, bytes], bool]:
    """The same test, for a file of which only the start matters."""
    return lambda _, start: fits(start)


def _is_avatar(path: Path, start: bytes) -> bool:
    return opening.is_zip(start) and b"manifest.json" in start


def _is_motion(path: Path, start: bytes) -> bool:
    return (opening.is_zip(start) or opening.is_live_link(start)) and (
        opening.what_is(path) == "motion"
    )


def _is_head(path: Path, start: bytes) -> bool:
    if opening.is_zip(start):
        return path.suffix.lower() == ".npz"
    return opening.is_flame_pickle(path, start)


# In this order the kinds are tried; the first that fits describes the file.
KINDS: tuple[Kind, ...] = (
    Kind(fits=_starts(opening.is_ply), describe=_describe_splats, suffixes=(".ply",)),
    Kind(fits=_is_avatar, describe=_later("describe_avatar"), suffixes=(".avatar",)),
    Kind(fits=_is_motion, describe=_later("describe_motion"), suffixes=(".csv",)),
    Kind(fits=_is_head, describe=_later("describe_head"), suffixes=(".pkl", ".npz")),
    Kind(
        fits=_starts(opening.is_photo),
        describe=_later("describe_photo"),
        suffixes=(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic"),
    ),
    Kind(
        fits=_starts(opening.is_video),
        describe=_later("describe_video"),
        suffixes=(".mp4", ".mov", ".webm", ".avi"),
    ),
)
