"""Kernels that turn a mesh buffer into colours; each row of pixels is one thread's alone."""

from typing import Any

import numba
import numpy as np

from renderer.kernels import kernel

WRAP = 0.2  # light reaches a little past the terminator, as from a large soft box


@kernel()
def sum_normals(vertices: Any, faces: Any, normals: Any) -> None:
    """Add each face's normal, as long as twice its area, to its vertices' normals [V, 3].

    One thread only: the order of a vertex's sum is then always the same.
    """
    for f in range(faces.shape[0]):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for i in range(3):
            normals[faces[f, i], 0] += x
            normals[faces[f, i], 1] += y
            normals[faces[f, i], 2] += z


@kernel()
def _blend(values: Any, index: Any, weight: Any, channel: int) -> float:
    return float(
        weight[0] * values[index[0], channel]
        + weight[1] * values[index[1], channel]
        + weight[2] * values[index[2], channel]
    )


@kernel(parallel=True)
def interpolate_rows(face: Any, barycentric: Any, indices: Any, values: Any, out: Any) -> None:
    """Write values [N, C] of a face's corners ``indices`` [F, 3], blended, to out [H, W, C]."""
    for row in numba.prange(face.shape[0]):
        for column in range(face.shape[1]):
            f = face[row, column]
            for channel in range(values.shape[1]):
                out[row, column, channel] = (
                    _blend(values, indices[f], barycentric[row, column], channel) if f >= 0 else 0.0
                )


@kernel()
def _brightness(normal: Any, lights: Any, channel: int) -> float:
    total = 0.0
    for i in range(lights.shape[0]):
        light = lights[i]
        facing = normal[0] * light[0] + normal[1] * light[1] + normal[2] * light[2]
        total += light[3 + channel] * max((facing + WRAP) / (1.0 + WRAP), 0.0)
    return total


@kernel(parallel=True)
def light_rows(
    face: Any, barycentric: Any, flips: Any, surface: Any, lights: Any, ambient: float, out: Any
) -> None:
    """Light every pixel with a matte (Lambert) surface.

    Args:
        face: [H, W] from draw_mesh.
        barycentric: [H, W, 3] from draw_mesh.
        flips: [F] -1 for faces seen from behind, else 1.
        surface: normal_indices [F, 3], normals [N, 3], colour_indices [F, 3], colours [C, 3].
        lights: [L, 6] unit direction towards each light, world, then its colour.
        ambient: light from everywhere.
        out: [H, W, 4] gets colour and alpha, 0..1.
    """
    normal_indices, normals, colour_indices, colours = surface
    for row in numba.prange(face.shape[0]):
        for column in range(face.shape[1]):
            f = face[row, column]
            if f < 0:
                out[row, column, :] = 0.0
                continue
            weight = barycentric[row, column]
            index = normal_indices[f]
            x = _blend(normals, index, weight, 0)
            y = _blend(normals, index, weight, 1)
            z = _blend(normals, index, weight, 2)
            length = np.sqrt(x * x + y * y + z * z)
            scale = flips[f] / length if length > 0.0 else 0.0
            normal = (x * scale, y * scale, z * scale)
            for channel in range(3):
                colour = _blend(colours, colour_indices[f], weight, channel)
                colour *= ambient + _brightness(normal, lights, channel)
                out[row, column, channel] = min(max(colour, 0.0), 1.0)
            out[row, column, 3] = 1.0


@kernel()
def _texel(position: float, size: int) -> Any:
    """Two neighbouring texels and the share of the second, held inside the texture."""
    # Clipped before it becomes an integer; written so that "not a number" becomes 0.
    held = min(position, size - 1.0) if position > 0.0 else 0.0
    first = int(held)
    return first, min(first + 1, size - 1), held - first


@kernel(parallel=True)
def sample_rows(
    face: Any, barycentric: Any, uv_faces: Any, uvs: Any, texture: Any, unit: float, out: Any
) -> None:
    """Look every pixel up in a texture, bilinearly.

    Args:
        face: [H, W] from draw_mesh.
        barycentric: [H, W, 3] from draw_mesh.
        uv_faces: [F, 3] indices into ``uvs``.
        uvs: [U, 2]; v = 1 is the texture's row 0.
        texture: [R, R, 3|4].
        unit: what to multiply texels with to get 0..1.
        out: [H, W, 4] gets colour and alpha, 0..1.
    """
    rows, columns, channels = texture.shape
    for row in numba.prange(face.shape[0]):
        for column in range(face.shape[1]):
            f = face[row, column]
            out[row, column, :] = 0.0
            if f < 0:
                continue
            index, weight = uv_faces[f], barycentric[row, column]
            u, v = _blend(uvs, index, weight, 0), _blend(uvs, index, weight, 1)
            left, right, along = _texel(u * columns - 0.5, columns)
            top, bottom, down = _texel((1.0 - v) * rows - 0.5, rows)
            alpha = 0.0
            for corner in range(4):
                x = right if corner % 2 else left
                y = bottom if corner // 2 else top
                share = (along if corner % 2 else 1.0 - along) * (
                    down if corner // 2 else 1.0 - down
                )
                # Weighted by alpha: the colour under a transparent texel must not bleed in.
                if channels == 4:
                    share *= texture[y, x, 3] * unit
                alpha += share
                for channel in range(3):
                    out[row, column, channel] += share * texture[y, x, channel] * unit
            if alpha > 0.0:
                for channel in range(3):
                    out[row, column, channel] /= alpha
            out[row, column, 3] = alpha
