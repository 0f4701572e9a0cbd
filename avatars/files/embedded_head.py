"""The head inside an avatar file: a head file of its own, except where its licence forbids that."""

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from avatars.errors import UnreadableFile
from avatars.files.archive import judge
from avatars.head.head_file import read_head_file, write_head_file
from avatars.head.model import HeadModel
from renderer.disk import shown


def is_allowed(head: HeadModel) -> bool:
    """Whether a head may be passed on inside an avatar file: any but FLAME."""
    return "flame" not in f"{head.version} {head.licence}".lower()


def unpack(content: bytes, path: Path) -> HeadModel:
    """The head of the bytes of a head file, on the CPU, fully checked.

    Args:
        content: of ``head.npz``.
        path: the avatar file, for messages.

    Raises:
        UnreadableFile: they make no head.
        Hostile: the archive is not in order; and what ``zipfile`` raises.
    """
    judge(content)
    with tempfile.TemporaryDirectory(prefix="avatar-gui-") as folder:
        file = Path(folder) / "head.npz"
        file.write_bytes(content)
        try:
            return read_head_file(file)
        except UnreadableFile as error:
            reason = error.message.replace(str(file), "its head")
            raise UnreadableFile(f"The head in {shown(path)}: {reason}", error.remedy) from error


@lru_cache(maxsize=2)
def pack(head: HeadModel) -> bytes:
    """The bytes of a head file; the same, without writing it again, for the same object.

    Directions that are whole multiples of one step, as those of a shipped head are, are stored as
    such, which is several times smaller.
    """
    plain = head.to("cpu")
    with tempfile.TemporaryDirectory(prefix="avatar-gui-") as folder:
        file = Path(folder) / "head.npz"
        step = _step_of(plain)
        if step is not None:
            write_head_file(file, plain, step=step)
            if read_head_file(file).fingerprint == head.fingerprint:
                return file.read_bytes()
        write_head_file(file, plain)
        return file.read_bytes()


def _step_of(head: HeadModel) -> float | None:
    """The step, metres, whose multiples the directions of a head are, if there is one."""
    values = np.concatenate(
        [
            array.detach().reshape(-1).numpy()
            for array in (head.shapedirs, head.exprdirs, head.posedirs)
        ]
    )
    sizes = np.abs(values[values != 0])
    if not sizes.size:
        return None
    step = np.float32(sizes.min())
    whole = np.round(sizes / step).astype(np.float32)
    return float(step) if bool((whole * step == sizes).all()) else None
