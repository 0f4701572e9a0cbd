"""Spherical-harmonic colours inside the CPU kernels, forward and backward."""

from typing import Any

import numpy as np

from renderer import sh
from renderer.kernels import kernel

F = np.float32
C0 = F(sh.C0)
C1 = F(sh.C1)
C20, C21, C22 = F(sh.C2[0]), F(sh.C2[1]), F(sh.C2[2])
C30, C31, C32, C33, C34 = F(sh.C3[0]), F(sh.C3[1]), F(sh.C3[2]), F(sh.C3[3]), F(sh.C3[4])
ONE, TWO, THREE, FOUR, SIX = F(1), F(2), F(3), F(4), F(6)


@kernel()
def fill_basis(x: Any, y: Any, z: Any, bases: int, out: Any) -> None:
    """Write the first ``bases`` values of the basis at a unit direction into ``out`` [16]."""
    out[0] = C0
    if bases > 1:
        out[1] = -C1 * y
        out[2] = C1 * z
        out[3] = -C1 * x
    if bases > 4:
        xx, yy, zz = x * x, y * y, z * z
        out[4] = C20 * x * y
        out[5] = -C20 * y * z
        out[6] = C21 * (TWO * zz - xx - yy)
        out[7] = -C20 * x * z
        out[8] = C22 * (xx - yy)
        if bases > 9:
            out[9] = -C30 * y * (THREE * xx - yy)
            out[10] = C31 * x * y * z
            out[11] = -C32 * y * (FOUR * zz - xx - yy)
            out[12] = C33 * z * (TWO * zz - THREE * xx - THREE * yy)
            out[13] = -C32 * x * (FOUR * zz - xx - yy)
            out[14] = C34 * z * (xx - yy)
            out[15] = -C30 * x * (xx - THREE * yy)


@kernel()
def fill_basis_slopes(x: Any, y: Any, z: Any, bases: int, out: Any) -> None:
    """Write d basis / d (x, y, z) of the same polynomials into ``out`` [16, 3]."""
    out[:, :] = F(0)
    if bases > 1:
        out[1, 1] = -C1
        out[2, 2] = C1
        out[3, 0] = -C1
    if bases > 4:
        out[4, 0], out[4, 1] = C20 * y, C20 * x
        out[5, 1], out[5, 2] = -C20 * z, -C20 * y
        out[6, 0], out[6, 1], out[6, 2] = -TWO * C21 * x, -TWO * C21 * y, FOUR * C21 * z
        out[7, 0], out[7, 2] = -C20 * z, -C20 * x
        out[8, 0], out[8, 1] = TWO * C22 * x, -TWO * C22 * y
    if bases > 9:
        xx, yy, zz = x * x, y * y, z * z
        out[9, 0], out[9, 1] = -SIX * C30 * x * y, -THREE * C30 * (xx - yy)
        out[10, 0], out[10, 1], out[10, 2] = C31 * y * z, C31 * x * z, C31 * x * y
        out[11, 0] = TWO * C32 * x * y
        out[11, 1] = -C32 * (FOUR * zz - xx - THREE * yy)
        out[11, 2] = -TWO * FOUR * C32 * y * z
        out[12, 0], out[12, 1] = -SIX * C33 * x * z, -SIX * C33 * y * z
        out[12, 2] = C33 * (SIX * zz - THREE * xx - THREE * yy)
        out[13, 0] = -C32 * (FOUR * zz - THREE * xx - yy)
        out[13, 1] = TWO * C32 * x * y
        out[13, 2] = -TWO * FOUR * C32 * x * z
        out[14, 0], out[14, 1], out[14, 2] = TWO * C34 * x * z, -TWO * C34 * y * z, C34 * (xx - yy)
        out[15, 0], out[15, 1] = -THREE * C30 * (xx - yy), SIX * C30 * x * y
