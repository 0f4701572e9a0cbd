"""The splats of a 3DGS `.ply` as numpy arrays. No torch, so that `info` answers at once.

Rows pass through in blocks of a few megabytes straight into the final arrays: beside those, which
take less room than a file of floats, reading needs no memory that grows with the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from renderer.disk import open_input, shown
from renderer.errors import BadSplatFile, UnreadableFile
from renderer.ply_header import PlyHeader, field_names, read_header
from renderer.unusable import SHORTEST_QUAT, unusable_rows

MOST_DROPPED = 20  # one in so many splats may be unusable
_BLOCK_BYTES = 4 << 20
_LONGEST_VALUE = 64  # characters an ASCII number and its separator may take

_AGAIN = "Copy or export the file again."

Float32s = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SplatRows:
    """Usable splats of a file, after activation; shapes and units as in `Gaussians`, float32.

    `dropped` counts the unusable splats left out; `extra` names the properties that are not part of
    a splat; `also` holds [N] values of those of them that were asked for.
    """

    means: Float32s
    quats: Float32s
    scales: Float32s
    opacities: Float32s
    sh: Float32s
    sh_degree: int
    dropped: int
    extra: tuple[str, ...]
    also: dict[str, Float32s]

    @property
    def fields(self) -> dict[str, Float32s]:
        """The five arrays by name."""
        names = ("means", "quats", "scales", "opacities", "sh")
        return {name: getattr(self, name) for name in names}


def read_rows(path: Path, also: tuple[str, ...] = ()) -> SplatRows:
    """Usable splats of a file.

    Args:
        path: the file.
        also: properties beyond those of a splat whose values are wanted, such as ``binding_0``.

    Raises:
        UnreadableFile: the file cannot be opened, read or held in memory.
        BadSplatFile: it breaks its format, lacks fields, or more than 5 % of it is unusable.
    """
    try:
        with open_input(path) as handle:
            header = read_header(handle, path)
            lacking = [name for name in also if name not in header.extra]
            if lacking:
                raise BadSplatFile(
                    f"{shown(path)} has no property {lacking[0]}.",
                    "Use the file that the training program wrote, not a converted one.",
                )
            rows = _allocated(header, also)
            names = (*field_names(header.sh_degree), *also)
            start = 0
            for values in _blocks(handle, header, path, names):
                end = len(values) - len(also)
                _activate(rows, start, values[:end])
                for name, row in zip(also, values[end:], strict=True):
                    rows.also[name][start : start + len(row)] = row
                start += values.shape[1]
        return _without_unusable(rows, path)
    except OSError as error:
        raise UnreadableFile(
            f"{shown(path)} could not be read to its end ({error.strerror or error}).",
            "Copy the file to a local disk and try again.",
        ) from error
    except MemoryError as error:
        raise UnreadableFile(
            f"{shown(path)} holds more splats than this computer's memory.",
            "Close other programs, or thin the file out, e.g. with SuperSplat.",
        ) from error


def _allocated(header: PlyHeader, also: tuple[str, ...]) -> SplatRows:
    n, bases = header.count, (header.sh_degree + 1) ** 2
    return SplatRows(
        means=np.empty((n, 3), np.float32),
        quats=np.empty((n, 4), np.float32),
        scales=np.empty((n, 3), np.float32),
        opacities=np.empty(n, np.float32),
        sh=np.empty((n, bases, 3), np.float32),
        sh_degree=header.sh_degree,
        dropped=0,
        extra=header.extra,
        also={name: np.empty(n, np.float32) for name in also},
    )


def _blocks(
    handle: BinaryIO, header: PlyHeader, path: Path, names: tuple[str, ...]
) -> Iterator[NDArray[Any]]:
    """Stored values, [names, M] float32 at a time."""
    handle.seek(header.start)
    if header.byte_order:
        return _binary_blocks(handle, header, path, names)
    return _ascii_blocks(handle, header, path, names)


def _binary_blocks(
    handle: BinaryIO, header: PlyHeader, path: Path, names: tuple[str, ...]
) -> Iterator[Float32s]:
    columns = [header.properties[name] for name in names]
    record = np.dtype(
        {
            "names": list(names),
            "formats": [header.byte_order + code for _, code, _ in columns],
            "offsets": [offset for _, _, offset in columns],
            "itemsize": header.row_bytes,
        }
    )
    per_block = max(1, _BLOCK_BYTES // header.row_bytes)
    for start in range(0, header.count, per_block):
        count = min(per_block, header.count - start)
        # Read rather than mapped: a mapped file that shrinks meanwhile kills the process.
        content = handle.read(count * header.row_bytes)
        if len(content) < count * header.row_bytes:
            raise _cut_short(path, start + len(content) // header.row_bytes, header.count)
        table = np.frombuffer(content, record)
        values = np.empty((len(names), count), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # a double may be too large: infinite
            for row, name in zip(values, names, strict=True):
                row[:] = table[name]
        yield values


def _ascii_blocks(
    handle: BinaryIO, header: PlyHeader, path: Path, names: tuple[str, ...]
) -> Iterator[Float32s]:
    columns = [header.properties[name][0] for name in names]
    width = len(header.properties)
    lines = _lines(handle, _LONGEST_VALUE * max(width, 64), path)
    for _ in islice(lines, header.lines_before):
        pass
    per_block = max(1, _BLOCK_BYTES // (_LONGEST_VALUE * width))
    for start in range(0, header.count, per_block):
        count = min(per_block, header.count - start)
        block = list(islice(lines, count))
        if len(block) < count:
            raise _cut_short(path, start + len(block), header.count)
        try:
            table = np.loadtxt(block, np.float64, comments=None, ndmin=2).reshape(count, width)
        except ValueError as error:
            raise BadSplatFile(
                f"{shown(path)} has a line among its splats {start + 1:,} to {start + count:,} "
                f"that is not {width} numbers.",
                _AGAIN,
            ) from error
        with np.errstate(over="ignore"):
            yield np.ascontiguousarray(table[:, columns].T, dtype=np.float32)


def _lines(handle: BinaryIO, longest: int, path: Path) -> Iterator[str]:
    """Lines that are not blank. A line ends with any of the three endings."""
    held = b""
    while True:
        content = handle.read(1 << 16)
        *whole, held = (held + content).replace(b"\r", b"\n").split(b"\n")
        for line in [*whole, held] if not content else whole:
            if line and not line.isspace():
                yield line.decode("ascii", "replace")
        if len(held) > longest:
            raise BadSplatFile(
                f"{shown(path)} has a line of more than {longest:,} characters.",
                _AGAIN,
            )
        if not content:
            return


def _cut_short(path: Path, found: int, count: int) -> BadSplatFile:
    return BadSplatFile(
        f"{shown(path)} is cut short: it ends after {found:,} of {count:,} splats.", _AGAIN
    )


def _activate(rows: SplatRows, start: int, values: Float32s) -> None:
    """Write stored values [fields, M] into the arrays from row `start` on."""
    at = slice(start, start + values.shape[1])
    geometry = len(values) - 8  # opacity, three scales and four rotations are last
    rows.means[at] = values[:3].T
    rows.sh[at, 0] = values[3:6].T
    # f_rest is channel-major: all of red, then green, then blue.
    rest = values[6:geometry].reshape(3, -1, values.shape[1])  # [3, K - 1, M]
    rows.sh[at, 1:] = rest.transpose(2, 1, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        opacity = values[geometry].astype(np.float64)
        rows.opacities[at] = 1.0 / (1.0 + np.exp(-opacity))
        scales = values[geometry + 1 : geometry + 4]
        rows.scales[at] = np.exp(scales).T
        quats = values[geometry + 4 :].T.astype(np.float64)
        length = np.linalg.norm(quats, axis=1, keepdims=True)
        rows.quats[at] = quats / np.where(length < SHORTEST_QUAT, 1.0, length)
    # exp and sigmoid turn an infinity into a harmless 0 or 1; what was stored is broken.
    rows.opacities[at][~np.isfinite(opacity)] = np.nan
    rows.scales[at][~np.isfinite(scales).all(axis=0)] = np.nan


def _without_unusable(rows: SplatRows, path: Path) -> SplatRows:
    bad = unusable_rows(**rows.fields)
    dropped, count = int(np.count_nonzero(bad)), len(bad)
    if dropped * MOST_DROPPED > count:
        raise BadSplatFile(
            f"{shown(path)} is damaged: {dropped:,} of its {count:,} splats are unusable (not "
            f"finite, no rotation or an absurd size), and at most 5 % can be left out.",
            "Export the file again from the program that made it.",
        )
    if not dropped:
        return rows
    kept = {name: _compacted(field, ~bad) for name, field in rows.fields.items()}
    also = {name: _compacted(field, ~bad) for name, field in rows.also.items()}
    return replace(rows, dropped=dropped, also=also, **kept)  # type: ignore[arg-type]


def _compacted(field: Float32s, keep: NDArray[np.bool_]) -> Float32s:
    """Rows to keep, moved to the front of the same memory: a copy would double the need."""
    end = 0
    for start in range(0, len(field), 1 << 16):
        rows = field[start : start + (1 << 16)][keep[start : start + (1 << 16)]]
        field[end : end + len(rows)] = rows
        end += len(rows)
    return field[:end]
