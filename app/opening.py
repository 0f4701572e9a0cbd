"""What a file is, by its content and never by its name alone; imports nothing heavy."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from renderer.disk import open_input, shown
from renderer.errors import UnreadableFile, UserError

Kind = Literal[
    "avatar", "photo", "video", "splats", "rigged", "motion", "head", "folder", "unknown"
]

START_BYTES = 4096
OPENABLE = "avatars (.avatar), photos, videos, splats (.ply) and motions (.npz, .csv)"
_MOST_ENTRIES = 2000  # of a folder that is looked through
_MOST_MEMBERS = 4096  # of an archive
_PHOTO_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
_FLAME_FILES = ("flame_param.npz", "canonical_flame_param.npz", "flame_params.json")
_FLAME_FOLDERS = ("flame_param", "flame", "checkpoint")


@dataclass(frozen=True)
class Found:
    """A path and what it is.

    Attributes:
        path: what was given, or the one file of a folder that can be opened.
        kind: what it is.
        problem: why it cannot be used, if that is known already.
        is_cut_out: whether it looks like a picture to lay on the skin, where that was asked.
    """

    path: Path
    kind: Kind
    problem: UserError | None = None
    is_cut_out: bool = False


def what_is(path: Path) -> Kind:
    """What a path leads to.

    Raises:
        UnreadableFile: missing, empty, no ordinary file, or not ours to read.
    """
    if path.is_dir():
        return "folder"
    start = first_bytes(path)
    if is_ply(start):
        return "splats"
    if is_zip(start):
        return _archive_kind(path)
    if is_photo(start):
        return "photo"
    if is_video(start):
        return "video"
    if is_live_link(start):
        return "motion"
    return "head" if is_flame_pickle(path, start) else "unknown"


def look(path: Path) -> Found:
    """A path and what it is, a folder as what it holds; problems are told, not raised."""
    try:
        kind = what_is(path)
        if kind == "folder":
            return _look_into(path)
    except UserError as error:
        return Found(path, "unknown", error)
    if kind == "unknown":
        return Found(path, kind, cannot_open(path))
    return Found(path, kind)


def cannot_open(path: Path) -> UserError:
    """The error for a file of no known kind."""
    return UserError(
        f"{shown(path)} is no kind of file that avatar-gui opens.", f"It opens {OPENABLE}."
    )


def first_bytes(path: Path) -> bytes:
    """The first bytes of a file, at least one and at most 4096.

    Raises:
        UnreadableFile: missing, empty, no ordinary file, or not ours to read.
    """
    with open_input(path) as handle:
        try:
            return handle.read(START_BYTES)
        except OSError as error:
            raise UnreadableFile(
                f"{shown(path)} could not be read ({error.strerror or error}).",
                "Copy the file to a local disk and try again.",
            ) from error


def is_ply(start: bytes) -> bool:
    """Whether a file begins like a .ply."""
    return start[:3] == b"ply" and start[3:4].isspace()


def is_zip(start: bytes) -> bool:
    """Whether a file begins like a zip, which .avatar and .npz are."""
    return start[:4] == b"PK\x03\x04"


def is_photo(start: bytes) -> bool:
    """Whether a file begins like a JPEG, PNG, WebP, BMP, TIFF, HEIC or AVIF picture."""
    if start.startswith(_PICTURES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return True
    if start[:2] == b"BM" and start[6:10] == b"\x00\x00\x00\x00":
        return True
    return start[4:8] == b"ftyp" and start[8:12] in _PHOTO_BRANDS


def is_video(start: bytes) -> bool:
    """Whether a file begins like mp4, mov, mkv, webm or avi."""
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide") and not is_photo(start):
        return True
    return start[:4] == b"\x1aE\xdf\xa3" or (start[:4] == b"RIFF" and start[8:12] == b"AVI ")


def is_live_link(start: bytes) -> bool:
    """Whether a file begins like a take of Live Link Face: a table with ARKit names."""
    header = start.removeprefix(b"\xef\xbb\xbf").split(b"\n")[0].lower()
    columns = {column.strip() for column in header.split(b",")}
    return {b"jawopen", b"eyeblinkleft"} <= columns


def is_flame_pickle(path: Path, start: bytes) -> bool:
    """Whether a file may be a FLAME head: a pickle, and called one."""
    return path.suffix.lower() == ".pkl" and start[:1] in (b"\x80", b"(", b"c")


def archive_names(path: Path) -> frozenset[str]:
    """Names of the members of a zip; none where its table of contents is damaged."""
    try:
        with open_input(path) as handle, zipfile.ZipFile(handle) as archive:
            return frozenset(archive.namelist()[:_MOST_MEMBERS])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return frozenset()


def is_motion_archive(names: frozenset[str]) -> bool:
    """Whether the members of a .npz are those of a motion: ours, or FLAME's over time."""
    ours = {"expression.npy", "jaw_pose.npy", "fps.npy"} <= names
    flame = "jaw_pose.npy" in names and bool({"expr.npy", "exp.npy"} & names)
    return ours or flame


def _archive_kind(path: Path) -> Kind:
    names = archive_names(path)
    if "manifest.json" in names or (not names and path.suffix.lower() == ".avatar"):
        # A damaged one is still judged by the reader of avatars, who says what is wrong with it.
        return "avatar"
    if is_motion_archive(names):
        return "motion"
    if any(name.endswith("v_template.npy") for name in names):
        return "head"
    return "unknown"


def _look_into(folder: Path) -> Found:
    """What a folder is good for: a known layout, or the one file in it that can be opened."""
    if _has_point_cloud(folder):
        return Found(folder, "rigged")
    if _is_motion_folder(folder):
        return Found(folder, "motion")
    usable = list(_usable(folder))
    if len(usable) == 1:
        return usable[0]
    if not usable:
        raise UserError(
            f"The folder {shown(folder)} holds nothing that avatar-gui opens.",
            f"It opens {OPENABLE}.",
        )
    raise UserError(
        f"The folder {shown(folder)} holds {len(usable)} files that can be opened.",
        "Drop one of them.",
    )


def _usable(folder: Path) -> Iterator[Found]:
    try:
        entries = sorted(folder.iterdir())[:_MOST_ENTRIES]
    except OSError as error:
        raise UnreadableFile(
            f"The folder {shown(folder)} cannot be read ({error.strerror or error}).",
            "Change its permissions, or drop a file instead.",
        ) from error
    for entry in entries:
        if entry.name.startswith(".") or entry.is_dir():
            continue
        try:
            kind = what_is(entry)
        except UnreadableFile:
            continue
        if kind not in ("unknown", "head"):
            yield Found(entry, kind)


def _is_motion_folder(folder: Path) -> bool:
    """Whether a folder looks like FLAME parameters over time, of whichever tracker."""
    if any((folder / name).is_file() for name in _FLAME_FILES):
        return True
    if any((folder / name).is_dir() for name in _FLAME_FOLDERS):
        return True
    return any(folder.glob("*.frame"))


def _has_point_cloud(folder: Path) -> bool:
    if (folder / "point_cloud.ply").is_file():
        return True
    return any(folder.glob("point_cloud/iteration_*/point_cloud.ply"))
