"""3DGS `.ply` in and out: with `ply_rows`, the only home of log scales and logit opacities.

Layout: INRIA's reference code for Kerbl et al. 2023, "3D Gaussian Splatting for Real-Time Radiance
Field Rendering"; `ply_header` checks it, `ply_rows` reads it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plyfile
import torch

from renderer.disk import replacing
from renderer.gaussians import Gaussians, padded_sh
from renderer.ply_header import field_names
from renderer.ply_rows import read_rows

# Bounds of what is written, so that 0 and 1 stay finite as logits and 0 as a logarithm. Far below
# what a picture of 8 bits shows, and within the range that other programs' float32 takes.
LEAST_OPACITY = 1e-6
LEAST_SCALE = 1e-12  # metres


@dataclass(frozen=True, eq=False)
class SplatFile:
    """What a splat file holds.

    Attributes:
        gaussians: the usable splats, on the CPU, `quats` normalised.
        dropped: number of unusable splats left out, at most 5 % of the file.
        extra: names of properties that are not part of a splat. With `binding_0` the splats are in
            the local frames of a FLAME head's triangles (GaussianAvatars), not in the world.
    """

    gaussians: Gaussians
    dropped: int
    extra: tuple[str, ...]


def read_ply(path: Path) -> SplatFile:
    """Splats of a 3DGS `.ply`: binary of either byte order or ASCII, fields in any order.

    Memory: at most four times the file plus some tens of megabytes.

    Raises:
        UnreadableFile: the file cannot be opened, read or held in memory.
        BadSplatFile: it breaks its format, lacks fields, or more than 5 % of it is unusable.
    """
    rows = read_rows(path)
    fields = {name: torch.from_numpy(field) for name, field in rows.fields.items()}
    return SplatFile(Gaussians(**fields, sh_degree=rows.sh_degree), rows.dropped, rows.extra)


def write_ply(path: Path, gaussians: Gaussians, sh_degree: int = 3) -> None:
    """Write the full INRIA layout, little endian; an existing file is replaced as a whole.

    17 float properties at degree 0, 62 at degree 3: normals are zero, f_rest is channel-major,
    opacities are kept within `LEAST_OPACITY` of 0 and 1, scales above `LEAST_SCALE`.

    Args:
        path: the file to write.
        gaussians: [N] splats on any device.
        sh_degree: 0..3; colour is cut or padded with zeros to it.

    Raises:
        UserError: no room, no such folder, or not ours to write; nothing is left behind.
        ValueError: sh_degree is not 0..3.
    """
    if sh_degree not in range(4):
        raise ValueError(f"sh_degree must be 0..3, not {sh_degree}")
    names = _layout(sh_degree)
    table = np.zeros((len(gaussians), len(names)), "<f4")
    cpu = gaussians.detach().to("cpu")
    sh = padded_sh(cpu.sh, sh_degree)
    opacity = cpu.opacities.double().clamp(LEAST_OPACITY, 1.0 - LEAST_OPACITY)
    table[:, 0:3] = cpu.means.numpy()  # 3:6 are the normals
    table[:, 6:9] = sh[:, 0].numpy()
    table[:, 9:-8] = sh[:, 1:].transpose(1, 2).flatten(1).numpy()  # [N, 3 * (K - 1)]
    table[:, -8] = torch.logit(opacity).numpy()
    table[:, -7:-4] = cpu.scales.clamp(min=LEAST_SCALE).log().numpy()
    table[:, -4:] = cpu.quats.numpy()
    records = table.view([(name, "<f4") for name in names])[:, 0]
    element = plyfile.PlyElement.describe(records, "vertex")
    with replacing(path) as handle:
        plyfile.PlyData([element], byte_order="<").write(handle)


def _layout(sh_degree: int) -> tuple[str, ...]:
    position, colour = field_names(sh_degree)[:3], field_names(sh_degree)[3:]
    return (*position, "nx", "ny", "nz", *colour)
