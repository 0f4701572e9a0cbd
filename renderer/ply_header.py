"""The header of a 3DGS `.ply`, checked before anything is allocated. No torch, no numpy.

Layout: INRIA's reference code for Kerbl et al. 2023; names, types and order vary between programs,
so fields are found by name.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from renderer.disk import printable, shown
from renderer.errors import BadSplatFile

LONGEST_HEADER = 1 << 20  # bytes; real ones are under 4 kB
REST_COUNTS = (0, 9, 24, 45)  # f_rest_* properties at SH degree 0..3

_ENCODINGS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_TYPES = {
    **{"char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1"},
    **{"short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2", "half": "f2", "float16": "f2"},
    **{"int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4"},
    **{"int64": "i8", "uint64": "u8", "double": "f8", "float64": "f8"},
}
_NORMALS = ("nx", "ny", "nz")
_AGAIN = "Copy or export the file again."
_OTHER = "Save it again as a 3D Gaussian splat .ply, e.g. with SuperSplat."


def field_names(sh_degree: int) -> tuple[str, ...]:
    """Properties that make a splat: x y z, f_dc, f_rest, opacity, scale, rot."""
    rest = (f"f_rest_{i}" for i in range(REST_COUNTS[sh_degree]))
    dc, scale, rot = ("f_dc_0 f_dc_1 f_dc_2", "scale_0 scale_1 scale_2", "rot_0 rot_1 rot_2 rot_3")
    return ("x", "y", "z", *dc.split(), *rest, "opacity", *scale.split(), *rot.split())


@dataclass(frozen=True)
class PlyHeader:
    """Where a file's splats are and how they are written.

    Attributes:
        byte_order: "<" or ">", or "" for ASCII.
        count: N, number of splats, at least 1.
        properties: name -> (column, numpy type code such as "f4", byte offset in the row).
        row_bytes: size of a row; for ASCII the least it can be.
        start: byte at which the first splat begins, or the first line of an ASCII body.
        lines_before: ASCII lines of other elements between `start` and the splats.
        sh_degree: 0..3, from the number of f_rest_* properties.
        extra: names of properties that are not part of a splat, such as binding_0.
    """

    byte_order: str
    count: int
    properties: dict[str, tuple[int, str, int]]
    row_bytes: int
    start: int
    lines_before: int
    sh_degree: int
    extra: tuple[str, ...]


@dataclass
class _Element:
    name: str
    count: int
    properties: list[tuple[str, str]]  # name, numpy type code; "" marks a list

    def least_bytes(self, byte_order: str) -> int:
        if byte_order:
            return sum(int(code[1:] or 0) for _, code in self.properties)
        return max(1, 2 * len(self.properties))  # a digit and a separator each


def read_header(handle: BinaryIO, path: Path) -> PlyHeader:
    """Checked header of an open file; `path` is for messages.

    Raises:
        BadSplatFile: no PLY, no splats, unknown types, fields missing, or a body shorter than the
            header promises.
    """
    text, start = _header_text(handle, path)
    byte_order, elements = _parse(text, path)
    names = [element.name for element in elements]
    every_property = [name for element in elements for name, _ in element.properties]
    if "chunk" in names or any(name.startswith("packed_") for name in every_property):
        raise BadSplatFile(
            f"{shown(path)} is a compressed .ply of PlayCanvas, which is not supported yet.",
            "Export it as uncompressed .ply, e.g. from SuperSplat.",
        )
    if names.count("vertex") != 1:
        found = "no" if "vertex" not in names else "more than one"
        raise BadSplatFile(f"{shown(path)} has {found} element named vertex.", _OTHER)
    place = names.index("vertex")
    vertex = elements[place]
    for element in elements[: place + 1]:  # what follows the splats is never read
        if any(not code for _, code in element.properties):
            where = "among" if element is vertex else "before"
            raise BadSplatFile(
                f"{shown(path)} has a list property {where} its splats, as meshes have.", _OTHER
            )
    sh_degree = _sh_degree(vertex, path)
    before = sum(e.count * e.least_bytes(byte_order) for e in elements[:place])
    _check_size(handle, path, vertex, start + before, byte_order)
    properties, offset = {}, 0
    for column, (name, code) in enumerate(vertex.properties):
        properties[name] = (column, code, offset)
        offset += int(code[1:])
    known = {*field_names(sh_degree), *_NORMALS}
    return PlyHeader(
        byte_order=byte_order,
        count=vertex.count,
        properties=properties,
        row_bytes=vertex.least_bytes(byte_order),
        start=start + before if byte_order else start,
        lines_before=0 if byte_order else sum(element.count for element in elements[:place]),
        sh_degree=sh_degree,
        extra=tuple(name for name in properties if name not in known),
    )


def _header_text(handle: BinaryIO, path: Path) -> tuple[str, int]:
    """Lines between "ply" and "end_header", and the byte after them."""
    begin = handle.read(LONGEST_HEADER)
    first = re.match(rb"ply[ \t]*(\r\n|\n|\r)", begin)
    if first is None:
        raise BadSplatFile(
            f"{shown(path)} is not a PLY file: it does not begin with 'ply'.",
            "Choose a 3D Gaussian splat .ply.",
        )
    # The first line's ending is every line's: after a lone \r, a \n is already the body's.
    newline = re.escape(first[1])
    last = re.search(newline + rb"[ \t]*end_header[ \t\r]*?" + newline, begin)
    if last is None:
        if len(begin) < LONGEST_HEADER:
            raise BadSplatFile(f"{shown(path)} is cut short inside its header.", _AGAIN)
        raise BadSplatFile(
            f"{shown(path)} has a header of more than {LONGEST_HEADER:,} bytes.", _OTHER
        )
    lines = begin[first.end() : max(first.end(), last.start())].replace(first[1], b"\n")
    return lines.decode("ascii", "backslashreplace"), last.end()


def _parse(text: str, path: Path) -> tuple[str, list[_Element]]:
    byte_order: str | None = None
    elements: list[_Element] = []
    for number, line in enumerate(text.split("\n"), start=2):
        match line.split():
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["format", encoding, "1.0"] if encoding in _ENCODINGS and byte_order is None:
                byte_order = _ENCODINGS[encoding]
            case ["element", name, count] if count.isascii() and count.isdigit():
                # 18 digits hold any real count; int() itself refuses some thousands of them.
                elements.append(_Element(name, int(count[:18]), []))
            case ["property", "list", size, kind, name] if elements and {size, kind} <= set(_TYPES):
                elements[-1].properties.append((name, ""))
            case ["property", kind, name] if elements and kind in _TYPES:
                elements[-1].properties.append((name, _TYPES[kind]))
            case ["property", kind, name] if elements and kind != "list":
                raise BadSplatFile(
                    f"{shown(path)} gives {printable(name)!r} the type {printable(kind)!r}, "
                    "which is not a number.",
                    _OTHER,
                )
            case _:
                raise BadSplatFile(
                    f"{shown(path)} has a header whose line {number} makes no sense: "
                    f"{printable(line.strip()[:80])!r}.",
                    _AGAIN,
                )
    if byte_order is None:
        raise BadSplatFile(f"{shown(path)} has a header without a format line.", _AGAIN)
    return byte_order, elements


def _sh_degree(vertex: _Element, path: Path) -> int:
    names = [name for name, _ in vertex.properties]
    if len(set(names)) < len(names):
        raise BadSplatFile(f"{shown(path)} names a property of its splats twice.", _AGAIN)
    present = set(names)
    missing = [name for name in field_names(0) if name not in present]
    rest = sum(name.startswith("f_rest_") for name in present)
    if not missing and rest not in REST_COUNTS:
        raise BadSplatFile(
            f"{shown(path)} has {rest} f_rest properties, where 0, 9, 24 or 45 make sense.", _OTHER
        )
    degree = REST_COUNTS.index(rest) if rest in REST_COUNTS else 0
    missing = missing or [name for name in field_names(degree) if name not in present]
    if missing:
        raise BadSplatFile(
            f"{shown(path)} is not a splat file: it lacks the properties {', '.join(missing)}.",
            _OTHER,
        )
    return degree


def _check_size(
    handle: BinaryIO, path: Path, vertex: _Element, start: int, byte_order: str
) -> None:
    if vertex.count == 0:
        raise BadSplatFile(f"{shown(path)} holds no splats.", _AGAIN)
    need = vertex.count * vertex.least_bytes(byte_order)
    need -= 0 if byte_order else 1  # the last line may go without its end
    have = max(0, os.fstat(handle.fileno()).st_size - start)
    if have < need:
        raise BadSplatFile(
            f"{shown(path)} is cut short: {vertex.count:,} splats need {need:,} bytes or more, "
            f"but {have:,} are there.",
            _AGAIN,
        )
