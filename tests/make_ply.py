"""Small splat files, written by other means than the code under test."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import plyfile
import torch

from renderer.gaussians import SH_BASES, Gaussians

SH0 = 0.28209479177387814


def full_names(degree: int = 3, normals: bool = True) -> list[str]:
    """Property names in INRIA's order, spelled out here a second time on purpose."""
    rest = 3 * (SH_BASES[degree] - 1)
    return [
        *("x", "y", "z"),
        *(("nx", "ny", "nz") if normals else ()),
        *(f"f_dc_{i}" for i in range(3)),
        *(f"f_rest_{i}" for i in range(rest)),
        "opacity",
        *(f"scale_{i}" for i in range(3)),
        *(f"rot_{i}" for i in range(4)),
    ]


def splats(count: int = 40, degree: int = 3, seed: int = 0) -> Gaussians:
    """Splats of a head's size, nothing unusual about them."""
    r = torch.Generator().manual_seed(seed)
    quats = torch.randn(count, 4, generator=r)
    return Gaussians(
        means=torch.randn(count, 3, generator=r) * 0.1,
        quats=quats / quats.norm(dim=-1, keepdim=True),
        scales=torch.rand(count, 3, generator=r) * 0.01 + 1e-4,
        opacities=torch.rand(count, generator=r) * 0.98 + 0.01,
        sh=torch.randn(count, SH_BASES[degree], 3, generator=r) * 0.3,
        sh_degree=degree,
    )


def stored(gaussians: Gaussians) -> dict[str, np.ndarray]:
    """The columns of a file, float64, computed one splat field at a time."""
    g = gaussians
    columns = {name: g.means[:, i].numpy() for i, name in enumerate("xyz")}
    columns |= {name: np.zeros(len(g)) for name in ("nx", "ny", "nz")}
    columns |= {f"f_dc_{c}": g.sh[:, 0, c].numpy() for c in range(3)}
    bases = g.sh.shape[1]
    for channel in range(3):
        for base in range(1, bases):
            name = f"f_rest_{channel * (bases - 1) + base - 1}"
            columns[name] = g.sh[:, base, channel].numpy()
    opacity = g.opacities.double().numpy()
    columns["opacity"] = np.log(opacity / (1 - opacity))
    columns |= {f"scale_{i}": np.log(g.scales[:, i].double().numpy()) for i in range(3)}
    columns |= {f"rot_{i}": g.quats[:, i].numpy() for i in range(4)}
    return {name: np.asarray(values, np.float64) for name, values in columns.items()}


def write_columns(
    path: Path,
    columns: dict[str, np.ndarray],
    *,
    names: Iterable[str] | None = None,
    types: dict[str, str] | None = None,
    form: str = "<",
    after: tuple[plyfile.PlyElement, ...] = (),
    before: tuple[plyfile.PlyElement, ...] = (),
) -> Path:
    """A file of these columns through plyfile; form is "<", ">" or "ascii", types by name."""
    names = list(columns if names is None else names)
    kinds = types or {}
    record = [(name, kinds.get(name, kinds.get("*", "f4"))) for name in names]
    table = np.zeros(len(columns["x"]), record)
    for name in names:
        table[name] = columns[name]
    element = plyfile.PlyElement.describe(table, "vertex")
    order = {"text": True} if form == "ascii" else {"byte_order": form}
    plyfile.PlyData([*before, element, *after], **order).write(str(path))
    return path


def header(count: int | str, names: Iterable[str], kind: str = "float", form: str = "") -> bytes:
    """The header of a file, for bodies that are wrong."""
    lines = ["ply", f"format {form or 'binary_little_endian'} 1.0", f"element vertex {count}"]
    lines += [f"property {kind} {name}" for name in names]
    return ("\n".join([*lines, "end_header"]) + "\n").encode()


def valid_bytes(count: int = 30, degree: int = 1, form: str = "<") -> bytes:
    """A whole valid file as bytes."""
    columns = stored(splats(count, degree))
    names = full_names(degree)
    if form == "ascii":
        body = "\n".join(
            " ".join(f"{columns[name][i]:.9g}" for name in names) for i in range(count)
        )
        return header(count, names, form="ascii") + body.encode() + b"\n"
    table = np.stack([columns[name] for name in names], axis=1).astype(form + "f4")
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[form]
    return header(count, names, form=name) + table.tobytes()
