"""Pictures of a mesh buffer: flat, smooth or textured. All are [H, W, 4] float32, 0..1.

Alpha is 1 on the mesh (a texture's own alpha where it has one) and everything is 0 off it; colours
are display values and not multiplied by alpha.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from renderer.kernels import launch
from renderer.mesh_arrays import ArrayLike, Floats, Ints, as_colours, as_faces, as_rows, as_texture
from renderer.mesh_shading_kernels import interpolate_rows, light_rows, sample_rows, sum_normals

if TYPE_CHECKING:
    from renderer.camera import Camera
    from renderer.mesh import MeshBuffer

Triple: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Studio:
    """Lights that stand around the camera and turn with it.

    Attributes:
        directions: from the surface towards each light, camera axes (+x right, +y down,
            +z forward), any length but 0.
        colours: each light's red, green and blue strength.
        ambient: strength of light from everywhere.

    Raises:
        ValueError: as many colours as directions are needed.
    """

    directions: tuple[Triple, ...]
    colours: tuple[Triple, ...]
    ambient: float = 0.1

    def __post_init__(self) -> None:
        if len(self.directions) != len(self.colours):
            raise ValueError(f"{len(self.directions)} lights have {len(self.colours)} colours")


STUDIO = Studio(  # key from the upper left, fill from the right, rim from above and behind
    directions=((-0.6, -0.65, -0.8), (0.9, -0.05, -0.6), (0.35, -0.8, 0.6)),
    colours=((0.74, 0.72, 0.69), (0.22, 0.24, 0.27), (0.28, 0.29, 0.31)),
    ambient=0.14,
)


def shade_flat(
    buffer: "MeshBuffer",
    vertices: ArrayLike,
    faces: ArrayLike,
    colors: ArrayLike | None = None,
    *,
    camera: "Camera",
    light: Studio = STUDIO,
) -> Floats:
    """Colour and alpha [H, W, 4], each face in one tone; both sides of a face are lit.

    Args:
        buffer: from ``draw_mesh``.
        vertices: [V, 3] world space, metres.
        faces: [F, 3] vertex indices.
        colors: [F, 3] per face or one [3], floats 0..1 or uint8; light grey without.
        camera: the camera of the buffer (the lights turn with it).
        light: the lights.

    Raises:
        ValueError: wrong shapes, indices out of range, or a buffer of a mesh with more faces.
    """
    vertices = as_rows("vertices", vertices, 3)
    faces = as_faces("faces", faces, len(vertices))
    own = np.repeat(np.arange(len(faces), dtype=np.int32)[:, None], 3, axis=1)
    colours = as_colours("colors", colors, len(faces))
    normals = _face_normals(vertices, faces)
    surface = (own, normals, own, colours)
    return _lit(buffer, _flips(camera, vertices, faces, normals), surface, camera, light)


def shade_smooth(
    buffer: "MeshBuffer",
    vertices: ArrayLike,
    faces: ArrayLike,
    colors: ArrayLike | None = None,
    *,
    camera: "Camera",
    light: Studio = STUDIO,
) -> Floats:
    """Colour and alpha [H, W, 4] with normals blended across faces; both sides are lit.

    Args:
        buffer: from ``draw_mesh``.
        vertices: [V, 3] world space, metres.
        faces: [F, 3] vertex indices.
        colors: [V, 3] per vertex or one [3], floats 0..1 or uint8; light grey without.
        camera: the camera of the buffer (the lights turn with it).
        light: the lights.

    Raises:
        ValueError: wrong shapes, indices out of range, or a buffer of a mesh with more faces.
    """
    vertices = as_rows("vertices", vertices, 3)
    faces = as_faces("faces", faces, len(vertices))
    colours = as_colours("colors", colors, len(vertices))
    surface = (faces, vertex_normals(vertices, faces), faces, colours)
    flips = _flips(camera, vertices, faces, _face_normals(vertices, faces))
    return _lit(buffer, flips, surface, camera, light)


def shade_textured(
    buffer: "MeshBuffer", uvs: ArrayLike, uv_faces: ArrayLike, texture: ArrayLike
) -> Floats:
    """Colour and alpha [H, W, 4] of a texture on the mesh, not lit.

    Multiply the colour with a grey ``shade_smooth`` to light it.

    Args:
        buffer: from ``draw_mesh``.
        uvs: [U, 2] with u to the right and v up; outside 0..1 the texture's edge goes on.
        uv_faces: [F, 3] indices into ``uvs``, one row per face of the mesh.
        texture: [R, R, 3] or [R, R, 4], floats 0..1 or uint8; row 0 is the top, v = 1. The centre
            of texel (row, column) is u = (column + 0.5) / R, v = 1 - (row + 0.5) / R.

    Raises:
        ValueError: wrong shapes, indices out of range, or a buffer of a mesh with more faces.
    """
    uvs = as_rows("uvs", uvs, 2)
    uv_faces = as_faces("uv_faces", uv_faces, len(uvs))
    texture = as_texture(texture)
    _check_faces(buffer, len(uv_faces))
    out = np.empty((*buffer.face.shape, 4), np.float32)
    unit = 1.0 / 255.0 if texture.dtype == np.uint8 else 1.0
    with launch():
        sample_rows(buffer.face, buffer.barycentric, uv_faces, uvs, texture, unit, out)
    return out


def interpolate(buffer: "MeshBuffer", faces: ArrayLike, values: ArrayLike) -> Floats:
    """Values [H, W, C] at the point seen in each pixel; 0 where empty.

    Args:
        buffer: from ``draw_mesh``.
        faces: [F, 3] indices into ``values``.
        values: [N, C] one row per vertex (or per uv corner, with ``uv_faces``).

    Raises:
        ValueError: wrong shapes, indices out of range, or a buffer of a mesh with more faces.
    """
    values = as_rows("values", values, values.shape[-1] if values.ndim else 0)
    faces = as_faces("faces", faces, len(values))
    _check_faces(buffer, len(faces))
    out = np.empty((*buffer.face.shape, values.shape[1]), np.float32)
    with launch():
        interpolate_rows(buffer.face, buffer.barycentric, faces, values, out)
    return out


def vertex_normals(vertices: ArrayLike, faces: ArrayLike) -> Floats:
    """Unit normals [V, 3], mean of a vertex's faces by area; 0 for a vertex without faces.

    Args:
        vertices: [V, 3] metres.
        faces: [F, 3] vertex indices, counter-clockwise seen from outside.

    Raises:
        ValueError: wrong shapes or indices out of range.
    """
    vertices = as_rows("vertices", vertices, 3)
    faces = as_faces("faces", faces, len(vertices))
    normals = np.zeros((len(vertices), 3))
    sum_normals(vertices, faces, normals)
    return _unit(normals).astype(np.float32)


def _lit(
    buffer: "MeshBuffer",
    flips: Floats,
    surface: tuple[Ints, Floats, Ints, Floats],
    camera: "Camera",
    light: Studio,
) -> Floats:
    _check_faces(buffer, len(flips))
    rotation = camera.viewmat[:3, :3].detach().cpu().double().numpy()
    directions = _unit(np.asarray(light.directions, np.float64).reshape(-1, 3)) @ rotation
    colours = np.asarray(light.colours, np.float64).reshape(-1, 3)
    lights = np.concatenate([directions, colours], axis=1)
    out = np.empty((*buffer.face.shape, 4), np.float32)
    ambient = float(light.ambient)
    with launch():
        light_rows(buffer.face, buffer.barycentric, flips, surface, lights, ambient, out)
    return out


def _face_normals(vertices: Floats, faces: Ints) -> Floats:
    a, b, c = (vertices[faces[:, i]].astype(np.float64) for i in range(3))
    return _unit(np.cross(b - a, c - a)).astype(np.float32)


def _flips(camera: "Camera", vertices: Floats, faces: Ints, normals: Floats) -> Floats:
    """[F] -1 for faces seen from behind, else 1."""
    viewmat = camera.viewmat.detach().cpu().double().numpy()
    eye = -viewmat[:3, :3].T @ viewmat[:3, 3]
    away = ((vertices[faces[:, 0]] - eye) * normals).sum(axis=1) > 0
    return np.where(away, -1.0, 1.0).astype(np.float32)


def _unit(rows: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def _check_faces(buffer: "MeshBuffer", count: int) -> None:
    highest = int(buffer.face.max()) if buffer.face.size else -1
    if highest >= count:
        raise ValueError(f"the buffer shows face {highest}, but there are only {count} faces")
